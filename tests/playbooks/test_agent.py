"""The agent's pure parts."""

import importlib
import json
import os
import pwd
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.playbooks.ansible import HOSTILE, PLAYBOOKS

sys.path.insert(0, str(PLAYBOOKS / "module_utils"))

from qianyun_agent import (
    abandon,
    files,
    forwarding,
    haproxy,
    install,
    journal,
    launch,
    move,
    ours,
    parity,
    paths,
    port,
    presync,
    record,
    replication,
)
from qianyun_agent import tree as trees
from qianyun_agent.errors import AgentError, BadMove, Fenced, from_plain
from qianyun_agent.postgresql import lsn

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG57wofCgu6RFmkm8IItsNEv02XEgoI2T4DCYGJdK0yf"


def raw(**changes: Any) -> dict[str, Any]:
    """A move that is fine, but for `changes`."""

    def place(code: str, number: int) -> dict[str, Any]:
        return {
            "host": code,
            "address": f"10.0.{number}.1",
            "address6": f"fd0{number}::1",
            "ssh_port": 22,
            "host_key": KEY,
        }

    return {
        "system": "LJ-S-9",
        "name": HOSTILE,
        "source": place("a", 1),
        "target": place("b", 2),
        "gateway": {**place("g", 3), "frontends": ["lj-s-9-v4", "lj-s-9-v6"]},
        "trees": [{"path": "/srv/files", "writable": True}],
        "databases": [{"engine": "postgresql", "version": "15", "cluster": "main", "port": 5432}],
        "services": ["lj-app"],
        "check": {"port": 8080, "path": "/healthz", "content": "正常"},
        "rate_kbps": 1000,
        "hold_seconds": 20,
        "login": "qianyun",
        "stateless": False,
        **changes,
    }


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The agent's folder of state, here."""
    monkeypatch.setattr(files, "STATE", tmp_path)
    return tmp_path


def test_a_move_goes_there_and_back() -> None:
    read = move.parse(raw())
    assert move.plain(read) == raw()
    assert (read.code, read.sql_name, read.writes) == ("lj-s-9", "qianyun_lj_s_9", True)
    assert not move.parse(raw(databases=[], trees=[])).writes
    other = raw(databases=[{"engine": "mariadb", "version": "10.11", "cluster": "main"}])
    assert move.parse(other).databases[0].port == 3306


def test_only_services_that_keep_nothing_may_outlast_their_databases() -> None:
    """Written files need their writers stopped, and so does what was not declared."""
    assert move.parse(raw(stateless=True, trees=[])).fenced_by_data
    assert not move.parse(raw(stateless=True)).fenced_by_data
    assert not move.parse(raw(trees=[])).fenced_by_data
    assert not move.parse(raw(stateless=True, trees=[], databases=[])).fenced_by_data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("system", "a/b"),
        ("system", HOSTILE),
        ("services", [HOSTILE]),
        ("services", ["-x"]),
        ("login", "root; reboot"),
        ("hold_seconds", True),
        ("hold_seconds", 0),
        ("rate_kbps", "1000"),
        ("trees", [{"path": "/srv/../etc", "writable": True}]),
        ("trees", [{"path": "/etc/ssh", "writable": True}]),
        ("trees", [{"path": "/srv", "writable": True}]),
        ("trees", [{"path": "/var/lib", "writable": True}]),
        ("trees", [{"path": "//etc/", "writable": True}]),
        ("trees", [{"path": "/home/qianyun", "writable": True}]),
        ("trees", [{"path": "/home/qianyun/.ssh", "writable": True}]),
        ("trees", [{"path": "/srv/a b"}]),
        ("trees", [{"path": "/srv/a"}, {"path": "/srv/a/b"}]),
        ("databases", [{"engine": "postgresql", "version": "15", "cluster": "main;drop"}]),
        ("databases", [{"engine": "oracle", "version": "15", "cluster": "main"}]),
        ("databases", [{"engine": "mariadb", "version": "10", "cluster": "main"}]),
        ("databases", [{"engine": "redis", "version": "7.0", "cluster": "other"}]),
        ("stateless", "yes"),
        ("source", {"host": "a", "address": "10.0.0.1 x", "address6": "fd::1", "host_key": KEY}),
        (
            "source",
            {"host": "a", "address": "10.0.0.1", "address6": "fe80::1%eth0", "host_key": KEY},
        ),
        (
            "source",
            {"host": "a", "address": "10.0.0.1", "address6": "fd::1", "host_key": KEY + " x"},
        ),
        ("check", {"port": 80, "path": "/a b", "content": ""}),
        ("check", {"port": 80, "path": "/", "content": "a\nb"}),
        ("gateway", {**raw()["gateway"], "frontends": ["other-v4", "other-v6"]}),
    ],
)
def test_a_bad_field_is_refused_with_what_was_read(field: str, value: Any) -> None:
    with pytest.raises(BadMove) as caught:
        move.parse(raw(**{field: value}))
    assert "读到 / read" in str(caught.value)


