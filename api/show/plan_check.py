"""Screens of `plan check`: what stands against a plan, and what an edited timetable breaks."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType

from api.plan_check import Standing, Verdict
from api.show.parts import BAD, GOOD, rows, table, text
from api.show.plan import drift_screen
from api.words import Words


def standing_screen(
    found: Standing, down: Sequence[Mapping[str, object]], say: Words
) -> Iterator[RenderableType]:
    """`down`: of each outage its code, check, family, moment and reason."""
    if found.drift or found.ok:
        yield from drift_screen(found.drift, say)
    if found.there:
        yield text(f"{say('check_there')}: {'、'.join(found.there)}")
    for key, lines in (("check_broken", found.broken), ("check_missed", found.missed)):
        if lines:
            yield text(say(key), BAD)
            yield from (text(say.half(line)) for line in lines)
    if down:
        heads = (say("object"), say("check"), "IP", say("check_since"), say("reason"))
        yield rows(
            table(*heads, title=say("check_down")),
            (
                (one["code"], one["check"], one["family"], one["began"], one["reason"])
                for one in down
            ),
        )


def verdict_screen(found: Verdict, say: Words) -> Iterator[RenderableType]:
    """Each broken constraint in words, then who would be late."""
    if found.broken:
        yield text(say("check_edited"), BAD)
        yield from (text(say.half(line)) for line in found.broken)
    for key, codes in (("check_missing", found.missing), ("check_unknown", found.unknown)):
        if codes:
            yield text(f"{say(key)}: {'、'.join(codes)}", BAD)
    if found.ok:
        yield text(say("edited_good"), GOOD)
    if found.late:
        yield rows(
            table(say("system"), say("plan.due"), say("late_days"), title=say("edited_late")),
            found.late,
        )
    yield text(say("edited_moved", changed=found.changed, moved=found.moved))
