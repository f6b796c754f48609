"""A virtual address goes from one host to another by a real keepalived, there and back, under clients."""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from qianyun_agent.vip import FOLDER, HOLDS, TAKES

from tests.lab.addresses import ROOM_JT
from tests.lab.host import Host
from tests.playbooks import vip_pair
from tests.playbooks.ansible import FAILED, HOSTILE
from tests.playbooks.vip_pair import FAR, NEAR, NEW, OLD, V4, V6, Pair

UPPER = 20.0
DROP = "table inet f {{ chain i {{ type filter hook input priority 0; meta l4proto 112 {} drop; }}; }}\n"
ADVERTS = "@th,0,8 0x31"  # VRRP of version 3, type 1: what we greet with is of another type

pytestmark = [
    pytest.mark.slow,  # needs `tools/setup roles`
    pytest.mark.skipif(not shutil.which("keepalived"), reason="tools/setup roles"),
]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """One lab for all tests here; a test that changed hosts leaves them to the next one's reset."""
    folder = tmp_path_factory.mktemp("vip")
    with vip_pair.lab(folder / "lab") as lab:
        yield Pair(lab, folder)


@pytest.fixture
def pair(fresh: Pair) -> Pair:
    """Hosts that nobody touched."""
    fresh.lab.reset(OLD.name, NEW.name, NEAR.name)
    fresh.changes = {}
    return fresh


@pytest.fixture
def prepared(pair: Pair) -> Pair:
    """The old host holds the address by VRRP."""
    pair.done("vip_prepare")
    assert pair.holders() == [f"{OLD.name} 2"]
    return pair


@pytest.fixture
def moved(prepared: Pair) -> Pair:
    """The new host has it."""
    prepared.done("vip")
    assert prepared.holders() == [f"{NEW.name} 2"]
    return prepared


def comes_to(pair: Pair, wanted: Sequence[str]) -> bool:
    limit = time.monotonic() + UPPER
    while pair.holders() != wanted and time.monotonic() < limit:
        time.sleep(0.05)
    return pair.holders() == wanted


def comes_to_one(pair: Pair) -> bool:
    """Whether just one host has both addresses, now that nothing is under way any more."""
    limit = time.monotonic() + UPPER
    while len(pair.holders()) != 1 and time.monotonic() < limit:
        time.sleep(0.05)
    return [one.partition(" ")[2] for one in pair.holders()] == ["2"]


def still(host: Host) -> Mapping[str, str]:
    return {path: told for path, told in host.tree().items() if "var/log" not in path}


def test_clients_go_along_there_and_back(prepared: Pair) -> None:
    """What may fail is what is in flight at the moment: VRRP moves addresses, not connections."""
    with prepared.asked() as told:
        assert prepared.done("vip")[1] == "vip-01 release: barred"
        assert prepared.holders() == [f"{NEW.name} 2"]
        there = prepared.card(prepared.new)
        assert prepared.neighbours() == {V4: there, V6: there}
        prepared.done("vip", "back")
        assert prepared.holders() == [f"{OLD.name} 2"]
    back = prepared.card(prepared.old)
    assert prepared.neighbours() == {V4: back, V6: back}
    for who, met in told.items():
        assert met.answered == [OLD.name, NEW.name, OLD.name], who
        assert len(met.failed) <= 2, (who, met)
        assert set(met.failed) <= {"[Errno 104] Connection reset by peer"}, (who, met)


def test_an_address_that_is_up_already_is_taken_over(pair: Pair) -> None:
    """As an administrator set it by hand; nobody notices that VRRP has it from now on."""
    pair.old.run(["ip", "addr", "add", f"{V4}/24", "dev", "eth0"])
    pair.old.run(["ip", "addr", "add", f"{V6}/64", "dev", "eth0", "nodad"])
    with pair.asked() as told:
        pair.done("vip_prepare")
    assert [who for who, met in told.items() if met.failed] == []
    assert pair.holders() == [f"{OLD.name} 2"]
    listed = pair.old.run(["ip", "-br", "addr", "show", "eth0"]).stdout
    assert (listed.count(f"{V4}/32"), listed.count(f"{V6}/128")) == (1, 1)
    pair.done("vip")
    assert pair.holders() == [f"{NEW.name} 2"]


def test_check_mode_changes_nothing_on_hosts_that_nobody_touched(pair: Pair) -> None:
    before = [still(host) for host in (pair.old, pair.new)]
    for name in ("vip_prepare", "vip", "vip_leave"):
        pair.done(name, "--check")
    assert [still(host) for host in (pair.old, pair.new)] == before
    assert pair.holders() == []


