"""Three sides of every field: what each says, who wins, what a person is asked."""

from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given, settings

from inventory.changes import merge_declared
from inventory.findings import Cause, Finding, Reconciled
from inventory.model import (
    Contact,
    Dependency,
    Estate,
    Host,
    Placement,
    Provenance,
    Room,
    Service,
    System,
)
from inventory.precedence import Precedence, default_precedence
from inventory.reconcile import reconcile
from tests.inventory.estates import ESTATES

FEW = settings(max_examples=60, deadline=None, database=None)
ASK = Precedence()
EMPTY = Estate()


def room(**facts: Any) -> Estate:
    return Estate(rooms=(Room(**({"code": "R", "name": "甲"} | facts)),))


def told(row: int, *fields: str) -> tuple[Provenance, ...]:
    return tuple(Provenance(field=f, source="台账.xlsx", sheet="机房", row=row) for f in fields)


def only(found: Reconciled) -> Finding:
    (finding,) = found.findings
    return finding


@FEW
@given(ESTATES, ESTATES)
def test_where_netbox_did_not_change_it_is_the_plain_merge(live: Estate, declared: Estate) -> None:
    found = reconcile(live, live, declared, default_precedence())
    assert found.wanted == merge_declared(live, declared)
    assert not found.conflicts


@FEW
@given(ESTATES, ESTATES)
def test_where_nothing_is_declared_netbox_stays(snapshot: Estate, live: Estate) -> None:
    found = reconcile(snapshot, live, EMPTY, default_precedence())
    assert found.wanted == live
    assert not found.conflicts
    assert {f.winner for f in found.findings} <= {"netbox"}


@FEW
@given(ESTATES, ESTATES, ESTATES)
def test_three_sides_that_agree_have_nothing_to_say(
    snapshot: Estate, live: Estate, declared: Estate
) -> None:
    found = reconcile(snapshot, live, declared, default_precedence())
    for finding in found.findings:
        assert len({repr(finding.netbox), repr(finding.ledger), repr(finding.snapshot)}) > 1 or (
            finding.missing
        )
    # what was accepted once is at rest: NetBox holds it, the snapshot too, the ledgers are told
    again = reconcile(found.wanted, found.wanted, found.told, ASK, told=found.told)
    assert again.wanted.digest == found.wanted.digest


@FEW
@given(ESTATES, ESTATES, ESTATES)
def test_what_netbox_alone_changed_is_never_overwritten(
    snapshot: Estate, live: Estate, declared: Estate
) -> None:
    """The snapshot is what the ledger said: whatever NetBox has since, stays."""
    found = reconcile(declared, live, declared, default_precedence(), told=declared)
    kept = {(k, o.code): o for k, objects in found.wanted.collections() for o in objects}
    for kind, objects in live.collections():
        for obj in objects:
            same = {f: getattr(obj, f) for f in type(obj).model_fields if f != "provenance"}
            assert kept[kind, obj.code].model_copy(update=same) == kept[kind, obj.code]


# one field, three values: snapshot, NetBox, ledger → what is wanted, why
CASES = [
    (1, 1, 2, 2, Cause.LEDGER, "ledger"),
    (1, 2, 1, 2, Cause.NETBOX, "netbox"),
    (1, 2, 2, 2, Cause.AGREED, "both"),
    (1, 2, 3, 2, Cause.CONFLICT, "ask"),
    (1, 1, None, None, Cause.LEDGER, "ledger"),  # as merge_declared: the row replaces the object
    (1, 2, None, 2, Cause.NETBOX, "netbox"),  # not told: no reason to wipe what NetBox has newer
    (None, 2, None, 2, Cause.NETBOX, "netbox"),
    (None, None, 3, 3, Cause.LEDGER, "ledger"),
    (1, None, 1, None, Cause.NETBOX, "netbox"),  # cleared in NetBox
    (1, None, 3, None, Cause.CONFLICT, "ask"),
]


@pytest.mark.parametrize(("was", "now", "says", "wanted", "cause", "winner"), CASES)
def test_one_field(
    was: int | None,
    now: int | None,
    says: int | None,
    wanted: int | None,
    cause: Cause,
    winner: str,
) -> None:
    found = reconcile(room(racks=was), room(racks=now), room(racks=says), ASK)
    assert found.wanted.rooms[0].racks == wanted
    finding = only(found)
    assert (finding.cause, finding.winner) == (cause, winner)
    assert (finding.snapshot, finding.netbox, finding.ledger) == (was, now, says)
    assert finding.conflict == (winner == "ask")