def test_a_cutover_needs_the_presync_of_its_move_and_takes_new_limits(state: Path) -> None:
    def stored() -> move.Move:
        return move.parse(files.read_json(state / "lj-s-9" / "move.json")["move"])

    with pytest.raises(Fenced, match=r"no move\.json"):
        launch._settled(move.parse(raw()))
    presync.remember(move.parse(raw()), "target")
    launch._settled(move.parse(raw(hold_seconds=60, rate_kbps=64, name="x")))
    assert (stored().hold_seconds, stored().rate_kbps) == (60, 64)
    with pytest.raises(Fenced, match=r"another move\.json"):
        launch._settled(move.parse(raw(services=["other"])))
    presync.remember(move.parse(raw()), "source")
    with pytest.raises(Fenced):
        launch._settled(move.parse(raw()))


@pytest.fixture
def place(
    state: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> tuple[move.Move, Path]:
    """A move of one folder that may lie here, and the folder, which is absent."""
    kept = tuple(one for one in paths.PROTECTED if not paths.within(tempfile.gettempdir(), one))
    monkeypatch.setattr(paths, "PROTECTED", kept)
    path = tmp_path_factory.mktemp("srv") / "files"
    return replace(move.parse(raw()), trees=(move.Tree(str(path), True),)), path


def told(one: move.Move) -> str:
    return " ".join(map(str, ours.refusals(one)))


def test_only_an_absent_or_empty_folder_is_taken(place: tuple[move.Move, Path]) -> None:
    one, path = place
    assert told(one) == ""
    path.mkdir()
    assert told(one) == ""
    (path / "lost+found").mkdir()
    assert told(one) == ""
    (path / "lost+found" / "#1").write_text("saved by fsck")
    assert "2 entries, such as 'lost+found/#1'" in told(one)
    path.joinpath("lost+found", "#1").unlink()
    (path / "lost+found").rmdir()
    (path / "other").mkdir()
    (path / "other" / "precious\n.txt").write_text("precious")
    assert f"{path}: 2 entries, such as 'other/precious\\n.txt'" in told(one)
    with pytest.raises(AgentError, match="目标目录已有数据"):
        ours.take(one)
    assert ours.marks(one.code) == {}
    shutil.rmtree(path)
    path.symlink_to("nowhere")
    assert "broken link" in told(one)


def test_what_is_marked_goes_on_and_what_was_left_must_be_as_it_was(
    place: tuple[move.Move, Path],
) -> None:
    one, path = place
    ours.take(one)
    path.mkdir()
    (path / "half").write_text("carried")
    ours.take(one)  # a retry after a kill
    ours.expect_taken(one)
    assert ours.leave(one) == [str(path)]
    assert ours.leave(one) == []  # repeated
    assert told(one) == ""
    with pytest.raises(AgentError, match="mark left"):
        ours.expect_taken(one)
    ours.take(one)
    ours.leave(one)
    (path / "half").write_text("changed")
    assert "上次迁移结束后有改动" in told(one)
    shutil.rmtree(path)
    ours.take(one)
    ours.drop(one)
    assert ours.marks(one.code) == {}
    path.mkdir()
    (path / "live").write_text("the system's own by now")
    assert "目标目录已有数据" in told(one)
    ours.leave_source(one)  # later it has moved on
    assert told(one) == ""


def test_folders_of_systems_under_way_stay_apart(place: tuple[move.Move, Path]) -> None:
    one, path = place
    ours.take(one)
    for inner in (path / "b", path, path.parent):
        other = replace(one, system="LJ-S-8", trees=(move.Tree(str(inner), True),))
        assert "正由另一系统迁入" in told(other)
    ours.leave(one)
    other = replace(one, system="LJ-S-8", trees=(move.Tree(str(path / "b"), True),))
    assert told(other) == ""


def test_links_and_the_logins_home_lead_to_the_host(
    place: tuple[move.Move, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, path = place
    path.symlink_to("/var/lib")
    assert "/var/lib" in str(ours.misplaced(one)[0])
    path.unlink()
    assert ours.misplaced(one) == []
    login = pwd.getpwuid(os.getuid())
    for home, many in ((str(path), 1), (str(path.parent), 1), (str(path / "x"), 1), ("/", 0)):
        entry = SimpleNamespace(pw_dir=home)
        monkeypatch.setattr(pwd, "getpwnam", lambda _, entry=entry: entry)
        assert len(ours.misplaced(replace(one, login=login.pw_name))) == many


def test_nothing_of_a_move_is_given_up_where_none_is(state: Path) -> None:
    asked = abandon.Asked(move.parse(raw()), 5)
    for act in (abandon.on_source, abandon.on_target, abandon.on_gateway):
        assert act(asked)["nothing"] is True
    assert list(state.iterdir()) == []


def test_the_source_is_not_given_up_unless_it_serves(state: Path) -> None:
    one = move.parse(raw(databases=[]))
    presync.remember(one, "source")
    for role in ("fenced", "yielded", "standby"):
        record.change("lj-s-9", 5, to=role, frm=["", "fenced", "yielded"], seconds=9)
        with pytest.raises(Fenced, match="原主机未在服务"):
            abandon.on_source(abandon.Asked(one, 6))
    with pytest.raises(Fenced, match="the gateway points"):
        abandon.on_source(abandon.Asked(one, 6, {"lj-s-9-v4": "target", "lj-s-9-v6": "source"}))
    assert record.read("lj-s-9").seen == 5


def test_role_moves_by_compare_and_set_and_never_to_a_lower_token(state: Path) -> None:
    record.change("c", 5, to="active", frm=["", "active"])
    record.change("c", 7, to="fenced", frm=["active"], seconds=10)
    with pytest.raises(Fenced):
        record.change("c", 6, to="yielded", frm=["fenced"])
    with pytest.raises(Fenced):  # another's fence
        record.change("c", 8, to="yielded", frm=["fenced"], same_token=True)
    assert record.change("c", 7, to="yielded", frm=["fenced"], same_token=True).role == "yielded"
    assert record.change("c", 7, to="yielded", frm=["fenced"]).role == "yielded"  # repeated
    record.claim("c", 9)
    with pytest.raises(Fenced):
        record.change("c", 8, to="active", frm=["yielded"])
    assert (record.read("c").role, record.read("c").token, record.read("c").seen) == (
        "yielded",
        7,
        9,
    )


def test_a_lock_is_seen_and_waited_for_in_vain(state: Path) -> None:
    with files.locked(state / "x.lock"):
        assert files.is_locked(state / "x.lock")
        with pytest.raises(Fenced), files.locked(state / "x.lock", 0.05):
            pass
    assert not files.is_locked(state / "x.lock")


def test_marked_lines_come_and_go_and_leave_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("theirs\n")
    path.chmod(0o640)
    assert files.set_marked_lines(path, "a", ["one", "two"])
    assert not files.set_marked_lines(path, "a", ["one", "two"])
    files.set_marked_lines(path, "ab", ["three"])
    files.set_marked_lines(path, "a", [])
    assert path.read_text() == "three # qianyun ab\ntheirs\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_journal_leaves_out_a_line_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "j"
    book = journal.Journal(path)
    book.write("phase", phase="quiesce")
    book.write("phase_end", phase="quiesce", ok=True, evidence={"a": 1})
    book.write("phase", phase="start")
    with path.open("a") as stream:
        stream.write('{"event": "en')
    found = journal.events(path)
    assert [one["ok"] for one in journal.phases(found)] == [True, None]
    assert journal.end(found) is None


CONFIGURATION = """\
frontend lj-s-9-v4
    default_backend lj-s-9-v4
backend lj-s-9-v4
    server main 10.0.1.1:8080 check
backend lj-s-9-v6
    server main ipv6@fd01::1:8080
backend other-v4
    server main 10.0.1.1:8080
"""


def test_only_the_two_server_lines_change() -> None:
    one = move.parse(raw())
    text = haproxy.edited(CONFIGURATION, one, "target")
    changed = [line for line in text.splitlines() if line not in CONFIGURATION.splitlines()]
    assert changed == ["    server main 10.0.2.1:8080 check", "    server main ipv6@fd02::1:8080"]
    assert haproxy.edited(text, one, "source") == CONFIGURATION
    with pytest.raises(AgentError):
        haproxy.edited("backend lj-s-9-v4\n    server main 1.1.1.1:1\n", one, "target")


TABLE = """\
table inet qy_lj_s_9 {
    map to4 {
        type inet_service : ipv4_addr . inet_service
        elements = { 8002 : 10.0.1.1 . 8080 }
    }
    map to6 {
        type inet_service : ipv6_addr . inet_service
        elements = { 8002 : fd01::1 . 8080 }
    }
    set gone4 {
        type ipv4_addr . inet_service
    }
}
"""


def test_only_the_two_lines_of_elements_change() -> None:
    one = move.parse(raw())
    text = forwarding.edited(TABLE, one, "target")
    changed = [line.strip() for line in text.splitlines() if line not in TABLE.splitlines()]
    assert changed == [
        "elements = { 8002 : 10.0.2.1 . 8080 }",
        "elements = { 8002 : fd02::1 . 8080 }",
    ]
    assert forwarding.edited(text, one, "source") == TABLE
    with pytest.raises(AgentError, match="1 lines of elements"):
        forwarding.edited(TABLE.replace("map to6", "map to_6"), one, "target")


def test_digest_sees_every_kind_of_change(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("one")
    (tmp_path / "l").symlink_to("d/f")
    digest = trees.Digest(str(tmp_path))
    seen = {digest.read()["digest"]}
    for number, change in enumerate(
        (
            lambda: (tmp_path / "d" / "f").write_text("two"),
            lambda: (tmp_path / "d" / "f").chmod(0o600),
            (tmp_path / "d" / "g").mkdir,
            lambda: ((tmp_path / "l").unlink(), (tmp_path / "l").symlink_to("d/g")),
        )
    ):
        change()
        seen.add(digest.read()["digest"])
        assert len(seen) == number + 2
        assert trees.Digest(str(tmp_path)).read() == digest.read()


ASKED = [
    "",
    "sh",
    "rsync --server --sender . /",
    "session; sh",
    "rsync --server --daemon . x",
    "rsync rate=8000 database=1",
    "rsync rate=8000 database=0 ",
    "rsync database=0",
]


@pytest.mark.parametrize("asked", ASKED)
def test_the_key_opens_nothing_else(state: Path, asked: str) -> None:
    (state / "lj-s-9").mkdir()
    (state / "lj-s-9" / "move.json").write_text(json.dumps({"kind": "source", "move": raw()}))
    empty: Any = SimpleNamespace()
    assert port.serve("lj-s-9", asked, empty, empty) == 126


def test_parity_names_the_table_that_differs() -> None:
    listed = {
        "db": [
            {"oid": 1, "table": "public.t", "read": True},
            {"oid": 2, "table": "big", "read": False},
        ]
    }
    same = {"db": {"1": [3, "99"]}}
    assert parity.compare(listed, same, same)["by_log_position_only"] == 1
    with pytest.raises(AgentError, match=r"public\.t"):
        parity.compare(listed, same, {"db": {"1": [3, "98"]}})


def test_small_things() -> None:
    assert lsn("1/A0") == (1 << 32) + 0xA0
    assert replication.scram("secret").startswith("SCRAM-SHA-256$4096:")
    error = Fenced("什么 / what", read=1, expected="2", do="做 / do")
    assert from_plain(error.plain()).plain() == error.plain()


def test_everything_the_program_needs_is_shipped() -> None:
    """The module imports every file of the agent, so that Ansible sends it along; what moves a virtual
    address goes with the module of that alone."""
    for name in ("app", "launch", "verbs", "watchdog"):
        importlib.import_module(f"qianyun_agent.{name}")
    there = {path.name for path in (PLAYBOOKS / "module_utils" / "qianyun_agent").glob("*.py")}
    apart = {name for name in there if name.startswith("vip")}
    assert set(install.sources()) - apart == there - apart
