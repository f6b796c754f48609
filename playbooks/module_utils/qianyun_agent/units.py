"""What a system's list of services may name, told apart by the name's end; each runs on one side alone.

`x` is a service (systemd's or an LSB script); `x.timer` a timer of systemd's; `x.cron` the file
/etc/cron.d/x; `x.exports` the file /etc/exports.d/x.exports of NFS. The two files go along: presync
brings what the source has, and on the side that does not serve they lie in our own folder, where
neither cron nor NFS looks.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, Dict, Sequence

from .errors import AgentError
from .files import STATE, ensure_folder, write
from .proc import PATH, check, run

SYSTEMD = Path("/run/systemd/system")
ASIDE = STATE / "units"
LARGEST = 1 << 20


class Service:
    """By Debian's `service NAME …`, which works with systemd and with LSB scripts."""

    def __init__(self, name: str) -> None:
        self.name = name

    def known(self) -> bool:
        """Whether this host has it, or what it needs."""
        if Path("/etc/init.d", self.name).exists():
            return True
        return SYSTEMD.is_dir() and run(["systemctl", "cat", f"{self.name}.service"]).code == 0

    def running(self) -> bool:
        return run(["service", self.name, "status"], seconds=15, marked=False).code == 0

    def start(self, seconds: float) -> None:
        self._do("start", seconds)

    def stop(self, seconds: float) -> None:
        self._do("stop", seconds)

    def _do(self, verb: str, seconds: float) -> None:
        check(
            ["service", self.name, verb],
            doing=f"service {self.name} {verb}",
            do=f"查看该服务日志 / read the logs of {self.name}",
            seconds=seconds,
            marked=False,
        )

    def at_boot(self, enabled: bool) -> str:
        """Whether it starts at boot from now on; a note if that could not be set."""
        done = run(["update-rc.d", self.name, "defaults"], seconds=30) if enabled else None
        if done is None or done.code == 0:
            done = run(["update-rc.d", self.name, "enable" if enabled else "disable"], seconds=30)
        if done.code != 0 and "no runlevel symlinks" not in done.output:
            return f"{self.name}: {done.output.strip()[-200:]}"
        return ""


class Timer(Service):
    """It stops, and what it had begun comes to its end: a job cut off in the middle helps nobody."""

    def known(self) -> bool:
        return SYSTEMD.is_dir() and run(["systemctl", "cat", self.name]).code == 0

    def running(self) -> bool:
        return run(["systemctl", "--quiet", "is-active", self.name], seconds=15).code == 0

    def stop(self, seconds: float) -> None:
        self._do("stop", seconds)
        job = run(["systemctl", "show", "--property=Unit", "--value", self.name]).output.strip()
        limit = time.monotonic() + seconds
        while job and self._at_work(job):
            if time.monotonic() > limit:
                raise AgentError(
                    f"定时任务仍在执行 / a timer's job is still at work: {job}",
                    read="active",
                    expected=f"at its end within {seconds:g} s",
                    do="避开该任务的时段再割接 / cut over when the job does not run",
                )
            time.sleep(0.05)

    @staticmethod
    def _at_work(job: str) -> bool:
        state = run(["systemctl", "show", "--property=ActiveState", "--value", job]).output
        return state.strip() in ("activating", "active", "reloading", "deactivating")

    def _do(self, verb: str, seconds: float) -> None:
        check(
            ["systemctl", verb, self.name],
            doing=f"systemctl {verb} {self.name}",
            do=f"查看该定时器 / look at {self.name}",
            seconds=seconds,
            marked=False,
        )

    def at_boot(self, enabled: bool) -> str:
        done = run(["systemctl", "enable" if enabled else "disable", self.name], seconds=30)
        return f"{self.name}: {done.output.strip()[-200:]}" if done.code else ""


