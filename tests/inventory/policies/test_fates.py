"""What became of objects, as people put it on record: merged, retired, excluded and by whom (G2)."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from inventory.policies.assess import assess
from inventory.policies.assessment import Ratio, TargetResult
from inventory.policies.loader import load
from inventory.policies.records import Fate, Records
from tests.inventory.policies.builder import City

CZ = load("cangzhou-2017-157")
THEN, DAY = date(2018, 1, 1), date(2018, 12, 31)


def fate(code: str, became: str, **more: Any) -> Fate:
    told = {"on": date(2018, 6, 1), "by": "市财政局", "evidence": "会议纪要"} | more
    return Fate(code=code, became=became, **told)


def judged(before: City, now: City, *fates: Fate, day: date = DAY) -> TargetResult:
    found = assess(CZ, now.estate(), Records(fates=fates), day, (THEN, before.estate()))
    return next(t for t in found.targets if t.entry == "CZ-12")


def two() -> tuple[City, str, str]:
    city = City()
    (owner,) = city.departments(1)
    moved = city.system(owner, moved=True, migratable=True)
    return city, moved, city.system(owner, moved=False, migratable=True)


def test_what_is_gone_counts_by_what_it_was_merged_into() -> None:
    before, moved, gone = two()
    now, _, _ = two()
    now.drop("systems", gone)
    lost = judged(before, now)
    assert lost.baseline == Ratio(done=1, total=2)
    assert lost.lineage is not None
    assert lost.lineage.gone == (gone,)
    told = judged(before, now, fate(gone, "merged", into=moved))
    assert told.baseline == Ratio(done=2, total=2)
    assert told.lineage is not None
    assert (told.lineage.merged, told.lineage.gone) == (((gone, moved),), ())


def test_what_was_retired_leaves_today_s_count_and_stays_in_the_baseline_s() -> None:
    before, _, old = two()
    now, _, _ = two()
    told = judged(before, now, fate(old, "retired"))
    assert (told.today, told.baseline) == (Ratio(done=1, total=1), Ratio(done=1, total=2))
    assert told.lineage is not None
    assert told.lineage.retired == (old,)
    assert judged(before, now, fate(old, "retired"), day=date(2018, 5, 31)).today == Ratio(
        done=1, total=2
    )


def test_an_exclusion_says_by_whom_and_moves_no_number() -> None:
    before, _, old = two()
    now, _, _ = two()
    out = fate(old, "excluded", policy=CZ.id, entry="CZ-12")
    assert judged(before, now, out).today == judged(before, now).today
    now.change("systems", old, migratable=False, migratable_reason="设备专用")
    told = judged(before, now, out)
    assert told.lineage is not None
    ((code, by_whom),) = told.lineage.excluded
    assert code == old
    assert by_whom == "市财政局 2018-06-01 会议纪要；设备专用"


def test_of_a_ring_of_merges_one_still_stands() -> None:
    before, one, other = two()
    now, _, _ = two()
    told = judged(before, now, fate(one, "merged", into=other), fate(other, "merged", into=one))
    assert told.today is not None
    assert told.today.total == 1
    assert told.lineage is not None
    assert [len(names) for names in (told.lineage.kept, told.lineage.merged)] == [1, 1]


def test_a_ring_of_merges_in_the_inventory_wins_no_ratio() -> None:
    city = City()
    (owner,) = city.departments(1)
    codes = [city.system(owner, moved=n < 3, migratable=True) for n in range(10)]
    ring = codes[3:]
    for code, into in zip(ring, (*ring[1:], ring[0]), strict=True):
        city.change("systems", code, merged_into=into)
    found = assess(CZ, city.estate(), Records(), date(2018, 12, 31))
    (told,) = (t for t in found.targets if t.entry == "CZ-12")
    assert told.today is not None
    assert (told.today.done, told.today.total) == (3, 4)
    assert told.open == (ring[0],)


def test_a_fate_of_what_is_nowhere_is_told() -> None:
    city, one, _ = two()
    records = Records(fates=(fate("S-9999", "retired"), fate(one, "merged", into="S-8888")))
    found = assess(CZ, city.estate(), records, DAY)
    assert found.strays == (("fates", "S-8888"), ("fates", "S-9999"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"became": "merged"},
        {"became": "merged", "into": "S-1"},
        {"became": "retired", "into": "S-2"},
        {"became": "excluded"},
        {"became": "excluded", "policy": CZ.id},
        {"became": "retired", "policy": CZ.id, "entry": "CZ-12"},
    ],
)
def test_a_fate_says_all_that_it_needs_and_nothing_else(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        fate("S-1", **wrong)
