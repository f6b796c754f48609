"""What holds of every pack, whatever the city."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model import Estate
from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment, Ratio, Verdict
from inventory.policies.conditions import Conditions, inner
from inventory.policies.loader import load, shipped
from inventory.policies.measures import Share
from inventory.policies.pack import Pack
from inventory.policies.records import Exempt, Records
from inventory.policies.wording import Severity
from tests.inventory.policies.builder import CLOUD, ROOM, City

PACKS = {named: load(named) for named in shipped()}
MAYBE = st.none() | st.booleans()
DAYS = st.dates(date(2015, 1, 1), date(2022, 12, 31))


@st.composite
def cities(draw: st.DrawFn) -> City:
    """Departments of the city and of counties, systems and lines of which little may be told."""
    city = City()
    owners: list[str | None] = [*city.departments(2), *city.departments(1, county="青县"), None]
    for _ in range(draw(st.integers(0, 6))):
        city.system(
            draw(st.sampled_from(owners)),
            moved=draw(MAYBE),
            migratable=draw(MAYBE),
            connected=draw(MAYBE),
            must_connect=draw(MAYBE),
            citizen_facing=draw(MAYBE),
            secrecy=draw(st.sampled_from(["unknown", "none", "classified"])),
            owner_unit_level=draw(st.sampled_from([None, "department", "section"])),
            cloud_status=draw(st.sampled_from([None, "none", "connected", "verified"])),
            om_funds_per_year=draw(st.none() | st.integers(0, 9)),
        )
    for _ in range(draw(st.integers(0, 4))):
        city.line(
            draw(st.sampled_from(["private_business", "internal_private", "internet_leased"])),
            draw(st.sampled_from(owners)),
            destination=draw(st.sampled_from([None, "intranet", "extranet", "kept"])),
            cancelled_on=draw(st.none() | DAYS),
            eligible=draw(MAYBE),
        )
    return city


def fields(conditions: Conditions) -> Iterator[str]:
    for condition in conditions:
        if condition.field:
            yield condition.field
        yield from fields(inner(condition))


def cloud_targets(pack: Pack) -> set[str]:
    """Targets whose done is about the cloud."""
    return {
        t.id
        for t in pack.targets
        if isinstance(t.measure, Share) and "on_cloud" in set(fields(t.measure.done))
    }


def by_entry(found: Assessment, entries: set[str]) -> dict[str, tuple[Ratio | None, ...]]:
    return {t.entry: (t.today, t.baseline) for t in found.targets if t.entry in entries}


@pytest.mark.parametrize("named", [n for n, p in PACKS.items() if cloud_targets(p)])
@settings(max_examples=40, deadline=None)
@given(data=st.data(), city=cities(), day=DAYS)
def test_moving_a_system_never_lowers_a_cloud_ratio(
    named: str, data: st.DataObject, city: City, day: date
) -> None:
    before = city.estate()
    if not before.systems:
        return
    one = data.draw(st.sampled_from([s.code for s in before.systems]))
    was_there = next(s for s in before.systems if s.code == one)
    verified = was_there.cloud_status == "verified" and was_there.room != ROOM
    # what was verified on the cloud stays so; what stands in a room was verified nowhere
    city.change("systems", one, room=CLOUD, cloud_status="verified" if verified else "migrated")
    pack, since = PACKS[named], (date(2015, 1, 1), before)
    entries = cloud_targets(pack)
    then = by_entry(assess(pack, before, Records(), day, since), entries)
    now = by_entry(assess(pack, city.estate(), Records(), day, since), entries)
    assert entries
    for entry in entries:
        for was, has in zip(then[entry], now[entry], strict=True):
            assert was is not None
            assert has is not None
            assert (has.total, has.done >= was.done) == (was.total, True)


def errors(found: Assessment) -> set[tuple[str, str]]:
    broken = {(v.entry, v.code) for v in found.violations if not v.passes}
    late = {(t.entry, "") for t in found.targets if t.verdict is Verdict.LATE}
    return broken | late


@pytest.mark.parametrize("named", PACKS)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), city=cities(), day=DAYS)
def test_an_exception_never_adds_an_error(
    named: str, data: st.DataObject, city: City, day: date
) -> None:
    pack, estate = PACKS[named], city.estate()
    codes = [
        o.code for kind in ("systems", "lines", "organisations") for o in getattr(estate, kind)
    ]
    approved = data.draw(st.lists(DAYS, min_size=1, max_size=4))
    entries = sorted(e.id for _, _, e in pack.entries())
    granted = tuple(
        Exempt(
            policy=named,
            entry=data.draw(st.sampled_from(entries)),
            code=data.draw(st.sampled_from(codes)),
            reason="r",
            approver="a",
            document="d",
            approved_on=on,
            review_on=max(on, data.draw(DAYS)),
        )
        for on in approved
    )
    alarms, wrong = [], []
    for count in range(len(granted) + 1):
        found = assess(pack, estate, Records(exceptions=granted[:count]), day)
        alarms.append(found.alarms)
        wrong.append(errors(found))
    assert all(after <= before for before, after in pairwise(wrong))
    assert alarms == sorted(alarms, reverse=True)


def shuffled(estate: Estate, dice: Random) -> Estate:
    parts: dict[str, Any] = {}
    for kind, objects in estate.collections():
        order = list(objects)
        dice.shuffle(order)
        parts[kind] = tuple(order)
    return Estate(**parts)


@pytest.mark.parametrize("named", PACKS)
@settings(max_examples=20, deadline=None)
@given(city=cities(), day=DAYS, dice=st.randoms(use_true_random=False))
def test_the_order_of_objects_never_matters(
    named: str, city: City, day: date, dice: Random
) -> None:
    pack, estate = PACKS[named], city.estate()
    assert assess(pack, estate, Records(), day) == assess(
        pack, shuffled(estate, dice), Records(), day
    )


@pytest.mark.parametrize("named", PACKS)
@settings(max_examples=20, deadline=None)
@given(city=cities(), day=DAYS)
def test_nothing_is_late_before_its_day_or_if_it_was_born_late(
    named: str, city: City, day: date
) -> None:
    pack = PACKS[named]
    for target in assess(pack, city.estate(), Records(), day).targets:
        if target.verdict is Verdict.LATE:
            assert target.deadline is not None
            assert pack.validity.effective_from <= target.deadline < day
        assert target.severity is not Severity.INFO or target.verdict in (
            Verdict.TOLD,
            Verdict.NOT_IN_FORCE,
        )


def test_packs_know_cloud_targets() -> None:
    assert {n for n, p in PACKS.items() if cloud_targets(p)} == {
        "cangzhou-2017-157",
        "dalian-2017-135",
        "xinzhou-2020-98",
    }