@pytest.mark.parametrize(("rule", "wanted"), [("netbox", 2), ("ledger", 3)])
def test_the_table_decides_and_the_loser_is_named(rule: Any, wanted: int) -> None:
    table = Precedence(rules={"rooms": {"racks": rule}})
    found = reconcile(room(racks=1), room(racks=2), room(racks=3), table)
    assert found.wanted.rooms[0].racks == wanted
    finding = only(found)
    assert (finding.cause, finding.winner) == (Cause.PRECEDENCE, rule)
    assert {finding.netbox, finding.ledger} == {2, 3}
    assert not found.conflicts


def test_fields_are_judged_apart() -> None:
    found = reconcile(
        room(racks=1, building="A座"),
        room(racks=2, building="A座"),
        room(racks=1, building="B座"),
        ASK,
    )
    assert found.wanted == room(racks=2, building="B座")
    assert {f.field: f.winner for f in found.findings} == {"racks": "netbox", "building": "ledger"}


@pytest.mark.parametrize("field", ["contacts", "ssh_port"])
def test_a_default_that_nobody_wrote_is_not_told(field: str) -> None:
    """Even where the table lets the ledger win."""
    table = Precedence(default="ledger")
    if field == "contacts":
        was, now = ({"contacts": (Contact(role="值班", name=n),)} for n in "甲乙")
        found = reconcile(room(**was), room(**now), room(), table)
        assert found.wanted == room(**now)
        return
    sides = [Estate(hosts=(Host(code="h", name="h", ssh_port=port),)) for port in (2201, 2202, 22)]
    assert reconcile(*sides, table).wanted == sides[1]
    wrote = told(3, "ssh_port")
    sides[2] = Estate(hosts=(Host(code="h", name="h", ssh_port=22, provenance=wrote),))
    assert reconcile(*sides, table).wanted == sides[2]


def test_provenance_comes_from_where_the_value_came() -> None:
    was = room(racks=1, building="A座", provenance=told(3, "racks", "building"))
    now = room(racks=2, building="A座", provenance=told(3, "racks", "building"))
    says = room(racks=1, building="B座", provenance=told(9, "racks", "building"))
    (wanted,) = reconcile(was, now, says, ASK).wanted.rooms
    assert wanted.provenance == told(9, "building")
    finding = reconcile(was, now, says, ASK).findings[0]
    assert finding.source is not None
    assert finding.source.row == 9


def test_a_new_object_on_either_side_is_taken() -> None:
    found = reconcile(EMPTY, EMPTY, room(), ASK)
    assert found.wanted == room()
    assert only(found).missing == ("netbox", "snapshot")
    assert (only(found).field, only(found).ledger) == ("", "甲")
    found = reconcile(EMPTY, room(), EMPTY, ASK)
    assert found.wanted == room()
    assert only(found).cause is Cause.NETBOX


def test_new_on_both_sides() -> None:
    found = reconcile(EMPTY, room(racks=2, building="A座"), room(racks=3, area_m2="9"), ASK)
    (wanted,) = found.wanted.rooms
    assert (wanted.racks, wanted.building, wanted.area_m2) == (2, "A座", "9")
    assert {f.field: f.cause for f in found.findings} == {
        "": Cause.AGREED,
        "racks": Cause.CONFLICT,
        "building": Cause.NETBOX,
        "area_m2": Cause.LEDGER,
    }


def test_deleted_in_netbox_and_no_more_declared_is_deleted() -> None:
    found = reconcile(room(), EMPTY, EMPTY, ASK)
    assert found.wanted == EMPTY
    assert (only(found).cause, only(found).netbox, only(found).snapshot) == (
        Cause.NETBOX,
        None,
        "甲",
    )


@pytest.mark.parametrize("default", ["ask", "netbox", "ledger"])
def test_deleted_in_netbox_but_declared_is_asked(default: Any) -> None:
    found = reconcile(room(), EMPTY, room(), Precedence(default=default))
    assert found.wanted == EMPTY
    assert only(found).conflict
    question = only(found).question
    taken = reconcile(room(), EMPTY, room(racks=9), ASK, decisions={question: "ledger"})
    assert taken.wanted == room(racks=9)
    left = reconcile(room(), EMPTY, room(racks=9), ASK, decisions={question: "netbox"})
    assert left.wanted == EMPTY
    assert not left.conflicts
    # the snapshot has moved on: what was decided still holds
    assert reconcile(EMPTY, EMPTY, room(), ASK, decisions={question: "netbox"}).wanted == EMPTY


