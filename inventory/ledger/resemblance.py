"""Which fields a header resembles that no list spells out. Pure.

A header's pieces, its signs and its pairs of signs, speak for the fields in whose known headers
they stand; a piece that only few fields have speaks louder (inverse document frequency). 平米数 has
the pieces of 平方米 and 面积（平米）, and of nothing else's.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property

type Samples = Mapping[str, tuple[tuple[str, ...], ...]]
"""Field → for each of its patterns some of the headers that it spells out; "" of no field."""

_WEIGHT = 6  # of headers of a pattern that count: one that spells out hundreds is one idea
_USUAL = 6  # a piece in a sixth of a field's headers is as much its own as one in all


def pieces(header: str) -> frozenset[str]:
    """The signs and pairs of signs of a squeezed header; ^ and $ are its ends."""
    ended = f"^{header}$"
    return frozenset(header) | {ended[at : at + 2] for at in range(len(ended) - 1)}


class Resemblance:
    """What the headers of one kind are made of; they are spelt out when first asked."""

    def __init__(self, samples: Callable[[], Samples]) -> None:
        self._samples = samples

    def ranked(self, header: str) -> tuple[tuple[float, str], ...]:
        """(how much of the header speaks for it, from 0 to 1; field), the most first."""
        shares, rarity = self._shares, self._rarity
        told = {piece: rarity.get(piece, self._unheard) for piece in pieces(header)}
        whole = sum(told.values())
        found = [
            (sum(share.get(p, 0.0) * weight for p, weight in told.items()) / whole, field)
            for field, share in shares.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one[0], one[1])))

    @cached_property
    def _shares(self) -> Mapping[str, Mapping[str, float]]:
        """Field → piece → in how many of its headers it stands, at most 1."""
        return {field: _counted(patterns) for field, patterns in self._samples().items()}

    @cached_property
    def _rarity(self) -> Mapping[str, float]:
        fields: Counter[str] = Counter()
        for share in self._shares.values():
            fields.update(share.keys())
        return {piece: math.log(1 + len(self._shares) / n) for piece, n in fields.items()}

    @property
    def _unheard(self) -> float:
        return math.log(1 + len(self._shares))


def _counted(patterns: tuple[tuple[str, ...], ...]) -> Mapping[str, float]:
    counted: defaultdict[str, float] = defaultdict(float)
    whole = 0.0
    for headers in patterns:
        weight = min(len(headers), _WEIGHT) / len(headers)
        whole += weight * len(headers)
        for header in headers:
            for piece in pieces(header):
                counted[piece] += weight
    return {piece: min(1.0, _USUAL * n / whole) for piece, n in counted.items()}
