"""Patterns of words: {a|b} one, [a|b] one or none, <name> one of a group. Pure.

A few patterns spell out hundreds of thousands of headers. They are not spelt out to look one up:
of each pattern the beginnings and the ends are kept, and a word is known where it can be cut into
such a beginning and an end of the same pattern.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

from inventory.ledger.words import squeeze

PATTERN = re.compile(r"\{([^{}]*)\}|\[([^\[\]]*)\]|<(\w+)>")
_KEPT = 4096  # answers, of headers that stand above many columns

type Groups = Mapping[str, Sequence[str]]


def spelt_out(pattern: str, groups: Groups) -> list[str]:
    """Every word that a pattern means."""
    return ["".join(chosen) for chosen in product(*_parts(pattern, groups))]


def spelt(patterns: Iterable[str], groups: Groups) -> list[str]:
    """Those of several, squeezed, in the order in which they stand; a template's header is the
    first of its field."""
    words = (word for pattern in patterns for word in spelt_out(squeeze(pattern), groups))
    return list(dict.fromkeys(word for word in words if word))


def _parts(pattern: str, groups: Groups) -> list[Sequence[str]]:
    """What a word of the pattern is made of: for each place in it what may stand there."""
    parts: list[Sequence[str]] = []
    at = 0
    for match in PATTERN.finditer(pattern):
        one, maybe, group = match.groups()
        parts.append((pattern[at : match.start()],))
        if group is not None:
            parts.append(groups[group])
        else:
            inner = [
                word
                for option in (one if one is not None else maybe).split("|")
                for word in (groups[option[1:-1]] if option[:1] == "<" else [option])
            ]
            parts.append(inner if one is not None else ["", *inner])
        at = match.end()
    parts.append((pattern[at:],))
    return parts


class _Ends(NamedTuple):
    """What may stand behind a beginning; the pattern's `rank` among all, and what it means."""

    rank: int
    words: frozenset[str]
    meaning: str


class Spelt(Mapping[str, str]):
    """Word → meaning, of a table meaning → patterns. A word that is spelt out whole goes before one
    out of a pattern, and what stands later before what stands earlier; in a city's file that is the
    city's own. In the order of the meanings, as choices are offered."""

    def __init__(self, table: Mapping[str, Sequence[str]], groups: Groups) -> None:
        """Raises KeyError for a group that isn't there, TypeError for what are no lists of words."""
        self._table, self._groups = table, groups
        self._patterns = [
            (meaning, _parts(squeeze(pattern), groups))
            for meaning, patterns in table.items()
            for pattern in _listed(patterns)
            if PATTERN.search(pattern)
        ]
        self.whole = {
            squeeze(word): meaning
            for meaning, patterns in table.items()
            for word in patterns
            if not PATTERN.search(word)
        }
        self._found: dict[str, str | None] = {}

    @cached_property
    def begins(self) -> Mapping[str, Sequence[_Ends]]:
        """Beginning of words → what may stand behind it."""
        found: defaultdict[str, list[_Ends]] = defaultdict(list)
        for rank, (meaning, parts) in enumerate(self._patterns, 1):
            heads, tails = _halves(parts)
            ends = _Ends(rank, tails, meaning)
            for head in heads:
                found[head].append(ends)
        return dict(found)

    @cached_property
    def _ends(self) -> frozenset[str]:
        """The last letters of all words that patterns spell out."""
        found: set[str] = set()
        for head, behind in self.begins.items():
            for ends in behind:
                found.update({head[-1:]} if "" in ends.words else ())
        words = {id(e): e.words for behind in self.begins.values() for e in behind}
        found.update(word[-1:] for of in words.values() for word in of)
        return frozenset(found - {""})

    def find(self, word: str) -> str | None:
        """What a squeezed word means."""
        if word in self._found:
            return self._found[word]
        found = self.whole.get(word) or self._of_pattern(word)
        if len(self._found) < _KEPT:
            self._found[word] = found
        return found

    def _of_pattern(self, word: str) -> str | None:
        last, meaning = 0, None
        if word[-1:] not in self._ends:  # as of nearly all that is no header
            return None
        for cut in range(len(word) + 1):
            for ends in self.begins.get(word[:cut], ()):
                if ends.rank > last and word[cut:] in ends.words:
                    last, meaning = ends.rank, ends.meaning
        return meaning

    def first_of(self, meaning: str) -> str | None:
        """The first word that is spelt out for a meaning."""
        patterns = sorted(self._table.get(meaning, ()), key=lambda p: not PATTERN.search(p))
        words = (word for pattern in patterns for word in spelt([pattern], self._groups))
        return next((word for word in words if self.find(word) == meaning), None)

    @cached_property
    def _all(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for meaning, parts in self._patterns:
            words = ("".join(chosen) for chosen in product(*parts))
            found |= dict.fromkeys(filter(None, words), meaning)
        order = {meaning: n for n, meaning in enumerate(self._table)}
        return dict(sorted((found | self.whole).items(), key=lambda told: order[told[1]]))

    def __getitem__(self, word: str) -> str:
        found = self.find(word)
        if found is None:
            raise KeyError(word)
        return found

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def _listed(patterns: Sequence[str]) -> Sequence[str]:
    if isinstance(patterns, str):
        raise TypeError(f"{patterns!r} is one word where a list of words is expected")
    return patterns


def _halves(parts: Sequence[Sequence[str]]) -> tuple[set[str], frozenset[str]]:
    """(beginnings, ends) of what the parts spell out, cut where the two are fewest."""
    sizes = list(map(len, parts))
    cut = min(range(len(parts) + 1), key=lambda at: prod(sizes[:at]) + prod(sizes[at:]))
    heads = {"".join(chosen) for chosen in product(*parts[:cut])}
    return heads, frozenset("".join(chosen) for chosen in product(*parts[cut:]))


class Vocabulary:
    """Whether a word is one of any of several tables, or of some words besides."""

    def __init__(self, tables: Iterable[Spelt], *words: Iterable[str]) -> None:
        self._tables = tuple(tables)
        self._words = frozenset[str]().union(*words, *(table.whole for table in self._tables))

    @cached_property
    def _begins(self) -> Mapping[str, Sequence[frozenset[str]]]:
        found: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for table in self._tables:
            for head, ends in table.begins.items():
                found[head] += (e.words for e in ends)
        return dict(found)

    @cached_property
    def _longest(self) -> int:
        """Characters of the longest word of a pattern, at most."""
        ends = {id(e): e for found in self._begins.values() for e in found}
        longest = {key: max(map(len, e)) for key, e in ends.items()}
        return max(
            (len(head) + longest[id(e)] for head, found in self._begins.items() for e in found),
            default=0,
        )

    def __contains__(self, word: str) -> bool:
        if word in self._words:
            return True
        if not 0 < len(word) <= self._longest:
            return False
        begins = self._begins
        return any(
            word[cut:] in ends
            for cut in range(len(word) + 1)
            for ends in begins.get(word[:cut], ())
        )
