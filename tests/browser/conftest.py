"""One stack for every test of the browser."""

from collections.abc import Iterator

import pytest

from tests.browser.stack import Stack, stack


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("browser")) as made:
        yield made
