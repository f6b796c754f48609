"""Records that no row of their own tells: organisations and sites that other rows name, and the
codes of services."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from inventory.ledger.names import Names
from inventory.ledger.organisations import Organisations
from inventory.ledger.record import Record, Told, derived_code, service_code
from inventory.ledger.report import Ignored
from inventory.model import Estate
from inventory.text import printable

# where no table of these was sent, those that a field names are taken as told; and what by its form
# is a department, 清河县人民政府, though the table lacks it
IMPLIED: Mapping[str, tuple[str, ...]] = {
    "organisations": ("organisation", "approving_department"),
    "sites": ("site",),
}


def implied(
    kind: str, records: list[Record], known: Estate, organisations: Organisations
) -> list[Record]:
    """Those of `kind` that the rows name and no table has."""
    table = [r for r in records if r.kind == kind]
    names = Names(table, known, organisations)
    spelt: dict[str, dict[str, tuple[Record, Told]]] = {}
    for record in records:
        for name in IMPLIED[kind]:
            written = record.values.get(name)
            if not written or names.find((kind,), written):
                continue
            if not table or (kind == "organisations" and organisations.is_one(written)):
                full = organisations.full(written) if kind == "organisations" else written
                told = record.told.get(name, Told("", written))
                spelt.setdefault(full, {}).setdefault(written, (record, told))
    return [_told_of(kind, full, places) for full, places in spelt.items()]


def _told_of(kind: str, full: str, places: Mapping[str, tuple[Record, Told]]) -> Record:
    record, told = next(iter(places.values()))
    others = tuple(sorted(places.keys() - {full}))
    values: dict[str, Any] = {
        "name": full,
        "code": derived_code(kind, full),
        **({"aliases": others} if others else {}),
    }
    return Record(kind, record.file, record.sheet, record.row, values, {"name": told})


def by_short_names(records: Iterable[Record]) -> Iterator[Ignored]:
    """The organisations whose full names nobody wrote, each with the place of a short one."""
    for record in records:
        told = record.told.get("name")
        others = record.values.get("aliases", ())
        if record.kind != "organisations" or told is None or not others:
            continue
        if told.raw not in ("", record.name) and record.name not in others:
            yield Ignored(
                file=record.file,
                sheet=record.sheet,
                row=record.row,
                column=told.column,
                raw=told.raw,
                reason=f"只写了简称，按“{printable(record.name)}”登记，请核对 / a short name alone: "
                f"taken for {printable(record.name)}, check it",
            )


def coded(
    records: tuple[Record, ...], known: Estate, organisations: Organisations
) -> Iterator[Record]:
    """A service without a code gets one from its host's, however its row spells the host, so that
    it is the same service in the next ledger too."""
    codeless = [r for r in records if r.kind == "services" and not r.code]
    names = Names(records if codeless else (), known, organisations)
    for record in records:
        if record.kind != "services" or record.code:
            yield record
            continue
        written = record.values["host"]
        found = names.find(("hosts",), written)
        host = next(iter(found)) if len(found) == 1 else written
        code = service_code(host, record.values.get("protocol", "tcp"), record.values["port"])
        yield replace(record, values={**record.values, "host": host, "code": code})
