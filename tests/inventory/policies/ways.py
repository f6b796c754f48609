"""The phases of requirements E: in which packs each is, and why it is in none. The table stands in
docs/policies.md (coverage.py writes it)."""

from typing import NamedTuple

from inventory.policies.loader import load
from inventory.policies.pack import Phase
from tests.inventory.policies.rule_cases import CZ, DL, JL, XN, XZ

PACKS = {"CZ": CZ, "DL": DL, "JL": JL, "XN": XN, "XZ": XZ}


class Way(NamedTuple):
    """`number` and `name` as in the requirements; `phases`: PACK.phase; `rest`: what stands for it
    instead, or what it waits for."""

    number: str
    name: str
    phases: tuple[str, ...]
    rest: str = ""


WAYS = (
    Way("0", "tenant set-up", (), "entries XN-17 and XZ-23; who answers is no condition yet"),
    Way("1", "self-audit, system audit", ("CZ.audit", "DL.audit", "XN.audit")),
    Way("2", "verification", ("XN.verification",), "Cangzhou's survey: entry CZ-11a"),
    Way("3", "zombie clean-up", ("CZ.zombie", "DL.zombie", "XN.zombie")),
    Way("4", "sample audit of the clean-up", ("DL.sample-audit",)),
    Way("5", "merging inside the department", ("CZ.merging", "DL.merging", "XN.merging")),
    Way(
        "6",
        "classification",
        (
            "DL.intranet",
            "JL.sorting",
            "JL.boundary",
            "JL.classification",
            "XN.secrecy",
            "XN.protection",
            "XZ.classification",
        ),
    ),
    Way("7", "filing", ("DL.filing",), "Xianning's filing: entry XN-33 and its projects' phases"),
    Way("7a", "projects", ("XN.requirement", "XN.technical", "XN.contract")),
    Way("8", "cloud readiness", ("CZ.cloud-ready",), "Dalian's data centre: entry DL-02"),
    Way("9", "migration plan", ("CZ.plan", "DL.plan"), "Xinzhou names planning, no document"),
    Way("10", "pilot", ("DL.pilot",)),
    Way("11", "network move", ("CZ.network", "DL.network", "JL.test", "JL.network")),
    Way(
        "12",
        "migration",
        ("CZ.migration", "DL.migration", "XN.migration", "XZ.connection", "XZ.migration"),
    ),
    Way("13", "functional verification", ("DL.function",)),
    Way("14", "MLPS test on the new place", ("XZ.mlps-test", "XZ.handover")),
    Way(
        "15",
        "access to the exchange platform",
        ("CZ.exchange", "DL.exchange", "XN.exchange", "XZ.exchange"),
    ),
    Way("16", "one-stop platform, identity", ("CZ.one-stop", "XZ.identity")),
    Way("17", "decommission", ("DL.line-end",), "rooms: rule V-42"),
    Way("18", "stop of money", (), "the list of holds: `qianyun policy holds`"),
    Way("19", "trial and acceptance", ("XN.acceptance",)),
    Way("20", "audit", ("XN.audit-after",), "Cangzhou, Dalian: yearly, of no single object"),
    Way("21", "filing, evaluation", ("JL.evaluation", "XN.operation", "XZ.operation")),
    Way("22", "rectification", (), "rule XN-13; the list of what is overdue: report F-23"),
    Way("23", "second migration to Xinchuang", ("XZ.xinchuang",)),
)


def phases() -> dict[str, Phase]:
    """PACK.phase → phase, of all packs that ship."""
    return {f"{short}.{p.id}": p for short, named in PACKS.items() for p in load(named).phases}


def table() -> str:
    """The table in Markdown."""
    lines = ["| No. | Phase | In the packs | Else |", "|---|---|---|---|"]
    for way in WAYS:
        lines.append(f"| {way.number} | {way.name} | {', '.join(way.phases) or '–'} | {way.rest} |")
    return "\n".join(lines)
