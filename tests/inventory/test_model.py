from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from inventory.errors import EstateError
from inventory.model import (
    Code,
    Estate,
    Host,
    HostKey,
    HostPath,
    Line,
    Organisation,
    Provenance,
    Resource,
    Room,
    System,
    UnitName,
)


def test_collections_are_sorted_so_that_order_is_no_fact() -> None:
    a, b = Room(code="A", name="甲"), Room(code="B", name="乙")
    assert Estate(rooms=(b, a)) == Estate(rooms=(a, b))
    assert Estate(rooms=(b, a)).digest == Estate(rooms=(a, b)).digest


def test_an_estate_keeps_its_digest_when_the_model_grows() -> None:
    """The digest was taken before the census's fields, projects and resources came (cd27544)."""
    room = Room(code="R-1", name="甲机房", organisation="O-1", racks=3)
    system = System(code="S-1", name="门户", organisation="O-1", room="R-1", citizen_facing=False)
    estate = Estate(
        organisations=(Organisation(code="O-1", name="甲局", aliases=("甲",)),),
        rooms=(room,),
        lines=(Line(code="L-1", name="L-1", a_end="R-1", bandwidth_kbps=2000),),
        hosts=(Host(code="h-1", name="h-1", place="R-1"),),
        systems=(system,),
    )
    assert estate.digest == "22813e61da142074ce21c78e619b859387aba7f7970cb5f2626cccab86c1a87f"
    more = estate.model_copy(update={"resources": (Resource(code="RS-1", name="人口"),)})
    assert more.digest != estate.digest
    users = estate.model_copy(update={"systems": (system.model_copy(update={"users": 3}),)})
    assert users.digest != estate.digest


def test_a_code_told_twice_is_refused() -> None:
    with pytest.raises(EstateError, match="code A is told twice"):
        Estate(rooms=(Room(code="A", name="甲"), Room(code="A", name="乙")))


def test_where_a_cell_stood_is_kept_with_the_object_and_read_back_with_it() -> None:
    told = {"field": "name", "source": "a", "sheet": "b", "row": 3, "column": "c", "raw": "d"}
    room = Room(code="A", name="甲", provenance=(Provenance("name", "a", "b", 3, "c", "d"),))
    assert room.model_dump(mode="json")["provenance"] == [told]
    again = Room.model_validate_json(room.model_dump_json())
    assert again == room
    assert hash(again) == hash(room)
    with pytest.raises(ValidationError):
        Room.model_validate({"code": "A", "name": "甲", "provenance": [{**told, "cell": "B3"}]})


def test_provenance_is_no_fact() -> None:
    told = Room(code="A", name="甲", provenance=(Provenance(field="name", source="a.xlsx"),))
    assert Estate(rooms=(told,)).digest == Estate(rooms=(Room(code="A", name="甲"),)).digest


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Code, "-a"),
        (Code, "a b"),
        (Code, "a\n"),
        (Code, "x" * 64),
        (HostPath, "srv"),
        (HostPath, "/srv/../etc"),
        (HostPath, "/srv/$(id)"),
        (HostPath, "/srv\n"),
        (HostPath, "/"),
        (HostPath, "/var/lib"),
        (UnitName, "nginx;reboot"),
        (UnitName, "nginx\n"),
        (HostKey, "ssh-ed25519 AAAA comment"),
        (HostKey, "ssh-ed25519 AAAA\n"),
    ],
)
def test_what_machines_use_has_one_form(form: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(form).validate_python(text)


def test_a_changed_copy_has_its_own_digest_and_is_checked() -> None:
    estate = Estate(rooms=(Room(code="B", name="乙"),))
    before = estate.digest
    rooms = (*estate.rooms, Room(code="A", name="甲"))
    changed = estate.model_copy(update={"rooms": rooms})
    assert changed.digest == Estate(rooms=rooms).digest != before
    with pytest.raises(ValidationError):
        estate.rooms[0].model_copy(update={"nome": "x"})
