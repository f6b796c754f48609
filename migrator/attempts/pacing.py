"""A copy under way learns another rate, and tells how far it is, without being cut off.

The worker writes the wanted rate beside the attempt; the attempt's process, which reaches the hosts, tells
it to the shipped program on the target (`agent pace`) and logs what that answers. What the host said it
goes at is written beside too. A presync that does not follow within `GRACE` (a host that does not answer)
is cut off: what it copied of files stays, and it goes on slower. A cutover never is.
"""

import contextlib
import json
import select
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator.attempts.at_once import CODE, PASSWORD, PROGRAM, ssh_of

PRESYNC = "presync.yml"
PLAYBOOKS = frozenset({PRESYNC, "cutover.yml", "rehearse.yml"})
"""Whose copies are told their rate. Only of a presync's is asked how far it is: none disturbs a cutover."""
GRACE = 10.0
TICK = 0.1
LAG = 0.5
"""So old may a rate be when it is seen (`glances`, which the attempt's process does not load)."""
REPORTS = (5.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between two looks at how far the copy is, while nothing is to be told; the last stays."""
SECONDS = 15.0
WANTED, GOES = "rate.json", "goes.json"


@dataclass
class Pacing:
    """The worker's side. `rate`: kbit/s that the copy may take, now; `started`: at which it began."""

    folder: Path
    started: int
    rate: Callable[[], int]
    steady: Callable[[], float] = time.monotonic
    _told: int = field(default=0, init=False)
    _since: float | None = field(default=None, init=False)

    def stop(self) -> str | None:
        """Why the copy must be cut off. Asked twice a second."""
        now, told = self.rate(), self._told or self.started
        if now != told:
            _put(self.folder / WANTED, now)
            self._told = now
        goes = _get(self.folder / GOES)
        if now * 100 >= (goes[0] if goes else self.started) * 95:
            self._since = None
            return None
        self._since = self.steady() if self._since is None else self._since
        if self.steady() - self._since < GRACE:
            return None
        return f"线路限速降为 {now} kbit/s / the line's share fell to {now} kbit/s"


@dataclass
class Teller:
    """The attempt's side: a thread that tells rates and logs progress until `end`."""

    folder: Path
    ssh: list[str]
    code: str
    token: int
    password: str
    started: int
    log: Callable[[str], None]
    asks: bool = True  # how far it is
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    _child: "subprocess.Popen[str] | None" = field(default=None, init=False)
    _ordered: int = field(default=0, init=False)

    @classmethod
    def of(
        cls,
        folder: Path,
        *,
        inventory: Mapping[str, Any],
        variables: Mapping[str, Any],
        token: int,
        secrets: Mapping[str, str],
        log: Callable[[str], None],
        playbook: str = PRESYNC,
    ) -> "Teller | None":
        """None where the order is not one of a move between hosts."""
        try:
            code = str(variables["move"]["system"]["__ansible_unsafe"]).lower()
            rate = int(variables["move"]["rate_kbps"])
            ssh = ssh_of(inventory)
        except (KeyError, TypeError, ValueError):
            return None
        if not CODE.fullmatch(code):
            return None
        return cls(
            folder, ssh, code, token, secrets.get(PASSWORD, ""), rate, log, playbook == PRESYNC
        )

    def begin(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def _run(self) -> None:
        goes, looks, last = self.started, 0, time.monotonic()
        while not self._over.wait(TICK):
            rate, at = _get(self.folder / WANTED) or (self.started, time.time())
            pause = REPORTS[min(looks, len(REPORTS) - 1)]
            new = rate not in {goes, self._ordered}
            if rate != goes:
                pause = 1.0
            elif not self.asks:
                continue
            if not new and time.monotonic() - last < pause:
                continue
            told = self.tell(rate, LAG + time.time() - at if rate != goes else 0.0)
            last, looks = time.monotonic(), looks + (rate == goes)
            self._ordered = rate
            if not told or self._over.is_set():
                continue
            if goes != int(told["kbps"]) or rate == goes:
                self._heard(told)
            goes = int(told["kbps"])
        self._close()

    def _heard(self, told: dict[str, Any]) -> None:
        goes = int(told["kbps"])
        _put(self.folder / GOES, goes)
        if not told["total"]:
            return
        self.log(
            f"copied {int(told['done'])} of {int(told['total'])} bytes at "
            f"{int(told['rate'])} bytes/s, may take {goes} kbit/s"
        )

    def tell(self, kbps: int, late: float) -> dict[str, Any]:
        """Order a rate; how far the copy is, {} where none is under way or nobody answers."""
        try:
            line = self._asked(f"{kbps} {max(0.0, late):.2f}\n")
            told = json.loads(line)
        except (OSError, ValueError):
            self._close()
            return {}
        good = isinstance(told, dict) and {"done", "total", "rate", "kbps"} <= set(told)
        return told if good else {}

    def _asked(self, line: str) -> str:
        """The answer to one order. The connection stays: an order must not wait for a new one."""
        if self._child is None:
            words = ["sudo", "-S", "-p", "", "--", PROGRAM, "pace", self.code, str(self.token)]
            self._child = subprocess.Popen(
                [*self.ssh, shlex.join(words)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
            )
            line = f"{self.password}\n{line}"
        child = self._child
        assert child.stdin
        assert child.stdout
        child.stdin.write(line)
        child.stdin.flush()
        ready, _, _ = select.select([child.stdout], [], [], SECONDS)
        return child.stdout.readline() if ready else ""

    def _close(self) -> None:
        if self._child:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _put(path: Path, kbps: int) -> None:
    aside = path.with_name(path.name + ".new")
    with contextlib.suppress(OSError):  # a full disk: it is tried again, or the copy is cut off
        aside.write_text(json.dumps({"kbps": kbps, "at": time.time()}))
        aside.rename(path)


def _get(path: Path) -> tuple[int, float] | None:
    try:
        told = json.loads(path.read_text())
        return int(told["kbps"]), float(told["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
