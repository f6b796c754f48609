"""Records → an estate: names become codes; what refers to nothing is refused with its reason."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from inventory.changes import MODELS
from inventory.ledger.names import Names
from inventory.ledger.organisations import full_names
from inventory.ledger.records import Record, Told, derived_code, service_code
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.words import Words, squeeze
from inventory.model import Database, Dependency, Entrance, Estate, System, Tree, Workload
from inventory.references import PLACES, REFERENCES
from inventory.text import printable

# a line may end where no room of ours is: it is kept without that end, and the end reported
SOFT: Mapping[str, Mapping[str, tuple[str, ...]]] = {"lines": {"a_end": PLACES, "z_end": PLACES}}
# ledger field → the collections in which its name is looked up; a row stands or falls with them
HARD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    kind: {field: kinds for field, kinds in fields.items() if field not in SOFT.get(kind, {})}
    for kind, fields in {
        **REFERENCES,
        "systems": {**REFERENCES["systems"], "entrance_node": ("nodes",)},
    }.items()
}
# where no table of these was sent, those that a field names are taken as told
IMPLIED: Mapping[str, str] = {"organisations": "organisation", "sites": "site"}
_SYSTEM_PARTS = {
    "program_trees",
    "data_trees",
    "databases",
    "services",
    "entrance_node",
    "entrance_port",
    "backend_port",
    "check_path",
    "check_content",
    "depends_on",
}


@dataclass(frozen=True, slots=True)
class Built:
    estate: Estate
    problems: tuple[Problem, ...]
    ignored: tuple[Ignored, ...]


def build(
    records: Iterable[Record], refused: Iterable[Record], known: Estate, words: Words
) -> Built:
    """The estate that the records declare. `known`: what may be referred to besides."""
    alive, problems, ignored = _once(_coded(tuple(records), known, words))
    refused = list(refused)
    for kind, field in IMPLIED.items():
        alive = _implied(kind, field, alive, known, words) + alive
    while True:
        names = Names(alive, known, words)
        kept = []
        for record in alive:
            if found := list(_broken(record, names, refused)):
                problems += found
                refused.append(record)
            else:
                kept.append(record)
        if len(kept) == len(alive):
            break
        alive = kept
    objects: dict[str, list[Any]] = {kind: [] for kind in Estate.model_fields}
    dependencies: dict[str, Dependency] = {}
    for record in alive:
        if record.kind == "dependencies":
            problems += _add_dependency(record, names, dependencies)
        else:
            obj, found = _object(record, names, refused)
            objects[record.kind].append(obj)
            problems += found
        if record.kind == "systems":
            problems += _add_needs(record, names, refused, dependencies)
    objects["dependencies"] = list(dependencies.values())
    return Built(Estate.model_validate(objects), tuple(problems), tuple(ignored))


def _once(records: Iterable[Record]) -> tuple[list[Record], list[Problem], list[Ignored]]:
    """Each object once: told twice alike it is merged, told differently the second is refused."""
    first: dict[tuple[str, str], Record] = {}
    kept: list[Record] = []
    problems: list[Problem] = []
    ignored: list[Ignored] = []
    for record in records:
        before = first.setdefault((record.kind, record.code), record)
        if record.kind == "dependencies" or before is record:
            kept.append(record)
        elif before.values == record.values:
            reason = f"与{before.place}相同 / the same as {before.place}"
            ignored.append(
                Ignored(file=record.file, sheet=record.sheet, row=record.row, reason=reason)
            )
        else:
            field = "code" if "code" in record.told else "name"
            message = (
                f"编号 {record.code} 已出现于{before.place}且内容不同，请更正其一 / code "
                f"{record.code} was told at {before.place} with other facts: correct one of them"
            )
            problems.append(record.problem(field, "duplicate", message))
    return kept, problems, ignored


def _implied(
    kind: str, field: str, records: list[Record], known: Estate, words: Words
) -> list[Record]:
    """Where no table of `kind` was sent, those that the rows name are taken as told."""
    if any(r.kind == kind for r in records):
        return []
    names = Names((), known, words)
    first: dict[str, Record] = {}
    for record in records:
        name = record.values.get(field)
        if name and not names.find((kind,), name):
            first.setdefault(name, record)
    full = full_names(first, words) if kind == "organisations" else {name: name for name in first}
    implied: dict[str, Record] = {}
    for name, record in first.items():
        told = record.told[field]
        others = sorted(n for n in full if full[n] == full[name] and n != full[name])
        values: dict[str, Any] = {
            "name": full[name],
            "code": derived_code(kind, full[name]),
            **({"aliases": tuple(others)} if others else {}),
        }
        where = {"name": Told(told.column, told.raw)}
        implied.setdefault(
            full[name], Record(kind, record.file, record.sheet, record.row, values, where)
        )
    return list(implied.values())


def _coded(records: tuple[Record, ...], known: Estate, words: Words) -> Iterator[Record]:
    """A service without a code gets one from its host's, however its row spells the host, so that
    it is the same service in the next ledger too."""
    codeless = [r for r in records if r.kind == "services" and not r.code]
    names = Names(records if codeless else (), known, words)
    for record in records:
        if record.kind != "services" or record.code:
            yield record
            continue
        written = record.values["host"]
        found = names.find(("hosts",), written)
        host = next(iter(found)) if len(found) == 1 else written
        code = service_code(host, record.values.get("protocol", "tcp"), record.values["port"])
        yield replace(record, values={**record.values, "host": host, "code": code})


def _broken(record: Record, names: Names, refused: list[Record]) -> Iterator[Problem]:
    for field, kinds in HARD.get(record.kind, {}).items():
        written = record.values.get(field)
        if written is not None and len(found := names.find(kinds, written)) != 1:
            message = _unknown(written, kinds, found, refused)
            yield record.problem(field, "unknown_reference", message)


def _unknown(written: str, kinds: tuple[str, ...], found: set[str], refused: list[Record]) -> str:
    shown = printable(written)
    if found:
        codes = ", ".join(sorted(found))
        return f"“{shown}”可指 {codes}，请改填编号 / “{shown}” may mean {codes}: write the code"
    for other in refused:
        if other.kind in kinds and squeeze(written) in {squeeze(other.code), squeeze(other.name)}:
            return (
                f"“{shown}”所在行（{other.place}）未被接受，请先更正 / “{shown}” was refused at "
                f"{other.place}: correct that row first"
            )
    where = "、".join(kinds)
    return (
        f"台账与现有资产中都没有“{shown}”，请更正名称或补充 / “{shown}” is neither in the ledgers "
        f"nor known ({where}): correct the name or add it"
    )


def _object(record: Record, names: Names, refused: list[Record]) -> tuple[Any, list[Problem]]:
    values = dict(record.values)
    problems: list[Problem] = []
    for field, kinds in HARD.get(record.kind, {}).items():
        if field in values:
            (values[field],) = names.find(kinds, values[field])
    for field, kinds in SOFT.get(record.kind, {}).items():
        if field not in values:
            continue
        found = names.find(kinds, values[field])
        if len(found) == 1:
            (values[field],) = found
        else:
            message = _unknown(values.pop(field), kinds, found, refused)
            problems.append(record.problem(field, "unknown_reference", message, refuses=False))
    if record.kind == "systems":
        return _system(record, values), problems
    return MODELS[record.kind](**values, provenance=record.provenance), problems


def _system(record: Record, values: Mapping[str, Any]) -> System:
    plain = {k: v for k, v in values.items() if k not in _SYSTEM_PARTS}
    workload = Workload(
        trees=tuple(
            Tree(path=path, writable=field == "data_trees")
            for field in ("program_trees", "data_trees")
            for path in values.get(field, ())
        ),
        databases=tuple(Database(**told) for told in values.get("databases", ())),
        services=values.get("services", ()),
    )
    entrance = None
    if "entrance_node" in values:
        entrance = Entrance(
            node=values["entrance_node"],
            port=values["entrance_port"],
            backend_port=values["backend_port"],
            path=values.get("check_path", "/"),
            content=values.get("check_content", ""),
        )
    return System(
        **plain,
        workload=None if workload == Workload() else workload,
        entrance=entrance,
        provenance=record.provenance,
    )


def _add_needs(
    record: Record, names: Names, refused: list[Record], into: dict[str, Dependency]
) -> Iterator[Problem]:
    """The column of needed systems: each is a dependency of its own, and refused by itself."""
    written = record.values.get("depends_on", ())
    told = record.told.get("depends_on")
    if told and len(names.find(("systems",), told.raw)) == 1:
        written = (told.raw,)  # one name that holds a separator
    for name in written:
        found = names.find(("systems",), name)
        if found == {record.code}:
            message = f"“{printable(name)}”依赖自身 / a system can't need itself"
            yield record.problem("depends_on", "bad_text", message, refuses=False)
        elif len(found) == 1:
            (needs,) = found
            _keep(record, Dependency(system=record.code, needs=needs), into)
        else:
            message = _unknown(name, ("systems",), found, refused)
            yield record.problem("depends_on", "unknown_reference", message, refuses=False)


def _add_dependency(record: Record, names: Names, into: dict[str, Dependency]) -> Iterator[Problem]:
    (system,) = names.find(("systems",), record.values["system"])
    (needs,) = names.find(("systems",), record.values["needs"])
    if system == needs:
        yield record.problem("needs", "bad_text", "依赖自身 / a system can't need itself")
        return
    kind = record.values.get("kind", "declared")
    _keep(record, Dependency(system=system, needs=needs, kind=kind), into)


def _keep(record: Record, dependency: Dependency, into: dict[str, Dependency]) -> None:
    """A dependency told in both places is one; the kind that the table gives goes first."""
    before = into.get(dependency.code)
    if before is None or before.kind == "declared":
        told = {"system", "needs", "kind", "depends_on"}
        provenance = tuple(p for p in record.provenance if p.field in told)
        into[dependency.code] = dependency.model_copy(update={"provenance": provenance})
