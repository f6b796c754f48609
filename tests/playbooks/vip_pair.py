"""Two hosts of one room, a neighbour of theirs, and a virtual address: what the tests of it work with."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from migrator.attempts.ansible import ansible_settings
from migrator.attempts.strategy import Strategy
from tests.lab import layers
from tests.lab.addresses import CLOUD, LOGIN, ROOM_JT, HostFact
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.playbooks.ansible import PLAYBOOKS, Played, read, unsafe

OLD = HostFact("jt-vip-01", "虚拟地址原主机", ROOM_JT, 21)
NEW = HostFact("jt-vip-02", "虚拟地址新主机", ROOM_JT, 22)
NEAR = HostFact("jt-near-01", "同网段客户端", ROOM_JT, 23)
FAR = HostFact("zw-vip-01", "另一网段的主机", CLOUD, 22)
V4, V6 = str(ROOM_JT.address(100)), str(ROOM_JT.address6(100))
PORT = 8080
SERVER = f"""\
#!/usr/bin/python3
import os, signal, socket, sys, threading
if sys.argv[1:] != ["start"]: sys.exit(0)
if os.fork(): os._exit(0)
os.setsid()
signal.signal(signal.SIGHUP, signal.SIG_IGN)
name = os.uname().nodename.encode()
def serve(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6: door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        door.bind((address, {PORT}))
        door.listen(64)
        while True:
            link, _ = door.accept()
            link.recv(4096)
            link.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + name)
            link.close()
for one in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    threading.Thread(target=serve, args=one).start()
"""
# Asks again and again; one line per request that begins or fails: who answered, seconds, error.
CLIENT = """\
import json, select, socket, sys, time
address = sys.argv[1]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
while not select.select([sys.stdin], [], [], 0.005)[0]:
    started, why, who = time.monotonic(), "", b""
    try:
        with socket.create_connection((address, int(sys.argv[2])), 10) as link:
            link.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            while block := link.recv(4096):
                who += block
    except OSError as error:
        why = str(error)
    took = round(time.monotonic() - started, 4)
    print(json.dumps([who.rpartition(b"\\n")[2].decode(), took, why]))
