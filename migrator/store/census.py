"""Visits to hosts in the truth: what is under way, what was read, each with its audit entry."""

import json
import secrets
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from inventory.facts import HostFacts, Look, Package, Sweep, Visit
from inventory.tables import sweeps, visits
from migrator.errors import NotFound, StoreDown
from migrator.store.audit import record

if TYPE_CHECKING:
    from migrator.store.truth import Truth

FORMAT = 1
QUICK = 1  # level of zlib: a visit is written while others wait


class Census:
    """Sweeps and visits."""

    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def sweep(self) -> Sweep | None:
        """The round that goes on, or None before the first."""
        with self._truth.reading() as connection:
            return _newest(connection)

    def open(self, actor: str) -> Sweep:
        """A new round."""
        with self._truth.writing() as connection:
            now = self._truth.now()
            day = datetime.fromisoformat(now).strftime("%Y%m%d")
            made = Sweep(id=f"sweep-{day}-{secrets.token_hex(3)}", begun=now, by=actor)
            connection.execute(
                insert(sweeps).values(id=made.id, begun_at=made.begun, begun_by=made.by)
            )
            record(connection, at=now, actor=actor, action="sweep.begun", object=made.id)
            return made

    def read_in(self, sweep: str) -> frozenset[str]:
        """Codes of the hosts that were read in this round."""
        query = select(visits.c.code).where(visits.c.sweep == sweep, visits.c.state == "read")
        with self._truth.reading() as connection:
            return frozenset(connection.scalars(query))

    def begin(
        self, sweep: str, *, code: str, address: str, way: str, login: str, actor: str
    ) -> int:
        """Write down a visit before it is made; its number."""
        with self._truth.writing() as connection:
            now = self._truth.now()
            made = connection.execute(
                insert(visits)
                .values(
                    sweep=sweep,
                    code=code,
                    address=address,
                    way=way,
                    state="begun",
                    begun_at=now,
                    message="",
                    found_key="",
                    evidence="",
                    format=FORMAT,
                )
                .returning(visits.c.id)
            ).scalar_one()
            detail = {"visit": made, "sweep": sweep, "address": address, "way": way, "as": login}
            record(connection, at=now, actor=actor, action="host.visit", object=code, detail=detail)
            return int(made)

    def end(self, number: int, visit: Visit, *, actor: str) -> None:
        """Write how a visit ended."""
        facts, packages = None, None
        if visit.facts is not None:
            facts = zlib.compress(visit.facts.model_dump_json().encode(), QUICK)
            listed = json.dumps(visit.package_list, ensure_ascii=False)
            packages = zlib.compress(listed.encode(), QUICK)
        state = "failed" if visit.facts is None else "read"
        with self._truth.writing() as connection:
            connection.execute(
                update(visits)
                .where(visits.c.id == number, visits.c.state == "begun")
                .values(
                    state=state,
                    ended_at=visit.ended,
                    failure=visit.failure,
                    message=visit.message,
                    found_key=visit.found_key,
                    evidence=visit.evidence,
                    facts=facts,
                    packages=packages,
                )
            )
            detail: dict[str, object] = {"visit": number}
            if visit.failure is None:
                detail["evidence"] = visit.evidence
            else:
                detail["failure"] = visit.failure.value
            record(
                connection,
                at=self._truth.now(),
                actor=actor,
                action=f"host.{state}",
                object=visit.code,
                detail=detail,
            )

    def latest(self, codes: Iterable[str] | None = None) -> dict[str, Look]:
        """The newest look that read a host, for each host that was ever read."""
        return {look.code: look for look in self._looks("read", codes)}

    def failed(self, codes: Iterable[str] | None = None) -> dict[str, Look]:
        """The newest failed visit of each host that was not read since."""
        read = {code: look.id for code, look in self.latest(codes).items()}
        found = {look.code: look for look in self._looks("failed", codes)}
        return {code: look for code, look in found.items() if look.id > read.get(code, 0)}

    def recent(self, days: int) -> Iterator[Look]:
        """All looks that read something, of the `days` before the newest, the oldest first."""
        query = select(func.max(visits.c.begun_at)).where(visits.c.state == "read")
        with self._truth.reading() as connection:
            newest = connection.scalar(query)
            if newest is None:
                return
            since = (datetime.fromisoformat(newest) - timedelta(days=days)).isoformat()
            rows = connection.execute(
                select(visits)
                .where(visits.c.state == "read", visits.c.begun_at >= since)
                .order_by(visits.c.id)
            ).mappings()
            for row in rows:
                yield _look(row)

    def look(self, number: int) -> Look:
        """One look with its package list. Raises NotFound."""
        with self._truth.reading() as connection:
            row = connection.execute(select(visits).where(visits.c.id == number)).mappings().first()
        if row is None or row["state"] == "begun":
            raise NotFound(
                f"没有此次查看，或它没有结束 / there is no such look, or it never ended: {number}; "
                "see `qianyun inventory facts CODE`"
            )
        return _look(row, packages=True)

    def _looks(self, state: str, codes: Iterable[str] | None) -> Iterator[Look]:
        newest = select(func.max(visits.c.id)).where(visits.c.state == state)
        newest = newest.group_by(visits.c.code)
        wanted = None if codes is None else frozenset(codes)
        query = select(visits).where(visits.c.id.in_(newest)).order_by(visits.c.code)
        with self._truth.reading() as connection:
            for row in connection.execute(query).mappings():
                if wanted is None or row["code"] in wanted:
                    yield _look(row)


def _newest(connection: Connection) -> Sweep | None:
    query = select(sweeps).order_by(sweeps.c.begun_at.desc(), sweeps.c.id).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Sweep(id=row["id"], begun=row["begun_at"], by=row["begun_by"])


def _look(row: RowMapping, *, packages: bool = False) -> Look:
    if row["format"] != FORMAT:
        raise StoreDown(
            f"第 {row['id']} 次查看的格式为 {row['format']}，本程序只认识 {FORMAT}，请升级程序 / look "
            f"{row['id']} has format {row['format']}, this program knows {FORMAT}: install a later one"
        )
    listed: list[tuple[str, str]] = []
    if packages and row["packages"]:
        listed = json.loads(zlib.decompress(row["packages"]))
    facts = row["facts"]
    visit = Visit(
        code=row["code"],
        address=row["address"],
        way=row["way"],
        begun=row["begun_at"],
        ended=row["ended_at"],
        facts=HostFacts.model_validate_json(zlib.decompress(facts)) if facts else None,
        failure=row["failure"],
        message=row["message"],
        found_key=row["found_key"],
        evidence=row["evidence"],
        package_list=tuple(Package(*one) for one in listed),
    )
    return Look(id=row["id"], sweep=row["sweep"], visit=visit)
