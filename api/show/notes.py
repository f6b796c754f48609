"""Lines beside a timetable: hours with their day, what people should know, copies that wait."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import BUSY, DIM, text
from api.words import Words
from migrator.planning.timetable import Appointment, Note
from migrator.timing.lots import Task
from migrator.timing.why import Wait, told


def hours(one: Appointment) -> str:
    """When a cutover may begin, with its day where that is not the night's own."""
    day = "" if one.begins[:10] == one.night.isoformat() else f"{one.begins[5:10]} "
    return f"{day}{one.begins[11:]}–{one.ends[11:]}"


def notes_screen(notes: Sequence[Note], say: Words) -> Iterator[RenderableType]:
    """Each with some of those that it is about."""
    for note in notes:
        more = f" … ({len(note.systems)})" if len(note.systems) > MOST_NAMED else ""
        yield text(f"! {say.half(note.text)}: {'、'.join(note.systems[:MOST_NAMED])}{more}", BUSY)


MOST_NAMED = 8


def waits_screen(waits: Sequence[Wait], task: Task, say: Words) -> Iterator[RenderableType]:
    """Copies that are over long before their cutover, and why they are not later."""
    for one in waits:
        what = "；".join(say.half(told(code)) for code in one.what)
        over = task.city.plan.night(one.over)
        line = say("copy_waits", by=one.by, over=over, nights=one.nights)
        yield text(f"{line}{': ' if what else ''}{what}", DIM)
