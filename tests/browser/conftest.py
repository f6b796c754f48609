"""One stack for every test of the browser."""

from collections.abc import Iterator

import pytest

from tests.browser.stack import Stack, stack


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(
        tmp_path_factory.mktemp("browser"),
        QIANYUN_TODAY="2018-06-30",
        QIANYUN_ALERTMANAGER_TOKEN="alertmanager-of-the-browser",
    ) as made:
        yield made
