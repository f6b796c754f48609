"""What NetBox alone took away while a ledger still tells it: a person is asked, with the true reason."""

import pytest

from inventory.findings import Cause
from inventory.model import Estate, Room
from inventory.precedence import Precedence
from inventory.reconcile import LOST_FROM, reconcile

ASK = Precedence()


def rooms(count: int, without: int = 0) -> Estate:
    """`count` rooms of which the first `without` have no building."""
    return Estate(
        rooms=tuple(
            Room(code=f"R-{n:02}", name="甲", building=None if n < without else "A 座", racks=n)
            for n in range(count)
        )
    )


@pytest.mark.parametrize(
    ("count", "without", "cause"),
    [
        (LOST_FROM, LOST_FROM, Cause.LOST),
        (2 * LOST_FROM - 1, LOST_FROM, Cause.LOST),
        (2 * LOST_FROM, LOST_FROM, Cause.NETBOX),  # not more than half
        (LOST_FROM - 1, LOST_FROM - 1, Cause.NETBOX),  # few: by hand
    ],
)
@pytest.mark.parametrize("pulled", [False, True])
def test_a_field_that_many_lost_is_asked_about(
    count: int, without: int, cause: Cause, *, pulled: bool
) -> None:
    """Also when it is the accepted state since."""
    told, live = rooms(count), rooms(count, without)
    found = reconcile(live if pulled else told, live, told, ASK, told=told)
    assert {f.cause for f in found.findings} == {cause}
    assert len(found.findings) == without
    assert all(f.conflict is (cause is Cause.LOST) for f in found.findings)
    assert found.wanted == live  # NetBox's state stays until somebody has decided

    decided = {f.question: "ledger" for f in found.findings}
    again = reconcile(live, live, told, ASK, told=found.told, decisions=decided)  # type: ignore[arg-type]
    assert again.wanted == told


def test_other_changes_of_the_same_objects_go_on() -> None:
    told, live = rooms(9), rooms(9, 9)
    says = Estate(rooms=tuple(r.model_copy(update={"racks": 99}) for r in told.rooms))
    found = reconcile(told, live, says, ASK, told=told)
    assert {(r.racks, r.building) for r in found.wanted.rooms} == {(99, None)}
    assert {(f.field, f.cause) for f in found.findings} == {
        ("building", Cause.LOST),
        ("racks", Cause.LEDGER),
    }


@pytest.mark.parametrize("racks", [0, 7])
def test_what_netbox_alone_deleted_is_said_to_be_deleted(racks: int) -> None:
    """Whether the ledger says the same as before or something new."""
    before = rooms(1)
    says = Estate(rooms=(before.rooms[0].model_copy(update={"racks": racks}),))
    (found,) = reconcile(before, Estate(), says, ASK, told=before).findings
    assert (found.cause, found.winner, found.conflict) == (Cause.DELETED, "ask", True)