"""


@dataclass(frozen=True)
class Asked:
    """What one client met: requests, those that failed, the longest that was answered, who answered."""

    requests: int
    failed: list[str]
    longest: float
    answered: list[str]


@dataclass
class Pair:
    lab: Lab
    folder: Path
    changes: dict[str, Any] = field(default_factory=dict)  # of fields of the virtual address
    strategy: Strategy = Strategy.PLAIN

    @property
    def old(self) -> Host:
        return self.lab.hosts[OLD.name]

    @property
    def new(self) -> Host:
        return self.lab.hosts[NEW.name]

    @property
    def near(self) -> Host:
        return self.lab.hosts[NEAR.name]

    def told(self) -> dict[str, Any]:
        return {
            "name": "portal-vip", "vrid": 51, "addresses": [V4, V6], "ports": [PORT],
            "source": [str(OLD.address), str(OLD.address6)],
            "target": [str(NEW.address), str(NEW.address6)],
            **self.changes,
        }  # fmt: skip

    def play(self, name: str, *options: str, hosts: Sequence[HostFact] = (OLD, NEW)) -> Played:
        """Plays one as an engineer does; `back` goes back."""
        done = subprocess.run(
            self._command(name, options, hosts),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return read(done.returncode, done.stdout, done.stderr)

    def killed(self, name: str, *options: str, after: float) -> None:
        """Plays one, and kills it with all that it started here after so many seconds."""
        run = subprocess.Popen(
            self._command(name, options, (OLD, NEW)),
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(after)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        shutil.rmtree(self.folder / "cp")

    def _command(self, name: str, options: Sequence[str], hosts: Sequence[HostFact]) -> list[str]:
        variables = self.folder / "vip.play.json"
        variables.write_text(json.dumps(unsafe({"vip": self.told()})))
        flags = ["-e", "vip_back=true"] if "back" in options else []
        flags += [one for one in options if one != "back"]
        program = str(Path(sys.executable).parent / "ansible-playbook")
        argv = [program, "-i", str(self._inventory(hosts)), "-e", f"@{variables}", *flags]
        return self.lab.ops.command([*argv, str(PLAYBOOKS / f"{name}.yml")])

    def _environment(self) -> dict[str, str]:
        sockets = self.folder / "cp"
        sockets.mkdir(exist_ok=True)
        return {
            **ansible_settings(self.folder, sockets, self.strategy),
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_STDOUT_CALLBACK": "collected",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
            "QIANYUN_BECOME_PASSWORD": self.lab.sudo_password,
        }

    def done(self, name: str, *options: str) -> list[str]:
        """Plays one that has to succeed; what came of it on either host, in order."""
        played = self.play(name, *options)
        assert played.code == 0, played.output
        return [
            f"{host.partition('-')[2]} {one['verb']}: {one['outcome']}"
            for host in (OLD.name, NEW.name)
            for one in played.evidence.get(host, [])
            if one["verb"] != "meet"
        ]

    def _inventory(self, hosts: Sequence[HostFact]) -> Path:
        shared = {
            "ansible_user": LOGIN,
            "ansible_ssh_private_key_file": str(self.lab.ssh_key),
            "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={self.lab.known_hosts} "
            "-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o ConnectTimeout=3",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_become_password": "{{ lookup('env', 'QIANYUN_BECOME_PASSWORD') }}",
        }
        groups = {
            group: {"hosts": {fact.name: {"ansible_host": str(fact.address)}}}
            for group, fact in zip(("source", "target"), hosts, strict=True)
        }
        path = self.folder / "hosts.json"
        path.write_text(json.dumps({"all": {"vars": shared, "children": groups}}))
        return path

    def holders(self) -> list[str]:
        """Which hosts have any of the two addresses, with how many."""
        told = []
        for host in (self.old, self.new):
            listed = host.run(["ip", "-br", "addr", "show", "eth0"]).stdout.split()
            had = {one.partition("/")[0] for one in listed} & {V4, V6}
            told += [f"{host.name} {len(had)}"] if had else []
        return told

    def neighbours(self) -> dict[str, str]:
        """The hardware address that the neighbour of the segment sends to, as its kernel has it."""
        found = {}
        for line in self.near.run(["ip", "neigh", "show", "dev", "eth0"]).stdout.splitlines():
            words = line.split()
            if words[0] in (V4, V6) and "lladdr" in words:
                found[words[0]] = words[words.index("lladdr") + 1]
        return found

    def card(self, host: Host) -> str:
        return host.run(["cat", "/sys/class/net/eth0/address"]).stdout.strip()

    @contextmanager
    def asked(self) -> Iterator[dict[str, Asked]]:
        """Clients ask within the block, over IPv4 and IPv6, from the segment and from far away."""
        runs: dict[str, tuple[subprocess.Popen[str], IO[str]]] = {}
        for place, at in (("near", self.near), ("far", self.lab.citizen)):
            for address in (V4, V6):
                argv = ["/usr/bin/python3", "-c", CLIENT, address, str(PORT)]
                name = f"{place} v{6 if ':' in address else 4}"
                out = (self.folder / name).open("w+")  # a pipe that nobody reads would stop it
                runs[name] = at.popen(argv, stdin=subprocess.PIPE, stdout=out), out
        told: dict[str, Asked] = {}
        try:
            yield told
        finally:
            for name, (run, out) in runs.items():
                run.communicate("\n", timeout=30)
                out.seek(0)
                told[name] = summed([json.loads(line) for line in out])
                out.close()


def summed(lines: list[list[Any]]) -> Asked:
    answered: list[str] = []
    for who, _, _ in lines:
        if who and (not answered or answered[-1] != who):
            answered.append(who)
    failed = [why or "empty" for who, _, why in lines if not who]
    return Asked(len(lines), failed, max(took for who, took, _ in lines if who), answered)


def serving(layer: Path) -> None:
    """Serves its own name on both families; keepalived is enabled, as Debian's package leaves it."""
    layers.write(layer, "/etc/rc2.d/S02serve", SERVER, 0o755)
    layers.enable(layer, "keepalived", 3)


def lab(folder: Path) -> Lab:
    builders = {OLD.name: serving, NEW.name: serving}
    return Lab.up(folder, (OLD, NEW, NEAR, FAR), builders)
