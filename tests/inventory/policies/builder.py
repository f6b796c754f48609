"""A city made piece by piece, so that what is true of it is known before anything is measured."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inventory.model import (
    Cloud,
    Estate,
    Host,
    Line,
    Node,
    Organisation,
    Project,
    Provenance,
    Resource,
    Room,
    System,
)

CLOUD, ROOM = "CLOUD", "ROOM"


@dataclass
class City:
    """Every `add` returns the code that the object got."""

    parts: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._put("clouds", Cloud(code=CLOUD, name="市政务云"))
        self._put("rooms", Room(code=ROOM, name="老机房"))

    def organisation(self, name: str, **told: Any) -> str:
        return self._put("organisations", Organisation(code=self._code("O"), name=name, **told))

    def departments(self, count: int, county: str | None = None, **told: Any) -> list[str]:
        level = "county" if county else "city"
        where = county or "市"
        return [
            self.organisation(f"{where}第{n + 1}局", level=level, county=county, **told)
            for n in range(count)
        ]

    def system(self, owner: str | None, *, moved: bool | None = None, **told: Any) -> str:
        """`moved`: on the cloud, in a room, or None: not told where."""
        place = {True: CLOUD, False: ROOM, None: None}[moved]
        system = System(code=self._code("S"), name="系统", organisation=owner, room=place, **told)
        return self._put("systems", system)

    def line(self, kind: str, owner: str | None = None, **told: Any) -> str:
        code = self._code("L")
        return self._put("lines", Line(code=code, name=code, type=kind, organisation=owner, **told))

    def room(self, owner: str | None = None, **told: Any) -> str:
        return self._put(
            "rooms", Room(code=self._code("R"), name="机房", organisation=owner, **told)
        )

    def cloud(self, owner: str | None = None, **told: Any) -> str:
        return self._put(
            "clouds", Cloud(code=self._code("C"), name="云", organisation=owner, **told)
        )

    def node(self, kind: str, **told: Any) -> str:
        return self._put("nodes", Node(code=self._code("N"), name="节点", kind=kind, **told))

    def host(self, **told: Any) -> str:
        return self._put("hosts", Host(code=self._code("H"), name="设备", **told))

    def project(self, owner: str | None = None, **told: Any) -> str:
        project = Project(code=self._code("P"), name="项目", organisation=owner, **told)
        return self._put("projects", project)

    def resource(self, name: str, owner: str | None = None, **told: Any) -> str:
        resource = Resource(code=self._code("D"), name=name, organisation=owner, **told)
        return self._put("resources", resource)

    def change(self, kind: str, code: str, **told: Any) -> None:
        self.parts[kind] = [
            o.model_copy(update=told) if o.code == code else o for o in self.parts[kind]
        ]

    def drop(self, kind: str, code: str) -> None:
        self.parts[kind] = [o for o in self.parts[kind] if o.code != code]

    def estate(self) -> Estate:
        return Estate(**{kind: tuple(objects) for kind, objects in self.parts.items()})

    def _put(self, kind: str, thing: Any) -> str:
        self.parts.setdefault(kind, []).append(thing)
        return str(thing.code)

    def _code(self, letter: str) -> str:
        count = sum(len(objects) for objects in self.parts.values())
        return f"{letter}-{count:04}"


def told(name: str, row: int) -> tuple[Provenance, ...]:
    """Where a field was read."""
    return (Provenance(field=name, source="台账.xlsx", sheet="信息系统", row=row),)


DAY = date(2018, 12, 31)
