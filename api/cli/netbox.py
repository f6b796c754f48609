"""`qianyun netbox`: a NetBox made ready for Qianyun, and what Qianyun's token may do there."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from api.cli.desk import Desk, command, group
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from inventory.netbox.bootstrap import Hook, Step
    from inventory.netbox.client import Client

app = group("NetBox：准备与权限 / NetBox: make it ready, permissions")


@command(app, "permissions", help="令牌所需权限 / what Qianyun's own token may do")
def permissions(desk: Desk) -> None:
    """Needs no NetBox: the same data that bootstrap brings there."""
    import json

    from api.show.parts import rows, table, text
    from inventory.netbox.permissions import GRANTS, GROUP, USER

    say = desk.words
    heads = (say(key) for key in ("actions", "object_types", "constraint"))
    desk.answer(
        {"user": USER, "group": GROUP, "permissions": [grant.row for grant in GRANTS]},
        lambda: [
            text(say("netbox_holder", user=USER, group=GROUP)),
            rows(
                table(*heads),
                (
                    (
                        " ".join(grant.actions),
                        ", ".join(grant.object_types),
                        json.dumps(dict(grant.constraint)) if grant.constraint else "",
                    )
                    for grant in GRANTS
                ),
            ),
        ],
    )


@command(app, "bootstrap", help="备好 NetBox / make types, fields, choices and permissions there")
def bootstrap(
    desk: Desk,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="写入服务令牌的新文件 / new file for the service token"),
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option(metavar="URL", help="事件推送地址 / where NetBox sends its events"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option(help="只列出缺少的 / only say what is missing; 1 when there is any")
    ] = False,
) -> None:
    """By the administrator's token that QIANYUN_NETBOX_TOKEN holds for this call."""
    from api.show.parts import GOOD, text
    from inventory.netbox.bootstrap import bootstrap as make
    from inventory.netbox.bootstrap import plan

    client, hook = _client(desk), _hook(desk, webhook)
    if dry_run:
        steps = plan(client, hook=hook)
        missing = {"netbox": client.url, "version": client.version, "missing": _data(steps)}
        desk.answer(missing, lambda: [text(line) for line in _lines(desk, steps)])
        raise typer.Exit(Exit.NO if steps else Exit.DONE)
    truth = desk.product.truth  # opened first: nothing is done that could not be recorded
    done: list[Step] = []

    def progress(step: "Step") -> None:
        done.append(step)
        if not desk.flags.json:
            desk.tell(_line(step))

    issued = None
    try:
        issued = make(
            client, actor=desk.actor.name, hook=hook, token_file=token_file, progress=progress
        ).token
    finally:
        if done or issued == "written":
            truth.audit(
                desk.actor.name,
                "netbox.bootstrap",
                client.url,
                made=[f"{step.path}{step.name}" for step in done],
                token=issued,
                webhook=webhook,
            )
    say = desk.words
    told = [say("netbox_made", n=len(done)) if done else say("netbox_ready")]
    if issued is not None:
        told.append(say(f"netbox_token_{issued}", path=str(token_file)))
    data = {
        "netbox": client.url,
        "version": client.version,
        "made": _data(done),
        "token": issued,
    }
    desk.answer(data, lambda: [text(line, GOOD) for line in told])


def _client(desk: Desk) -> "Client":
    from inventory.netbox.client import Client

    settings = desk.settings
    if settings.netbox_url is None or settings.netbox_token is None:
        raise BadUsage(
            "未设置 NetBox / no NetBox is set: set QIANYUN_NETBOX_URL, and QIANYUN_NETBOX_TOKEN to an "
            "administrator's token for this call"
        )
    token = settings.netbox_token.get_secret_value()
    return Client(settings.netbox_url, token, ca=settings.netbox_ca)


def _hook(desk: Desk, url: str | None) -> "Hook | None":
    if url is None:
        return None
    from inventory.netbox.bootstrap import Hook

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or "{" in url:
        raise BadUsage(  # NetBox takes a URL for a template, in which braces mean something
            f"推送地址应为 http(s) URL，不含密码与花括号 / --webhook: read {url!r}, expected an http(s) "
            "URL without a password or braces"
        )
    secret = desk.settings.netbox_webhook_secret
    if secret is None:
        raise BadUsage(
            "缺少 webhook 密钥 / --webhook needs a secret by which its messages are known: set "
            "QIANYUN_NETBOX_WEBHOOK_SECRET"
        )
    return Hook(url, secret.get_secret_value())


def _data(steps: "list[Step] | tuple[Step, ...]") -> list[dict[str, object]]:
    return [step.as_json() for step in steps]


def _line(step: "Step") -> str:
    return f"{'+' if step.action == 'create' else '~'} {step.path} {step.name}"


def _lines(desk: Desk, steps: "tuple[Step, ...]") -> list[str]:
    told = desk.words("netbox_missing", n=len(steps)) if steps else desk.words("netbox_ready")
    return [*(_line(step) for step in steps), told]
