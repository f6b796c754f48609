"""A name is turned there and back on a real BIND, by whoever has the key and by nobody else."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.attempts.ansible import ansible_settings
from migrator.attempts.strategy import Strategy
from tests.lab import layers
from tests.lab.addresses import GATEWAY
from tests.lab.lab import Lab
from tests.playbooks.ansible import FAILED, HOSTILE, PLAYBOOKS, Played, read, unsafe

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(32)).decode()
OLD, NEW = ["192.0.2.10", "2001:db8::10"], ["192.0.2.20", "2001:db8::20"]
CONF = f"""\
key "move." {{ algorithm hmac-sha256; secret "{KEY}"; }};
options {{ directory "/var/cache/bind"; listen-on {{ any; }}; listen-on-v6 {{ any; }}; recursion no;
  pid-file "/run/named/named.pid"; session-keyfile "/run/named/session.key"; }};
zone "lj.example" {{ type primary; file "/var/cache/bind/lj.example";
  update-policy {{ grant move. name rsj.lj.example. A AAAA; }}; }};
"""
ZONE = """\
$TTL 300
@ SOA ns.lj.example. admin.lj.example. 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.1
rsj A 192.0.2.10
rsj AAAA 2001:db8::10
other A 192.0.2.99
"""


@dataclass
class Zone:
    lab: Lab
    folder: Path

    def play(self, *options: str, key: str = KEY, **changes: Any) -> Played:
        told = {
            "server": str(GATEWAY.address), "zone": "lj.example", "name": "rsj.lj.example",
            "before": OLD, "after": NEW, "ttl": 30, "key_name": "move.", **changes,
        }  # fmt: skip
        more = {"dns": told, "dns_back": "back" in options}
        variables = self.folder / "dns.json"
        variables.write_text(json.dumps(unsafe(more)))
        program = str(Path(sys.executable).parent / "ansible-playbook")
        flags = [one for one in options if one != "back"]
        argv = [program, "-i", "localhost,", "-e", f"@{variables}", *flags]
        done = subprocess.run(
            self.lab.ops.command([*argv, str(PLAYBOOKS / "dns.yml")]),
            env={
                **ansible_settings(self.folder, self.folder, Strategy.PLAIN),
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "ANSIBLE_STDOUT_CALLBACK": "collected",
                "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
                "QIANYUN_DNS_KEY": key,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return read(done.returncode, done.stdout, done.stderr)

    def answers(self, name: str = "rsj.lj.example") -> list[str]:
        host = self.lab.hosts[GATEWAY.name]
        asked = [host.run(["dig", "+short", "@127.0.0.1", name, kind]) for kind in ("A", "AAAA")]
        return [line for one in asked for line in one.stdout.split()]


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zone]:
    if not shutil.which("named"):
        pytest.skip("tools/setup roles")
    folder = tmp_path_factory.mktemp("dns")

    def builder(layer: Path) -> None:
        layers.write(layer, "/etc/bind/named.conf", CONF)
        layers.write(layer, "/var/cache/bind/lj.example", ZONE)

    with Lab.up(folder / "lab", (GATEWAY.name,), {GATEWAY.name: builder}) as lab:
        host = lab.hosts[GATEWAY.name]
        host.run(
            ["sh", "-c", "install -d -o bind -g bind /run/named && chown -R bind: /var/cache/bind"]
        )
        host.run(["named", "-u", "bind", "-c", "/etc/bind/named.conf"])
        made = Zone(lab, folder)
        asked = "dig +short @127.0.0.1 rsj.lj.example A | grep -q . && exit; sleep 0.05"
        host.run(["sh", "-c", f"for n in $(seq 200); do {asked}; done; exit 1"])
        yield made


@pytest.mark.slow
def test_there_and_back_by_compare_and_set(zone: Zone) -> None:
    assert zone.play("--check").code == 0
    assert zone.answers() == OLD
    turned = zone.play()
    assert turned.messages == []
    assert turned.of("localhost")["outcome"] == "turned"
    assert zone.answers() == NEW
    again = zone.play()
    assert (again.code, again.of("localhost")["outcome"]) == (0, "there already")
    assert zone.play("back").code == 0
    assert zone.answers() == OLD
    only_v4 = zone.play(before=OLD, after=NEW[:1])
    assert only_v4.code == 0
    assert zone.answers() == NEW[:1]
    assert zone.play(before=NEW[:1], after=OLD).code == 0


@pytest.mark.slow
def test_what_somebody_else_changed_is_left_alone(zone: Zone) -> None:
    refused = zone.play(before=["192.0.2.77"])
    assert refused.code == FAILED
    assert "当前地址与预期不符" in refused.messages[0]
    for told in (
        zone.play(key=OTHER_KEY),
        zone.play(name="other.lj.example", before=["192.0.2.99"]),
    ):
        assert told.code == FAILED
        assert KEY not in told.output
        assert OTHER_KEY not in told.output
    hostile = zone.play(name=f"{HOSTILE}.lj.example")
    assert "域名不合规" in hostile.messages[0]
    assert not Path("/tmp/pwned").exists()
    assert zone.answers() == OLD
    assert zone.answers("other.lj.example") == ["192.0.2.99"]
