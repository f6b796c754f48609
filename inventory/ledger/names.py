"""What people mean by a name: the code of an object told in the ledgers or already known."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from inventory.ledger.organisations import Organisations
from inventory.ledger.record import Record
from inventory.ledger.words import squeeze
from inventory.model import Estate

_SPELT_OTHERWISE = ("organisations", "rooms", "systems")
_MARKS = re.compile(r"[《》“”\"'‘’「」【】]")


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """Equal for spellings of one name: width, white space and quotation marks apart."""
    return _MARKS.sub("", squeeze(name))


class Names:
    """Looks codes up by code, name, alias or, for organisations, another spelling."""

    def __init__(
        self, records: Iterable[Record], known: Estate, organisations: Organisations
    ) -> None:
        self._organisations = organisations
        self._told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._known: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._names: dict[tuple[str, str], str] = {}
        self._found: dict[tuple[tuple[str, ...], str], set[str]] = {}
        for record in records:
            spellings = (record.code, record.number, record.name, *record.values.get("aliases", ()))
            self._add(self._told, record.kind, record.code, spellings)
            self._names[record.kind, record.code] = record.name
        for kind, objects in known.collections():
            for obj in objects:
                name = getattr(obj, "name", "")
                spellings = (obj.code, name, *getattr(obj, "aliases", ()))
                self._add(self._known, kind, obj.code, spellings)
                self._names.setdefault((kind, obj.code), name)

    def knows(self, kinds: tuple[str, ...]) -> bool:
        """Whether any object of these kinds is told or known."""
        return any(self._told[kind] or self._known[kind] for kind in kinds)

    def find(self, kinds: tuple[str, ...], written: str) -> set[str]:
        """Codes that `written` may mean: none, one, or several when it is ambiguous. What the
        ledgers tell goes before what is known already; a code before a name."""
        found = self._found.get((kinds, written))
        if found is None:
            found = self._found[kinds, written] = self._find(kinds, written)
        return found

    def _find(self, kinds: tuple[str, ...], written: str) -> set[str]:
        for index in (self._told, self._known):
            for by in ("=", "~", "≈"):
                found = {
                    code
                    for kind in kinds
                    if by != "≈" or kind in _SPELT_OTHERWISE
                    for code in index[kind].get(by + self._key(by, kind, written), ())
                }
                if found:
                    return found
        return set()

    def name_of(self, kinds: tuple[str, ...], written: str) -> str | None:
        """The full name of the one object that `written` means."""
        found = self.find(kinds, written)
        if len(found) != 1:
            return None
        (code,) = found
        return next((n for k in kinds if (n := self._names.get((k, code)))), None)

    def _add(
        self,
        index: dict[str, dict[str, set[str]]],
        kind: str,
        code: str,
        spellings: Iterable[str],
    ) -> None:
        if code:
            index[kind]["=" + code].add(code)
        for spelling in spellings:
            if spelling:
                index[kind]["~" + name_key(spelling)].add(code)
                if kind in _SPELT_OTHERWISE:
                    index[kind]["≈" + self._key("≈", kind, spelling)].add(code)

    def _key(self, by: str, kind: str, written: str) -> str:
        if by == "=":
            return written.strip()
        if by == "~":
            return name_key(written)
        if kind == "organisations":
            return name_key(self._organisations.full(written))
        if kind == "systems":  # 婚姻登记系统 is 云州市婚姻登记系统
            return name_key(written).removeprefix(self._organisations.city or "\0")
        # 人社局机房 is 云州市人社局机房
        owner, room, rest = name_key(written).partition("机房")
        return self._organisations.full(owner) + room + rest if room and owner else written