def test_a_decision_holds_for_its_very_values() -> None:
    found = reconcile(room(racks=1), room(racks=2), room(racks=3), ASK)
    for taken, wanted in (("ledger", 3), ("netbox", 2)):
        decisions: Any = {only(found).question: taken}
        again = reconcile(room(racks=1), room(racks=2), room(racks=3), ASK, decisions=decisions)
        assert again.wanted.rooms[0].racks == wanted
        assert only(again).cause is Cause.DECISION
        other = reconcile(room(racks=1), room(racks=2), room(racks=4), ASK, decisions=decisions)
        assert only(other).conflict
        # also when the snapshot has taken NetBox's value since
        later = reconcile(room(racks=2), room(racks=2), room(racks=3), ASK, decisions=decisions)
        assert later.wanted.rooms[0].racks == wanted


def test_an_old_ledger_given_again_does_not_bring_the_old_value_back() -> None:
    """NetBox's newer value was accepted into the snapshot: the ledger is measured from what it
    said last."""
    first = reconcile(room(racks=1), room(racks=2), room(racks=1), ASK)
    assert first.wanted == room(racks=2)
    again = reconcile(first.wanted, first.wanted, room(racks=1), ASK, told=first.told)
    assert again.wanted == room(racks=2)
    assert only(again).cause is Cause.NETBOX
    newer = reconcile(first.wanted, first.wanted, room(racks=3), ASK, told=first.told)
    assert only(newer).conflict
    silent = reconcile(first.wanted, first.wanted, room(), ASK, told=room())
    assert silent.wanted == room(racks=2)
    assert reconcile(EMPTY, EMPTY, room(), ASK, told=room()).conflicts


def test_what_is_open_is_not_remembered_as_told() -> None:
    sides = room(racks=1), room(racks=2, area_m2="7"), room(racks=3, area_m2="8")
    first = reconcile(*sides, Precedence(default="ask", rules={"rooms": {"area_m2": "netbox"}}))
    assert first.told == room(racks=1, area_m2="8")
    assert reconcile(EMPTY, room(racks=2), room(racks=3), ASK).told == EMPTY
    assert reconcile(room(), EMPTY, room(), ASK).told == EMPTY


def test_where_a_system_lives_is_neither_set_nor_undone_by_a_ledger() -> None:
    placed = Placement(place="R", hosts=("h",), run="r", since="2026-01-01T00:00:00+08:00")
    live = Estate(systems=(System(code="S", name="甲", placement=placed),))
    declared = Estate(systems=(System(code="S", name="乙"),))
    (wanted,) = reconcile(live, live, declared, ASK).wanted.systems
    assert (wanted.name, wanted.placement) == ("乙", placed)
    (new,) = reconcile(EMPTY, EMPTY, live, ASK).wanted.systems
    assert new.placement is None


def test_what_refers_to_a_deleted_object_is_held_back_and_the_rest_goes_on() -> None:
    host = Host(code="h", name="h")
    was = Estate(hosts=(host, Host(code="g", name="g")))
    now = Estate(hosts=(Host(code="g", name="g"),))
    says = Estate(
        hosts=(host, Host(code="g", name="g", ipv4=IPv4Address("10.0.0.1"))),
        services=(Service(code="s", name="s", host="h", port=80),),
    )
    found = reconcile(was, now, says, ASK)
    assert [h.code for h in found.wanted.hosts] == ["g"]
    assert str(found.wanted.hosts[0].ipv4) == "10.0.0.1"
    assert found.wanted.services == ()
    held = [f for f in found.findings if f.cause is Cause.HELD]
    assert [(f.kind, f.code, f.winner) for f in held] == [("services", "s", "netbox")]
    assert found.told.services == ()
    decisions: Any = {found.conflicts[0].question: "ledger"}
    assert reconcile(was, now, says, ASK, decisions=decisions).wanted.services == says.services


def test_holding_back_spreads() -> None:
    was = Estate(rooms=(Room(code="R", name="R"),))
    says = Estate(
        rooms=was.rooms,
        systems=(System(code="S", name="S", room="R"), System(code="T", name="T")),
        dependencies=(Dependency(system="T", needs="S"),),
    )
    found = reconcile(was, EMPTY, says, ASK)
    assert [s.code for s in found.wanted.systems] == ["T"]
    assert found.wanted.dependencies == ()
