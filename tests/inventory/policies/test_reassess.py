"""What is kept up with changes is what assessing anew would say."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model import Estate, System
from inventory.policies.assess import assess
from inventory.policies.reassess import Reassessment
from inventory.policies.records import Declaration, Exempt, Fate, Records
from tests.inventory.policies.builder import CLOUD, ROOM, City, told
from tests.inventory.policies.test_properties import DAYS, MAYBE, PACKS, cities

THEN = date(2015, 1, 1)


@st.composite
def changed(draw: st.DrawFn, estate: Estate) -> System:
    """One of the systems, as it is after somebody told something of it."""
    system = draw(st.sampled_from(estate.systems))
    others = [s.code for s in estate.systems if s.code != system.code]
    owners = [o.code for o in estate.organisations]
    facts: dict[str, st.SearchStrategy[Any]] = {
        "room": st.sampled_from([CLOUD, ROOM, None]),
        "connected": MAYBE,
        "must_connect": MAYBE,
        "migratable": MAYBE,
        "citizen_facing": MAYBE,
        "zombie_idle": MAYBE,
        "name": st.sampled_from(["系统", "新名"]),
        "organisation": st.sampled_from([*owners, None]),
        "secrecy": st.sampled_from(["unknown", "none", "classified"]),
        "cloud_status": st.sampled_from([None, "none", "migrated", "verified"]),
        "merged_into": st.sampled_from([*others, None]),
        "parent": st.sampled_from([*others, None]),
        "zombie_decision": st.sampled_from([None, "retire", "keep"]),
        "zombie_evidence": st.sampled_from([None, "文"]),
        "om_funds_per_year": st.none() | st.integers(0, 9),
        "provenance": st.sampled_from([(), told("migratable", 3)]),
    }
    names = draw(st.lists(st.sampled_from(sorted(facts)), min_size=1, max_size=3, unique=True))
    return system.model_copy(update={name: draw(facts[name]) for name in names})


@pytest.mark.parametrize("named", PACKS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), city=cities(), day=DAYS, with_baseline=st.booleans())
def test_the_same_as_anew(
    named: str, data: st.DataObject, city: City, day: date, with_baseline: bool
) -> None:
    pack, estate = PACKS[named], city.estate()
    if not estate.systems:
        return
    one = estate.systems[0].code
    records = Records(
        exceptions=tuple(
            Exempt(
                policy=named,
                entry=entry.id,
                code=one,
                reason="r",
                approver="a",
                document="d",
                approved_on=THEN,
                review_on=day,
            )
            for entry in (*pack.rules, *pack.targets)
        ),
        fates=(Fate(code=one, became="retired", on=THEN, by="局", evidence="文"),)
        if data.draw(st.booleans())
        else (),
    )
    baseline = (THEN, estate) if with_baseline else None
    kept = Reassessment([pack], estate, records, day, {named: baseline})
    assert kept.assessments == (assess(pack, estate, records, day, baseline),)
    for _ in range(data.draw(st.integers(1, 4))):
        (found,) = kept.change(data.draw(changed(kept.estate)))
        anew = assess(pack, kept.estate, records, day, baseline)
        assert found == anew
        assert found.estate == kept.estate.digest


def test_a_room_is_looked_at_again_when_its_last_system_left() -> None:
    """V-42 of Dalian is about rooms, and hangs on systems."""
    city = City()
    (owner,) = city.departments(1)
    code = city.system(owner, moved=False)
    city.host(place=ROOM, role="server")
    estate, pack = city.estate(), PACKS["dalian-2017-135"]
    kept = Reassessment([pack], estate, Records(), date(2018, 6, 1))
    (before,) = kept.assessments
    assert [v.code for v in before.violations if v.entry == "V-42"] == []
    system = next(s for s in estate.systems if s.code == code)
    (after,) = kept.change(system.model_copy(update={"room": CLOUD}))
    assert [v.code for v in after.violations if v.entry == "V-42"] == [ROOM]


def test_a_system_that_is_not_there() -> None:
    city = City()
    city.system(None)
    kept = Reassessment([], city.estate(), Records(), THEN)
    with pytest.raises(KeyError):
        kept.change(System(code="other", name="x"))


def test_a_declaration_counts_there_too() -> None:
    city = City()
    (owner,) = city.departments(1)
    code = city.system(owner, moved=True, connected=False)
    said = Declaration(
        policy="cangzhou-2017-157", entry="V-49", code=code, on=THEN, by="局", evidence="文"
    )
    estate, pack = city.estate(), PACKS["cangzhou-2017-157"]
    records, day = Records(declarations=(said,)), date(2018, 6, 1)
    kept = Reassessment([pack], estate, records, day)
    system = estate.systems[0].model_copy(update={"connected": True})
    assert kept.change(system) == (assess(pack, kept.estate, records, day),)


def test_a_ring_of_merges_that_closes_and_opens_again() -> None:
    city = City()
    (owner,) = city.departments(1)
    one, two, _ = (city.system(owner, moved=True, migratable=True) for _ in range(3))
    city.change("systems", one, merged_into=two)
    estate, pack, day = city.estate(), PACKS["cangzhou-2017-157"], date(2018, 6, 1)
    kept = Reassessment([pack], estate, Records(), day)
    for into in (one, None, one):
        system = next(s for s in kept.estate.systems if s.code == two)
        (found,) = kept.change(system.model_copy(update={"merged_into": into}))
        assert found == assess(pack, kept.estate, Records(), day)
        assert [t.today.total for t in found.targets if t.entry == "CZ-12" and t.today] == [2]
