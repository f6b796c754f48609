"""Screens of reports: what is due and who has not reported, one report, final ones, what was checked."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import BAD, BUSY, DIM, GOOD, HEAD, rows, table, text
from api.words import Words
from inventory.policies.forms import FORMS
from inventory.policies.records import Handed
from inventory.report_write.layout import shown
from inventory.reports.model import Report, Table, Text
from inventory.reports.periods import Due
from migrator.store.records import Kept as Record
from migrator.store.reports import Kept
from migrator.store.sendings import Sending

_ROWS = 12
_NAMES = 4


def list_screen(dues: Sequence[Due], names: dict[str, str], say: Words) -> Iterator[RenderableType]:
    """What can be made, then what is asked for and by whom it is missing."""
    heads = (say(key) for key in ("report.kind", "name", "number"))
    yield rows(
        table(*heads, title=say("report.forms")),
        ((f.name, _title(f, say), "、".join(f.numbers)) for f in FORMS),
    )
    keys = ("policy", "report.entry", "report.kind", "period", "report.cut_off", "due")
    made = table(
        *(say(key) for key in (*keys, "report.reported", "report.missing")),
        title=say("report.dues"),
    )
    yield rows(made, (_due(due, names, say) for due in dues))


def _title(of: object, say: Words) -> str:
    return str(getattr(of, "title" if say.lang == "zh" else "title_en"))


def _due(due: Due, names: dict[str, str], say: Words) -> tuple[object, ...]:
    missing = [names.get(code, code) for code in due.missing]
    more = f" +{len(missing) - _NAMES}" if len(missing) > _NAMES else ""
    told = "、".join(missing[:_NAMES]) + more
    return (
        due.policy,
        f"{due.entry} {_title(due, say)}（{due.clause}）",
        due.form or "",
        due.period or say("report.once"),
        due.cut_off,
        due.due or "",
        len(due.reported) if due.period else "",
        text(f"{len(missing)} {told}" if missing else "", BUSY),
    )


def report_screen(
    report: Report, kept: Kept | None, written: Iterable[str], say: Words
) -> Iterator[RenderableType]:
    """The report in short: its text, the first rows of its tables; whether it is final."""
    yield text(report.title, HEAD)
    for section in report.sections:
        if section.heading:
            yield text(section.heading, HEAD)
        for block in section.blocks:
            if isinstance(block, Text):
                yield text(block.text)
            elif isinstance(block, Table):
                yield from _table(block, say)
    if kept is not None:
        yield text(say("report.is_final", id=kept.id, revision=kept.revision), GOOD)
    elif report.draft:
        yield text(say("report.is_draft", day=report.cut_off), BUSY)
    else:
        yield text(say("report.not_kept"), DIM)
    yield text(say("report.made", title=report.title, digest=report.digest[:16]))
    for path in written:
        yield text(say("report.wrote", path=path), GOOD)


def _table(block: Table, say: Words) -> Iterator[RenderableType]:
    made = table(*(column.title for column in block.columns), title=block.title)
    told = (
        tuple(shown(cell, column) for cell, column in zip(row, block.columns, strict=True))
        for row in block.rows[:_ROWS]
    )
    yield rows(made, told)
    if len(block.rows) > _ROWS:
        yield text(say("report.more_rows", n=len(block.rows) - _ROWS), DIM)


def kept_screen(
    every: Sequence[Kept], sent: Sequence[Sending], came: Sequence[Record], say: Words
) -> Iterator[RenderableType]:
    """Final reports, what went out, and what others handed in."""
    if not every:
        yield text(say("report.none_kept"), DIM)
    else:
        keys = ("code", "name", "policy", "period", "report.scope", "report.revision")
        made = table(
            *(say(key) for key in (*keys, "report.files", "digest")),
            title=say("report.kept_title"),
        )
        yield rows(made, (_kept(one) for one in every))
    if sent:
        keys = ("report.kind", "policy", "report.entry", "who", "period", "done_on")
        made = table(
            *(say(key) for key in (*keys, "report.channel", "proof")), title=say("report.sent")
        )
        yield rows(
            made,
            (
                (
                    s.report or "",
                    s.policy,
                    s.entry,
                    s.code,
                    s.period,
                    s.on,
                    f"{s.channel} {s.receiver}".strip(),
                    s.evidence,
                )
                for s in sent
            ),
        )

    if came:
        keys = ("code", "policy", "report.entry", "who", "period", "done_on")
        made = table(
            *(say(key) for key in (*keys, "report.channel", "proof")), title=say("report.received")
        )
        yield rows(made, (_received(one) for one in came))


def _received(one: Record) -> tuple[object, ...]:
    told = one.record
    assert isinstance(told, Handed)
    channels = "、".join(told.channels)
    return (
        one.id,
        told.policy,
        told.entry,
        told.code,
        told.period,
        told.on,
        channels,
        told.evidence,
    )


def _kept(one: Kept) -> tuple[object, ...]:
    report = one.report
    return (
        one.id,
        report.title,
        report.source.policy,
        report.period,
        report.scope,
        one.revision,
        "、".join(one.files),
        one.digest[:16],
    )


def verify_screen(
    count: int,
    faults: Sequence[str],
    files: Sequence[tuple[str, tuple[Kept, str] | None]],
    say: Words,
) -> Iterator[RenderableType]:
    """Whether final reports are what they were, and whether given files are theirs."""
    if faults:
        yield text(say("report.faulty", n=len(faults)), BAD)
        for fault in faults:
            yield text(say.half(fault), BAD)
    else:
        yield text(say("report.holds", n=count), GOOD)
    for name, found in files:
        if found is None:
            yield text(say("report.other_file", file=name), BAD)
            continue
        kept, kind = found
        told = {"file": name, "id": kept.id, "revision": kept.revision, "kind": kind}
        yield text(say("report.same_file", **told), GOOD)
