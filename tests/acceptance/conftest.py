"""Stories of the three users, on real hosts, by the real command."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import City
from tests.lab.lab import Lab


@pytest.fixture
def city(lab: Lab) -> Iterator[City]:
    """The sample city, its hosts as on the first day, with an empty state folder."""
    lab.reset()
    with tempfile.TemporaryDirectory(prefix="qy-") as folder:
        city = City(lab, Path(folder))
        try:
            yield city
        finally:
            city.stop_up()
