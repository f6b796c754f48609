"""Machines on which workers run: which zone, when last seen, and whether a person saw that one is off.

What a lost worker left on its own machine can only be seen to be gone there. So its attempts wait for
its return, or for a person who declares the machine off: then the next worker ends what is left on
the hosts, whose tokens shut out whatever might still come from it.
"""

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from inventory.model import Frozen
from migrator.errors import NotFound, Refused
from migrator.store.audit import record
from migrator.store.tables import attempts, machines

if TYPE_CHECKING:
    from migrator.store.truth import Truth


class Machine(Frozen):
    name: str
    zone: str
    seen_at: str
    gone_at: str | None = None
    gone_by: str = ""
    reason: str = ""


class Machines:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def seen(self, name: str, zone: str) -> bool:
        """A worker tells that it is there; False where a person declared the machine off since: it
        must take no more work, until `back`."""
        values = {"zone": zone, "seen_at": self._truth.now()}
        with self._truth.writing() as connection:
            row = connection.execute(select(machines).where(machines.c.name == name)).first()
            if row is None:
                connection.execute(insert(machines).values(name=name, **values))
                return True
            if row.gone_at is not None:
                return False
            connection.execute(update(machines).where(machines.c.name == name).values(**values))
        return True

    def all(self) -> list[Machine]:
        with self._truth.reading() as connection:
            rows = connection.execute(select(machines).order_by(machines.c.name)).mappings()
            return [Machine(**row) for row in rows]

    def is_gone(self, name: str) -> bool:
        with self._truth.reading() as connection:
            query = select(machines.c.gone_at).where(machines.c.name == name)
            return connection.scalar(query) is not None

    def declare_gone(self, name: str, actor: str, reason: str) -> Machine:
        """A person saw that the machine is off and stays off. Raises NotFound, Refused without a
        reason; told twice, it changes nothing."""
        if not reason.strip():
            raise Refused(
                "须写明如何确认该机器已关机 / say how it was seen that the machine is off: --reason"
            )
        return self._mark(name, actor, "machine.gone", reason)

    def back(self, name: str, actor: str) -> Machine:
        """The machine is back, and nothing of its former attempts runs on it. Raises NotFound."""
        return self._mark(name, actor, "machine.back", "")

    def _mark(self, name: str, actor: str, action: str, reason: str) -> Machine:
        gone, at = action == "machine.gone", self._truth.now()
        with self._truth.writing() as connection:
            row = connection.execute(select(machines).where(machines.c.name == name)).first()
            known = row is not None
            if not known:
                known = (
                    connection.execute(
                        select(attempts.c.token).where(attempts.c.machine == name).limit(1)
                    ).first()
                    is not None
                )
                if not known:
                    raise NotFound(f"没有此机器 / no such machine: {name}; `qianyun machine list`")
                connection.execute(insert(machines).values(name=name, zone="", seen_at=at))
            if (row is not None and row.gone_at is not None) is not gone:
                values = {
                    "gone_at": at if gone else None,
                    "gone_by": actor if gone else "",
                    "reason": reason,
                }
                of = machines.c.name == name
                connection.execute(update(machines).where(of).values(**values))
                record(
                    connection,
                    at=at,
                    actor=actor,
                    action=action,
                    object=name,
                    detail={"reason": reason},
                )
            found = connection.execute(select(machines).where(machines.c.name == name)).mappings()
            return Machine(**found.one())
