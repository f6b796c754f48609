"""An entrance over IPv4 and IPv6: the page it opens with, what that is made of, where that leads.

Bounded: so many pages a level, so many at once, a deadline over all; each page is asked for once a
family, nothing is followed but links of the same site, other sites are never asked for anything.
二级链接 are what the first page links to, 三级链接 what those link to.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from probes import http
from probes.model import Family, ProbeResult, Target
from probes.survey.page import Page, read, similarity

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """`second`, `third`: pages of each level; `look`: seconds for one; `whole`: for all."""

    second: int = 30
    third: int = 60
    look: float = 5.0
    whole: float = 300.0


@dataclass(frozen=True, slots=True)
class Level:
    """Pages of one level that answer over IPv4, and those of them that answer over IPv6 as well with
    the same status; `lost`: the paths of the others."""

    over_v4: int
    over_v6: int
    lost: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        return self.over_v6 / self.over_v4 if self.over_v4 else None


@dataclass(frozen=True, slots=True)
class Site:
    """`first`: the entrance over each family that was asked; `similar` where both answered;
    `things` are of the first page (its pictures, scripts, styles); `hosts`: other sites that any
    page names; `cut`: the deadline or a bound left something out."""

    first: tuple[ProbeResult, ...]
    similar: float | None
    things: Level
    second: Level
    third: Level
    hosts: tuple[str, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    path: str
    status: int | None
    page: Page


class Walk:
    """`targets`: the entrance, one a family (the same code, port, name); of a network with one family
    one alone, and that family is then the measure of itself."""

    def __init__(self, targets: Iterable[Target], bounds: Bounds = Bounds()) -> None:
        self._targets: dict[Family, Target] = {t.family: t for t in targets}
        self._bounds = bounds
        self._free = asyncio.Semaphore(AT_ONCE)
        self._hosts: dict[str, None] = {}
        self._cut = False

    async def site(self) -> Site:
        """Never raises for what it looks at; Exhausted when this machine is."""
        first = {f: await self._first(t) for f, t in self._targets.items()}
        texts = [page.text for _, page in first.values() if page is not None]
        similar = similarity(*texts) if len(texts) == 2 else None
        opened = next(
            (self._read(t, page) for t, page in self._opened(first) if page is not None), Page()
        )
        begins = {t.path for t in self._targets.values()}
        levels = [Level(0, 0), Level(0, 0), Level(0, 0)]
        try:
            async with asyncio.timeout(self._bounds.whole):
                levels[0], _ = await self._level(opened.things, self._bounds.second)
                seconds = [path for path in opened.links if path not in begins]
                levels[1], found = await self._level(seconds, self._bounds.second)
                seen = begins | set(seconds)
                thirds = [p for page in found for p in page.links if p not in seen]
                levels[2], _ = await self._level(dict.fromkeys(thirds), self._bounds.third)
        except TimeoutError:
            self._cut = True
        return Site(
            tuple(result for result, _ in first.values()),
            similar,
            things=levels[0],
            second=levels[1],
            third=levels[2],
            hosts=tuple(self._hosts),
            cut=self._cut,
        )

    def _opened(
        self, first: dict[Family, tuple[ProbeResult, http.Page | None]]
    ) -> list[tuple[Target, http.Page | None]]:
        return [(self._targets[f], page) for f, (result, page) in first.items() if result.ok]

    async def _first(self, target: Target) -> tuple[ProbeResult, http.Page | None]:
        return await http.fetched(target, self._bounds.look)

    def _read(self, target: Target, page: http.Page) -> Page:
        scheme = "https" if target.tls else "http"
        port = "" if target.port == (443 if target.tls else 80) else f":{target.port}"
        names = [target.name] if target.name else []
        for one in self._targets.values():
            names.append(f"[{one.address}]" if one.family == 6 else one.address)
        found = read(
            page.text, f"{scheme}://{names[0]}{port}{target.path}", {n + port for n in names}
        )
        self._hosts |= dict.fromkeys(found.hosts)
        return found

    async def _level(self, paths: Iterable[str], most: int) -> tuple[Level, list[Page]]:
        wanted = list(paths)
        self._cut |= len(wanted) > most
        asked = await asyncio.gather(*(self._both(path) for path in wanted[:most]))
        measure, other = (4, 6) if len(self._targets) == 2 else (*self._targets, *self._targets)
        good = [a for a in asked if _answers(a[measure])]
        lost = tuple(a[measure].path for a in good if a[other].status != a[measure].status)
        if len(self._targets) == 1:  # nothing beside it: what does not answer is what is lost
            lost = tuple(a[measure].path for a in asked if not _answers(a[measure]))
            return Level(len(asked), len(asked) - len(lost), lost), [a[measure].page for a in good]
        return Level(len(good), len(good) - len(lost), lost), [a[measure].page for a in good]

    async def _both(self, path: str) -> dict[int, _Asked]:
        return {family: await self._ask(target, path) for family, target in self._targets.items()}

    async def _ask(self, target: Target, path: str) -> _Asked:
        asked = replace(target, path=path, content="", redirect="")
        async with self._free:
            result, page = await http.fetched(asked, self._bounds.look)
        if page is None:
            return _Asked(path, None, Page())
        readable = result.ok and page.kind in ("text/html", "application/xhtml+xml", "")
        return _Asked(path, page.status, self._read(asked, page) if readable else Page())


def _answers(asked: _Asked) -> bool:
    return asked.status is not None and asked.status < 400
