"""The commands of the census where no host is spoken to: refusals, and what a state holds."""

import fcntl
import gzip
from pathlib import Path

import pytest

from api.bootstrap import Qianyun
from api.census import evidence_file, keep
from inventory.changes import diff
from inventory.model import Estate, Host, Room, Secrecy, System
from tests.api.conftest import KEY, Run
from tests.inventory.looks import facts, listens, look


@pytest.fixture
def city(product: Qianyun) -> Qianyun:
    """Two hosts, one of a classified system; nobody was visited."""
    estate = Estate(
        rooms=(Room(code="R", name="机房"),),
        systems=(
            System(code="S", name="系统", room="R"),
            System(code="X", name="涉密", secrecy=Secrecy.CLASSIFIED),
        ),
        hosts=(
            Host.model_validate(
                {
                    **{"code": "h1", "name": "服务器", "place": "R", "system": "S"},
                    **{"ipv4": "127.0.0.1", "os": "CentOS 6", "ssh_port": 1, "ssh_host_key": KEY},
                }
            ),
            Host(code="h2", name="无地址", place="R", system="S"),
            Host(code="secret", name="涉密", system="X"),
        ),
    )
    changes = diff(product.estate.load(), estate)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    return product


def test_hosts_that_cannot_be_visited_are_told_with_what_to_do(run: Run, city: Qianyun) -> None:
    done = run("inventory", "discover", "--json")
    assert done.code == 1
    assert {f["code"]: f["failure"] for f in done.json["failed"]} == {
        "h1": "unreachable",
        "h2": "no_address",
    }
    assert done.json["hidden"] == 1
    shown = run("inventory", "discover")
    assert "连不上" in shown.out
    assert "涉密系统的服务器 1 台" in shown.out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("discover", "secret"), 2, "涉密"),
        (("discover", "nobody"), 2, "nobody"),
        (("discover", "198.51.100.1"), 2, "QIANYUN_DISCOVER_WITHIN"),
        (("discover", "--zone", "mars"), 2, "mars"),
        (("discover", "--at-most", "0"), 2, "--at-most"),
        (("facts", "h1"), 2, "discover h1"),
        (("facts", "secret"), 2, "涉密"),
        (("facts", "h1", "--look", "99"), 2, "99"),
        (("found", "nobody"), 2, "nobody"),
        (("found", "secret"), 2, "secret"),
        (("idle", "X"), 2, "涉密"),
    ],
)
def test_refusals(run: Run, city: Qianyun, words: tuple[str, ...], code: int, told: str) -> None:
    done = run("inventory", *words)
    assert done.code == code
    assert told in done.err


def test_one_at_a_time(run: Run, city: Qianyun, state: Path) -> None:
    with (state / "discover.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run("inventory", "discover", "h1")
    assert done.code == 1
    assert "另一个 discover" in done.err


def test_before_the_first_visit(run: Run, city: Qianyun) -> None:
    done = run("inventory", "found")
    assert done.code == 1  # nothing was read, so nothing is proved
    assert "qianyun inventory discover" in done.err
    assert "3" not in done.out.split("：")[0]
    assert run("inventory", "seen", "--json").json["dependencies"] == []


def visited(city: Qianyun, **changed: object) -> int:
    """A look that is kept as a real one is; its number."""
    census = city.truth.census
    sweep = census.sweep() or census.open("zhang")
    address = "127.0.0.1"
    number = census.begin(sweep.id, code="h1", address=address, way="ssh", login="x", actor="zhang")
    digest = keep(city.settings.state, sweep.id, number, "原始\n".encode())
    visit = look("h1", address).visit.model_copy(
        update={"facts": facts(address, **changed), "evidence": digest}
    )
    census.end(number, visit, actor="zhang")
    return number


def test_what_was_read_beside_what_was_declared(run: Run, city: Qianyun) -> None:
    visited(city, sockets=listens(1, 6379))
    done = run("inventory", "found", "--json")
    assert done.code == 1
    told = {(d["code"], d["field"], d["how"]) for d in done.json["differences"]}
    assert told == {("h1", "os", "differs")}
    assert [u["port"] for u in done.json["unknown_services"]] == [6379]
    assert done.json["unread"] == {"h2": None}
    shown = run("inventory", "found", "h1")
    assert "申报与实际不符 1 处" in shown.out
    assert "CentOS 6" in shown.out


def test_facts_and_their_evidence(run: Run, city: Qianyun, state: Path) -> None:
    number = visited(city)
    done = run("inventory", "facts", "h1", "--json")
    assert done.json["visit"]["facts"]["hostname"] == "web-01"
    assert run("inventory", "facts", "h1", "--raw", "--json").json["raw"] == "原始\n"
    sweep = done.json["sweep"]
    path = evidence_file(state, sweep, number)
    path.write_bytes(gzip.compress(b"forged"))
    forged = run("inventory", "facts", "h1", "--raw")
    assert forged.code == 2
    assert "摘要" in forged.err
    path.unlink()
    assert run("inventory", "facts", "h1", "--raw").code == 2


def test_text_of_a_host_cannot_drive_the_terminal(run: Run, city: Qianyun) -> None:
    visited(city, hostname="web\x1b[2J\u202e01", model="[bold]x[/bold]")
    shown = run("inventory", "facts", "h1")
    assert "\x1b[2J" not in shown.out
    assert "\u202e" not in shown.out
    assert "[bold]x[/bold]" in shown.out
