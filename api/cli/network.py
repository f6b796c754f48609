"""`qianyun network`: changes of network devices, from a list to what was done, with its approvals."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command, group
from api.cli.plan_gates import digest_of
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from migrator.runs.network_plan import NetworkRecord

app = group("网络设备变更 / changes of network devices")

File = Annotated[Path, typer.Argument(metavar="FILE.toml", help="变更清单 / list of changes")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="网络方案编号 / the network plan's code")]
Digest = Annotated[
    str, typer.Option(metavar="DIGEST", help="所看网络方案的摘要 / digest of what was looked at")
]
Reason = Annotated[str, typer.Option(help="理由 / reason")]
Reference = Annotated[str, typer.Option(metavar="TEXT", help="文号 / the paper's number")]
Paper = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="只记其摘要 / its digest is kept")
]


@command(
    app, "render", help="变更清单→各厂商命令与回退 / a list of changes as commands, with rollback"
)
def render(
    desk: Desk,
    *,
    file: File,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="新目录 / a new folder")],
) -> None:
    from api.show.network import network_screen
    from migrator.network.package import rendered

    found = rendered(desk.product.truth, desk.actor, file, out)
    data = {"out": str(out), "devices": [one.as_json() for one in found]}
    desk.answer(data, lambda: network_screen(found, str(out), desk.words))


@command(app, "file", help="登记网络方案待审批 / file a network plan for approval")
def file_(
    desk: Desk,
    *,
    file: File,
    window: Annotated[
        str, typer.Option(metavar="FROM/TO", help="窗口，当地时间 / the window, local time")
    ],
    title: Annotated[str, typer.Option(help="标题 / title")] = "",
    again: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="替换此方案，其审批作废 / in place of this one"),
    ] = None,
) -> None:
    record = desk.product.networking.file(desk.actor, file, title=title, window=window, again=again)
    _show(desk, record.code)


@command(app, "list", help="网络方案一览 / network plans")
def list_(desk: Desk) -> None:
    from api.http.network_views import network_summary
    from api.show.network import network_list

    found = desk.product.networking.all(desk.actor)
    data = {"plans": [network_summary(one) for one in found]}
    desk.answer(data, lambda: network_list(found, desk.words, desk.settings.timezone))


@command(app, "show", help="网络方案全文 / one network plan: what is sent, approvals, steps")
def show(desk: Desk, code: Code) -> None:
    _show(desk, code)


@command(app, "approve", help="批准所给摘要的网络方案 / approve exactly what has that digest")
def approve(desk: Desk, code: Code, digest: Digest, reason: Reason = "") -> None:
    _told(desk, desk.product.networking.approve(code, digest, desk.actor, reason))


@command(app, "refuse", help="否决网络方案 / refuse it; needs a reason")
def refuse(desk: Desk, code: Code, digest: Digest, reason: Reason = "") -> None:
    _told(desk, desk.product.networking.reject(code, digest, desk.actor, _reason(reason)))


@command(app, "withdraw", help="撤回自己的批准 / take one's own approval back; needs a reason")
def withdraw(desk: Desk, code: Code, digest: Digest, reason: Reason = "") -> None:
    _told(desk, desk.product.networking.withdraw(code, digest, desk.actor, _reason(reason)))


@command(app, "evidence", help="登记依据：文件、签字 / put down a paper or a sign-off")
def evidence(
    desk: Desk,
    code: Code,
    digest: Digest,
    *,
    kind: Annotated[str, typer.Option(metavar="KIND", help="如 sign-off、paper / its kind")],
    reference: Reference,
    file: Paper = None,
    remove: Annotated[bool, typer.Option("--remove", help="撤销登记 / take it back")] = False,
    reason: Reason = "",
) -> None:
    paper = {"kind": kind, "reference": reference, "content": digest_of(file)}
    found = desk.product.networking.put_evidence(
        code, digest, desk.actor, reason, remove=remove, **paper
    )
    _told(desk, found)


@command(app, "start", help="在窗口内执行已批准的网络方案 / play an approved one within its window")
def start(desk: Desk, code: Code) -> None:
    _told(desk, desk.product.networking.start(code, desk.actor))


@command(app, "back", help="回退，随时可下令 / undo what was made of it; needs a reason")
def back(desk: Desk, code: Code, reason: Reason = "") -> None:
    _told(desk, desk.product.networking.back(code, desk.actor, _reason(reason)))


@command(app, "told", help="登记手工变更已完成 / tell that a change by hand is made, or undone")
def told(
    desk: Desk,
    code: Code,
    name: Annotated[str, typer.Argument(metavar="NAME", help="变更名称 / the change's name")],
    *,
    reference: Reference,
    file: Paper = None,
    reason: Reason = "",
) -> None:
    found = desk.product.networking.told(
        *(code, name, desk.actor, _reason(reason)), reference=reference, content=digest_of(file)
    )
    _told(desk, found)


@command(app, "dossier", help="卷宗，`run verify` 离线核验 / its dossier, for `run verify`")
def dossier(
    desk: Desk,
    code: Code,
    to: Annotated[Path, typer.Option(metavar="FILE", help="新文件 / a new file")],
) -> None:
    import json

    from api.show.parts import text
    from migrator.engine.network_dossier import make

    made = make(desk.product.truth, code, desk.actor)
    try:
        to.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise BadUsage(f"无法写入 / cannot be written: {to}: {error.strerror}; --to") from error
    told = desk.words("dossier_made", path=to, digest=made["digest"])
    data = {"code": code, "file": str(to), "digest": made["digest"]}
    desk.answer(data, lambda: [text(told)])


@command(
    app, "wait", help="等到结束 / wait for its end; 1 when it is not done, or a person is needed"
)
def wait(
    desk: Desk,
    code: Code,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="至多等待秒数 / at most")
    ] = None,
) -> None:
    import time

    from migrator.runs.network_plan import NetworkState

    until = None if timeout is None else time.monotonic() + timeout
    while True:
        record = desk.product.networking.look(desk.actor, code)[0]
        over = until is not None and time.monotonic() >= until
        if record.state is not NetworkState.RUNNING or over:
            break
        time.sleep(0.5)
    _told(desk, record)
    raise typer.Exit(Exit.DONE if record.state is NetworkState.DONE else Exit.NO)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise BadUsage("须写明理由 / a reason is needed: --reason")
    return reason


def _show(desk: Desk, code: str) -> None:
    from api.http.network_views import network_whole
    from api.show.network import network_plan_screen

    record, plan = desk.product.networking.look(desk.actor, code)
    reasons = desk.product.networking.gates(record, plan).reasons
    desk.answer(
        network_whole(record, plan, reasons),
        lambda: network_plan_screen(record, plan, reasons, desk.words, desk.settings.timezone),
    )


def _told(desk: Desk, record: "NetworkRecord") -> None:
    from api.http.network_views import network_summary
    from api.show.network import network_list

    desk.answer(
        network_summary(record),
        lambda: network_list([record], desk.words, desk.settings.timezone),
    )
