"""Records → an estate: names become codes; what refers to nothing stays, with that reference open.

A cell that can't be read has cost its row by now. A name that nothing has costs no row: the object
stays without that reference, and it is told as `unknown_reference`; where the name is that of a row
which was refused, the fault is already told there, and only noted here. What can't exist without
its reference (a link without an end, a service without a host) can't enter the estate; a line may
end, and an approving body sit, where no ledger of ours reaches.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory.changes import MODELS
from inventory.ledger.implied import IMPLIED, by_short_names, coded, implied
from inventory.ledger.lists import needed
from inventory.ledger.names import Names, name_key
from inventory.ledger.organisations import Organisations
from inventory.ledger.record import Record, Told, with_blanks
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.shared import shared
from inventory.ledger.systems import system_of
from inventory.ledger.unite import unite
from inventory.model import (
    TOLD_ADDRESSES,
    Dependency,
    Estate,
    Secrecy,
    System,
)
from inventory.references import PLACES, REFERENCES
from inventory.text import printable

# ledger field → the collections in which its name is looked up
LOOKED_UP: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **REFERENCES,
    "systems": {**REFERENCES["systems"], "entrance_node": ("nodes",)},
}
# collections of places: the ledgers of departments list their own rooms, and not the cloud's halls
# or the province's, so that one which nobody lists is noted and is no fault; nor is anything of a
# kind of which no table was sent
OUTSIDE = frozenset(PLACES)
_OF_OTHERS = re.compile(
    r"云|数据中心|大数据|信息中心|电信|移动|联通|广电|运营商|托管|租用|省|国家|异地|灾备|idc", re.I
)
_OF_DEPENDENCIES = frozenset({"system", "needs", "kind", "depends_on"})
UNLISTED = "待定：台账未列 / left open: no ledger lists it"
UNREAD = (
    "待定：所在的表或行未能读取 / left open: it stands in a sheet or row that could not be read"
)
# an object can't be without these
NEEDED: Mapping[str, frozenset[str]] = {
    "links": frozenset({"a_node", "z_node"}),
    "services": frozenset({"host"}),
    "dependencies": frozenset({"system", "needs"}),
    "systems": frozenset({"entrance_node"}),
}


@dataclass(slots=True)
class Built:
    """`records`: all that stand, those of implied objects too, with what blank cells say;
    `refused`: the rest. `estate`: what may enter it."""

    records: list[Record]
    refused: list[Record]
    names: Names
    organisations: Organisations
    estate: Estate = field(default_factory=Estate)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)


def build(
    records: Iterable[Record],
    refused: Iterable[Record],
    known: Estate,
    organisations: Organisations,
    unread: frozenset[str] = frozenset(),
) -> Built:
    """The estate that the records declare. `known`: what may be referred to besides; `unread`:
    what stands in sheets and rows that couldn't be read, by name_key: it is no unknown name."""
    refused = list(refused)
    told = _in_order([*coded(tuple(records), known, organisations)], refused)
    once = unite(told, known, organisations, frozenset(map(id, refused)))
    alive = list(map(with_blanks, once.records))
    for kind in IMPLIED:
        alive = implied(kind, alive, known, organisations) + alive
    refused = [*refused, *once.again]
    names = Names(alive, known, organisations)
    built = Built(alive, refused, names, organisations)
    built.problems, built.ignored = once.problems, once.ignored
    built.ignored += by_short_names(alive)
    alike, may_be = shared(r for r in alive if r.kind == "hosts")
    built.problems += alike
    built.ignored += may_be
    _Builder(built, unread).build()
    return built


def _in_a_room(record: Record, field: str, written: str) -> bool:
    """Whether a place is a room of a department: it says so, or its header does and it is no place
    of others."""
    if "机房" in written:
        return "政务云" not in written
    header = record.told[field].column if field in record.told else ""
    return "机房" in header and not _OF_OTHERS.search(written)


def _in_order(records: list[Record], refused: list[Record]) -> list[Record]:
    """Both as they stood in the ledgers, of each sheet; sheets in the order of the first."""
    if not refused:
        return records
    sheets = {place: n for n, place in enumerate(dict.fromkeys(r.table for r in records + refused))}
    return sorted([*records, *refused], key=lambda r: (sheets[r.table], r.row))


