"""What people mean by a name: the code of an object told in the ledgers or already known."""

from collections import defaultdict
from collections.abc import Iterable

from inventory.ledger.organisations import organisation_key
from inventory.ledger.records import Record
from inventory.ledger.words import Words, squeeze
from inventory.model import Estate


class Names:
    """Looks codes up by code, name, alias or, for organisations, another spelling."""

    def __init__(self, records: Iterable[Record], known: Estate, words: Words) -> None:
        self._words = words
        self._told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._known: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for record in records:
            spellings = (record.code, record.name, *record.values.get("aliases", ()))
            self._add(self._told, record.kind, record.code, spellings)
        for kind, objects in known.collections():
            for obj in objects:
                spellings = (obj.code, getattr(obj, "name", ""), *getattr(obj, "aliases", ()))
                self._add(self._known, kind, obj.code, spellings)

    def find(self, kinds: Iterable[str], written: str) -> set[str]:
        """Codes that `written` may mean: none, one, or several when it is ambiguous. What the
        ledgers tell goes before what is known already; a code before a name."""
        for index in (self._told, self._known):
            for by in ("=", "~", "≈"):
                found = {
                    code
                    for kind in kinds
                    for code in index[kind].get(by + self._key(by, kind, written), ())
                }
                if found:
                    return found
        return set()

    def _add(
        self,
        index: dict[str, dict[str, set[str]]],
        kind: str,
        code: str,
        spellings: Iterable[str],
    ) -> None:
        index[kind]["=" + code].add(code)
        for spelling in spellings:
            if spelling:
                index[kind]["~" + squeeze(spelling)].add(code)
                if kind == "organisations":
                    index[kind]["≈" + self._key("≈", kind, spelling)].add(code)

    def _key(self, by: str, kind: str, written: str) -> str:
        if by == "=":
            return written.strip()
        if by == "≈" and kind == "organisations":
            return organisation_key(written, self._words)
        return squeeze(written)
