"""What departments answered: of a questionnaire only the asked cells that they filled count, and only
where nothing newer is known.

A questionnaire has whole rows, so that people see what they answer about, and a sheet 问答底稿 with what
was asked and what was known on that day. Read alone, its rows would undo every fact that came after it.
Pure.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory.errors import LedgerError
from inventory.labels import field_label, value_label
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.sheets import Sheet
from inventory.model import Estate, Provenance, System, content
from inventory.secrecy import is_classified

SHEET = "问答底稿"
CODE, FIELDS, KNOWN = "编号", "所问", "当时内容"
PARTS = {
    "workload": ("program_trees", "data_trees", "databases", "services", "stateless"),
    "entrance": (
        "entrance_node",
        "entrance_port",
        "entrance_name",
        "backend_port",
        "check_path",
        "check_content",
    ),
}
_OF = {part: whole for whole, parts in PARTS.items() for part in parts}
_OURS = {"code", "provenance", "placement"}


@dataclass(frozen=True)
class Questions:
    """Of one file: the fields of systems that were asked, and what was known then, by system."""

    file: str
    fields: frozenset[str]
    known: Mapping[str, Mapping[str, Any]]


@dataclass
class Answers:
    """`estate`: what the ledgers tell, of questionnaires only the answers."""

    estate: Estate
    problems: list[Problem] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)


def record_rows(systems: Iterable[System], fields: Iterable[str]) -> list[list[str]]:
    """The rows of the sheet: code, fields, facts."""
    asked = " ".join(sorted(fields))
    return [
        [one.code, asked, json.dumps(content(one), ensure_ascii=False, sort_keys=True)]
        for one in systems
    ]


def questions_in(sheet: Sheet) -> Questions:
    """Raises LedgerError for a sheet that somebody changed."""
    fields, known = set[str](), dict[str, Mapping[str, Any]]()
    heads: list[Any] = []
    try:
        for row in sheet.rows:
            if not heads:
                heads = list(row) if CODE in row else []
            elif row and any(row):
                told = dict(zip(heads, row, strict=False))
                fields |= set(str(told[FIELDS]).split())
                known[str(told[CODE])] = dict(json.loads(str(told[KNOWN])))
    except (KeyError, ValueError, TypeError) as error:
        raise LedgerError(
            f"工作表“{SHEET}”已被改动，分不出哪些是答复，请重新导出问卷 / its sheet {SHEET} was changed, "
            f"nobody can tell what was answered, export the questions anew: {sheet.file}"
        ) from error
    return Questions(sheet.file, frozenset(_OF.get(one, one) for one in fields), known)


def only_answers(declared: Estate, known: Estate, asked: Sequence[Questions]) -> Answers:
    """`declared` with each system of a questionnaire as it is `known`, and what was answered of it."""
    of_file = {one.file: one for one in asked}
    now = {one.code: one for one in known.systems}
    found = Answers(declared)
    systems = []
    for told in declared.systems:
        mine = [of_file[p.source] for p in told.provenance if p.source in of_file]
        if not mine:
            systems.append(told)
        elif told.code not in now:
            found.problems.append(_gone(told, mine[0]))
        else:
            systems.append(_one(told, now[told.code], of_file, mine[0], found))
    found.estate = declared.model_copy(update={"systems": tuple(systems)})
    return found


@dataclass(frozen=True)
class _Field:
    """One field of a system: as a file tells it, as it is now and as it was when it was asked."""

    name: str
    told: System
    now: System
    asked: Questions
    place: Provenance | None

    @property
    def values(self) -> tuple[Any, Any, Any]:
        says, is_now = (content(one).get(self.name) for one in (self.told, self.now))
        return says, is_now, self.asked.known.get(self.told.code, {}).get(self.name)


def _one(
    told: System, now: System, of_file: Mapping[str, Questions], first: Questions, found: Answers
) -> System:
    if is_classified(now):
        return now
    places = {_OF.get(p.field, p.field): p for p in told.provenance}
    beside = any(p.source not in of_file for p in told.provenance)  # another ledger tells it whole
    taken: set[str] = set()
    for name in sorted(System.model_fields.keys() - _OURS):
        place = places.get(name)
        asked = of_file.get(place.source) if place else None if beside else first
        if asked is None or _answered(_Field(name, told, now, asked, place), found):
            taken.add(name)
    values = {name: getattr(told if name in taken else now, name) for name in System.model_fields}
    values["provenance"] = (
        *(p for p in now.provenance if _OF.get(p.field, p.field) not in taken),
        *(p for p in told.provenance if _OF.get(p.field, p.field) in taken),
    )
    return System.model_validate(values)


def _answered(one: _Field, found: Answers) -> bool:
    """Whether it is to be taken from the questionnaire; tells why not, where that says another thing
    than is known."""
    says, is_now, then = one.values
    if says in (None, then, is_now) or one.place is None:
        return False
    if one.name not in one.asked.fields:
        found.ignored.append(_unasked(one.place))
        return False
    if is_now == then:
        return True
    found.problems.append(_newer(one, one.place))
    return False


def _newer(one: _Field, place: Provenance) -> Problem:
    _, is_now, then = one.values
    code, label = one.told.code, field_label("systems", one.name)
    before, since = _shown(one.name, then), _shown(one.name, is_now)
    where = next((p for p in one.now.provenance if _OF.get(p.field, p.field) == one.name), None)
    at = f"{where.source} {where.sheet} {where.row}".rstrip() if where else "—"
    return Problem(
        file=place.source,
        sheet=place.sheet,
        row=place.row,
        column=place.column,
        raw=place.raw,
        code="outdated",
        message=f"{code} 的{label}在问卷导出后已由 {before} 改为 {since}（{at}），答复 {place.raw} 未采用，"
        f"请核对后更正 / {code} {one.name} became {since} ({at}) after it was asked, being {before}: the "
        f"answer {place.raw} was not taken, check which is right and correct it",
        refuses=False,
    )


def _shown(name: str, value: object) -> str:
    shown = value_label("systems", name, value)
    return "—" if shown is None else str(shown)


def _unasked(place: Provenance) -> Ignored:
    return Ignored(
        file=place.source,
        sheet=place.sheet,
        row=place.row,
        column=place.column,
        raw=place.raw,
        reason="问卷未问此项，改动未采用，请另行更正台账 / it was not asked, the change was not taken: "
        "correct it in a ledger",
    )


def _gone(told: System, asked: Questions) -> Problem:
    place = next(p for p in told.provenance if p.source == asked.file)
    return Problem(
        file=place.source,
        sheet=place.sheet,
        row=place.row,
        column="",
        raw=told.code,
        code="outdated",
        message=f"台账中已无 {told.code}，答复未采用 / the inventory no longer has {told.code}: its "
        "answers were not taken",
    )


def sheets_of(sheets: Iterable[Sheet]) -> Iterator[Questions]:
    """Of a file that is a questionnaire: what it asked."""
    yield from (questions_in(one) for one in sheets if one.name == SHEET and not one.hidden)