class _Builder:
    """Puts the objects of an estate together; what it finds goes into `built`."""

    def __init__(self, built: Built, unread: frozenset[str]) -> None:
        self._built = built
        self._unread = unread
        self._names = built.names
        self._refused: dict[tuple[str, str], Record] = {}
        for record in built.refused:
            for spelling in (record.code, record.number, record.name):
                if spelling:
                    self._refused.setdefault((record.kind, name_key(spelling)), record)
        self._objects: dict[str, list[Any]] = {kind: [] for kind in Estate.model_fields}
        self._needs: dict[str, Dependency] = {}

    def build(self) -> None:
        for record in self._built.records:
            if record.kind == "dependencies":
                self._dependency(record)
                continue
            obj = self._object(record)
            if obj is not None:
                self._objects[record.kind].append(obj)
            if record.kind == "systems":
                self._needed(record)
        self._objects["dependencies"] = list(self._needs.values())
        self._built.estate = Estate.model_validate(self._objects)

    def _object(self, record: Record) -> Any:
        values = self._resolved(record)
        if values is None:
            return None
        if record.kind == "systems":
            system = system_of(record, values)
            self._unaddressed(record, system)
            return system
        return MODELS[record.kind](**values, provenance=record.provenance())

    def _unaddressed(self, record: Record, system: System) -> None:
        """Tell that the addresses of a classified system were not taken, without repeating them."""
        if system.secrecy is Secrecy.CLASSIFIED:
            self._built.ignored += [
                Ignored(
                    file=record.file,
                    sheet=record.sheet,
                    row=record.row,
                    column=record.told[name].column,
                    reason="涉密系统不登记地址，已略去 / a classified system has no address here: left out",
                )
                for name in sorted(TOLD_ADDRESSES & record.told.keys())
                if record.values.get(name) is not None
            ]

    def _resolved(self, record: Record) -> dict[str, Any] | None:
        """The values with codes for names; None where something is open without which the object
        can't be."""
        values = dict(record.values)
        lost = False
        for name, kinds in LOOKED_UP.get(record.kind, {}).items():
            written = values.get(name)
            if written is None:
                continue
            if isinstance(written, tuple):
                codes = [code for one in written if (code := self._code(record, name, one, kinds))]
                values[name] = tuple(dict.fromkeys(codes)) or None
                continue
            values[name] = self._code(record, name, written, kinds)
            if values[name] is None:
                del values[name]
                lost = lost or (name in NEEDED.get(record.kind, ()) and record.kind != "systems")
        return None if lost else values

    def _code(self, record: Record, name: str, written: str, kinds: tuple[str, ...]) -> str | None:
        found = self._names.find(kinds, written)
        if len(found) == 1:
            return next(iter(found))
        self._open(record, name, written, kinds, found)
        return None

    def _open(
        self, record: Record, name: str, written: str, kinds: tuple[str, ...], found: set[str]
    ) -> None:
        """Tell of a reference that leads nowhere."""
        shown = printable(written)
        other = next((r for k in kinds if (r := self._refused.get((k, name_key(written))))), None)
        needed = name in NEEDED.get(record.kind, ()) and record.kind != "systems"
        # where rooms were sent, what stands in a room stands in one of them; the cloud, the city's
        # data centre and the far ends of lines are in no department's ledger
        ours = record.kind != "lines" and _in_a_room(record, name, written)
        outside = OUTSIDE.issuperset(kinds) and not (ours and self._names.knows(("rooms",)))
        beyond = outside or not (needed or self._names.knows(kinds))
        unread = name_key(written) in self._unread
        if not found and (other is not None or beyond or unread):
            told = record.told.get(name, Told("", written))
            self._built.ignored.append(
                Ignored(
                    file=record.file,
                    sheet=record.sheet,
                    row=record.row,
                    column=told.column,
                    raw=written,
                    reason=UNREAD
                    if other is None and unread
                    else UNLISTED
                    if other is None
                    else f"待定：{other.place}未被接受 / left open: {other.place} was refused",
                )
            )
            return
        self._built.problems.append(
            record.problem(
                name, "unknown_reference", self._unknown(shown, kinds, found), refuses=needed
            )
        )

    def _needed(self, record: Record) -> None:
        """The column of needed systems: each is a dependency of its own, and open by itself."""
        for name in needed(record.values.get("depends_on", ()), record.told, self._names):
            code = self._code(record, "depends_on", name, ("systems",))
            if code == record.code:
                message = f"“{printable(name)}”依赖自身 / a system can't need itself"
                problem = record.problem("depends_on", "bad_text", message, refuses=False)
                self._built.problems.append(problem)
            elif code is not None:
                self._keep(record, Dependency(system=record.code, needs=code))

    def _dependency(self, record: Record) -> None:
        values = self._resolved(record)
        if values is None:
            return
        if values["system"] == values["needs"]:
            message = "依赖自身 / a system can't need itself"
            self._built.problems.append(record.problem("needs", "bad_text", message))
            return
        kind = values.get("kind", "declared")
        self._keep(record, Dependency(system=values["system"], needs=values["needs"], kind=kind))

    def _keep(self, record: Record, dependency: Dependency) -> None:
        """A dependency told in both places is one; the kind that the table gives goes first."""
        before = self._needs.get(dependency.code)
        if before is None or before.kind == "declared":
            told = {"provenance": record.provenance(_OF_DEPENDENCIES)}
            self._needs[dependency.code] = dependency.model_copy(update=told)

    def _unknown(self, shown: str, kinds: tuple[str, ...], found: set[str]) -> str:
        if found:
            told = [r for r in self._built.records if r.kind in kinds and r.code in found]
            # a code that we made up ourselves stands in no ledger: say which they are, and where
            which = [_which(r) for r in told]
            which += sorted(printable(code) for code in found - {r.code for r in told})
            may = "; ".join(which)
            return (
                f"“{shown}”可指 {may}，请改填编号，台账没有编号的先补编号 / “{shown}” may mean {may}: "
                "write its code, and give it one where its ledger has none"
            )
        where = "、".join(kinds)
        return (
            f"台账与现有资产中都没有“{shown}”，请更正名称或补充 / “{shown}” is neither in the ledgers "
            f"nor known ({where}): correct the name or add it"
        )


def _which(record: Record) -> str:
    """An object as its ledger has it: its own number where it has one, name, owner, place."""
    told = record.number or record.code if "code" in record.told else ""
    parts = (told, record.name, record.values.get("organisation", ""))
    return f"{' '.join(printable(str(p)) for p in parts if p)}（{printable(record.place)}）"
