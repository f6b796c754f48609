"""A store that others write too, through the command line: shown first, written by the digest;
conflicts become tasks, and what was decided is done.

The store is real: what is there now and what was accepted lie in two databases.
"""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from inventory.changes import ChangeSet, diff
from inventory.errors import NetBoxRefused
from inventory.model import Estate
from inventory.store import LeftOut, Pulled, Touch, Verified
from inventory.store_embedded import EmbeddedStore
from migrator.store.truth import Truth
from tests.api.conftest import Run

type Rooms = Callable[..., Path]


class SharedStore(EmbeddedStore):
    """What is there now in one database, what was accepted in another."""

    def __init__(self, live: Truth, accepted: Truth) -> None:
        super().__init__(live.engine)
        self.accepted = EmbeddedStore(accepted.engine)
        self.refuses = False
        self.applied: list[str] = []

    @property
    def dry_by_default(self) -> bool:
        return True

    def snapshot(self) -> Estate:
        return self.accepted.load()

    def accept(self) -> Estate:
        live = self.load()
        changes = diff(self.snapshot(), live)
        return self.accepted.apply(changes, actor="pull", confirmed=changes.digest)

    def last_change(self, kind: str, code: str, field: str) -> Touch | None:
        return Touch(at="2026-01-02T03:04:05+00:00", by="wang", message=f"现场核对 {field}")

    def apply(self, changes: ChangeSet, *, actor: str, confirmed: str | None = None) -> Estate:
        if self.refuses:
            raise NetBoxRefused("NetBox 拒收 / NetBox refused", ("rooms R-1",))
        super().apply(changes, actor=actor, confirmed=confirmed)
        self.applied.append(changes.digest)
        return self.accept()

    def pull(self, actor: str, *, full: bool = False) -> Pulled:
        left = (
            *(
                LeftOut(endpoint="dcim/sites", id=n, name=f"s{n}", reason="无 qianyun_code")
                for n in range(5)
            ),
            LeftOut(endpoint="dcim/devices", id=9, name="sw\x1b[2J", reason="角色不识"),
            LeftOut(endpoint="dcim/devices", id=224, name="", reason="无编号 / it has no code"),
            LeftOut(endpoint="tenancy/tenants", id=1, name="长" * 200, reason="重名"),
        )
        return Pulled(estate=self.accept(), left_out=left, requests=7, full=full)

    def verify(self) -> Verified:
        return Verified(changes=diff(self.snapshot(), self.load()), requests=20)

    def by_hand(self, code: str, **facts: Any) -> None:
        """What somebody does in NetBox; no facts: the room is deleted."""
        old = self.load()
        rooms = [r for r in old.rooms if r.code != code]
        rooms += [r.model_copy(update=facts) for r in old.rooms if r.code == code and facts]
        changes = diff(old, old.model_copy(update={"rooms": tuple(rooms)}))
        super().apply(changes, actor="wang", confirmed=changes.digest)


