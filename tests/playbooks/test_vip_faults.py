"""What would keep a virtual address from being moved is found before, and told in both languages."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.lab.addresses import ROOM_JT
from tests.playbooks import vip_pair
from tests.playbooks.ansible import FAILED, HOSTILE
from tests.playbooks.vip_pair import FAR, OLD, V4, V6, Pair

DROP = "table inet f {{ chain i {{ type filter hook input priority 0; meta l4proto 112 {} drop; }}; }}\n"
ADVERTS = "@th,0,8 0x31"  # VRRP of version 3, type 1: what we greet with is of another type

pytestmark = [
    pytest.mark.slow,  # needs `tools/setup roles`
    pytest.mark.skipif(not shutil.which("keepalived"), reason="tools/setup roles"),
]


def test_an_old_host_that_is_deaf_keeps_it_and_its_neighbours(prepared: Pair) -> None:
    """Adverts of the new host don't come through: both would hold it, so the new one goes back."""
    prepared.near.run(["ping", "-c", "1", V4])
    prepared.near.run(["ping", "-c", "1", V6])
    prepared.old.run(["nft", "-f", "-"], text=DROP.format(ADVERTS))
    played = prepared.play("vip")
    assert played.code == FAILED
    assert "原持有方没有让出" in played.messages[0]
    there = prepared.card(prepared.old)
    assert prepared.neighbours() == {V4: there, V6: there}
    assert prepared.holders() == [f"{OLD.name} 2"]


def test_not_to_a_host_where_nothing_is_served(prepared: Pair) -> None:
    prepared.changes = {"ports": [vip_pair.PORT, 8443]}
    played = prepared.play("vip", "--check")
    assert played.code == FAILED
    assert "nothing listens on [8443]" in played.messages[0]


def without_keepalived(pair: Pair) -> None:
    pair.new.run(["rm", "/usr/sbin/keepalived"])


def a_third_machine(pair: Pair) -> None:
    pair.near.run(["ip", "addr", "add", f"{V4}/24", "dev", "eth0"])
    pair.near.run(["ip", "addr", "add", f"{V6}/64", "dev", "eth0", "nodad"])


def at_boot(pair: Pair) -> None:
    """Spelled otherwise, beside a keepalived that does not read our folder."""
    path = "/etc/network/interfaces.d/vip"
    pair.old.run(["mkdir", "-p", "/etc/network/interfaces.d"])
    pair.old.run(["tee", path], text="iface eth0 inet6 static\n address FD21:0:0::0100/64\n")
    pair.old.run(["tee", "/etc/keepalived/keepalived.conf"], text="global_defs {\n}\n")


def another_instance(pair: Pair) -> None:
    """Of the same VRID, in a configuration that keepalived itself does not take."""
    other = "vrrp_instance other {\n virtual_router_id 51\n nonsense\n}\ninclude qianyun.d/*.conf\n"
    pair.old.run(["tee", "/etc/keepalived/keepalived.conf"], text=other)


def a_firewall(pair: Pair) -> None:
    pair.new.run(["nft", "-f", "-"], text=DROP.format(""))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (without_keepalived, ["keepalived or ip is not installed"]),
        (a_third_machine, [f"somewhere else: {V4}", f"somewhere else: {V6}"]),
        (at_boot, [f"/etc/network/interfaces.d/vip: {V6}", "does not read our folder"]),
        (another_instance, ["VRID is taken", "keepalived -t"]),
        (a_firewall, ["IP protocol 112"]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_would_fail_is_found_before(
    pair: Pair, fault: Callable[[Pair], None], told: Sequence[str]
) -> None:
    fault(pair)
    played = pair.play("vip_prepare")
    assert played.code == FAILED
    said = "\n".join(played.messages)
    assert [one for one in told if one not in said] == []
    assert pair.holders() == []
    assert pair.new.run(["find", "/etc/keepalived", "-type", "f"]).stdout == ""


def test_another_segment_is_found_before(pair: Pair) -> None:
    pair.changes = {"target": [str(FAR.address), str(FAR.address6)]}
    played = pair.play("vip_prepare", hosts=(OLD, FAR))
    said = "\n".join(played.messages)
    assert "不在本机网段" in said
    assert "不在同一网段" in said
    assert pair.holders() == []


def test_a_name_stands_for_the_same_addresses_for_good(prepared: Pair) -> None:
    """Else a list that was edited would take an address that clients use away from them."""
    prepared.changes = {"addresses": [str(ROOM_JT.address(101)), V6]}
    played = prepared.play("vip_prepare")
    assert played.code == FAILED
    assert "同名的另一虚拟地址" in played.messages[0]
    assert prepared.holders() == [f"{OLD.name} 2"]


def test_a_host_that_is_another_one_is_found(pair: Pair) -> None:
    pair.changes = {"target": [str(ROOM_JT.address(77)), str(ROOM_JT.address6(77))]}
    said = "\n".join(pair.play("vip_prepare", "--check").messages)
    assert "does not have the addresses that it was declared with" in said


def test_not_prepared_is_refused(pair: Pair) -> None:
    played = pair.play("vip")
    assert played.code == FAILED
    assert "先运行 vip_prepare.yml" in played.messages[0]


def test_what_people_wrote_is_data(pair: Pair) -> None:
    changes: dict[str, Any] = {"name": HOSTILE, "addresses": [HOSTILE]}
    for field, value in changes.items():
        pair.changes = {field: value}
        played = pair.play("vip_prepare")
        assert played.code == FAILED
        assert "不合规" in played.messages[0]
    assert not Path("/tmp/pwned").exists()
    for host in (pair.old, pair.new):
        assert host.run(["find", "/tmp", "-name", "pwned"]).stdout == ""
