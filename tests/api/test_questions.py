"""Questions come in one round: answered whole, nothing more is asked of a system."""

from typing import Any

import pytest

from api.scheduling import questions
from inventory.choices import Secrecy, ZombieDecision
from inventory.model import Cloud, Line, System
from migrator.planning.means import CityMeans
from migrator.planning.orders import NO_ORDERS
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system

DELIVERED = [{"cloud": CLOUD, "on": FIRST, "cores": 64, "storage_gib": 9000}]
NOTHING: dict[str, Any] = {
    "organisation": None,
    "room": None,
    "target": None,
    "secrecy": Secrecy.UNKNOWN,
    "storage_gib": None,
    "cpu_cores": None,
    "memory_gib": None,
}
ANSWERS: dict[str, Any] = {
    "organisation": "O1",
    "room": "R1",
    "target": CLOUD,
    "secrecy": Secrecy.NONE,
    "storage_gib": 10,
    "cpu_cores": 2,
    "memory_gib": 4,
    "window": "22:00-06:00",
    "cpu_arch": "x86_64",
    "zombie_decision": ZombieDecision.KEEP,
}


def _asked(one: System, told: CityMeans | None) -> tuple[str, ...]:
    found = questions(estate([one]), NO_ORDERS, told)
    return found[0].asks if found else ()


@pytest.mark.parametrize(
    ("facts", "window", "asked"),
    [
        (NOTHING, None, "target secrecy organisation room cpu_cores storage_gib window"),
        (NOTHING, "22:00-06:00", "target secrecy organisation room cpu_cores storage_gib"),
        ({"target": None, "window": None}, None, "target window"),
        ({"room": None, "window": "25:00-26:00"}, "22:00-06:00", "room window"),
        ({"zombie_idle": True, "storage_gib": None}, None, "zombie_decision storage_gib window"),
        ({"memory_gib": None}, "22:00-06:00", ""),  # no cloud counts it
    ],
)
def test_everything_unknown_is_asked_at_once(
    facts: dict[str, Any], window: str | None, asked: str
) -> None:
    told = means(nights={"window": window}, deliveries=DELIVERED)
    one = system("S1", **facts)
    first = _asked(one, told)
    assert first == tuple(asked.split())
    answered = one.model_copy(update={name: ANSWERS[name] for name in first})
    assert _asked(answered, told) == ()


def test_a_change_of_machine_is_asked_for_its_trial_with_the_rest() -> None:
    clouds = (Cloud(code=CLOUD, name="信创云"), Cloud(code="OLD", name="旧云"))
    one = system("S1", room="OLD", xinchuang=False, cpu_arch="x86", storage_gib=None)
    line = Line(code="L", name="L", a_end="OLD", z_end=CLOUD, bandwidth_kbps=100_000)
    city = estate([one], more=[line]).model_copy(update={"clouds": clouds})
    (found,) = questions(city, NO_ORDERS, means())
    assert found.asks == ("adaptation_passed", "storage_gib")
    told = one.model_copy(update={"adaptation_passed": True, "storage_gib": 10})
    assert questions(city.model_copy(update={"systems": (told,)}), NO_ORDERS, means()) == ()


def test_what_will_not_move_is_asked_for_nothing_else() -> None:
    one = system("S1", **NOTHING | {"zombie_decision": ZombieDecision.RETIRE})
    assert _asked(one, means()) == ("zombie_evidence",)


def test_without_means_no_size_is_asked() -> None:
    assert _asked(system("S1", **NOTHING), None) == ("target", "secrecy", "room")


def test_the_reason_names_what_is_asked_with_it() -> None:
    one = system("S1", target=None, room=None)
    (found,) = questions(estate([one]), NO_ORDERS, means())
    assert found.verdict.asks == ("target", "room")
    zh, en = found.verdict.reason.split(" / ")
    assert zh == "未申报迁移目标；一并请告：部署机房"
    assert en == "no target is declared; also asked: room"
