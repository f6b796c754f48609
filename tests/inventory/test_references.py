import pytest

from inventory.errors import EstateError
from inventory.model import Dependency, Entrance, Estate, Placement, System
from inventory.references import REFERENCES, check_references, dangling
from tests.inventory.estates import small_estate


def test_a_whole_estate_has_none() -> None:
    check_references(small_estate())


def test_every_kind_of_reference_is_followed() -> None:
    system = System(
        code="S",
        name="S",
        room="R",
        target="C",
        entrance=Entrance(node="N", port=80, backend_port=80),
        placement=Placement(place="P", hosts=("H",), run="r", since="2026-01-01T00:00:00+08:00"),
    )
    estate = Estate(systems=(system,), dependencies=(Dependency(system="S", needs="T"),))
    assert {(field, code) for _, _, field, code in dangling(estate)} == {
        ("room", "R"),
        ("target", "C"),
        ("entrance.node", "N"),
        ("placement.place", "P"),
        ("placement.hosts", "H"),
        ("needs", "T"),
    }
    with pytest.raises(EstateError, match=r"S>T\.needs → T"):
        check_references(estate)


def test_the_table_names_fields_that_exist() -> None:
    from inventory.changes import MODELS

    for kind, fields in REFERENCES.items():
        assert set(fields) <= set(MODELS[kind].model_fields)


def test_systems_merged_into_each_other_in_a_ring() -> None:
    pairs = (("A", "B"), ("B", "C"), ("C", "A"), ("D", "A"))
    systems = tuple(System(code=code, name=code, merged_into=into) for code, into in pairs)
    estate = Estate(systems=systems)
    with pytest.raises(EstateError, match="A → B → C → A"):
        check_references(estate)
    check_references(estate, before=estate)
    check_references(Estate(systems=(System(code="C", name="C"), *systems[:2], systems[3])))
