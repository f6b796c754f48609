"""What was handed in, by whom, how and when: of our reports, and of others. Each with its audit entry."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, insert, select

from migrator.errors import Refused
from migrator.store.audit import record
from migrator.store.tables_reports import report_sendings

if TYPE_CHECKING:
    from inventory.policies.records import Handed
    from migrator.store.truth import Truth


@dataclass(frozen=True)
class Sending:
    """Something handed in, by one channel. `code` of whose duty it was, "" for nobody of the
    inventory; `report`: the number of ours, None for what others handed in by themselves."""

    policy: str
    entry: str
    code: str
    period: str
    on: date
    channel: str
    receiver: str
    evidence: str
    report: int | None = None
    at: str = ""
    by: str = ""


class Sendings:
    """All that was handed in."""

    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def add(self, sending: Sending, *, actor: str) -> Sending:
        """Write down what was handed in. Raises Refused where the same is on record."""
        fields = ("policy", "entry", "code", "period", "channel", "report")
        same = {name: getattr(sending, name) for name in fields}
        with self._truth.writing() as connection:
            now = self._truth.now()
            there = connection.execute(
                select(report_sendings.c.on).filter_by(**same, on=sending.on.isoformat())
            ).first()
            if there is not None:
                raise Refused(
                    f"已登记过同一报送 / this is on record already: {sending.period} {sending.channel} "
                    f"{sending.on}"
                )
            connection.execute(
                insert(report_sendings).values(
                    **same,
                    on=sending.on.isoformat(),
                    receiver=sending.receiver,
                    evidence=sending.evidence,
                    at=now,
                    by=actor,
                )
            )
            about = f"report-{sending.report}" if sending.report else sending.code or sending.policy
            record(
                connection,
                at=now,
                actor=actor,
                action="report.sent" if sending.report else "report.received",
                object=about,
                detail={
                    **same,
                    "on": sending.on.isoformat(),
                    "receiver": sending.receiver,
                    "evidence": sending.evidence,
                },
            )
        return sending

    def every(self) -> list[Sending]:
        """All, the oldest first."""
        query = select(report_sendings).order_by(report_sendings.c.id)
        with self._truth.reading() as connection:
            return [_sending(row) for row in connection.execute(query).mappings()]

    def handed(self) -> "tuple[Handed, ...]":
        """As records of the policies: what counts as reported."""
        from inventory.policies.records import Handed  # noqa: PLC0415  policies: not for every command

        return tuple(
            Handed(
                policy=one.policy,
                entry=one.entry,
                code=one.code,
                period=one.period,
                on=one.on,
                channels=(one.channel,),
                evidence=one.evidence or f"report-{one.report}",
            )
            for one in self.every()
            if one.entry and one.code
        )


def _sending(row: RowMapping) -> Sending:
    told = {name: row[name] for name in Sending.__dataclass_fields__ if name != "on"}
    return Sending(**told, on=date.fromisoformat(row["on"]))
