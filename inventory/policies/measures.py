"""What a target measures, as data: a small fixed vocabulary.

share      the part of the subject set that meets `done`
count      how many there are in the subject set
per        in how many of the objects of `per` the number of subjects stays within the threshold
fewer      whether there are fewer than on the day of the baseline
declared   what the lead unit declares, with evidence (R0-4)
each       for how many of the subject set something is declared
items      how many of the named items are declared
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from inventory.model import Frozen
from inventory.policies.conditions import Conditions


class Share(Frozen):
    kind: Literal["share"]
    done: Conditions = Field(min_length=1)


class Count(Frozen):
    kind: Literal["count"]


class Per(Frozen):
    """`by` is the subject's field that names the object of `per`; `per_where` says which of these
    count, all of them, whether or not they have a subject."""

    kind: Literal["per"]
    per: Literal["organisations"]
    by: str
    per_where: Conditions = ()


class Fewer(Frozen):
    kind: Literal["fewer"]


class Declared(Frozen):
    kind: Literal["declared"]


class Each(Frozen):
    kind: Literal["each"]


class Items(Frozen):
    """Named things of the clause, in its own words."""

    kind: Literal["items"]
    items: tuple[str, ...] = Field(min_length=1)


Measure = Annotated[
    Share | Count | Per | Fewer | Declared | Each | Items, Field(discriminator="kind")
]
NEEDS_SET = ("share", "count", "per", "fewer", "each")
COMPUTED = ("share", "count", "per", "fewer")
PARTS = ("share", "each", "items")
"""Measures whose threshold is a part of one; the others count."""


class Threshold(Frozen):
    """A limit and the words of the quote that give it: figures there must be these figures."""

    at_least: Decimal | None = Field(default=None, ge=0)
    at_most: Decimal | None = Field(default=None, ge=0)
    words: str

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("应为 at_least 或 at_most 之一 / expected one of at_least, at_most")
        return self

    @property
    def value(self) -> Decimal:
        found = self.at_most if self.at_least is None else self.at_least
        assert found is not None
        return found