def test_a_second_run_changes_nothing(moved: Pair) -> None:
    before = [still(host) for host in (moved.old, moved.new)]
    again = moved.done("vip")
    assert all(line.endswith("there already") for line in again), again
    assert [still(host) for host in (moved.old, moved.new)] == before


def test_prepared_twice_and_looked_at(prepared: Pair) -> None:
    assert prepared.done("vip_prepare") == [
        "vip-01 prepare: there already",
        "vip-02 prepare: there already",
    ]
    before = [still(host) for host in (prepared.old, prepared.new)]
    assert "vip-02 take: would be moved" in prepared.done("vip", "--check")
    assert [still(host) for host in (prepared.old, prepared.new)] == before
    assert prepared.holders() == [f"{OLD.name} 2"]


def test_a_restart_keeps_it_where_it_was_moved_to(moved: Pair) -> None:
    for host in (moved.new, moved.old):
        host.stop()
        if host is moved.new:  # the old one does not take it back while nobody has it
            time.sleep(1.5)
            assert moved.old.run(["ip", "-br", "addr"]).stdout.count(V4) == 0
        host.start()
        assert comes_to(moved, [f"{NEW.name} 2"])


def test_back_while_the_new_host_is_dead(moved: Pair) -> None:
    moved.new.stop()
    shutil.rmtree(moved.folder / "cp")  # connections to it, which would be waited for
    assert "vip-01 settle: the other host was not barred" in moved.done("vip", "back")[-1]
    moved.new.start()
    time.sleep(1.5)  # it would have it by now
    assert moved.holders() == [f"{OLD.name} 2"]


def test_back_from_a_host_that_is_deaf_to_us_alone(moved: Pair) -> None:
    """Its way of administration is cut, clients are served: it lets go by VRRP, and is barred later."""
    shutil.rmtree(moved.folder / "cp")
    table = "table inet f { chain i { type filter hook input priority 0; tcp dport 22 drop; }; }\n"
    moved.new.run(["nft", "-f", "-"], text=table)
    assert "vip-01 settle: the other host was not barred" in moved.done("vip", "back")[-1]
    assert moved.holders() == [f"{OLD.name} 2"]


def test_back_where_keepalived_was_killed(moved: Pair) -> None:
    """Its addresses stay behind then, and nobody would take them away."""
    moved.new.run(["sh", "-c", "kill -9 $(cat /run/keepalived.pid) $(pidof keepalived)"])
    assert moved.holders() == [f"{NEW.name} 2"]
    assert moved.done("vip", "back")[2] == "vip-02 ready: started again"
    assert moved.holders() == [f"{OLD.name} 2"]


def test_another_one_on_the_same_hosts_is_not_disturbed(prepared: Pair) -> None:
    first = dict(prepared.changes)
    other = [str(ROOM_JT.address(101)), str(ROOM_JT.address6(101))]
    with prepared.asked() as told:
        prepared.changes = {"name": "other", "vrid": 52, "addresses": other}
        prepared.done("vip_prepare")
        prepared.done("vip_leave")
    for who, met in told.items():
        assert (met.failed, met.answered) == ([], [OLD.name]), who
    prepared.changes = first
    assert prepared.done("vip_prepare")[1] == "vip-02 prepare: there already"


def test_what_was_cut_off_is_finished_by_the_next(moved: Pair) -> None:
    """Killed after the address had come, before anybody was barred or settled."""
    for host, number in ((moved.new, TAKES), (moved.old, HOLDS)):
        host.run(["tee", f"{FOLDER}/portal-vip.priority"], text=f"{number}\n")
    assert moved.done("vip") == [
        "vip-01 ready: there already",
        "vip-01 release: barred",
        "vip-02 take: there already",
        "vip-02 settle: settled",
    ]


def test_the_side_without_it_leaves_and_takes_keepalived_along(moved: Pair) -> None:
    assert moved.done("vip_leave") == ["vip-01 leave: left", "vip-02 leave: holds it, and stays"]
    assert not any("keepalived" in one for one in moved.old.pids().values())
    assert moved.old.run(["find", "/etc/keepalived", "-type", "f"]).stdout == ""
    assert moved.holders() == [f"{NEW.name} 2"]
    assert moved.done("vip_leave")[0] == "vip-01 leave: nothing here"


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


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_is_finished_by_the_next(prepared: Pair, seed: int) -> None:
    """Ansible dies with all its connections; whoever has it meanwhile is one, and clients are served."""
    with prepared.asked() as told:
        prepared.killed("vip", after=random.Random(seed).uniform(1.0, 6.0))
        assert comes_to_one(prepared)
        prepared.done("vip")
        assert prepared.holders() == [f"{NEW.name} 2"]
    for who, met in told.items():
        assert met.answered == [OLD.name, NEW.name], who
        assert len(met.failed) <= 1, (who, met)
