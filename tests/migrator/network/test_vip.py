"""A virtual address in a list of changes, and what vip.yml is given of it."""

import json
import sys
from pathlib import Path

import pytest

from migrator.errors import MeansRefused, Refused
from migrator.network.change_list import read_changes
from migrator.network.files import of_vip

sys.path.append(str(Path(__file__).parents[3] / "playbooks" / "module_utils"))
LIST = """
[[vip]]
name = "portal-vip"
vrid = 51
addresses = ["10.21.0.100", "fd21::100"]
source = ["10.21.0.21", "fd21::21"]
target = ["10.21.0.22", "fd21::22"]
ports = [80, 443]
"""


def listed(folder: Path, text: str) -> Path:
    path = folder / "changes.toml"
    path.write_text(text, "utf-8")
    return path


def test_hosts_take_what_is_rendered(tmp_path: Path) -> None:
    from qianyun_agent.vip import parse

    (change,) = read_changes(listed(tmp_path, LIST)).vips
    made = of_vip(change)
    assert (made.kind, made.sent_by) == ("vrrp", "vip.yml")
    play = json.loads(made.files["portal-vip.play.json"])["vip"]
    assert play["source"][0] == {"__ansible_unsafe": "10.21.0.21"}
    bare = json.loads(made.files["portal-vip.play.json"], object_hook=_bare)["vip"]
    assert parse(bare).addresses == ("10.21.0.100", "fd21::100")


def _bare(told: dict[str, object]) -> object:
    return told.get("__ansible_unsafe", told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"portal-vip"', '"../portal"'),
        ('"portal-vip"', '"{{ 1 }}"'),
        ("vrid = 51", "vrid = 256"),
        ('"fd21::100"', '"fd21::100; reboot"'),
        ('"fd21::100"', '"10.21.0.101"'),
        ('"fd21::100"', '"fe80::1"'),
        ('"fd21::100"', '"ff02::12"'),
        (', "fd21::22"', ""),
        ('"fd21::22"', '"fd21::21"'),
        ("[80, 443]", "[]"),
        ("[80, 443]", "[0]"),
        ("vrid = 51", 'vrid = 51\nshell = "reboot"'),
    ],
)
def test_what_is_no_virtual_address_is_refused(tmp_path: Path, old: str, new: str) -> None:
    assert old in LIST
    with pytest.raises((MeansRefused, Refused)):
        read_changes(listed(tmp_path, LIST.replace(old, new)))