@pytest.fixture
def shared(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedStore:
    live, accepted = (Truth.open(f"sqlite:///{tmp_path}/{n}.db") for n in ("live", "accepted"))
    store = SharedStore(live, accepted)
    monkeypatch.setattr(Qianyun, "estate", store)
    monkeypatch.setenv("COLUMNS", "240")
    return store


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    """A ledger of rooms: code → (racks, running cost, building)."""

    def write(name: str = "机房", **told: tuple[object, object, str]) -> Path:
        head = "机房编号,机房名称,机柜数,年运行费用（元）,所在楼宇"
        lines = [f"{c.replace('_', '-')},{c}机房,{','.join(map(str, t))}" for c, t in told.items()]
        (tmp_path / name).mkdir(exist_ok=True)
        path = tmp_path / name / "机房.csv"
        path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
        return path

    return write


def write(run: Run, *ledgers: Path) -> Any:
    """Show, then do as the answer says."""
    shown = run("inventory", "apply", *ledgers, "--json").json
    if shown["applied"]:
        return shown
    done = run(*shown["confirm_with"][1:], "--json")
    assert done.code == 0, done.err
    return done.json


def audited(run: Run) -> list[tuple[str, str]]:
    entries = run("audit", "list", "--json").json["entries"]
    return [(e["action"], e["object"]) for e in entries]


def test_apply_shows_first_and_writes_by_the_exact_digest(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    ledger = rooms(R_1=(3, 1000, "A座"))
    shown = run("inventory", "apply", ledger)
    assert shown.code == 0
    assert shared.load() == Estate()
    told = run("inventory", "apply", ledger, "--json").json
    assert told["applied"] is False
    command = next(line for line in shown.out.splitlines() if "--digest" in line)
    words = shlex.split(command[command.index("qianyun") :])
    assert words == told["confirm_with"]
    assert words[-1] == told["digest"]
    wrong = run("inventory", "apply", ledger, "--digest", "0" * 64)
    assert wrong.code == 1
    assert told["digest"] in wrong.err
    assert shared.load() == Estate()
    assert audited(run) == []
    assert run(*words[1:]).code == 0
    assert [r.racks for r in shared.load().rooms] == [3]
    again = run(*words[1:], "--json").json
    assert (again["applied"], again["counts"]["updates"]) == (True, 0)
    assert shared.applied == [told["digest"]]
    assert audited(run) == [("inventory.apply", "estate")]


def test_diff_says_who_says_what_and_who_wins(run: Run, shared: SharedStore, rooms: Rooms) -> None:
    write(run, rooms(R_1=(3, 1000, "A座"), R_2=(1, 5, "A座")))
    assert run("inventory", "diff", "--live").code == 0
    shared.by_hand("R-1", racks=4, running_cost_per_year=2000, building="B座")
    ledger = rooms(R_1=(5, 3000, "A座"), R_2=(1, 6, "A座"))
    told = run("inventory", "diff", "--live", ledger, "--json")
    assert told.code == 1
    found = {
        (f["code"], f["field"]): (f["netbox"], f["ledger"], f["snapshot"], f["winner"], f["cause"])
        for f in told.json["findings"]
    }
    assert found == {
        ("R-1", "building"): ("B座", "A座", "A座", "netbox", "netbox"),
        ("R-1", "racks"): (4, 5, 3, "netbox", "precedence"),
        ("R-1", "running_cost_per_year"): (2000, 3000, 1000, "ledger", "precedence"),
        ("R-2", "running_cost_per_year"): (5, 6, 5, "ledger", "ledger"),
    }
    changed = {(f["code"], f["field"]): f["changed"] for f in told.json["findings"]}
    assert changed["R-1", "racks"]["by"] == "wang"
    assert changed["R-2", "running_cost_per_year"] is None
    shown = run("inventory", "diff", "--live", ledger)
    assert shown.code == 1
    for word in ("R-1", "wang", "现场核对 racks", "B座", "取 NetBox", "取台账"):
        assert word in shown.out
    alone = run("inventory", "diff", "--live", "--json").json["findings"]
    assert {f["field"] for f in alone} == {"building", "racks", "running_cost_per_year"}
    assert {f["winner"] for f in alone} == {"netbox"}
    assert run("inventory", "diff", "--live").code == 1


def test_an_old_ledger_never_overwrites_what_netbox_has_newer(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    ledger = rooms(R_1=(3, 1000, "A座"))
    write(run, ledger)
    shared.by_hand("R-1", building="B座", running_cost_per_year=2000)
    assert write(run, ledger)["counts"]["updates"] == 0
    shared.accept()  # also when it is the accepted state since
    assert write(run, ledger)["counts"]["updates"] == 0
    shown = run("inventory", "apply", ledger)
    assert "仅 NetBox 改动" in shown.out
    (room,) = shared.load().rooms
    assert (room.building, room.running_cost_per_year) == ("B座", 2000)
    write(run, rooms(R_1=(3, 1500, "A座")))  # newly told: the table lets the ledger win on money
    (room,) = shared.load().rooms
    assert (room.building, room.running_cost_per_year) == ("B座", 1500)


def in_conflict(run: Run, shared: SharedStore, rooms: Rooms) -> Path:
    """A room that was renamed on both sides."""
    write(run, rooms(R_1=(3, 1000, "A座")))
    shared.by_hand("R-1", name="市局机房")
    path = rooms(R_1=(3, 1200, "A座"))
    path.write_text(path.read_text("utf-8").replace("R_1机房", "交通局机房"), "utf-8")
    return path


@pytest.mark.parametrize(("take", "name"), [("ledger", "交通局机房"), ("netbox", "市局机房")])
def test_a_conflict_becomes_a_task_and_is_done_as_decided(
    run: Run, shared: SharedStore, rooms: Rooms, take: str, name: str
) -> None:
    ledger = in_conflict(run, shared, rooms)
    shown = run("inventory", "apply", ledger)
    assert "冲突 1 处" in shown.out
    assert run("inventory", "tasks", "--json").json["tasks"] == []  # shown only
    done = write(run, ledger)
    assert len(done["tasks"]["opened"]) == 1
    (room,) = shared.load().rooms
    assert (room.name, room.running_cost_per_year) == ("市局机房", 1200)  # the rest goes on
    (task,) = run("inventory", "tasks", "--json").json["tasks"]
    assert (task["field"], task["netbox"], task["ledger"]) == ("name", "市局机房", "交通局机房")
    assert task["snapshot"] == "R_1机房"
    assert "市局机房" in run("inventory", "tasks").out
    assert write(run, ledger)["tasks"]["same"] == [task["id"]]

    settled = run("inventory", "settle", task["id"], "--take", take, "--reason", "现场核对")
    assert settled.code == 0
    again = run("inventory", "settle", task["id"], "--take", take, "--reason", "现场核对")
    assert again.code == 1
    assert "zhang" in again.err
    write(run, ledger)
    write(run, ledger)
    assert shared.load().rooms[0].name == name
    assert run("inventory", "tasks", "--json").json["tasks"] == []
    (kept,) = run("inventory", "tasks", "--all", "--json").json["tasks"]
    assert (kept["decision"], kept["reason"], kept["settled_by"]) == (take, "现场核对", "zhang")
    assert "现场核对" in run("inventory", "tasks", "--all").out
    actions = [entry for entry in audited(run) if entry[0].startswith("inventory.task")]
    assert actions == [
        ("inventory.task.opened", "rooms R-1 name"),
        ("inventory.task.settled", "rooms R-1 name"),
    ]
    assert run("audit", "verify").code == 0


@pytest.mark.parametrize(("take", "right"), [("ledger", "市局机房"), ("netbox", "交通局机房")])
def test_a_mistaken_decision_is_mended_in_netbox(
    run: Run, shared: SharedStore, rooms: Rooms, take: str, right: str
) -> None:
    """As the refusal of a second decision says."""
    ledger = in_conflict(run, shared, rooms)
    (task,) = write(run, ledger)["tasks"]["opened"]
    run("inventory", "settle", task, "--take", take, "--reason", "看错了")
    write(run, ledger)
    again = run("inventory", "settle", task, "--take", take, "--reason", "改正")
    assert again.code == 1
    assert "qianyun inventory pull" in again.err
    shared.by_hand("R-1", name=right)
    run("inventory", "pull")
    write(run, ledger)
    assert shared.load().rooms[0].name == right
    assert run("inventory", "tasks", "--json").json["tasks"] == []


def test_a_conflict_that_is_no_more_closes_its_task(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    ledger = in_conflict(run, shared, rooms)
    write(run, ledger)
    shared.by_hand("R-1", name="交通局机房")
    assert len(write(run, ledger)["tasks"]["gone"]) == 1
    assert run("inventory", "tasks", "--json").json["tasks"] == []


def test_what_was_deleted_in_netbox_is_asked_about(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    ledger = rooms(R_1=(3, 1000, "A座"), R_2=(1, 5, "A座"))
    write(run, ledger)
    shared.by_hand("R-2")
    assert len(write(run, ledger)["tasks"]["opened"]) == 1
    assert [r.code for r in shared.load().rooms] == ["R-1"]
    shared.accept()
    assert len(write(run, ledger)["tasks"]["same"]) == 1
    (task,) = run("inventory", "tasks", "--json").json["tasks"]
    assert (task["field"], task["netbox"], task["ledger"]) == ("", None, "R_2机房")
    assert "（整个对象）" in run("inventory", "tasks").out
    run("inventory", "settle", task["id"], "--take", "ledger", "--reason", "误删")
    write(run, ledger)
    assert [r.code for r in shared.load().rooms] == ["R-1", "R-2"]
    shared.by_hand("R-2")  # again: the old word was for the first time
    assert len(write(run, ledger)["tasks"]["opened"]) == 1
    assert [r.code for r in shared.load().rooms] == ["R-1"]


def test_diff_of_a_ledger_is_1_whenever_it_says_another_thing(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    ledger = rooms(R_1=(3, 1000, "A座"), R_2=(1, 5, "A座"))
    write(run, ledger)
    assert run("inventory", "diff", ledger).code == 0
    shared.by_hand("R-1", building="B座")  # NetBox's word counts: an apply would write nothing
    told = run("inventory", "diff", ledger, "--json")
    assert (told.code, told.json["counts"]["updates"], told.json["not_written"]) == (1, 0, 1)
    shown = run("inventory", "diff", ledger)
    assert shown.code == 1
    assert f"qianyun inventory diff --live {shlex.quote(str(ledger))}" in shown.out
    assert run("inventory", "diff", "--live", ledger).code == 1
    shared.by_hand("R-1", building="A座")
    assert run("inventory", "diff", ledger).code == 0


def test_what_was_refused_stands_in_the_audit(run: Run, shared: SharedStore, rooms: Rooms) -> None:
    shared.refuses = True
    ledger = rooms(R_1=(3, 1000, "A座"))
    digest = run("inventory", "apply", ledger, "--json").json["digest"]
    failed = run("inventory", "apply", ledger, "--digest", digest)
    assert failed.code == 1
    assert audited(run) == [("inventory.apply.failed", "estate")]


def test_pull_says_what_was_left_out_and_why(
    run: Run, shared: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run("inventory", "pull")
    assert shown.code == 0
    assert "仅变化部分" in shown.out
    line = next(line for line in shown.out.splitlines() if "无 qianyun_code" in line)
    assert "dcim/sites" in line
    assert "5" in line
    assert "s0、s1、s2" in line
    assert "\x1b[2J" not in shown.out
    assert "id 224" in shown.out
    assert "it has no code" not in shown.out
    assert "长" * 59 + "…" in shown.out.replace("\n", "").replace(" ", "")
    told = run("inventory", "pull", "--full", "--json").json
    assert (told["full"], told["requests"], len(told["left_out"])) == (True, 7, 8)
    assert told["left_out"][-2]["reason"] == "无编号 / it has no code"
    monkeypatch.setenv("QIANYUN_LANG", "en")
    english = run("inventory", "pull").out
    assert "it has no code" in english
    assert "无编号" not in english
    assert audited(run) == []  # it changed nothing


def test_a_pull_that_brings_something_is_in_the_audit(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    write(run, rooms(R_1=(3, 1000, "A座")))
    shared.by_hand("R-1", racks=9)
    assert run("inventory", "pull").code == 0
    assert run("inventory", "pull").code == 0
    assert audited(run) == [("inventory.apply", "estate"), ("inventory.pull", "estate")]


def test_verify_says_whether_what_is_held_is_true(
    run: Run, shared: SharedStore, rooms: Rooms
) -> None:
    write(run, rooms(R_1=(3, 1000, "A座")))
    assert run("inventory", "verify").code == 0
    shared.by_hand("R-1", racks=9)
    found = run("inventory", "verify", "--json")
    assert found.code == 1
    assert found.json["changes"]["counts"]["updates"] == 1
    assert "机柜数：3 → 9" in run("inventory", "verify").out


class TestEmbedded:
    """The store that nobody else writes."""

    def test_has_no_netbox_to_read(self, run: Run) -> None:
        for name in ("pull", "verify"):
            done = run("inventory", name)
            assert done.code == 2
            assert "QIANYUN_NETBOX_URL" in done.err

    def test_diff_wants_a_ledger_or_live(self, run: Run) -> None:
        done = run("inventory", "diff")
        assert done.code == 2
        assert "--live" in done.err
        assert run("inventory", "diff", "--live").code == 0

    def test_diff_live_shows_each_field(self, run: Run, rooms: Rooms) -> None:
        assert run("inventory", "apply", rooms(R_1=(3, 1000, "A座"))).code == 0
        (found,) = run("inventory", "diff", "--live", rooms(R_1=(4, 1000, "A座")), "--json").json[
            "findings"
        ]
        assert (found["field"], found["netbox"], found["ledger"]) == ("racks", 3, 4)
        assert found["winner"] == "ledger"

    def test_writes_at_once_and_opens_no_task(self, run: Run, rooms: Rooms) -> None:
        old, new = rooms("a", R_1=(3, 1000, "A座")), rooms("b", R_1=(4, 1000, "B座"))
        for ledger in (old, new, old):
            digest = run("inventory", "diff", ledger, "--json").json["digest"]
            assert run("inventory", "apply", ledger, "--yes-digest", digest).code == 0
        (room,) = run("inventory", "show", "R-1", "--json").json["objects"]
        assert room["facts"]["building"] == "A座"
        assert run("inventory", "tasks", "--all", "--json").json["tasks"] == []

    def test_an_unknown_task_is_2(self, run: Run) -> None:
        done = run("inventory", "settle", 7, "--take", "netbox", "--reason", "甲")
        assert done.code == 2
        assert "inventory tasks" in done.err
        assert run("inventory", "settle", 7, "--take", "both", "--reason", "甲").code == 2
