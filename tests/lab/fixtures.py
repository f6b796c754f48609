"""pytest fixtures of the lab: one lab for the whole session; hosts are reset, not made again."""

from collections.abc import Iterator

import pytest

from tests.lab.lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The whole city, running. Whoever changes a host resets it: `lab.reset("jt-web-01")`."""
    with Lab.up(tmp_path_factory.mktemp("lab") / "city") as made:
        yield made
