"""What stands on a city's own shelf: its packs and its records, in a folder.

FOLDER/*.toml            packs of the city, over the shipped ones
FOLDER/records/*.toml    declarations, exceptions, reports, events, fates, baselines

What is recorded by command lies in the database instead (`migrator/use_cases/recording.py` joins the two).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import from_json

from inventory.errors import PackError, PackFault, PackRefused
from inventory.model import Estate
from inventory.policies.checking import Packs, slips
from inventory.policies.faults import dotted, line_of
from inventory.policies.loader import available, load, validated
from inventory.policies.pack import Pack
from inventory.policies.records import Baseline, BaselineFile, Records

type _Stamp = tuple[tuple[str, int, int], ...]

_read: dict[tuple[str, Path], tuple[_Stamp, Pack]] = {}
"""Packs as they were last read, and how the files then were: one may be laid over another, so that any
file that was written since makes all of them be read again."""


def _stamp(paths: Iterable[Path]) -> _Stamp:
    told = ((path, path.stat()) for path in paths)
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in told)


@dataclass(frozen=True)
class Shelf:
    """`folder` need not be there: then only what ships is known."""

    folder: Path

    def names(self) -> Sequence[str]:
        """Every policy, by id."""
        return sorted(available((self.folder,)))

    def pack(self, named: str) -> Pack:
        """Raises PackError, PackRefused."""
        key = (named, self.folder)
        stamp = _stamp(available((self.folder,)).values())
        kept = _read.get(key)
        if kept is None or kept[0] != stamp:
            kept = _read[key] = (stamp, load(named, (self.folder,)))
        return kept[1]

    def packs(self) -> Packs:
        """All of them, each read when it is asked for."""
        return Packs(self.names(), self.pack)

    def records(self) -> Records:
        """All records on the shelf. Raises PackError, PackRefused with every mistake."""
        return read_records(sorted((self.folder / "records").glob("*.toml")), self)

    def baseline(self, records: Records, policy: str, day: date) -> tuple[date, Estate] | None:
        """The first baseline of a policy that is on record by `day`: a later one never replaces it.
        Raises PackError where its file is missing or is another than it was."""
        first = first_baseline(records.baselines, policy, day)
        return None if first is None else (first.on, self.estate_of(first))

    def estate_of(self, baseline: BaselineFile) -> Estate:
        """Raises PackError where its file is missing or is another than it was."""
        return _estate(baseline, self.folder / "records")


def first_baseline[B: Baseline](told: Iterable[B], policy: str, day: date) -> B | None:
    """The one that counts: to take another later would move a denominator (G2)."""
    found = [b for b in told if b.policy == policy and b.on <= day]
    return min(found, key=lambda b: (b.on, b.digest), default=None)


def read_records(paths: Iterable[Path], shelf: Shelf) -> Records:
    """Those files as one. Raises PackError, PackRefused with every mistake of all files."""
    found = Records()
    faults: list[PackFault] = []
    packs = shelf.packs()
    for path in paths:
        try:
            records, places = validated(Records, path)
        except PackRefused as refused:
            faults += refused.faults
            continue
        faults += [
            PackFault(path.name, line_of(places, s.at), dotted(s.at), s.read, s.expected)
            for s in slips(records, packs)
        ]
        found = found.joined(records)
    if faults:
        raise PackRefused(faults)
    return found


def _estate(baseline: BaselineFile, folder: Path) -> Estate:
    path = folder / baseline.file
    try:
        raw = from_json(path.read_bytes())
        raw.pop("digest", None)
        estate = Estate.model_validate(raw)
    except OSError as error:
        raise PackError(
            f"无法读取基线 / a baseline can't be read: {path}: {error.strerror}"
        ) from error
    except (ValidationError, ValueError, AttributeError) as error:
        raise PackError(
            f"基线不是台账导出 / a baseline is no export of the inventory: {path}; expected what "
            "`qianyun inventory export --json` writes"
        ) from error
    if estate.digest != baseline.digest:
        raise PackError(
            f"基线文件已被改动 / a baseline's file is another than it was: {path}: read digest "
            f"{estate.digest}, expected {baseline.digest}"
        )
    return estate
