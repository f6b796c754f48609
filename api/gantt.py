"""A timetable as a drawing (SVG): a row a system, its copy light and its night dark. Names come from
departments: they are escaped.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from api.words import Lang, Words
from migrator.planning.timetable import Appointment, Timetable

_ROW, _LEFT, _TOP, _WIDE, _END = 18, 250, 64, 960, 60
_ROWS = 600
"""Rows of a drawing; a larger plan is drawn by roads instead of systems."""
_LABEL = 38
"""Of a row, in half-width signs."""
_MONTH = 56
"""Pixels that the name of a month takes."""
_DAY_SEEN = 9
"""Pixels of a day from which weeks are worth a line."""
_FEW = 80
"""Rows up to which each night has its date written beside it."""
COPY, NIGHT, LATE, GRID, WEEK, BAND = "#a9c5e0", "#1f4e78", "#c0392b", "#ccc", "#eee", "#f5f7fa"


class _Drawing:
    def __init__(self, table: Timetable, code: str, names: dict[str, str], lang: Lang) -> None:
        self.code, self.words = code, Words(lang)
        self.ordered = sorted(table.appointments, key=lambda o: (o.night, o.group, o.system))
        self.rows: dict[str, list[Appointment]] = defaultdict(list)
        for one in self.ordered:
            many = len(self.ordered) > _ROWS
            self.rows[one.by if many else f"{one.system} {names.get(one.system, '')}"].append(one)
        self.first = min(one.copy_from for one in self.ordered)
        self.last = max(one.night for one in self.ordered)
        self.days = (self.last - self.first).days + 1
        self.foot = _TOP + _ROW * len(self.rows)

    def say(self, key: str, **given: object) -> str:
        return escape(self.words(key, **given))

    def x(self, day: date) -> float:
        return round(_LEFT + _WIDE * (day - self.first).days / self.days, 1)

    def parts(self) -> Iterator[str]:
        width, height = _LEFT + _WIDE + _END, self.foot + 28
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" role="img">'
        )
        yield f"<title>{self.say('gantt.title', code=self.code)}</title>"
        yield '<rect width="100%" height="100%" fill="#fff"/>'
        yield from self.legend()
        yield from self.bands()
        yield from self.axis()
        for number, (label, several) in enumerate(self.rows.items()):
            yield from self.row(label, several, _TOP + _ROW * number)
        yield "</svg>"

    def legend(self) -> Iterator[str]:
        yield f'<text x="4" y="18" font-size="15">{self.say("gantt.title", code=self.code)}</text>'
        told = self.say("gantt.span", first=self.first, last=self.last, n=len(self.ordered))
        yield f'<text x="4" y="36" fill="#555">{told}</text>'
        for at, (key, colour) in enumerate(
            (("gantt.copy", COPY), ("gantt.night", NIGHT), ("gantt.late", LATE))
        ):
            x = _LEFT + 60 + 110 * at
            yield f'<rect x="{x}" y="9" width="14" height="10" fill="{colour}"/>'
            yield f'<text x="{x + 20}" y="18">{self.say(key)}</text>'

    def bands(self) -> Iterator[str]:
        """Rows of one night on one ground, every other night darker."""
        dark, before = False, None
        for number, several in enumerate(self.rows.values()):
            dark, before = dark ^ (several[0].night != before), several[0].night
            if dark:
                y = _TOP + _ROW * number
                yield f'<rect x="0" y="{y}" width="{_LEFT + _WIDE}" height="{_ROW}" fill="{BAND}"/>'

    def axis(self) -> Iterator[str]:
        """Months above and below, and Mondays where days are wide enough."""
        if _WIDE / self.days >= _DAY_SEEN:
            for n in range(self.days):
                day = self.first + timedelta(days=n)
                if day.weekday() == 0:
                    yield self.line(self.x(day), WEEK)
                    yield f'<text x="{self.x(day) + 2}" y="{_TOP - 4}" fill="#888">{day:%d}</text>'
        begins, free = self.first, -_MONTH
        while begins <= self.last:
            x = self.x(begins)
            following = (begins.replace(day=1) + timedelta(days=31)).replace(day=1)
            # a month of a few days at the left has no room for its name beside the next one's
            crowded = begins == self.first and self.x(min(following, self.last)) - x < _MONTH
            yield self.line(x, GRID)
            if x - free >= _MONTH and not (crowded and following <= self.last):
                free = int(x)
                for y in (_TOP - 16, self.foot + 16):
                    yield f'<text x="{x + 2}" y="{y}" fill="#555">{begins:%Y-%m}</text>'
            begins = following

    def line(self, x: float, colour: str) -> str:
        return f'<line x1="{x}" y1="{_TOP - 12}" x2="{x}" y2="{self.foot}" stroke="{colour}"/>'

    def row(self, label: str, several: Sequence[Appointment], y: int) -> Iterator[str]:
        yield f'<text x="4" y="{y + 13}">{escape(_cut(label))}</text>'
        width = max(2.5, _WIDE / self.days)
        for one in several:
            night = self.x(one.night)
            told = self.say(
                "gantt.row",
                system=one.system,
                copy=one.copy_from,
                night=f"{one.night} {one.begins[11:]}",
            )
            colour = LATE if one.late else NIGHT
            for begins, nights in one.copying:
                long = max(1.5, round(_WIDE * nights / self.days, 1))
                at = f'x="{self.x(begins)}" y="{y + 5}" width="{long}" height="8"'
                yield f'<rect {at} fill="{COPY}"/>'
            over = self.x(begins) + long
            if night > over + 1:  # copied, and kept in step until its night
                at = f'x="{over:.1f}" y="{y + 8}" width="{night - over:.1f}" height="2"'
                yield f'<rect {at} fill="{COPY}"/>'
            yield (
                f'<rect x="{night}" y="{y + 2}" width="{width:.1f}" height="14" fill="{colour}">'
                f"<title>{told}</title></rect>"
            )
        if len(self.rows) <= _FEW and len(several) == 1:
            x = night + width + 4
            yield f'<text x="{x:.1f}" y="{y + 13}" fill="#555">{several[0].night:%m-%d}</text>'


def gantt(table: Timetable, code: str, names: dict[str, str], lang: Lang = "zh") -> str:
    """A row for each system, or for each road where there are many. There has to be one system."""
    return "\n".join(_Drawing(table, code, names, lang).parts()) + "\n"


def _cut(label: str) -> str:
    """What fits, as wide as it is shown."""
    room, shown = _LABEL, ""
    for sign in label:
        room -= 2 if east_asian_width(sign) in "WF" else 1
        if room < 1:
            return f"{shown}…"
        shown += sign
    return label
