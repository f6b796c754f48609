"""What a city says of its engine, as data: who approves what, freezes, zones, limits, notices.

    [roles]
    approver = ["li", "wang"]
    [critical]
    systems = ["LJ-S-001"]          # critical infrastructure by name
    mlps_level = 4                  # and by graded protection (等保), from this level up
    [[approvals]]
    name = "critical"
    of = "plan"                     # or "wave", "item"
    count = 2
    when = "critical"
    [[freezes]]
    name = "两会"
    from = 03-01
    to = 03-15

The rules are no part of a plan: its author must not be able to weaken them. `docs/engine.md` tells every key.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inventory.frozen import Frozen
from migrator.planning.means import Freeze
from migrator.planning.plan import Item

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Names = tuple[Name, ...]


class Scope(StrEnum):
    """What an approval is of."""

    PLAN = "plan"
    WAVE = "wave"
    ITEM = "item"


class Before(StrEnum):
    """What may not begin without it."""

    START = "start"
    CUTOVER = "cutover"
    COMMIT = "commit"


class Concerned(Frozen):
    """Whom a change is about, as far as rules ask: a system, or a host that is of none (`room` alone)."""

    code: str = ""
    organisation: str | None = None
    mlps_level: int | None = None
    room: str | None = None

    @staticmethod
    def of(item: Item) -> "Concerned":
        return Concerned(
            code=item.code,
            organisation=item.system.organisation,
            mlps_level=item.system.mlps_level,
            room=item.source.place,
        )


class Critical(Frozen):
    """Which systems are critical infrastructure: by name, or by their level of graded protection
    (等保, GB/T 22239: 1 to 5)."""

    systems: Names = ()
    mlps_level: int = Field(default=4, ge=1, le=5)

    def holds(self, one: Concerned) -> bool:
        level = one.mlps_level
        return one.code in self.systems or (level is not None and level >= self.mlps_level)


class Approval(Frozen):
    """So many people must approve what this is `of`, before a point of the way.

    `people`, `roles`: who counts, anybody where both are empty. `four_eyes`: the author does not.
    `valid_hours`: how long an approval lasts. `evidence`: kinds of papers that must be on record
    beside ("sign-off", "paper" …). `organisations`, `systems`, `rooms`: whose items; all if empty.
    """

    name: Name
    of: Scope = Scope.PLAN
    before: Before = Before.START
    count: int = Field(default=1, ge=0, le=9)
    people: Names = ()
    roles: Names = ()
    four_eyes: bool = True
    valid_hours: int | None = Field(default=None, ge=1)
    evidence: Names = ()
    when: Literal["any", "critical"] = "any"
    organisations: Names = ()
    systems: Names = ()
    rooms: Names = ()

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.count and not self.evidence:
            raise ValueError("count 为 0 且无 evidence / asks for nobody and no evidence")
        return self

    def concerns(self, one: Concerned, critical: Critical) -> bool:
        """Whether the rule is about this one."""
        if self.when == "critical" and not critical.holds(one):
            return False
        return (
            (not self.organisations or (one.organisation or "") in self.organisations)
            and (not self.systems or one.code in self.systems)
            and (not self.rooms or (one.room or "") in self.rooms)
        )


class Notify(Frozen):
    """Who is told of what. `on`: kinds of events, `item.*` for all of items. `to`: names of the
    channels, whose addresses hold secrets and stand in the settings."""

    name: Name
    on: Names = Field(min_length=1)
    to: Names = Field(min_length=1)
    organisations: Names = ()
    systems: Names = ()


ONE = Approval(name="plan", count=1)
TWO = Approval(name="critical", count=2, when="critical")


class EngineRules(Frozen):
    """The whole file. Without one: one person who is not the author, two where a plan touches
    critical infrastructure. `commands`: roles that may give a command (retry, skip, rollback …)."""

    roles: dict[str, Names] = Field(default_factory=dict)
    critical: Critical = Critical()
    approvals: tuple[Approval, ...] = (ONE, TWO)
    freezes: tuple[Freeze, ...] = ()
    commands: dict[str, Names] = Field(default_factory=dict)
    zones: dict[str, Name] = Field(default_factory=dict, description="zone by room")
    limits: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    notify: tuple[Notify, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        told = {rule.name for rule in self.approvals}
        if len(told) != len(self.approvals):
            raise ValueError("approvals 的 name 重复 / two approvals have one name")
        asked = [r for rule in self.approvals for r in rule.roles]
        asked += [r for roles in self.commands.values() for r in roles]
        if missing := sorted(set(asked) - self.roles.keys()):
            raise ValueError(f"[roles] 中没有 / no such role in [roles]: {', '.join(missing)}")
        return self

    def zone_of(self, item: Item) -> str:
        """The zone whose workers do the item's steps; "" where rooms have none."""
        return self.zones.get(item.source.place or "", "")


NO_RULES = EngineRules()
