"""What several round trips say together: loss, middle, spread, jitter. Pure."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median


@dataclass(frozen=True, slots=True)
class Train:
    """`rtts`: milliseconds of those that came back, in the order in which they were sent."""

    sent: int
    rtts: tuple[float, ...]

    @property
    def received(self) -> int:
        return len(self.rtts)

    @property
    def loss(self) -> float:
        """Share that did not come back, 0 to 1."""
        return 1 - self.received / self.sent

    @property
    def answer(self) -> float:
        return median(self.rtts)

    @property
    def best(self) -> float:
        return min(self.rtts)

    @property
    def worst(self) -> float:
        return max(self.rtts)

    @property
    def jitter(self) -> float:
        """Mean difference of neighbours (RFC 5481, 4.1: inter-packet delay variation); 0 of one."""
        steps = [abs(b - a) for a, b in pairwise(self.rtts)]
        return sum(steps) / len(steps) if steps else 0.0