class File(Service):
    """A file that counts where it lies. `aside`: where it lies while this side does not serve."""

    suffix, place, program = "", "", ""

    @property
    def path(self) -> Path:
        return Path(self.place, self.name)

    @property
    def aside(self) -> Path:
        return ASIDE / self.name

    def known(self) -> bool:
        return bool(shutil.which(self.program, path=PATH))

    def running(self) -> bool:
        return self.path.is_file()

    @property
    def mark(self) -> Path:
        """Stands while the file is a move's: another of that name is never touched."""
        return ASIDE / f"{self.name}.ours"

    def claim(self) -> None:
        self._put(self.mark, "", 0o600)

    def offer(self) -> dict[str, Any]:
        """What the other side is to have: {"text", "mode"}. Raises AgentError where there is none."""
        for path in (self.path, self.aside):
            if path.is_file() and path.stat().st_size < LARGEST:
                return {"text": path.read_text(), "mode": path.stat().st_mode & 0o777}
        raise self._none("neither there nor kept aside")

    def keep(self, told: dict[str, Any]) -> None:
        """What the other side has, for when this one serves. Raises AgentError for a file in the way."""
        if self.path.exists():
            raise in_the_way(self)
        self.claim()
        self._put(self.aside, str(told["text"]), int(told["mode"]) & 0o777)

    def forget(self) -> None:
        """It is no move's any more; what lies aside goes."""
        for path in (self.aside, self.mark):
            if self.mark.exists():
                path.unlink(missing_ok=True)

    @staticmethod
    def _put(path: Path, text: str, mode: int) -> None:
        ensure_folder(path.parent, 0o700 if path.parent == ASIDE else 0o755)
        write(path, text, mode)

    def _moved(self, one: Path, other: Path) -> None:
        self._put(other, one.read_text(), one.stat().st_mode & 0o777)
        one.unlink()

    def _none(self, read: str) -> AgentError:
        return AgentError(
            f"文件不存在 / no such file: {self.path}",
            read=read,
            expected="a file of text, or what presync brought",
            do="更正台账，或重新运行 presync.yml / correct the ledger, or run presync.yml again",
        )

    def start(self, seconds: float) -> None:
        if self.aside.is_file():
            self._moved(self.aside, self.path)
            self.reload(seconds)
        elif not self.path.is_file():
            raise self._none("neither there nor kept aside")

    def stop(self, seconds: float) -> None:
        if self.mark.exists() and self.path.is_file():
            self._moved(self.path, self.aside)
            self.reload(seconds)

    def reload(self, seconds: float) -> None:
        """Whoever reads the file learns of it by himself."""

    def at_boot(self, enabled: bool) -> str:  # noqa: ARG002  where it lies is what counts
        return ""


class Cron(File):
    """cron looks each minute. Whatever job it began goes on: its writes meet halted databases, and in
    a tree the digests find them."""

    suffix, place, program = ".cron", "/etc/cron.d", "cron"

    @property
    def path(self) -> Path:
        return Path(self.place, self.name[: -len(self.suffix)])


class Exports(File):
    suffix, place, program = ".exports", "/etc/exports.d", "exportfs"

    def reload(self, seconds: float) -> None:
        check(
            ["exportfs", "-ra"],
            doing="exportfs -ra",
            do="查看 /etc/exports.d / look at /etc/exports.d",
            seconds=seconds,
        )


BY_END: Dict[str, type[Service]] = {".timer": Timer, ".cron": Cron, ".exports": Exports}


def of(name: str) -> Service:
    """The kind that a name of the list stands for."""
    return BY_END.get(Path(name).suffix, Service)(name)


def files(names: Sequence[str]) -> list[File]:
    """Those that are files and go along."""
    return [one for one in map(of, names) if isinstance(one, File)]


def claim(names: Sequence[str]) -> None:
    """On the source: from now on they are the move's."""
    for one in files(names):
        one.claim()


def forget(names: Sequence[str]) -> None:
    for one in files(names):
        one.forget()


def offer(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """On the source: what `keep` needs."""
    return {one.name: one.offer() for one in files(names)}


def keep(told: Dict[str, Dict[str, Any]], names: Sequence[str]) -> None:
    """On the target, while it does not serve."""
    for one in files(names):
        one.keep(told[one.name])


def in_the_way(one: File) -> AgentError:
    return AgentError(
        f"目标已有同名文件 / the target has a file of that name: {one.path}",
        read="a file",
        expected="none: it must not count on both sides",
        do="由管理员移走后重试 / have it moved away, then retry",
    )
