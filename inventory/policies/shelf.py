"""What stands on a city's own shelf: its packs and its records, in a folder.

FOLDER/*.toml            packs of the city, over the shipped ones
FOLDER/records/*.toml    declarations, exceptions, reports, events, baselines
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import from_json

from inventory.errors import PackError, PackFault, PackRefused
from inventory.model import Estate
from inventory.policies.faults import dotted, line_of
from inventory.policies.loader import available, load, validated
from inventory.policies.measures import Each, Items
from inventory.policies.pack import Pack
from inventory.policies.places import Place
from inventory.policies.records import BaselineFile, Declaration, Records

_KINDS = ("declarations", "exceptions", "reports", "events")


@dataclass(frozen=True)
class Shelf:
    """`folder` need not be there: then only what ships is known."""

    folder: Path

    def names(self) -> Sequence[str]:
        """Every policy, by id."""
        return sorted(available((self.folder,)))

    def pack(self, named: str) -> Pack:
        """Raises PackError, PackRefused."""
        return load(named, (self.folder,))

    def records(self) -> Records:
        """All records on the shelf. Raises PackError, PackRefused with every mistake."""
        return read_records(sorted((self.folder / "records").glob("*.toml")), self)

    def baseline(self, records: Records, policy: str, day: date) -> tuple[date, Estate] | None:
        """The first baseline of a policy that is on record by `day`: a later one never replaces it.
        Raises PackError where its file is missing or is another than it was."""
        found = [b for b in records.baselines if b.policy == policy and b.on <= day]
        if not found:
            return None
        first = min(found, key=lambda b: (b.on, b.digest))
        return first.on, _estate(first, self.folder / "records")


def read_records(paths: Iterable[Path], shelf: Shelf) -> Records:
    """Those files as one. Raises PackError, PackRefused with every mistake of all files."""
    read: dict[str, list[object]] = {name: [] for name in Records.model_fields}
    faults: list[PackFault] = []
    known: dict[str, Pack | None] = dict.fromkeys(shelf.names())
    for path in paths:
        try:
            records, places = validated(Records, path)
        except PackRefused as refused:
            faults += refused.faults
            continue
        faults += _strangers(records, path, places, known, shelf)
        for name in read:
            read[name] += getattr(records, name)
    if faults:
        raise PackRefused(faults)
    return Records.model_validate({name: tuple(found) for name, found in read.items()})


def _strangers(
    records: Records,
    path: Path,
    places: Mapping[Place, int],
    known: dict[str, Pack | None],
    shelf: Shelf,
) -> list[PackFault]:
    """Records of a policy or an entry that is not there."""
    faults = []
    for kind in (*_KINDS, "baselines"):
        for index, record in enumerate(getattr(records, kind)):
            key, read, expected = "policy", record.policy, known
            if record.policy in known:
                pack = known[record.policy] or shelf.pack(record.policy)
                known[record.policy] = pack
                if kind == "baselines":
                    continue
                key, read = "entry", record.entry
                expected = dict.fromkeys(entry.id for _, _, entry in pack.entries())
            if read in expected:
                if isinstance(record, Declaration):
                    faults += _misfits(record, pack, path, (places, index))
                continue
            at: Place = (kind, index, key)
            wanted = f"没有此{'政策' if key == 'policy' else '条目'}，应为 / none such, expected one of: "
            names = "、".join(sorted(expected))
            faults.append(
                PackFault(path.name, line_of(places, at), dotted(at), read, wanted + names)
            )
    return faults


def _misfits(
    said: Declaration, pack: Pack, path: Path, where: tuple[Mapping[Place, int], int]
) -> list[PackFault]:
    """A declaration that says too much or too little for its entry."""
    places, index = where
    measure = next((t.measure for t in pack.targets if t.id == said.entry), None)
    items = measure.items if isinstance(measure, Items) else ()
    at: Place = ("declarations", index)
    if items and said.item not in items:
        wanted = f"item 应为其一 / item, expected one of: {'、'.join(items)}"
        at, read = (*at, "item"), said.item or ""
    elif said.item and not items:
        wanted, read = (
            "此条目没有分项，请删去 item / this entry has no items: leave item out",
            said.item,
        )
        at = (*at, "item")
    elif isinstance(measure, Each) and said.code is None:
        wanted, read = "缺少 code：逐个对象申报 / code is missing: declared object by object", ""
    else:
        return []
    return [PackFault(path.name, line_of(places, at), dotted(at), read, wanted)]


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
