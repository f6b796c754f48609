"""Which hosts are never spoken to: those of classified systems, and those of which it is in doubt."""

from ipaddress import ip_address
from typing import Any

import pytest

from inventory.model import Estate, Host, Provenance, Secrecy, Service, System
from inventory.secrecy import hidden

SECRET = System(code="s-1", name="涉密系统", secrecy=Secrecy.CLASSIFIED)


def host(code: str, said: str = "", **facts: Any) -> Host:
    told = Provenance(
        field="system", source="a.xlsx", sheet="服务器", row=3, column="所属系统", raw=said
    )
    return Host(code=code, name=code, provenance=(told,), **facts)


def test_a_host_is_hidden_by_what_runs_on_it() -> None:
    placed = SECRET.model_copy(update={"code": "s-2"})
    estate = Estate(
        systems=(SECRET, placed),
        hosts=(host("a", system="s-1"), host("b"), host("c")),
        services=(Service(code="w", name="w", host="b", port=80, system="s-1"),),
    )
    assert hidden(estate).hosts == {"a", "b"}


def test_another_name_for_its_address_hides_as_well() -> None:
    four, six = ip_address("10.0.0.1"), ip_address("fd00::1")
    estate = Estate(
        systems=(SECRET, System(code="s-2", name="门户")),
        hosts=(
            host("a", system="s-1", ipv4=four, ipv6=six),
            host("b", system="s-2", ipv4=four),
            host("c", system="s-2", ipv6=six),
            host("d", system="s-2", ipv4=ip_address("10.0.0.2")),
        ),
    )
    found = hidden(estate)
    assert found.hosts == {"a", "b", "c"}
    assert found.hides_at(None, six)
    assert not found.hides_at(ip_address("10.0.0.2"), None)


@pytest.mark.parametrize(
    ("said", "kept_away"), [("某涉密系统", True), ("", False), ("无", False), ("——", False)]
)
def test_a_system_that_is_named_and_not_known_may_be_classified(said: str, kept_away: bool) -> None:
    found = hidden(Estate(hosts=(host("a", said),)))
    assert (found.hosts == {"a"}) is kept_away
    assert found.doubtful == found.hosts
