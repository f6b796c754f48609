import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.changes import ChangeSet, diff, merge_declared
from inventory.errors import ChangeRefused, EstateError, StaleEstate
from inventory.model import Estate, Host, Placement, Room, System
from tests.inventory.estates import ESTATES, small_estate

FEW = settings(max_examples=25, deadline=None, database=None)
PLACED = Placement(place="R-1", hosts=("h-1",), run="r", since="2026-01-01T00:00:00+08:00")


@FEW
@given(ESTATES, ESTATES)
def test_a_diff_applied_to_the_old_gives_the_new(old: Estate, new: Estate) -> None:
    changes = diff(old, new)
    after = changes.apply_to(old)
    assert after.digest == new.digest == changes.result
    assert changes.empty == (old.digest == new.digest)


@FEW
@given(ESTATES, ESTATES)
def test_applying_twice_changes_nothing(old: Estate, new: Estate) -> None:
    changes = diff(old, new)
    after = changes.apply_to(old)
    assert changes.apply_to(after) is after


@FEW
@given(ESTATES, ESTATES)
def test_a_change_set_survives_json(old: Estate, new: Estate) -> None:
    changes = diff(old, new)
    again = ChangeSet.model_validate_json(changes.model_dump_json())
    assert again.digest == changes.digest
    assert again.apply_to(old).digest == new.digest


@FEW
@given(ESTATES, ESTATES, st.randoms(use_true_random=False))
def test_the_order_of_objects_is_no_difference(
    old: Estate, new: Estate, shuffler: random.Random
) -> None:
    mixed = {}
    for kind, objects in new.collections():
        order = list(objects)
        shuffler.shuffle(order)
        mixed[kind] = tuple(order)
    other = Estate(**mixed)
    assert diff(new, other).empty
    assert diff(old, other).digest == diff(old, new).digest


@FEW
@given(ESTATES, ESTATES)
def test_merging_keeps_what_ledgers_do_not_tell(current: Estate, declared: Estate) -> None:
    merged = merge_declared(current, declared)
    placed = {s.code: s.placement for s in current.systems}
    assert {s.code: s.placement for s in merged.systems} == {
        s.code: placed.get(s.code) for s in merged.systems
    }
    for kind, objects in merged.collections():
        codes = {o.code for o in getattr(current, kind)} | {o.code for o in getattr(declared, kind)}
        assert {o.code for o in objects} == codes
    assert merge_declared(merged, declared) == merged
    assert not diff(current, merged).deletes


def test_a_ledger_never_undoes_a_finished_move() -> None:
    current = Estate(systems=(System(code="S-1", name="旧名", room="R-1", placement=PLACED),))
    declared = Estate(systems=(System(code="S-1", name="新名", room="R-2"),))
    (merged,) = merge_declared(current, declared).systems
    assert (merged.name, merged.room, merged.placement) == ("新名", "R-2", PLACED)


def test_updates_are_told_field_by_field() -> None:
    old = Estate(rooms=(Room(code="R", name="甲", racks=3),))
    new = Estate(rooms=(Room(code="R", name="甲", racks=4, building="A座"),))
    (update,) = diff(old, new).updates
    assert [(f.field, f.old, f.new) for f in update.fields] == [
        ("building", None, "A座"),
        ("racks", 3, 4),
    ]


def test_a_first_import_is_no_risk() -> None:
    empty = Estate()
    diff(empty, small_estate()).check_safety(empty)


def test_too_large_a_change_needs_its_exact_digest() -> None:
    estate = small_estate(10)
    changes = diff(estate, Estate())
    with pytest.raises(ChangeRefused, match=changes.digest):
        changes.check_safety(estate)
    with pytest.raises(ChangeRefused, match="is not that of this change"):
        changes.check_safety(estate, confirmed="0" * 64)
    changes.check_safety(estate, confirmed=changes.digest)


