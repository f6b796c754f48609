"""How what is classified is named in a report: it isn't (G7). A classified system is counted; what it
is called, its code, its addresses and what it does are in no document, whatever field of whatever
object speaks of it. Every form reads the estate through this veil; only the figures are worked out
on the estate as it is. Doubt hides, as in `inventory/secrecy`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from inventory.model import Estate, Frozen, Secrecy
from inventory.references import REFERENCES
from inventory.reports.phrases import WITHHELD
from inventory.secrecy import hidden

NAMES = {"systems": "涉密系统", "rooms": "涉密机房", "hosts": "涉密设备"}
"""What stands in the place of a name, by collection."""

_SHORTEST = 4
"""Characters: a name that is shorter is a word of the language, and is looked for in no text."""

_EMPTIED = ("contacts", "workload", "entrance", "provenance")


@dataclass(frozen=True)
class Veil:
    """Of one estate: what it hides, and the estate as it may be shown."""

    estate: Estate

    @cached_property
    def codes(self) -> dict[str, frozenset[str]]:
        """Collection → codes of what is classified: systems, devices that have to do with one,
        rooms in which nothing else is."""
        secret = hidden(self.estate)
        return {
            "systems": secret.systems,
            "hosts": secret.hosts,
            "rooms": frozenset(_rooms(self.estate, secret.hosts)),
        }

    def hides(self, of: str, code: str | None) -> bool:
        return code in self.codes.get(of, ())

    def called(self, of: str, code: str, name: str) -> str:
        """名称（编号） of any object; of a classified one only what kind of thing it is."""
        return NAMES[of] if self.hides(of, code) else f"{self.text(name)}（{code}）"

    def text(self, told: str) -> str:
        """A text of people's without the names, codes and addresses of what is classified."""
        return self._words.sub(self._instead, told) if self._words else told

    @cached_property
    def shown(self) -> Estate:
        """The estate of which a form may show everything."""
        if not any(self.codes.values()):
            return self.estate
        made = self.estate.unchecked(
            {
                kind: tuple(self._shown(kind, one) for one in told)
                for kind, told in self.estate.collections()
            }
        )
        for worked_out in ("digest", "columns"):  # of the estate as it is
            made.__dict__.pop(worked_out, None)
        return made

    def _shown(self, kind: str, thing: Any) -> Any:
        if self.hides(kind, thing.code):
            return _stub(kind, thing)
        if self._words is None:
            return thing
        new = dict(self._cleaned(kind, thing))
        return thing.unchecked(new) if new else thing

    def _cleaned(self, kind: str, thing: Frozen) -> Iterator[tuple[str, Any]]:
        """The texts of an object that speak of what is classified, without it."""
        for name, value in thing.__dict__.items():
            if name in _kept(kind):
                continue
            made = value
            if isinstance(value, str) and not isinstance(value, Enum):
                made = self.text(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], str):
                made = tuple(self.text(one) for one in value)
            if made != value:
                yield name, made

    def _instead(self, match: re.Match[str]) -> str:
        return self._kinds[match[0]]

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Each word that must not be read, and what stands in its place."""
        told: dict[str, str] = {}
        for of, codes in self.codes.items():
            for thing in getattr(self.estate, of):
                if thing.code in codes:
                    told |= dict.fromkeys(_words_of(thing), NAMES[of])
        told |= {str(a): "涉密地址" for a in hidden(self.estate).addresses}
        names = {n for n in told if _CODE.fullmatch(n) is None}
        common = "\n".join(self._open_names())  # a name that open things have too says nothing
        return {n: kind for n, kind in told.items() if n not in names or n not in common}

    def _open_names(self) -> Iterator[str]:
        for kind in ("organisations", "systems", "rooms", "clouds"):
            yield from (o.name for o in getattr(self.estate, kind) if not self.hides(kind, o.code))

    @cached_property
    def _words(self) -> re.Pattern[str] | None:
        if not self._kinds:
            return None
        ordered = sorted(self._kinds, key=len, reverse=True)
        return re.compile("|".join(_alone(word) for word in ordered))


_CODE = re.compile(r"[A-Za-z0-9._:-]+")


def _alone(word: str) -> str:
    """A code or an address is found only as a word of its own: H-1 is no part of H-12."""
    if _CODE.fullmatch(word):
        return rf"(?<![A-Za-z0-9_-]){re.escape(word)}(?![A-Za-z0-9_-])"
    return re.escape(word)


def _words_of(thing: Any) -> Iterator[str]:
    yield thing.code
    long = (getattr(thing, name, None) for name in ("name", "asset_tag"))
    yield from (told for told in long if told and len(told) >= _SHORTEST)


def _stub(kind: str, thing: Any) -> Any:
    """What counts of it: answers, days and amounts; no text of people's and no address."""
    new: dict[str, Any] = {"name": NAMES[kind]}
    for name, value in thing.__dict__.items():
        if name in ("code", "name") or name in _kept(kind):
            continue
        if name in _EMPTIED:
            new[name] = () if isinstance(value, tuple) else None
        elif isinstance(value, str) and not isinstance(value, Enum):
            new[name] = WITHHELD  # whether something is told still counts
        elif name in ("ipv4", "ipv6") or (isinstance(value, tuple) and value):
            new[name] = None
    return thing.unchecked(new)


def _kept(kind: str) -> Iterable[str]:
    """Fields that name an object by its code, and the county."""
    return ("code", "county", *REFERENCES.get(kind, ()))


def _rooms(estate: Estate, hosts: frozenset[str]) -> Iterator[str]:
    """Rooms that hold something, and nothing that is not classified."""
    secret: set[str] = set()
    open_: set[str] = set()
    for system in estate.systems:
        if system.place:
            (secret if system.secrecy is Secrecy.CLASSIFIED else open_).add(system.place)
    for host in estate.hosts:
        if host.place:
            (secret if host.code in hosts else open_).add(host.place)
    yield from (room.code for room in estate.rooms if room.code in secret - open_)
