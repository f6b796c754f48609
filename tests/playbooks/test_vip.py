"""A virtual address goes from one host to another by a real keepalived, there and back, under clients."""

import random
import shutil
import threading
import time
from collections.abc import Mapping, Sequence

import pytest
from qianyun_agent.vip import FOLDER, HOLDS, TAKES

from migrator.attempts.strategy import Strategy
from tests.lab.addresses import ROOM_JT
from tests.lab.host import Host
from tests.playbooks.vip_pair import NEW, OLD, V4, V6, Pair

UPPER = 20.0
LOST = 4.0  # seconds, after which VRRP has given a holder up

pytestmark = [
    pytest.mark.slow,  # needs `tools/setup roles`
    pytest.mark.skipif(not shutil.which("keepalived"), reason="tools/setup roles"),
]


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
        assert met.answered == [OLD.name, NEW.name, OLD.name], (who, met)
        assert len(met.failed) <= 2, (who, met)
        assert set(met.failed) <= {"[Errno 104] Connection reset by peer"}, (who, met)


def test_a_new_holder_that_stalls_keeps_it(prepared: Pair) -> None:
    """As a machine does that is copied away: the old one, not yet barred, must not step in for it."""
    play = threading.Thread(target=prepared.done, args=("vip",))
    with prepared.asked() as told:
        play.start()
        assert comes_to(prepared, [f"{NEW.name} 2"])
        for order in ("STOP", "CONT"):
            prepared.new.run(["sh", "-c", f"kill -{order} $(pidof keepalived)"])
            time.sleep(2)
        play.join()
    assert prepared.holders() == [f"{NEW.name} 2"]
    for who, met in told.items():
        assert met.answered == [OLD.name, NEW.name], (who, met)


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


@pytest.mark.parametrize(
    ("family", "strategy"), [(0, Strategy.PLAIN), (1, Strategy.MITOGEN)], ids=["v4", "v6 mitogen"]
)
def test_one_family_alone(pair: Pair, family: int, strategy: Strategy) -> None:
    told = pair.told()
    pair.changes = {name: [told[name][family]] for name in ("addresses", "source", "target")}
    pair.strategy = strategy
    pair.done("vip_prepare")
    assert pair.holders() == [f"{OLD.name} 1"]
    pair.done("vip")
    assert pair.holders() == [f"{NEW.name} 1"]


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
            time.sleep(LOST)
            assert moved.old.run(["ip", "-br", "addr"]).stdout.count(V4) == 0
        host.start()
        assert comes_to(moved, [f"{NEW.name} 2"])


def test_back_while_the_new_host_is_dead(moved: Pair) -> None:
    moved.new.stop()
    shutil.rmtree(moved.folder / "cp")  # connections to it, which would be waited for
    assert "vip-01 settle: the other host was not barred" in moved.done("vip", "back")[-1]
    moved.new.start()
    time.sleep(LOST)  # it would have it by now
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
        assert met.answered == [OLD.name, NEW.name], (who, met)
        assert len(met.failed) <= 1, (who, met)
