"""Made-up cities, each by somebody who had not seen the words of the reader, all read right now.

What the reader made of them on first contact stands in BENCHMARKS.md: here nothing may get worse.
"""

from pathlib import Path

import pytest

from tests.inventory.ledger.scored import score

CITIES = sorted((Path(__file__).parents[2] / "data" / "cities").iterdir())
QUICK = {"jianglan", "panxi", "weiling"}  # the others are make chaos's
DISPUTED = {"赠送"}  # a rent of nothing, says the reader; no number, says the city's maker


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(f, id=f.name, marks=[] if f.name in QUICK else [pytest.mark.slow])
        for f in CITIES
    ],
)
def test_a_city_is_read_as_it_was_meant(folder: Path) -> None:
    found = score(folder)
    assert found.wrong == ()
    assert [m for m in found.missed if m.rsplit(": ", 1)[-1] not in DISPUTED] == []
    assert found.false == ()
