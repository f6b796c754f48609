"""Signs for the five criteria: what the hosts show, what they can't, and never a verdict."""

from datetime import date
from ipaddress import ip_address

from inventory.facts import Login, Why
from inventory.idle import Criterion, IdleSigns, Sign, idle_signs
from inventory.model import Dependency, Estate, Host, Room, Secrecy, System
from tests.inventory.looks import listens, look, talks

TODAY = date(2026, 3, 1)
LOGINS = (Login(user="root", source="x", at="2019-01-01T09:00:00"),)


def estate() -> Estate:
    return Estate(
        rooms=(Room(code="R", name="R"),),
        systems=(
            System(code="A", name="甲", room="R", function="公文 流转"),
            System(code="B", name="乙", room="R", function="公文流转"),
            System(code="C", name="丙", room="R", secrecy=Secrecy.CLASSIFIED, function="公文流转"),
        ),
        hosts=tuple(Host(code=c, name=c, place="R", system=c.upper()) for c in "abc"),
        dependencies=(Dependency(system="B", needs="A"),),
    )


def signs(of: IdleSigns) -> dict[tuple[str, str], object]:
    return {(s.criterion.value, s.what): s.value for s in of.signs}


def test_signs_of_a_host() -> None:
    connections = (
        talks("10.0.0.1", 8080, "10.0.0.7", 50000),
        talks("10.0.0.1", 8080, "10.0.0.7", 50001),
        talks("10.0.0.1", 22, "10.0.0.250", 50001),  # we ourselves
        talks("10.0.0.1", 40000, "10.0.0.8", 3306),
    )
    a = look(
        *("a", "10.0.0.1"),
        sockets=listens(22, 8080),
        connections=connections,
        visitor=ip_address("10.0.0.250"),
        logins=LOGINS,
    )
    first, second = idle_signs(estate(), {"a": a}, TODAY)
    assert (first.code, second.code) == ("A", "B")  # and not C
    assert signs(first) == {
        ("detached", "needed_by"): ["B"],
        ("detached", "clients"): 1,
        ("replaceable", "same_function"): ["B"],
        ("idle", "cpu_busy_permille"): 12,
        ("idle", "uptime_days"): 300,
        ("idle", "load_15_minutes"): "0.05",
        ("idle", "memory_used_permille"): 487,
        ("not_updated", "package_update"): "2020-01-01T00:00:00+00:00",
        ("not_updated", "certificates_expired"): 0,
        ("little_used", "clients"): 1,
        ("little_used", "last_login"): "2019-01-01T09:00:00",
    }
    assert {s.criterion for s in first.signs} == set(Criterion)
    assert second.not_read == ("b",)


def test_what_was_not_read_is_no_sign_of_anything() -> None:
    gone = dict.fromkeys(("connections", "logins", "load", "packages", "memory"), Why.FAILED)
    (first, _) = idle_signs(estate(), {"a": look("a", "10.0.0.1", **gone)}, TODAY)
    unread = {what for (_, what), value in signs(first).items() if value is None}
    assert unread == {
        *("clients", "cpu_busy_permille", "uptime_days", "load_15_minutes"),
        *("memory_used_permille", "package_update", "last_login"),
    }


def test_nothing_decides() -> None:
    assert not {"verdict", "idle", "zombie"} & {*IdleSigns.model_fields, *Sign.model_fields}
