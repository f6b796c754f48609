"""Network changes on real devices: a firewall said of IPv6 on a real nft, addresses on a real FRR, over a
real sshd, with the way back that nobody has to walk when the change cut the way there."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.attempts.ansible import ansible_settings
from migrator.attempts.strategy import Strategy
from migrator.network.change_list import read_changes
from migrator.network.files import of_device, of_firewall
from tests.lab.addresses import GATEWAY, LOGIN, OPS, OUTSIDE
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.network import Namespace
from tests.playbooks.ansible import FAILED, PLAYBOOKS, UNREACHABLE, Played, read

UPPER = 60.0
PORTS = (22, 80, 443, 8080)
SERVER = """
import socket, time
for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for port in (80, 443, 8080):
        one = socket.socket(family, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port)); one.listen(); globals()[f"s{family}{port}"] = one
open("/run/serving", "w").close()
time.sleep(900)
"""
RULES = f"""
table inet filter {{
  set watchers {{ type ipv4_addr; flags interval; elements = {{ {OUTSIDE.v4} }} }}
  chain input {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    ip saddr {OPS.v4} tcp dport {{ 22, 8080 }} counter accept
    ip saddr @watchers tcp dport 443 accept
    icmp type echo-request accept
    tcp dport 80 accept
    meta nfproto ipv4 reject with icmp type admin-prohibited
  }}
}}
"""
OLD_STYLE = RULES.replace("table inet", "table ip").replace("meta nfproto ipv4 ", "")
FIREWALL = f"""
[[firewall]]
name = "gw-01"
listing = "gw-01.json"
[[firewall.network]]
v4 = "{OPS.v4}"
v6 = "{OPS.v6}"
[[firewall.network]]
v4 = "{OUTSIDE.v4}"
v6 = "{OUTSIDE.v6}"
"""


@dataclass
class Device:
    lab: Lab
    folder: Path

    @property
    def host(self) -> Host:
        return self.lab.hosts[GATEWAY.name]

    def listing(self) -> str:
        return self.host.run(["nft", "-j", "list", "ruleset"]).stdout

    def rules(self) -> str:
        """Without what packets change."""
        return self.host.run(["nft", "--stateless", "list", "ruleset"]).stdout

    def set_rules(self, text: str) -> None:
        self.host.run(["sh", "-c", f"nft flush ruleset; printf %s '{text}' | nft -f -"])

    def play(self, file: str, *options: str, **extra: Any) -> Played:
        hosts = {
            "device": {"hosts": {GATEWAY.name: {"ansible_host": str(GATEWAY.address)}}},
        }
        shared = {
            "ansible_user": LOGIN,
            "ansible_ssh_private_key_file": str(self.lab.ssh_key),
            "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={self.lab.known_hosts} "
            "-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o ConnectTimeout=5",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_become_password": "{{ lookup('env', 'QIANYUN_BECOME_PASSWORD') }}",
        }
        inventory = self.folder / "hosts.json"
        inventory.write_text(json.dumps({"all": {"vars": shared, "children": hosts}}))
        sockets = self.folder / "cp"
        sockets.mkdir(exist_ok=True)
        program = str(Path(sys.executable).parent / "ansible-playbook")
        argv = [program, "-i", str(inventory), "-e", f"@{self.folder / file}"]
        argv += ["-e", json.dumps(extra), *options, str(PLAYBOOKS / "network.yml")]
        done = subprocess.run(
            self.lab.ops.command(argv),
            env={
                **ansible_settings(self.folder, sockets, Strategy.PLAIN),
                "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8",
                "ANSIBLE_STDOUT_CALLBACK": "collected",
                "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
                "QIANYUN_BECOME_PASSWORD": self.lab.sudo_password,
            },
            capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        return read(done.returncode, done.stdout, done.stderr)

    def outcomes(self, played: Played) -> list[str]:
        return [one["outcome"] for one in played.evidence[GATEWAY.name]]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("net")
    with Lab.up(folder / "lab", (GATEWAY.name,), {}) as lab:
        made = Device(lab, folder)
        made.host.run(
            ["sh", "-c", f"exec setsid python3 -c '{SERVER}' >/dev/null 2>&1 </dev/null &"]
        )
        made.host.run(["sh", "-c", "until [ -e /run/serving ]; do sleep 0.05; done"])
        yield made


def open_ports(there: Namespace, family: int) -> set[int]:
    """Which ports let one in; what is dropped is given a second."""
    address = str(GATEWAY.address if family == 4 else GATEWAY.address6)
    script = (
        "import socket, sys\n"
        "for port in map(int, sys.argv[2:]):\n"
        "    try: socket.create_connection((sys.argv[1], port), 1).close(); print(port)\n"
        "    except OSError: pass\n"
    )
    done = there.run([sys.executable, "-c", script, address, *map(str, PORTS)])
    return set(map(int, done.stdout.split()))


def all_open(lab: Lab) -> Mapping[str, tuple[set[int], set[int]]]:
    """By who asks: open on v4, open on v6."""
    return {
        place.name: (open_ports(place, 4), open_ports(place, 6)) for place in (lab.ops, lab.citizen)
    }


def render_firewall(device: Device) -> None:
    (device.folder / "gw-01.json").write_text(device.listing())
    (device.folder / "changes.toml").write_text(FIREWALL)
    (change,) = read_changes(device.folder / "changes.toml").firewalls
    for name, text in of_firewall(change).files.items():
        (device.folder / name).write_text(text)


@pytest.mark.slow
@pytest.mark.parametrize("rules", [RULES, OLD_STYLE], ids=["inet", "ip"])
def test_ipv6_meets_the_firewall_that_ipv4_meets(device: Device, rules: str) -> None:
    device.set_rules(rules)
    before = device.rules()
    render_firewall(device)
    only_v4 = all_open(device.lab)
    assert only_v4["ops"][0] == {22, 80, 8080}
    assert only_v4["citizen"][0] == {80, 443}
    assert any(four != six for four, six in only_v4.values())

    assert device.play("gw-01.play.json", "--check").code == 0
    assert device.rules() == before

    played = device.play("gw-01.play.json")
    assert played.code == 0, played.output
    assert device.outcomes(played) == ["changed, to be confirmed", "confirmed"]
    for who, (four, six) in all_open(device.lab).items():
        assert four == six, who  # port parity both ways, and the pings:
    for address in (GATEWAY.address, GATEWAY.address6):
        device.lab.citizen.run(["ping", "-c", "1", "-W", "5", str(address)])

    again = device.play("gw-01.play.json")
    assert device.outcomes(again) == ["there already", "nothing to confirm"]

    assert device.play("gw-01.play.json", network_back=True).code == 0
    assert device.rules() == before
    for who, (four, _) in all_open(device.lab).items():
        assert four == only_v4[who][0]
    assert device.outcomes(device.play("gw-01.play.json", network_back=True))[0] == "there already"


def test_a_device_that_somebody_else_changed_is_left_alone(device: Device) -> None:
    device.set_rules(RULES)
    render_firewall(device)
    device.host.run(
        ["nft", "add", "rule", "inet", "filter", "input", "tcp", "dport", "7", "accept"]
    )
    before = device.rules()
    played = device.play("gw-01.play.json")
    assert played.code == FAILED
    assert "find out who changed it" in played.messages[0]
    assert device.rules() == before


def test_what_ends_an_attempt_s_processes_spares_the_way_back() -> None:
    """The process that sets a device back is no longer found by the mark of the attempt that began it."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import qianyun_network as made\n"
        "told = lambda: b'QIANYUN_ATTEMPT=a17' in open('/proc/self/environ', 'rb').read()\n"
        "before = told(); made.unmark(); print(before, told())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(PLAYBOOKS / "library")],
        env={**os.environ, "QIANYUN_ATTEMPT": "a17"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "False"]


