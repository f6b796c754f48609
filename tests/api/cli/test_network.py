"""Commands of network devices through the command line."""

from pathlib import Path

import pytest

from api.bootstrap import Qianyun
from api.settings import load
from migrator.errors import Forbidden
from migrator.network.package import rendered
from migrator.people.rights import Person, Role
from tests.api.conftest import Run

LIST = """
[[device]]
name = "jf1-egress"
vendor = "huawei-vrp"
[[device.change]]
kind = "close-exit"
interface = "GigabitEthernet0/0/1"
gateway = "203.0.113.1"
[[device.change]]
kind = "enable-ipv6"
interface = "Vlanif100"
address = "2001:db8::1/64"
[[device]]
name = "front"
vendor = "ruijie"
[[device.change]]
kind = "rehome"
interface = "GigabitEthernet0/2"
old = "192.0.2.2/24"
new = "198.51.100.2/24"
"""
VIP = """
[[vip]]
name = "portal-vip"
vrid = 51
addresses = ["192.0.2.100", "2001:db8::100"]
source = ["192.0.2.11", "2001:db8::11"]
target = ["192.0.2.12", "2001:db8::12"]
ports = [80, 443]
"""


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    path = tmp_path / "changes.toml"
    path.write_text(LIST, "utf-8")
    return path


def test_commands_rollback_and_report_are_written_and_audited(
    run: Run, changes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    told = run("network", "render", changes, "--out", out, "--json").json
    assert [d["device"] for d in told["devices"]] == ["jf1-egress", "front"]
    files = {name for d in told["devices"] for name in d["files"]} | {"check.json"}
    assert {path.name for path in out.iterdir()} == files
    back = (out / "jf1-egress.rollback.txt").read_text("utf-8")
    # the last change is undone first
    assert back.index("undo ipv6 address") < back.index("undo shutdown")
    entry = Qianyun(load()).truth.audit_entries()[-1]
    assert (entry.actor, entry.action) == ("zhang", "network.render")
    again = run("network", "render", changes, "--out", out)
    assert again.code == 1
    assert "非空" in again.err
    below = run("network", "render", changes, "--out", changes / "below")
    assert below.code == 1
    assert "无法写入" in below.err


def test_a_virtual_address_is_sent_by_its_playbook(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "changes.toml", tmp_path / "out"
    path.write_text(VIP, "utf-8")
    (told,) = run("network", "render", path, "--out", out, "--json").json["devices"]
    assert (told["vendor"], told["sent_by"]) == ("vrrp", "vip.yml")
    assert {one.name for one in out.iterdir()} == {"portal-vip.play.json", "check.json"}
    assert "vip.yml" in run("network", "render", path, "--out", tmp_path / "again").out


@pytest.mark.parametrize(("lang", "word"), [("zh", "回退完整"), ("en", "never run on any device")])
def test_the_screen(
    run: Run, changes: Path, tmp_path: Path, lang: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    assert word in run("network", "render", changes, "--out", tmp_path / "out").out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Vlanif100", "Vlanif100\\nreboot"),
        ("Vlanif100", "GigabitEthernet0/0/1"),
        ('"203.0.113.1"', "1"),
        ('"front"', '"../front"'),
        ('"front"', '"JF1-egress"'),
        ('kind = "rehome"', 'kind = "reboot"'),
        ('"ruijie"', '"ruijie"\nsave = true'),
    ],
)
def test_what_is_no_change_is_refused_and_nothing_written(
    run: Run, changes: Path, tmp_path: Path, old: str, new: str
) -> None:
    changes.write_text(LIST.replace(old, new), "utf-8")
    assert run("network", "render", changes, "--out", tmp_path / "out").code in (1, 2)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("state")
def test_only_a_planner_may(changes: Path, tmp_path: Path) -> None:
    truth = Qianyun(load()).truth
    viewer = Person(name="li", roles=frozenset(Role) - {Role.PLANNER})
    with pytest.raises(Forbidden):
        rendered(truth, viewer, changes, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert truth.audit_entries()[-1].action == "plan.make.refused"
