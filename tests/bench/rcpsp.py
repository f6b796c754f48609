"""`make bench-rcpsp DIR=… SECONDS=10`: PSPLIB's single-mode files, scheduled one after another.

Standard output is CSV, a line a file as it is done: instance, makespan, proved lower bound, seconds.
Standard error compares with the serial scheme under the rule of the latest finish, on the same
files in the same run; a file that can't be read is told there and the rest go on (exit 2).
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.schedule.bounds import Clash, limits
from migrator.schedule.crowd import by_rule, ready
from migrator.schedule.project import Project
from migrator.schedule.psplib import PsplibError, read
from migrator.schedule.shape import shape_of
from migrator.schedule.solve import Effort, solve


@dataclass(frozen=True)
class Row:
    """`serial`: the makespan of the serial priority rule on the same file."""

    instance: str
    makespan: int
    bound: int
    seconds: float
    serial: int


def serial(project: Project) -> int | None:
    told = limits(project)
    if isinstance(told, Clash):
        return None
    found = by_rule(shape_of(project), told, len(project.stages))
    return None if found is None else found.costs[0]


def schedule(path: Path, seconds: float) -> Row:
    """Seconds count all that is done for a file: reading, bounds, model, search."""
    began = time.monotonic()
    project = read(path)
    outcome = solve(project, Effort(seconds=seconds - (time.monotonic() - began)))
    spent = time.monotonic() - began
    if outcome.starts is None:
        raise PsplibError(
            f"{path}: 没有可行的排程 / no schedule: {outcome.clash or 'not found in time'}"
        )
    stage = outcome.stages[0]
    peer = serial(project)
    return Row(path.stem, stage.value, stage.bound, spent, stage.value if peer is None else peer)


def rows(files: list[Path], seconds: float) -> Iterator[Row | str]:
    for path in files:
        try:
            yield schedule(path, seconds)
        except PsplibError as error:
            yield str(error)


def warm() -> float:
    """Let the machine code be compiled, or read from where it was kept, before a file counts."""
    began = time.monotonic()
    ready()
    return time.monotonic() - began


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-rcpsp")
    parser.add_argument("folder", type=Path, help="DIR: .sm files")
    parser.add_argument("--seconds", type=float, default=10.0, help="SECONDS: for each file")
    given = parser.parse_args(words)
    files = sorted(given.folder.glob("*.sm")) if given.folder.is_dir() else []
    if not files or not 0.1 <= given.seconds <= 86_400:
        print("用法 / usage: make bench-rcpsp DIR=有 .sm 文件的文件夹 SECONDS=10", file=sys.stderr)
        return 2
    print(f"# 预热 / warming up: {warm():.1f} s", file=sys.stderr, flush=True)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("instance", "makespan", "bound", "seconds"))
    sys.stdout.flush()
    done, refused = [], 0
    for row in rows(files, given.seconds):
        if isinstance(row, str):
            refused += 1
            print(row, file=sys.stderr, flush=True)
            continue
        done.append(row)
        out.writerow((row.instance, row.makespan, row.bound, f"{row.seconds:.2f}"))
        sys.stdout.flush()
    if done:
        print(summary(done), file=sys.stderr)
    return 2 if refused else 0


def summary(done: list[Row]) -> str:
    over = [row.serial / row.makespan - 1 for row in done]
    proved = sum(row.makespan == row.bound for row in done)
    worse = sum(row.serial < row.makespan for row in done)
    return (
        f"# {len(done)} 个实例 / instances: 证明最优 / proved optimal {proved};"
        f" 串行最晚完成规则平均长出 / serial latest-finish rule is longer by {sum(over) / len(over):.2%}"
        f"；串行更短的 / serial is shorter on {worse}"
        f"；最长用时 / longest {max(row.seconds for row in done):.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
