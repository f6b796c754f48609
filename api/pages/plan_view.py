"""A plan as its page shows it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.pages.plan_names import name_in
from api.pages.plan_picture import Gantt, gantt_of
from api.pages.tones import tone
from migrator.people.names import same_person
from migrator.planning.dispositions import grounds_text
from migrator.planning.plan import Disposition, Item, Plan, Wave
from migrator.planning.timetable import Appointment, DutyTold, Note, Short, Split, StageTold
from migrator.runs.approvals import PlanRecord

ROWS = 60
"""Systems of a timetable's page."""


@dataclass(frozen=True)
class ItemRow:
    wave: int
    first: bool
    system: str
    name: str
    source: str
    target: str
    line: str
    window: str
    reason: str
    night: Appointment | None


@dataclass(frozen=True)
class LeftRow:
    """Who does not move, and why."""

    system: str
    name: str
    disposition: str
    tone: str
    reason: str
    grounds: str


@dataclass(frozen=True)
class PlanPage:
    record: PlanRecord
    tone: str
    waves: int
    items: int
    placed: int
    last: date | None
    rows: tuple[ItemRow, ...]
    left: tuple[LeftRow, ...]
    left_all: int
    gantt: Gantt | None
    stages: tuple[StageTold, ...]
    duties: tuple[DutyTold, ...]
    splits: tuple[Split, ...]
    short: tuple[Short, ...]
    notes: tuple[Note, ...]
    missed: tuple[str, ...]
    repeatable: bool
    page: int
    pages: int
    kept: int
    soak: int
    hold: int
    zone: str
    ignored: bool
    others: tuple[str, ...]
    can_start: bool
    own: bool


def plan_page(
    record: PlanRecord,
    plan: Plan,
    plans: Sequence[PlanRecord],
    started: bool,
    who: str,
    today: date,
    page: int = 1,
    secret: frozenset[str] = frozenset(),
    missed: Sequence[str] = (),
) -> PlanPage:
    """The page as a value; pure. `who`: the name of who looks, since an author cannot approve;
    `secret`: systems that are classified by now, whatever they were when the plan was made; `missed`:
    what is told of nights that nobody kept."""
    table = plan.timetable
    appointments = sorted(
        table.appointments if table else (),
        key=lambda a: (a.night, a.group, a.system),
    )
    placed = [(w, number, item) for w in plan.waves for number, item in enumerate(w.items)]
    pages = max(1, -(-len(appointments or placed) // ROWS))
    page = min(max(1, page), pages)
    cut = slice((page - 1) * ROWS, page * ROWS)
    shows = {a.system for a in appointments[cut]} or {item.code for _, _, item in placed[cut]}
    reasons = {
        v.system: v.model_copy(update={"name": name_in(v, secret)})
        for v in plan.verdicts
        if v.system in shows
    }
    rows = (
        _timed(appointments, cut, reasons) if appointments else _waved(plan, placed[cut], reasons)
    )
    left = [v for v in plan.verdicts if v.disposition is not Disposition.MOVE]
    shown = [r.night for r in rows if r.night]
    return PlanPage(
        record=record,
        tone=tone(record.state),
        waves=len(plan.waves) or len({a.night for a in appointments}),
        items=len(plan.items),
        placed=len(appointments),
        last=max((a.night for a in appointments), default=None),
        rows=tuple(rows),
        left=tuple(
            LeftRow(
                v.system,
                name_in(v, secret),
                str(v.disposition),
                tone(v.disposition),
                v.reason,
                grounds_text(v.grounds),
            )
            for v in left[:200]
        ),
        left_all=len(left),
        gantt=gantt_of(shown, reasons, plan.means.timezone, today) if shown else None,
        stages=table.stages if table else (),
        duties=table.duties if table else (),
        splits=(table and table.split) or (),
        short=(table and table.short) or (),
        notes=(table and table.notes) or (),
        missed=tuple(missed),
        repeatable=table is None or table.repeatable,
        page=page,
        pages=pages,
        kept=plan.means.moves_at_once,
        soak=plan.means.soak_seconds,
        hold=plan.means.hold_seconds,
        zone=plan.means.timezone,
        ignored=plan.means.ignore_windows,
        others=tuple(p.code for p in plans if p.code != record.code)[::-1][:20],
        can_start=record.state == "approved" and not started and bool(plan.items),
        own=same_person(record.author, who),
    )


def _waved(
    plan: Plan, placed: Sequence[tuple[Wave, int, Item]], reasons: Mapping[str, object]
) -> list[ItemRow]:
    return [
        ItemRow(
            wave=wave.number,
            first=number == 0,
            system=item.code,
            name=str(getattr(reasons.get(item.code), "name", "")),
            source=f"{item.source.code} · {item.source.place}",
            target=f"{item.target.code} · {item.target.place}",
            line=item.line.code if item.line else "",
            window="" if plan.means.ignore_windows else item.system.window or "",
            reason=str(getattr(reasons.get(item.code), "reason", "")),
            night=None,
        )
        for wave, number, item in placed
    ]


def _timed(
    appointments: Sequence[Appointment], cut: slice, reasons: Mapping[str, object]
) -> list[ItemRow]:
    rows = []
    before = appointments[cut.start - 1].night if cut.start else None
    for one in appointments[cut]:
        verdict = reasons.get(one.system)
        rows.append(
            ItemRow(
                wave=one.wave,
                first=one.night != before,
                system=one.system,
                name=str(getattr(verdict, "name", "")),
                source="",
                target="",
                line=one.by.removeprefix("line:"),
                window=f"{one.begins[11:16]}–{one.ends[11:16]}",
                reason=str(getattr(verdict, "reason", "")),
                night=one,
            )
        )
        before = one.night
    return rows
