"""PSPLIB's single-mode files (`.sm`; Kolisch, Sprecher 1997) read as projects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import MigratorError, ProjectError
from migrator.schedule.project import Activity, Lag, Project, Renewable, Steps

LARGEST = 10_000_000
"""What a file may weigh, bytes: those of the library have some 10 kB."""
_END = "文件末尾 / end of file"


class PsplibError(MigratorError):
    """A file is not what PSPLIB describes; the message names file and line."""


@dataclass
class _Lines:
    """The lines of a file that are left, with their numbers."""

    name: str
    lines: list[str]
    at: int = 0

    def refuse(self, expected: str, read: str | None = None) -> PsplibError:
        number = min(self.at, len(self.lines))
        if read is None:
            read = self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""
        shown = read if read == _END else ascii(read[:80])[1:-1]
        return PsplibError(
            f"{self.name}:{number}: 读到 / read “{shown}”；应为 / expected {expected}"
        )

    def seek(self, pattern: str, expected: str) -> re.Match[str]:
        """The first line from here on that begins with the pattern; the next one is then at hand."""
        for number in range(self.at, len(self.lines)):
            if found := re.match(pattern, self.lines[number], re.IGNORECASE):
                self.at = number + 1
                return found
        self.at = len(self.lines)
        raise self.refuse(expected, _END)

    def numbers(self, expected: str) -> list[int]:
        """The whole numbers of the next line."""
        self.at += 1
        if self.at > len(self.lines):
            raise self.refuse(expected, _END)
        words = self.lines[self.at - 1].split()
        if not words or not all(re.fullmatch(r"\d{1,9}", word, re.ASCII) for word in words):
            raise self.refuse(expected)
        return [int(word) for word in words]


def read(path: Path) -> Project:
    """The project in a file: jobs `1` … `n` with the dummy source and sink, makespan to be small.
    Raises PsplibError where it can't be read or is broken or has several modes."""
    try:
        if path.stat().st_size > LARGEST:
            raise PsplibError(f"{path}: 文件过大 / larger than {LARGEST} bytes")
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise PsplibError(f"{path}: 无法读取 / can't be read: {error.strerror}") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Project:
    """See `read`; `name` is what errors call the file."""
    lines = _Lines(name, text.splitlines())
    jobs = int(lines.seek(r"jobs\b[^:]*:\s*(\d{1,6})\s*$", "jobs (incl. supersource/sink ): N")[1])
    kinds = int(lines.seek(r"\s*-\s*renewable\s*:\s*(\d{1,4})\b", "- renewable : N")[1])
    lags = list(_precedence(lines, jobs))
    activities = list(_requests(lines, jobs, kinds))
    lines.seek(r"RESOURCEAVAILABILITIES", "RESOURCEAVAILABILITIES:")
    lines.at += 1
    capacities = lines.numbers(f"{kinds} 个容量 / capacities")
    if len(capacities) != kinds:
        raise lines.refuse(f"{kinds} 个容量 / capacities")
    try:
        return Project(
            activities=tuple(activities),
            horizon=sum(one.duration for one in activities),
            lags=tuple(lags),
            renewables=tuple(
                Renewable(f"R{place}", Steps.always(amount))
                for place, amount in enumerate(capacities, start=1)
            ),
        )
    except ProjectError as error:
        raise PsplibError(f"{name}: {error}") from error


def _precedence(lines: _Lines, jobs: int) -> Iterator[Lag]:
    lines.seek(r"PRECEDENCE RELATIONS", "PRECEDENCE RELATIONS:")
    lines.at += 1
    for job in range(1, jobs + 1):
        row = lines.numbers(f"作业 {job} 的后续 / job {job}: modes, count, successors")
        if len(row) < 3 or row[0] != job:
            raise lines.refuse(f"作业 {job} 的后续 / job {job}: modes, count, successors")
        if row[1] != 1:
            raise lines.refuse("单一模式 / one mode (files with several are not read)")
        if len(row) - 3 != row[2] or len(set(row[3:])) != row[2]:
            raise lines.refuse(f"{row[2]} 个不同的后续 / {row[2]} different successors")
        if any(not 1 <= after <= jobs or after == job for after in row[3:]):
            raise lines.refuse(
                f"后续编号在 1…{jobs}，不含自身 / successors in 1…{jobs}, not itself"
            )
        yield from (Lag(str(job), str(after)) for after in row[3:])


def _requests(lines: _Lines, jobs: int, kinds: int) -> Iterator[Activity]:
    lines.seek(r"REQUESTS/DURATIONS", "REQUESTS/DURATIONS:")
    lines.seek(r"\s*-{3,}", "------")
    for job in range(1, jobs + 1):
        row = lines.numbers(f"作业 {job} / job {job}: mode, duration, {kinds} × demand")
        if len(row) != 3 + kinds or row[:2] != [job, 1]:
            raise lines.refuse(f"作业 {job} / job {job}: mode 1, duration, {kinds} × demand")
        yield Activity(
            code=str(job),
            duration=row[2],
            needs=tuple(
                (f"R{place}", amount) for place, amount in enumerate(row[3:], start=1) if amount
            ),
        )
