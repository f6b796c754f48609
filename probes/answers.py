"""What a resolver said: apart from `names`, whose library a prober loads only when it has names to ask."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """`addresses` in the order of their numbers: two probers look at the same one. `ttl`: seconds."""

    addresses: tuple[str, ...]
    ttl: float


@dataclass(frozen=True, slots=True)
class Nameless:
    """The name does not exist, or has no address of this family: so its servers say."""

    told: str


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody told: no name server answered, or none would."""

    told: str


type Answer = Found | Nameless | Silent
