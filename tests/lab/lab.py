"""The lab: a made-up city's hosts, really running, on one machine.

with Lab.up(folder) as lab:
    lab.hosts["rs-app-01"].run(["service", "lj-app", "status"])
"""

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import keeper, layers, machine, registry, shell, workloads
from tests.lab.addresses import HOSTS, LOGIN, HostFact, line
from tests.lab.addresses import host as host_fact
from tests.lab.errors import LabError
from tests.lab.host import Ground, Host
from tests.lab.network import NETS, Namespace, Network
from tests.lab.registry import Note

ALL = tuple(fact.name for fact in HOSTS)
FILES = ("mounts", "keys", "keeper.log")
AT_ONCE = 4  # hosts that boot side by side


class Lab:
    """Made by `Lab.up`; every attribute is ready to use then."""

    hosts: dict[str, Host]
    ops: Namespace
    citizen: Namespace

    def __init__(self, folder: Path) -> None:
        self.id = secrets.token_hex(3)
        self.folder = folder.resolve()
        self.sudo_password = secrets.token_urlsafe(12)
        self.ssh_key = self.folder / "keys" / "login"  # private key of the login `qianyun`
        self.known_hosts = self.folder / "keys" / "known_hosts"
        self.login = LOGIN
        self.timings: dict[str, float] = {}  # seconds, of making the lab and of each host's start
        self.hosts = {}
        self._keeper: subprocess.Popen[str] | None = None
        self._note: Note | None = None
        self._builders: Mapping[str, Callable[[Path], None]] = {}

    @classmethod
    def up(
        cls,
        folder: Path,
        hosts: Iterable[str | HostFact] = ALL,
        builders: Mapping[str, Callable[[Path], None]] = workloads.BUILDERS,
    ) -> Self:
        """Makes a lab with the hosts, named or given; `folder` is made if missing. `builders` fill
        the layers of hosts by name. LabError if it fails.

        The lab ends with `down`, at the end of a `with`, or with this process.
        """
        machine.check()
        if ":" in str(folder.resolve()) or "," in str(folder.resolve()):
            raise LabError(f"{folder}: overlayfs wants a folder name without ':' and ','")
        registry.sweep()
        lab = cls(folder)
        lab._builders = builders
        try:
            lab._make([host_fact(one) if isinstance(one, str) else one for one in hosts])
        except BaseException:
            lab.down()
            raise
        return lab

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.down()

    # --- use

    def reset(self, *names: str) -> None:
        """Hosts (all, if none is named) go back to how they were first: new disk, new processes."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._reset, names or tuple(self.hosts)))

    def set_rate(self, code: str, kbit: int) -> None:
        """Changes the rate of a line both ways, in kbit/s."""
        self.network.set_rate(line(code), kbit)

    def ssh(self, name: str, argv: Sequence[str], family: int = 4) -> list[str]:
        """The argv that runs `argv` on a host over SSH, for use in `ops`; host keys are strict."""
        fact = self.hosts[name].fact
        address = fact.address if family == 4 else fact.address6
        options = {
            "UserKnownHostsFile": self.known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "ConnectTimeout": 10,
        }
        flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        to = f"{LOGIN}@{address}"
        return ["ssh", "-F", "none", "-i", str(self.ssh_key), *flags, to, shlex.join(argv)]

    def down(self) -> None:
        """Ends the lab: processes, namespaces, mounts and files; may be called again."""
        process, self._keeper = self._keeper, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait()
            for host in self.hosts.values():
                host.forget()
        if self._note is not None:
            registry.clear(self._note)
            self._note = None

    # --- making

    def _make(self, facts: Sequence[HostFact]) -> None:
        started = time.monotonic()
        self._start_keeper()
        self.network.build()
        self._timed("network", started)
        keys = self._make_keys([fact.name for fact in facts])
        mounts = self.ground.mounts
        self.ground.run(["mkdir", str(mounts / "layers"), str(mounts / "hosts")])
        self.ground.run(["mount", "-t", "tmpfs", "-o", "size=1g", "layers", str(mounts / "layers")])
        outside = self.ground.outside(mounts / "layers")
        public = self.ssh_key.with_suffix(".pub").read_text().strip()
        layers.build_base(outside / "base", public_key=public, password=self.sudo_password)
        for fact in facts:
            layers.build_host(outside / fact.name, fact.name, keys)
            own = [mounts / "layers" / fact.name, mounts / "layers" / "base"]
            key = " ".join(keys[fact.name].with_suffix(".pub").read_text().split()[:2])
            self.hosts[fact.name] = Host(fact, self.ground, self.network, own, key)
        self._write_known_hosts()
        self._timed("base", started)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._first_boot, self.hosts))
        self._timed("up", started)

    def _start_keeper(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "mounts").mkdir()
        note = Note(self.id, str(self.folder), FILES, os.getpid(), shell.self_start_time())
        self._note = note
        note.write()
        owner = os.pidfd_open(os.getpid())
        order = {"owner_fd": owner, "owner": os.getpid(), "folder": str(self.folder)}
        order |= {"files": list(FILES), "registry": str(note.path), "nets": list(NETS)}
        try:
            with (self.folder / "keeper.log").open("w") as log:
                self._keeper = process = subprocess.Popen(
                    [sys.executable, "-I", keeper.__file__, json.dumps(order)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    pass_fds=[owner],
                    start_new_session=True,
                    env=shell.ENVIRONMENT,
                )
        finally:
            os.close(owner)
        assert process.stdout is not None
        with process.stdout as answers:
            answer = answers.readline()
        if not answer:
            log_text = (self.folder / "keeper.log").read_text().strip()
            raise LabError(f"the lab's keeper did not start: {log_text}")
        said = json.loads(answer)
        started = shell.start_time(process.pid) or ""
        self._note = replace(note, keeper=process.pid, keeper_started=started)
        self._note.write()
        paths = {name: f"/proc/{process.pid}/fd/{fd}" for name, fd in said["nets"].items()}
        spaces = {name: Namespace(name, path, self.id) for name, path in paths.items()}
        self.ground = Ground(process.pid, said["init"], self.folder / "mounts")
        self.network = Network(spaces)
        self.ops, self.citizen = spaces["ops"], spaces["citizen"]

    def _make_keys(self, names: Sequence[str]) -> dict[str, Path]:
        folder = self.folder / "keys"
        folder.mkdir(mode=0o700)
        keys = {name: folder / f"host-{name}" for name in names}
        for path in (self.ssh_key, *keys.values()):
            comment = f"lab-{self.id}"
            shell.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
            )
        return keys

    def _write_known_hosts(self) -> None:
        lines = [
            f"{host.fact.address},{host.fact.address6},{name} {host.host_key}\n"
            for name, host in self.hosts.items()
        ]
        self.known_hosts.write_text("".join(lines))

    def _first_boot(self, name: str) -> None:
        started = time.monotonic()
        layer = self.ground.outside(self.ground.mounts / "layers" / name)
        build = self._builders.get(name)
        if build is not None:
            build(layer)
        if build is workloads.registration:
            self._make_database(name, layer)
        self._timed(f"layer {name}", started)
        self._reset(name)
        if self.hosts[name].failed_services:
            said = self.hosts[name].run(["cat", "/run/boot.log"]).stdout.strip()
            raise LabError(f"host {name}: {self.hosts[name].failed_services} did not start: {said}")

    def _make_database(self, name: str, layer: Path) -> None:
        """Makes the cluster on a booted host, and what that wrote becomes the host's layer."""
        host = self.hosts[name]
        host.wipe()
        host.start()
        workloads.fill_database(host)
        host.stop()
        shell.run(["cp", "-a", f"{host.upper}/.", str(layer)])

    def _reset(self, name: str) -> None:
        host = self.hosts[name]
        host.stop()
        started = time.monotonic()
        host.wipe()
        host.start()
        self._timed(f"start {name}", started)

    def _timed(self, what: str, started: float) -> None:
        self.timings[what] = time.monotonic() - started