def test_another_digest_is_refused_even_for_a_small_change() -> None:
    estate = small_estate(10)
    changes = diff(estate, merge_declared(estate, Estate(hosts=(Host(code="n", name="n"),))))
    changes.check_safety(estate)
    with pytest.raises(ChangeRefused):
        changes.check_safety(estate, confirmed="")


def test_a_changed_estate_is_stale() -> None:
    estate = small_estate(3)
    changes = diff(estate, small_estate(4))
    with pytest.raises(StaleEstate, match="make the change again"):
        changes.apply_to(small_estate(2))


@pytest.mark.parametrize(
    "alter",
    [
        {"creates": ()},
        {"creates": ({"kind": "hosts", "code": "h-3", "facts": {"code": "h-3", "nome": "x"}},)},
        {"creates": ({"kind": "weapons", "code": "x", "facts": {}},)},
        {"deletes": ({"kind": "hosts", "code": "nobody", "facts": {}},)},
    ],
)
def test_an_altered_change_set_is_refused(alter: dict[str, object]) -> None:
    estate = small_estate(3)
    changes = diff(estate, small_estate(4))
    altered = ChangeSet.model_validate(changes.model_dump() | alter)
    assert altered.digest != changes.digest
    with pytest.raises(EstateError):
        altered.apply_to(estate)


def test_text_for_people_in_both_languages() -> None:
    old = Estate(rooms=(Room(code="R-1", name="甲", racks=1), Room(code="R-2", name="乙")))
    new = Estate(
        rooms=(Room(code="R-1", name="甲\x1b[2J\u202e", racks=2), Room(code="R-3", name="丙"))
    )
    changes = diff(old, new)
    assert changes.render_text("zh").splitlines() == [
        '+ 机房 R-3 "丙"',
        "~ 机房 R-1",
        '    名称："甲" → "甲\\u001b[2J\\u202e"',
        "    机柜数：1 → 2",
        '- 机房 R-2 "乙"',
        f"新增 1，修改 1，删除 1；变更摘要 {changes.digest}",
    ]
    assert "    racks: 1 → 2" in changes.render_text("en").splitlines()
    assert changes.render_text("en").splitlines()[-1] == (
        f"1 to create, 1 to update, 1 to delete; digest {changes.digest}"
    )
    assert diff(old, old).render_text("en") == "no changes"


def test_json_for_programs() -> None:
    changes = diff(Estate(), small_estate(1))
    told = changes.as_json()
    assert told["digest"] == changes.digest
    assert told["counts"] == {"creates": 4, "updates": 0, "deletes": 0}
    assert {c["code"] for c in told["creates"]} == {"O-1", "R-1", "S-1", "h-0"}


def _cut_off(old: Estate, new: Estate, dice: random.Random) -> Estate:
    """Of the objects that differ some as they were and some as they shall be."""
    chosen: dict[str, tuple[Any, ...]] = {}
    for kind, held in old.collections():
        before = {o.code: o for o in held}
        after = {o.code: o for o in getattr(new, kind)}
        taken = {c: dice.choice((before, after)) for c in before.keys() | after.keys()}
        chosen[kind] = tuple(side[c] for c, side in taken.items() if c in side)
    return Estate(**chosen)


@FEW
@given(ESTATES, ESTATES, st.randoms(use_true_random=False))
def test_what_a_cut_off_change_left_leads_back_to_its_base(
    old: Estate, new: Estate, dice: random.Random
) -> None:
    changes = diff(old, new)
    base = changes.base_of(_cut_off(old, new, dice))
    assert base is not None
    assert base.digest == old.digest
    assert changes.apply_to(base).digest == new.digest


def test_an_estate_that_others_changed_too_is_no_cut_off_one() -> None:
    old, new = small_estate(3), small_estate(5)
    changes = diff(old, new)
    other = new.model_copy(update={"rooms": (new.rooms[0].model_copy(update={"name": "别的"}),)})
    assert changes.base_of(new) == old
    assert changes.base_of(other) is None
