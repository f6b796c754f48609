"""What NetBox has no place for stays with us, whatever NetBox tells."""

from inventory.changes import MODELS
from inventory.model import Estate, Room
from inventory.netbox.beside import BESIDE, with_beside
from inventory.netbox.reading import HELD, OURS
from tests.inventory.netbox.census import OTHERWISE, TOLD
from tests.inventory.netbox.city import rich


def test_every_field_is_one_of_the_model() -> None:
    for kind, names in BESIDE.items():
        assert kind in HELD
        assert set(names) <= set(MODELS[kind].model_fields)
    assert set(OURS) == {"systems", "dependencies", "projects", "resources"}


def test_the_facts_of_these_tests_are_every_one_and_differ() -> None:
    told = {name for facts in TOLD.values() for name in facts}
    assert told == {name for names in BESIDE.values() for name in names}
    for code, facts in TOLD.items():
        assert all(OTHERWISE[code][name] != value for name, value in facts.items())


def test_our_facts_are_laid_over_what_netbox_tells() -> None:
    estate = rich()
    seen = tuple(
        room.model_copy(update=dict.fromkeys(BESIDE["rooms"], None) | {"racks": 99})
        for room in estate.rooms
    )
    first, second = with_beside("rooms", (*seen, Room(code="R-9", name="新")), estate)[::2]
    assert (first.racks, first.floor, first.disposition) == (99, "3", "migrate")
    assert second == Room(code="R-9", name="新")
    assert with_beside("rooms", seen, Estate()) == seen
