"""What a virtual address may be, and what it becomes in keepalived's configuration."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from qianyun_agent import vip_keepalived
from qianyun_agent.errors import BadMove
from qianyun_agent.vip import instance, parse

from tests.playbooks.ansible import HOSTILE


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "name": "portal-vip", "vrid": 51, "addresses": ["2001:db8::100", "192.0.2.100"],
        "source": ["192.0.2.11", "2001:db8::11"], "target": ["192.0.2.12", "2001:db8:0::12"],
        "ports": [80, 443], **changes,
    }  # fmt: skip


def test_addresses_are_paired_by_family_however_they_are_told() -> None:
    told = parse(raw())
    assert told.addresses == ("192.0.2.100", "2001:db8::100")
    assert told.target == ("192.0.2.12", "2001:db8::12")
    assert told.peer("target") == told.source


@pytest.mark.parametrize(
    "changes",
    [
        {"name": HOSTILE},
        {"name": "../x"},
        {"name": "a b"},
        {"vrid": 0},
        {"vrid": 256},
        {"vrid": "51"},
        {"addresses": []},
        {"addresses": [HOSTILE]},
        {"addresses": [1]},
        {"addresses": ["192.0.2.100", "192.0.2.101"]},
        {"addresses": ["fe80::1%eth0"]},
        {"addresses": ["224.0.0.18"]},
        {"addresses": ["127.0.0.1"]},
        {"addresses": ["0.0.0.0"]},
        {"addresses": ["192.0.2.100/24"]},
        {"addresses": ["192.0.2.100"]},
        {"source": ["192.0.2.100", "2001:db8::11"]},
        {"source": ["192.0.2.12", "2001:db8::11"]},
        {"target": ["192.0.2.12"]},
        {"ports": []},
        {"ports": ["80; reboot"]},
        {"ports": [True]},
    ],
    ids=str,
)
def test_whatever_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadMove) as refused:
        parse(raw(**changes))
    assert "不合规" in str(refused.value)


@pytest.mark.parametrize("family", [(0, 1), (0,), (1,)], ids=["both", "v4", "v6"])
def test_keepalived_takes_what_is_rendered(tmp_path: Path, family: tuple[int, ...]) -> None:
    if not shutil.which("keepalived"):
        pytest.skip("tools/setup roles")
    both = parse(raw())
    some = {
        name: [getattr(both, name)[one] for one in family]
        for name in ("addresses", "source", "target")
    }
    told = parse(raw(**some))
    card = next(one.name for one in Path("/sys/class/net").iterdir() if one.name != "lo")
    text = instance(told, "source", card, tmp_path / "number")
    assert [one for one in told.addresses if f"        {one}/" not in text] == []
    (tmp_path / "k.conf").write_text(text)
    argv = ["keepalived", "-t", "-f", str(tmp_path / "k.conf")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_boot_files_are_read_word_by_word(tmp_path: Path) -> None:
    wanted = {"192.0.2.100", "2001:db8::100"}
    told: list[tuple[str, set[str]]] = [
        ("address 192.0.2.100/24", {"192.0.2.100"}),
        ("addresses: [2001:DB8:0:0::100/64]", {"2001:db8::100"}),
        ("IPADDR='192.0.2.100'", {"192.0.2.100"}),
        ("# address 192.0.2.100", set()),
        ("address 192.0.2.1001 1192.0.2.100", set()),
    ]
    for text, found in told:
        (tmp_path / "file").write_text(text + "\n")
        assert vip_keepalived._named(tmp_path / "file", wanted) == found, text
