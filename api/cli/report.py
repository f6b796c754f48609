"""`qianyun report`: what an office hands in, made final once, logged when it goes out."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command, group
from api.cli.policy import Policy, Today
from api.days import day_of
from api.errors import BadUsage, Exit
from inventory.policies.forms import FORMS, Form

if TYPE_CHECKING:
    from api.reports import Made, Office

app = group("报告 / reports: what is handed in, final and frozen, who has not reported")

Period = Annotated[
    str | None,
    typer.Option(metavar="PERIOD", help="2018、2019-03 或某日，默认当期 / the one that is due"),
]
Organisation = Annotated[
    str | None, typer.Option(metavar="CODE", help="一个单位，编号或全称 / one organisation's")
]
County = Annotated[str | None, typer.Option(metavar="NAME", help="一个区县 / one county's")]
To = Annotated[
    Path | None,
    typer.Option(metavar="FILE|FOLDER", help=".xlsx .docx .html .pdf，或文件夹 / or a folder"),
]
Final = Annotated[bool, typer.Option("--final", help="定稿并留存 / make it final and keep it")]
Revise = Annotated[
    str, typer.Option(metavar="REASON", help="更正定稿的理由 / correct a final one; the old stays")
]
Replace = Annotated[bool, typer.Option("--replace", help="覆盖已有文件 / overwrite files")]
Remark = Annotated[str, typer.Option(metavar="TEXT", help="需要说明的情况 / a remark in the text")]
Seed = Annotated[str, typer.Option(metavar="TEXT", help="抽样种子 / of the sample")]
Size = Annotated[int, typer.Option(metavar="N", min=0, help="抽样个数 / of the sample")]
On = Annotated[str, typer.Option(metavar="DATE", help="报送日期 / the day, YYYY-MM-DD")]
Channel = Annotated[
    str, typer.Option(metavar="NAME", help="渠道：邮箱、平台、纸质 … / by mail, platform, paper …")
]
Receiver = Annotated[str, typer.Option("--to", metavar="WHO", help="接收单位 / who took it")]
EvidenceText = Annotated[str, typer.Option(metavar="TEXT", help="回执等佐证 / a receipt, …")]


def _register(form: Form) -> None:
    """A command a form, all with the same options."""

    def run(
        desk: Desk,
        *,
        policy: Policy = None,
        period: Period = None,
        organisation: Organisation = None,
        county: County = None,
        to: To = None,
        final: Final = False,
        revise: Revise = "",
        remark: Remark = "",
        seed: Seed = "",
        size: Size = 0,
        replace: Replace = False,
        today: Today = None,
    ) -> None:
        from api.reports import Wanted
        from inventory.reports.case import Sampling, Scope

        if organisation and county:
            raise BadUsage("--organisation 与 --county 只能选一 / expected one of the two")
        office = _office(desk, today)
        wanted = Wanted(
            form=form.name,
            policy=policy,
            period=period,
            scope=Scope(organisation, county),
            sampling=Sampling(seed, size) if seed and size else None,
            remark=remark,
            final=final,
            revise=revise,
        )
        made = office.make(wanted, desk.actor)
        _answer(desk, office, made, to, replace=replace)

    numbers = "、".join(form.numbers)
    command(app, form.name, help=f"{form.title}（{numbers}）/ {form.title_en}")(run)


def _answer(desk: Desk, office: "Office", made: "Made", to: Path | None, *, replace: bool) -> None:
    from api.show.report import report_screen

    contents = office.write(made, to, actor=desk.actor, replace=replace) if to else {}
    data = {
        "digest": made.report.digest,
        "final": _kept(made.kept) if made.kept else None,
        "files": [
            {"path": str(path), "sha256": hashlib.sha256(content).hexdigest()}
            for path, content in contents.items()
        ],
        "report": made.report.model_dump(mode="json"),
    }
    paths = [str(path) for path in contents]
    desk.answer(data, lambda: report_screen(made.report, made.kept, paths, desk.words))


for _form in FORMS:
    _register(_form)


@command(app, "list", help="报告种类、期限与未报送单位 / kinds, days, who has not reported")
def list_(desk: Desk, policy: Policy = None, today: Today = None) -> None:
    from dataclasses import asdict

    from api.show.report import list_screen

    office = _office(desk, today)
    found = office.dues(policy, desk.actor)
    called = {o.code: o.name for o in office.product.estate.load().organisations}
    data = {
        "today": office.today,
        "kinds": [asdict(form) for form in FORMS],
        "dues": [asdict(due) for due in found],
    }
    desk.answer(data, lambda: list_screen(found, called, desk.words))


@command(app, "kept", help="定稿报告与报送记录 / final reports, and what was handed in")
def kept(desk: Desk) -> None:
    from dataclasses import asdict

    from api.show.report import kept_screen

    store = desk.product.truth.reports
    every, sent = store.every(), desk.product.truth.sendings.every()
    came = [one for one in desk.product.recording.listed() if one.kind == "report"]
    data = {
        "reports": [_kept(one) for one in every],
        "sent": [asdict(one) for one in sent],
        "received": [one.model_dump(mode="json") for one in came],
    }
    desk.answer(data, lambda: kept_screen(every, sent, came, desk.words))


@command(app, "send", help="登记定稿报告已报送 / log that a final report went out")
def send(
    desk: Desk,
    *,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="报告编号 / see `report kept`")],
    on: On,
    channel: Channel,
    to: Receiver = "",
    evidence: EvidenceText = "",
) -> None:
    """Nothing is sent: that an office does, by mail, platform or paper; here it is written down."""
    from dataclasses import asdict

    office = _office(desk, None)
    sent = office.send(
        number,
        desk.actor,
        on=day_of(desk, on, "--on"),
        channel=channel,
        to=to,
        evidence=evidence,
    )
    report = office.final(number, desk.actor).report
    _recorded(desk, asdict(sent), report.title, sent.channel)


@command(app, "record", help="登记别的单位报送来的 / log what another organisation handed in")
def record(
    desk: Desk,
    *,
    policy: Annotated[str, typer.Option(metavar="ID", help="政策 / the policy")],
    entry: Annotated[str, typer.Option(metavar="ID", help="条目 / its entry, see `report list`")],
    organisation: Annotated[str, typer.Option(metavar="CODE", help="单位或项目 / whose it is")],
    period: Annotated[str, typer.Option(metavar="PERIOD", help="2018 或 2019-03")],
    on: On,
    channel: Annotated[
        list[str], typer.Option(metavar="NAME", help="渠道，可多次 / by which; may be repeated")
    ],
    evidence: EvidenceText,
) -> None:
    """A record as those of `qianyun policy`: listed by `policy records`, taken back by `policy
    withdraw`."""
    kept, title = _office(desk, None).receive(
        desk.actor,
        policy=policy,
        entry=entry,
        organisation=organisation,
        period=period,
        on=day_of(desk, on, "--on"),
        channels=channel,
        evidence=evidence,
    )
    data = {"id": kept.id, **kept.record.model_dump(mode="json")}
    _recorded(desk, data, title, "、".join(channel), kept.id)


@command(app, "verify", help="核对定稿报告与文件 / whether all is as it was made; 1 when not")
def verify(
    desk: Desk,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE…", help="收到的文件 / files to look up")
    ] = None,
) -> None:
    from api.show.report import verify_screen
    from inventory.errors import ReportError

    store = desk.product.truth.reports
    faults, count = store.faults(), store.count()
    found = []
    for path in files or ():
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ReportError(f"无法读取 / can't be read: {path}: {error.strerror}") from error
        found.append((str(path), store.by_digest(hashlib.sha256(content).hexdigest())))
    ok = not faults and all(match for _, match in found)
    data: dict[str, Any] = {
        "ok": ok,
        "reports": count,
        "faults": faults,
        "files": [
            {"path": name, "report": match[0].id if match else None} for name, match in found
        ],
    }
    desk.answer(data, lambda: verify_screen(count, faults, found, desk.words))
    raise typer.Exit(Exit.DONE if ok else Exit.NO)


def _office(desk: Desk, today: str | None) -> "Office":
    from api.reports import Office
    from inventory.reports.periods import FIRST, LAST

    day = day_of(desk, today, "--today")
    if not FIRST <= day.year <= LAST:
        raise BadUsage(
            f"--today 应在 {FIRST} 年至 {LAST} 年之间 / --today: read {day}, expected a day from {FIRST} to "
            f"{LAST}"
        )
    return Office(desk.product, day)


def _kept(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "form": one.report.form,
        "title": one.report.title,
        "policy": one.report.source.policy,
        "entry": one.report.source.entry,
        "period": one.report.period,
        "scope": one.report.scope,
        "revision": one.revision,
        "reason": one.reason,
        "digest": one.digest,
        "made_at": one.made_at,
        "made_by": one.made_by,
        "files": dict(one.files),
    }


def _recorded(
    desk: Desk, data: dict[str, Any], what: str, channel: str, number: int | None = None
) -> None:
    from api.show.parts import DIM, GOOD, text

    told = {"what": what, "period": data["period"], "channel": channel, "on": data["on"]}
    lines = [text(desk.words("report.recorded", **told), GOOD)]
    if number is not None:
        lines.append(text(desk.words("report.taken_back", id=number), DIM))
    desk.answer(data, lambda: lines)
