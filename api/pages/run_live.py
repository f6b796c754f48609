"""A run as it goes: one stream of its lines and of how it stands."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request
from pydantic_core import to_json

from api.pages.frame import Shell, Viewer, render
from api.pages.run_feed import SHOWN, Feeds, said
from api.pages.run_view import ITEMS, run_view
from api.pages.site import Site
from api.pages.tones import tone
from migrator.runs.records import ItemRecord, RunRecord
from migrator.use_cases.looking import Looking

BEAT = 5.0
"""Seconds between two signs of life of a stream: a page calls itself stale after 15."""
LOOK = 1.0
"""Seconds between two looks of a stream at the truth."""


class Names(dict[str, str]):
    """Names of systems, looked up as they are asked for."""

    def __init__(self, city: object) -> None:
        super().__init__()
        self._city = city

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        del default
        return str(self._city.system_name(key))  # type: ignore[attr-defined]


def of_those(
    lines: Sequence[dict[str, object]], among: frozenset[str] | None
) -> Sequence[dict[str, object]]:
    """Lines of the systems that a person sees."""
    return lines if among is None else [line for line in lines if line["system"] in among]


def items_at(
    looking: Looking, viewer: Viewer, code: str, page: str, at: str = ""
) -> tuple[Sequence[ItemRecord], int]:
    """The items of a page and its number: the one that was asked for, the one that the system `at`
    stands on, else the one whose items go now."""
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 0
    found, offset = looking.items(viewer.person, code, ITEMS, number, at[:80])
    return found, offset // ITEMS + 1


@dataclass(frozen=True)
class Sight:
    """What a stream looks at, and who looks."""

    site: Site
    looking: Looking
    feeds: Feeds
    viewer: Viewer
    code: str
    page: str

    def look(self) -> tuple[RunRecord, Sequence[dict[str, object]], str]:
        """The run without its items, all its lines, and how it stands as HTML."""
        viewer, code = self.viewer, self.code
        tally = self.looking.tally(viewer.person, code)
        lines = list(self.feeds.lines(code))
        items, page = items_at(self.looking, viewer, code, self.page)
        names, now = Names(self.site.city(viewer)), datetime.now(UTC).isoformat()
        view = run_view(tally, items, names, now, page=page)
        path, shell = f"/runs/{code}", Shell(title=code)
        return tally.run, lines, render("run_state.html", viewer, shell, path, view=view, tone=tone)

    def told(self, lines: Sequence[dict[str, object]]) -> list[dict[str, str]]:
        """Those of these lines that the viewer sees and that have words."""
        seen = of_those(lines, self.looking.among(self.viewer.person))
        return [s.plain() for one in seen if (s := said(one, self.viewer.say, self.viewer.zone))]


async def events(sight: Sight, cursor: str, request: Request) -> AsyncIterator[bytes]:
    """lines (JSON), state (HTML), beat, end. Each has its cursor as id, so that a browser that comes
    back goes on where it was."""
    feeds = sight.feeds
    number = feeds.number(cursor)
    if number is None:
        yield _event("end", "", feeds.cursor(0))
        return
    before, silent = "", 0.0
    while not await request.is_disconnected():
        run, lines, html = await asyncio.to_thread(sight.look)
        if len(lines) > number:
            told = await asyncio.to_thread(sight.told, lines[number:][-SHOWN:])
            number = len(lines)
            yield _event("lines", to_json(told).decode(), feeds.cursor(number))
            silent = 0.0
        if html != before:
            before, silent = html, 0.0
            yield _event("state", html, feeds.cursor(number))
        if run.ended_at:
            yield _event("end", "", feeds.cursor(number))
            return
        if silent >= BEAT:
            silent = 0.0
            yield _event("beat", "", feeds.cursor(number))
        await asyncio.sleep(LOOK)
        silent += LOOK


def _event(name: str, data: str, number: str) -> bytes:
    body = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\nid: {number}\n{body}\n".encode()