CHANGE = f"""
[[device]]
name = "gw-01-port"
vendor = "frr"
[[device.change]]
kind = "rehome"
interface = "eth0"
old = "{GATEWAY.address}/24"
new = "198.51.100.9/24"
"""
START_FRR = f"""
ip route del default
install -d -o frr -g frr /run/frr
printf 'interface eth0\n ip address {GATEWAY.address}/24\n exit\n' > /run/frr/zebra.conf
printf 'ip route 0.0.0.0/0 {GATEWAY.place.address(1)}\n' > /run/frr/staticd.conf
for one in zebra staticd; do /usr/lib/frr/$one -d -f /run/frr/$one.conf; done
until ip route | grep -q 'default.*proto static'; do sleep 0.1; done
"""


@pytest.mark.slow
def test_a_change_that_cuts_its_own_way_goes_back_by_itself(device: Device) -> None:
    """The engineer re-homes the very port that he came by: at two in the morning nobody drives there."""
    if not shutil.which("vtysh"):
        pytest.skip("tools/setup roles")
    device.host.run(["nft", "flush", "ruleset"])
    device.host.run(["sh", "-c", START_FRR], timeout=60)
    (device.folder / "port.toml").write_text(CHANGE)
    (change,) = read_changes(device.folder / "port.toml").devices
    for name, text in of_device(change).files.items():
        (device.folder / name).write_text(text)
    assert device.play("gw-01-port.play.json", "--check").code == 0
    played = device.play("gw-01-port.play.json", confirm_seconds=12)
    assert played.code in (FAILED, UNREACHABLE), played.output  # it may be back before we ask
    deadline = time.monotonic() + UPPER
    ask = device.lab.ssh(GATEWAY.name, ["true"])
    while device.lab.ops.run(ask, check=False).returncode:
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.2)
    told = device.host.run(["vtysh", "-c", "show running-config"]).stdout
    assert f"ip address {GATEWAY.address}/24" in told
    assert "198.51.100.9" not in told
