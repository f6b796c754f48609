"""`qianyun policy declare|except|event|fate|baseline|records|withdraw`: what people put on
record."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command
from api.days import day_of, today_of

if TYPE_CHECKING:
    from datetime import date

    from pydantic import JsonValue

    from migrator.store.records import Kept

    type Told = dict[str, JsonValue | date]

Policy = Annotated[str, typer.Argument(metavar="POLICY", help="政策编号 / a policy's id")]
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="条目编号 / an entry's id")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="对象编号 / an object's code")]
By = Annotated[str, typer.Option(help="由谁认定 / who answers for it")]
Evidence = Annotated[str, typer.Option(help="印证资料 / the paper that shows it")]
On = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="日期，默认今日 / the day, today by default"),
]


class Became(StrEnum):
    """What became of an object."""

    merged = "merged"
    retired = "retired"
    excluded = "excluded"


def register(app: typer.Typer) -> None:
    """Add the commands to the group `policy`."""
    command(app, "declare", help="申报完成 / declare an entry done, with evidence")(declare)
    command(app, "except", help="登记例外 / record an exception, with its review day")(except_)
    command(app, "event", help="登记时限的起止 / record what started or ended a clock")(event)
    command(app, "fate", help="登记去向：合并、清理、排除 / record what became of an object")(fate)
    command(app, "baseline", help="留存基线 / keep the inventory of today as a baseline")(baseline)
    command(app, "records", help="登记一览 / what was put on record by command")(records)
    command(app, "withdraw", help="撤回登记 / take a record back; it stays to be read")(withdraw)


def declare(
    desk: Desk,
    *,
    policy: Policy,
    entry: Entry,
    by: By,
    evidence: Evidence,
    on: On = None,
    code: Annotated[str | None, typer.Option(help="对象编号 / of which object")] = None,
    item: Annotated[str | None, typer.Option(help="分项 / of which item")] = None,
    undone: Annotated[bool, typer.Option("--undone", help="不再成立 / it is no longer so")] = False,
) -> None:
    told: Told = {
        "policy": policy,
        "entry": entry,
        "by": by,
        "evidence": evidence,
        "done": not undone,
    }
    more: Told = {"on": day_of(desk, on, "--on"), "code": code, "item": item}
    _put(desk, "declaration", told | more)


def except_(
    desk: Desk,
    *,
    policy: Policy,
    entry: Entry,
    code: Code,
    reason: Annotated[str, typer.Option(help="理由 / why")],
    approver: Annotated[str, typer.Option(help="批准人 / who approved it")],
    document: Annotated[str, typer.Option(help="批准文件 / the document")],
    review_on: Annotated[str, typer.Option(metavar="DATE", help="复核日期 / review day")],
    approved_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="批准日期，默认今日 / today by default")
    ] = None,
) -> None:
    told: Told = {"policy": policy, "entry": entry, "code": code, "reason": reason}
    told |= {"approver": approver, "document": document}
    days: Told = {
        "approved_on": day_of(desk, approved_on, "--approved-on"),
        "review_on": day_of(desk, review_on, "--review-on"),
    }
    _put(desk, "exception", told | days)


def event(
    desk: Desk,
    *,
    policy: Policy,
    entry: Entry,
    code: Code,
    started: Annotated[str, typer.Option(metavar="DATE", help="起算日 / what started it")],
    evidence: Evidence,
    ended: Annotated[
        str | None, typer.Option(metavar="DATE", help="办结日 / when it ended, if it has")
    ] = None,
) -> None:
    told: Told = {"policy": policy, "entry": entry, "code": code, "evidence": evidence}
    days: Told = {
        "started": day_of(desk, started, "--started"),
        "ended": None if ended is None else day_of(desk, ended, "--ended"),
    }
    _put(desk, "event", told | days)


def fate(
    desk: Desk,
    *,
    code: Code,
    became: Annotated[Became, typer.Argument(help="合并、清理或排除 / what became of it")],
    by: By,
    evidence: Evidence,
    into: Annotated[str | None, typer.Option(help="并入的对象 / merged into which")] = None,
    of: Annotated[str, typer.Option(help="对象类别 / kind of object")] = "systems",
    policy: Annotated[
        str | None, typer.Option(help="排除所依政策 / excluded from a count of this policy")
    ] = None,
    entry: Annotated[str | None, typer.Option(help="排除所依条目 / and of this entry")] = None,
    on: On = None,
) -> None:
    told: Told = {"set": of, "code": code, "became": became.value, "into": into, "by": by}
    more: Told = {"evidence": evidence, "policy": policy, "entry": entry}
    _put(desk, "fate", told | more | {"on": day_of(desk, on, "--on")})


def baseline(desk: Desk, policy: Policy) -> None:
    kept = desk.product.recording.keep_baseline(policy, desk.actor, today_of(desk))
    _told(desk, kept)


def records(
    desk: Desk,
    policy: Annotated[str | None, typer.Option(help="一个政策 / of one policy")] = None,
    all_: Annotated[bool, typer.Option("--all", help="含已撤回的 / withdrawn ones too")] = False,
) -> None:
    from api.show.records import records_screen

    every = desk.product.recording.listed(withdrawn=all_)
    found = [kept for kept in every if policy in (None, kept.record.policy)]
    data = {"records": [kept.model_dump(mode="json") for kept in found]}
    desk.answer(data, lambda: records_screen(found, desk.words, desk.settings.timezone))


def withdraw(
    desk: Desk,
    id: Annotated[int, typer.Argument(metavar="ID", min=1, help="记录号 / the record's number")],
    reason: Annotated[str, typer.Option(help="理由 / why")],
) -> None:
    from api.show.parts import GOOD, text

    kept = desk.product.recording.withdraw(id, desk.actor, reason)
    told = desk.words("record_withdrawn", id=kept.id)
    desk.answer(kept.model_dump(mode="json"), lambda: [text(told, GOOD)])


def _put(desk: Desk, kind: str, told: "Told") -> None:
    given = {name: value for name, value in told.items() if value is not None}
    _told(desk, desk.product.recording.put(kind, given, desk.actor, today_of(desk)))


def _told(desk: Desk, kept: "Kept") -> None:
    from api.show.parts import GOOD, text

    said = desk.words("record_kept", id=kept.id, kind=desk.words.known(f"record.{kept.kind}"))
    desk.answer(kept.model_dump(mode="json"), lambda: [text(said, GOOD)])
