"""One host: namespaces, a file system over the machine's, sshd, services."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.lab import digest, shell
from tests.lab.addresses import SAFE_PATH, HostFact
from tests.lab.errors import LabError
from tests.lab.network import Network

BOOT = Path(__file__).with_name("files") / "boot.sh"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Ground:
    """What hosts stand on: the lab's keeper (pid) and its PID namespace's first process."""

    keeper: int
    init: int
    mounts: Path  # as the keeper sees it

    def outside(self, path: Path) -> Path:
        """The path under which every process of the machine finds a file of the keeper's."""
        return Path(f"/proc/{self.keeper}/root{path}")

    def run(self, argv: Sequence[str]) -> str:
        """Runs a program with the keeper's file systems."""
        return shell.run(["nsenter", f"--mount=/proc/{self.keeper}/ns/mnt", "--", *argv])


class Host:
    """A host of the lab. It is off until `start`; what it wrote stays until `wipe`."""

    def __init__(
        self, fact: HostFact, ground: Ground, network: Network, layers: Sequence[Path], key: str
    ) -> None:
        self.fact = fact
        self.name = fact.name
        self.host_key = key  # public, "ssh-ed25519 AAAA…"
        self._ground = ground
        self._network = network
        self._layers = [*layers, Path("/")]  # the uppermost first
        self._folder = ground.mounts / "hosts" / fact.name
        self._process: subprocess.Popen[str] | None = None
        self._pid = 0
        self._lock = threading.RLock()
        self.disk_kib = 1024 * 1024
        self.failed_services: list[str] = []  # of the last boot, as named in /etc/rc2.d

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The first process of the host, as the machine numbers it; LabError while it is off."""
        if not self.running:
            raise LabError(f"host {self.name} is off: call start() first")
        return self._pid

    @property
    def upper(self) -> Path:
        """The folder that holds every change the host made to its file system."""
        return self._ground.outside(self._folder / "upper")

    @property
    def _below(self) -> list[Path]:
        return [*(self._ground.outside(layer) for layer in self._layers[:-1]), Path("/")]

    def root(self, path: str) -> Path:
        """Where the machine finds the host's file `path` (absolute) while the host is on."""
        return Path(f"/proc/{self.pid}/root{path}")

    # --- life

    def wipe(self) -> None:
        """A new, empty disk. The host must be off."""
        folder = str(self._folder)
        self._ground.run(["sh", "-c", 'umount -l "$1" 2>/dev/null; mkdir -p "$1"', "-", folder])
        options = f"mode=755,size={self.disk_kib}k"
        self._ground.run(["mount", "-t", "tmpfs", "-o", options, "host", folder])

    def start(self) -> None:
        """Boots the host and returns when its services have started and sshd listens."""
        with self._lock:
            if self.running:
                return
            process = self._spawn()
            try:
                word, _, pid = self._hear(process).partition(" ")
                if word != "born":
                    raise LabError(f"host {self.name} was not born, it said {word!r}")
                self._pid = int(pid)
                self._network.cable(self.fact.place, self.fact.number, f"p-{self.name}", pid)
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.close()
                word, *self.failed_services = self._hear(process).split() or [""]
                if word != "ready":
                    raise LabError(f"host {self.name} did not become ready, it said {word!r}")
                self._process = process
                self._await_listening(22)
            except BaseException:
                process.kill()
                process.wait()
                self._network.unplug(self.fact.place, f"p-{self.name}")
                raise

    def stop(self) -> None:
        """Power off: every process ends at once, the cable is dead, the disk stays."""
        with self._lock:
            if self._process is None:
                return
            os.kill(self._pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None
            self._network.unplug(self.fact.place, f"p-{self.name}")

    def forget(self) -> None:
        """The lab has gone and this host with it: only collects what is left of its process."""
        process, self._process = self._process, None
        if process is not None:
            process.wait()
            if process.stdout:
                process.stdout.close()

    def _spawn(self) -> subprocess.Popen[str]:
        ground, place = self._ground, self.fact.place
        enter = ["nsenter", f"--mount=/proc/{ground.keeper}/ns/mnt"]
        enter += [f"--pid=/proc/{ground.init}/ns/pid", "--"]
        apart = ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork"]
        apart += ["--kill-child=KILL"]
        lower = ":".join(str(layer) for layer in self._layers)
        facts = [self.name, str(self._folder), lower, str(self.fact.address)]
        facts += [str(place.address(1)), str(self.fact.address6), str(place.address6(1))]
        return subprocess.Popen(
            [*enter, *apart, "/bin/sh", str(BOOT), *facts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=shell.ENVIRONMENT,
            start_new_session=True,
        )

    def _hear(self, process: subprocess.Popen[str]) -> str:
        """The next line the booting host says."""
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], START_SECONDS)[0]:
            raise LabError(f"host {self.name} said nothing for {START_SECONDS:.0f} s")
        return process.stdout.readline().strip()

    def _await_listening(self, port: int) -> None:
        """Waits until a port takes connections on v4 and v6."""
        script = (
            'for n in $(seq 1000); do for f in tcp tcp6; do grep -q ":$1 0*:0000 0A" /proc/net/$f'
            " || { sleep 0.02; continue 2; }; done; exit 0; done; exit 1"
        )
        done = self.run(["sh", "-c", script, "-", f"{port:04X}"], check=False)
        if done.returncode:
            raise LabError(f"host {self.name} does not listen on port {port}")

    # --- work on it

    def command(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> list[str]:
        """The argv that runs `argv` as root inside the host; it ends when the argv's process does.

        The program is a child of the process started, which it dies with; it gets a new
        environment of which `env` is an addition.
        """
        values = {"PATH": SAFE_PATH, "HOME": "/root", "LANG": "C.UTF-8", **(env or {})}
        target = ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net"]
        target += ["--pid", "--root", "--wd", "--", "setpriv", "--pdeathsig", "KILL"]
        return [*target, "env", "-i", *(f"{k}={v}" for k, v in values.items()), *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        text: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program as root inside the host; `text` is its standard input."""
        done = subprocess.run(
            self.command(argv, env),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if check and done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise LabError(f"{self.name}: {' '.join(argv)} ended with {done.returncode}: {said}")
        return done

    def popen(
        self,
        argv: Sequence[str],
        *,
        stdin: int | IO[Any] | None = subprocess.DEVNULL,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(argv, env), stdin=stdin, stdout=stdout, stderr=stderr, text=True
        )

    def pids(self) -> dict[int, str]:
        """The host's processes: pid as the host numbers them, and command line."""
        script = 'for p in /proc/[0-9]*; do printf "%s " "${p#/proc/}"; tr "\\0" " " <$p/cmdline; '
        script += "echo; done 2>/dev/null"
        found = {}
        for line in self.run(["sh", "-c", script, "lab-pids"], check=False).stdout.splitlines():
            pid, _, command = line.partition(" ")
            if pid.isdigit() and "lab-pids" not in command:
                found[int(pid)] = command.strip()
        return found

    # --- its disk

    def tree_digest(self) -> str:
        """SHA-256 over everything the host changed on its disk (see tests/lab/digest.py)."""
        return digest.tree(self.upper, self._below)

    def tree(self) -> dict[str, str]:
        """What the digest is made of: path to description, to show what differs."""
        return digest.entries(self.upper, self._below)

    def fill_disk(self, spare_kib: int = 0) -> None:
        """Makes the host's disk really full: only `spare_kib` are left for whatever writes.

        /tmp, /run and /dev/shm are in memory, as on many hosts, and stay usable.
        """
        used = os.statvfs(self.upper)
        taken = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024
        self._resize(max(taken + spare_kib, 4))

    def free_disk(self) -> None:
        """Gives the disk its first size back."""
        self._resize(self.disk_kib)

    def _resize(self, kib: int) -> None:
        self._ground.run(["mount", "-o", f"remount,size={kib}k", str(self._folder)])
