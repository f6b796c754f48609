from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from inventory.errors import EstateError
from inventory.model import Code, Estate, HostKey, HostPath, Provenance, Room, UnitName


def test_collections_are_sorted_so_that_order_is_no_fact() -> None:
    a, b = Room(code="A", name="甲"), Room(code="B", name="乙")
    assert Estate(rooms=(b, a)) == Estate(rooms=(a, b))
    assert Estate(rooms=(b, a)).digest == Estate(rooms=(a, b)).digest


def test_a_code_told_twice_is_refused() -> None:
    with pytest.raises(EstateError, match="code A is told twice"):
        Estate(rooms=(Room(code="A", name="甲"), Room(code="A", name="乙")))


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
