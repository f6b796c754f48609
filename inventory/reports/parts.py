"""What several forms have: how a report begins, the organisations' summary, contacts, the foot."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from inventory.model import Line as NetLine
from inventory.model import Organisation, System
from inventory.policies.assessment import Timed
from inventory.policies.forms import form_of
from inventory.reports.case import CITY_OFFICE, Case
from inventory.reports.model import Block, Cell, Column, Line, Report, Section, Table, Text
from inventory.reports.phrases import day, listed

NO = Column(title="序号", kind="number", width=3)
UNIT = Column(title="单位", width=11)
IN_TIME, CAME_LATE, MISSING, AWAITED = "按时报送", "逾期报送", "未报送", "尚未报送"


_BELOW = "如下表。"


def form_report(case: Case, title: str, tables: Sequence[Table], **more: Any) -> Report:
    """A table with head and foot, as a department hands it in."""
    head = (
        Line(label="填报单位（盖章）", value=case.issuer),
        Line(label="数据截止", value=day(case.day)),
        Line(label="填报日期", value=day(case.made_on)),
    )
    foot = (
        Line(label="单位负责人"),
        Line(label="审核人"),
        Line(label="填表人"),
        Line(label="联系电话"),
    )
    sections = tuple(Section(blocks=(table,)) for table in tables)
    if case.remark:
        sections += (Section(heading="说明", blocks=(Text(text=case.remark),)),)
    return report(
        case,
        title,
        layout="form",
        **{"landscape": True, "head": head, "foot": foot, "sections": sections} | more,
    )


def report(case: Case, title: str, **told: Any) -> Report:
    """What every report has from its case. Of a letter, tables that don't fit between its lines are
    annexes."""
    if told.get("layout") == "letter":
        told["sections"], told["annexes"] = _annexed(told["sections"], told.get("annexes", ()))
    return Report(
        form=case.form,
        numbers=form_of(case.form).numbers,
        title=title,
        place=case.pack.place,
        period=case.period.told,
        scope=case.scope.key,
        made_on=case.made_on,
        cut_off=case.day,
        draft=case.draft,
        source=case.source,
        **{"issuer": case.issuer, "addressee": case.addressee} | told,
    )


def _annexed(
    sections: Sequence[Section], annexes: Sequence[Section]
) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """The sections with a word in the place of each wide table, and these tables before the other
    annexes; all of them numbered, and listed at the end of the text."""
    wide = [b for s in sections for b in s.blocks if isinstance(b, Table) and b.wide]
    several = len(wide) + len(annexes) > 1
    moved: list[Section] = []
    kept = []
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Table) and block.wide:
                moved.append(Section(blocks=(block,)))
                where = f"详见附件{len(moved) if several else ''}《{block.title}》"
                before = blocks[-1] if blocks else None
                if isinstance(before, Text) and before.text.endswith(_BELOW):
                    blocks[-1] = Text(text=f"{before.text.removesuffix(_BELOW)}{where}。")
                else:
                    blocks.append(Text(text=f"{where}。"))
            else:
                blocks.append(block)
        kept.append(section.model_copy(update={"blocks": tuple(blocks)}))
    every = [
        annex.model_copy(update={"heading": f"附件{number if several else ''}"})
        for number, annex in enumerate((*moved, *annexes), start=1)
    ]
    titles = [b.title for a in every for b in a.blocks if isinstance(b, Table)]
    if titles:
        listed = [f"{number}．{title}" for number, title in enumerate(titles, start=1)]
        # each under the first: after the indent and “附件：”
        lines = f"\n{'　' * 5}".join(listed) if several else titles[0]
        kept.append(Section(blocks=(Text(text=f"附件：{lines}"),)))
    return tuple(kept), tuple(every)


def whose(case: Case) -> str:
    """Whom a title names: the organisation, the county or the place."""
    if case.organisation:
        return case.organisation.name
    return case.scope.county or case.pack.place


def rows_of(things: Sequence[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """With a number in front."""
    return tuple((n, *row) for n, row in enumerate(things, start=1))


def total_of(rows: Sequence[Sequence[Cell]], label: str, *columns: int) -> tuple[Cell, ...] | None:
    """The sums of some columns of numbered rows, None of no rows; a cell that nobody told adds
    nothing."""
    if not rows:
        return None
    made: list[Cell] = [None] * len(rows[0])
    made[1] = label
    for column in columns:
        told = [row[column] for row in rows]
        known = [cell for cell in told if isinstance(cell, int)]
        made[column] = sum(known) if known else None
    return tuple(made)


def grouped[T: (System, NetLine)](things: Iterable[T]) -> dict[str | None, list[T]]:
    """By the organisation that answers for them."""
    found: dict[str | None, list[T]] = {}
    for thing in things:
        found.setdefault(thing.organisation, []).append(thing)
    return found


def contacts_of(organisation: Organisation) -> list[tuple[str, str, str]]:
    """(role, name, phone)."""
    return [(c.role, c.name, c.phone) for c in organisation.contacts]


def contact_table(case: Case) -> Table:
    """联系人和联系方式, of every organisation in the scope."""
    rows: list[tuple[Cell, ...]] = []
    for one in case.members:
        told = contacts_of(one) or [("", "", "")]
        rows += [(one.name, role, name, phone) for role, name, phone in told]
    return Table(
        title="联系人和联系方式",
        columns=(
            NO,
            UNIT,
            Column(title="职责", width=8),
            Column(title="姓名", width=6),
            Column(title="联系电话", width=9),
        ),
        rows=rows_of(rows),
    )


def untold_note(what: str, names: Sequence[str]) -> tuple[str, ...]:
    """A note on what was not told, none where all was."""
    return (f"{what}：{listed(names)}。",) if names else ()


def county_of(organisation: Organisation) -> str:
    return organisation.county or CITY_OFFICE


def standing(run: Timed, day: date) -> str:
    """How a report that was asked for stands on a day; until its due day is over it is awaited."""
    if run.done is not None:
        return CAME_LATE if run.due is not None and run.done > run.due else IN_TIME
    return AWAITED if run.due is not None and day <= run.due else MISSING
