"""The coverage tables of docs/policies.md: every rule of the requirements, the entry of a pack that
stands for it, the test that shows it, or why there is none; then every named thing (things.py), and
the phases (ways.py).

    python -m tests.inventory.policies.coverage      # writes the table into docs/policies.md
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from inventory.policies.loader import load
from inventory.policies.pack import Entry, Pack
from tests.inventory.policies.rule_cases import CZ, DL, JL, XN, XZ

DOCS = Path(__file__).resolve().parents[3] / "docs" / "policies.md"
BEGIN, END = "<!-- coverage: generated -->", "<!-- coverage: end -->"

WAYS_BEGIN, WAYS_END = "<!-- ways: generated -->", "<!-- ways: end -->"
THINGS_BEGIN, THINGS_END = "<!-- things: generated -->", "<!-- things: end -->"

DEADLINES = {CZ: ("CZ", 24), XN: ("XN", 37), XZ: ("XZ", 23), JL: ("JL", 7), DL: ("DL", 27)}
"""Requirements B: pack → prefix and last number of its rules."""

_ONE = {
    XN: (1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 29, 30, 33, 44, 46, 47, 50, 51, 52, 53, 54,
         57, 62, 63),
    DL: (2, 5, 6, 7, 8, 22, 23, 27, 40, 41, 42, 59, 61),
    CZ: (3, 25, 39, 45, 64),
    XZ: (4, 37, 43, 48, 55, 56, 58),
    JL: (28, 31),
}  # fmt: skip
_SEVERAL = {
    9: (XN, DL),
    21: (XN, DL),
    24: (CZ, DL),
    26: (CZ, DL),
    32: (XN, XZ, DL),
    34: (XN, DL),
    35: (XN, XZ),
    36: (XN, CZ),
    38: (XN, XZ),
    49: (CZ, DL),
    60: (XN, DL),
}
PROHIBITIONS = {n: (pack,) for pack, numbers in _ONE.items() for n in numbers} | _SEVERAL
"""Requirements C: number → packs whose text has it."""

STANDS_FOR = {
    (XN, "XN-05"): ("V-16",),
    (XN, "XN-34"): ("V-57",),
    (XZ, "XZ-10"): ("V-35",),
    (XZ, "XZ-11"): ("V-38",),
    (XZ, "XZ-17"): ("V-48",),
    (JL, "JL-03"): ("V-28",),
    (DL, "DL-26"): ("V-22",),
    (XN, "V-15"): ("XN-04",),
    (XN, "V-18"): ("XN-08",),
    (DL, "V-21"): ("V-22",),
    (DL, "V-24"): ("V-24", "DL-14", "V-23"),
    (DL, "V-26"): ("DL-15",),
    (XZ, "V-58"): ("XZ-09",),
    (DL, "V-59"): ("V-23", "DL-14"),
    (DL, "V-60"): ("V-22", "V-06"),
    (XN, "V-60"): ("V-21", "V-21a"),
    (XN, "V-62"): ("V-20", "XN-13", "XN-14"),
    (XN, "V-63"): ("XN-19",),
}
"""A rule that another entry of the same pack carries."""

LEFT_OUT = {
    (XN, "XN-15"): "validity of the instruments, not an entry: `instruments.expires_on`, "
    "test_xianning_s_instruments_end",
}


HALF = {
    (
        DL,
        "V-40",
    ): "the window alone; a way back is part of every plan (tests/migrator), and that old "
    "and new run side by side is in no field",
    (
        JL,
        "V-31",
    ): "any intranet line that nobody declared right: the model has no level of a province",
    (
        XN,
        "V-53",
    ): "a breach is what 市政务办 puts on record: no flow to a third party is an object of ours",
}
"""Rules of which an entry carries a part, and what it leaves."""


class Row(NamedTuple):
    rule: str
    pack: str
    entries: tuple[str, ...]
    tests: tuple[str, ...]
    reason: str


def required() -> Iterator[tuple[str, str]]:
    """(pack, rule) of everything in B and C."""
    for pack, (prefix, last) in DEADLINES.items():
        yield from ((pack, f"{prefix}-{n:02}") for n in range(1, last + 1))
    for number in sorted(PROHIBITIONS):
        yield from ((pack, f"V-{number:02}") for pack in PROHIBITIONS[number])


@cache
def rows() -> tuple[Row, ...]:
    packs = {named: load(named) for named in DEADLINES}
    return tuple(_row(packs[pack], rule) for pack, rule in required())


@cache
def _known_of(pack: str) -> frozenset[str]:
    """Entries of which the sample city of a pack knows the truth."""
    from tests.inventory.policies.cities import SAMPLES

    truth = SAMPLES[pack](1).truth
    return frozenset([*truth.shares, *truth.verdicts, *truth.broken, *truth.late])


def _row(pack: Pack, rule: str) -> Row:
    named = STANDS_FOR.get((pack.id, rule), (rule,))
    found = [(kind, e) for kind, _, e in pack.entries() if _is(e, named)]
    tests = sorted({test for kind, e in found for test in tests_of(pack.id, kind, e)})
    reason = LEFT_OUT.get((pack.id, rule), "")
    return Row(rule, pack.id, tuple(e.id for _, e in found), tuple(tests), reason)


def _is(entry: Entry, named: tuple[str, ...]) -> bool:
    """The entry itself, or one of several that a rule became: CZ-09a."""
    return any(entry.id == n or (entry.id[:-1] == n and entry.id[-1].isalpha()) for n in named)


def tests_of(pack: str, kind: str, entry: Entry) -> Iterator[str]:
    """The test functions that have a case of exactly this entry."""
    from tests.inventory.policies import rule_cases, test_entries

    if entry.id in _known_of(pack):
        yield "test_samples"
    cases = {
        "test_what_breaks_it_and_what_does_not": {case[:2] for case in rule_cases.CASES},
        "test_what_people_declare": {(p.id, t.id) for p, t in test_entries.DECLARED},
        "test_what_is_counted": {case[:2] for case in test_entries.SHARES},
        "test_a_clock_of_recorded_events": {(p.id, c.id) for p, c in test_entries.CLOCKS},
        "test_a_report_in_time_and_none": {(p.id, r.id) for p, r in test_entries.REPORTS},
    }
    yield from (test for test, known in cases.items() if (pack, entry.id) in known)
    if kind == "targets" and entry.id in test_entries.OF_ORGANISATIONS:
        yield "test_what_is_counted_of_organisations"
    if kind == "targets" and entry.id in test_entries.PER:
        yield "test_one_big_system_per_department"
    if kind == "targets" and entry.id in test_entries.BY_OWNER:
        yield "test_who_is_connected_is_counted_by_organisation"
    if entry.id in test_entries.ELSEWHERE:
        yield "test_fewer_systems_than_on_the_day_of_the_baseline"


def table() -> str:
    """The table in Markdown."""
    lines = ["| Rule | Policy | Entry | Shown by |", "|---|---|---|---|"]
    for row in rows():
        shown = ", ".join(row.tests) if row.entries else f"*left out*: {row.reason}"
        if half := HALF.get((row.pack, row.rule)):
            shown += f"; *in part*: {half}"
        lines.append(f"| {row.rule} | {row.pack} | {', '.join(row.entries) or '–'} | {shown} |")
    done = sum(bool(row.entries) for row in rows())
    lines += [
        "",
        f"{done} of {len(rows())} lines have an entry; {len(rows()) - done} are left out.",
    ]
    return "\n".join(lines)


def written(text: str) -> str:
    """`text` with the tables of today between their marks."""
    from tests.inventory.policies import things, ways  # one of them needs this module

    text = _between(text, WAYS_BEGIN, WAYS_END, ways.table())
    text = _between(text, BEGIN, END, table())
    return _between(text, THINGS_BEGIN, THINGS_END, things.table())


def _between(text: str, begin: str, end: str, content: str) -> str:
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n\n{content}\n\n{end}{tail}"


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text("utf-8")), "utf-8")
