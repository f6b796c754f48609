"""`qianyun user`: accounts and tokens. Who can read the state folder may do all of it."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command, group

if TYPE_CHECKING:
    from migrator.people.rights import Role
    from migrator.store.people import Account, Token

app = group("用户与令牌 / accounts and tokens")
token = group("API 令牌 / API tokens")
app.add_typer(token, name="token")


class RoleName(StrEnum):
    """The roles, told here too, so that --help loads nothing of the migrator."""

    viewer = "viewer"
    planner = "planner"
    operator = "operator"
    approver = "approver"
    auditor = "auditor"
    admin = "admin"


Name = Annotated[str, typer.Argument(metavar="NAME", help="用户名 / name")]
Roles = Annotated[
    list[RoleName] | None, typer.Option("--role", help="角色，可多次 / a role; several")
]
Organisations = Annotated[
    list[str] | None,
    typer.Option(
        "--organisation", metavar="CODE", help="只负责的单位，可多次 / bound to it; several"
    ),
]


@command(app, "add", help="新用户，密码只显示一次 / a new account; its password is shown once")
def add(
    desk: Desk,
    *,
    name: Name,
    role: Roles = None,
    organisation: Organisations = None,
    shown: Annotated[str, typer.Option(help="姓名 / as people call them")] = "",
    issuer: Annotated[
        str, typer.Option(metavar="URL", help="经统一身份登录：签发者 / by OIDC: the issuer")
    ] = "",
    subject: Annotated[str, typer.Option(help="与其中的 sub / and the sub there")] = "",
) -> None:
    from api.errors import BadUsage
    from api.show.parts import GOOD, text

    if bool(issuer) != bool(subject):
        raise BadUsage("--issuer 与 --subject 须同给 / --issuer and --subject go together")
    accounts, say, scope = desk.product.accounts, desk.words, organisation or None
    if issuer:
        made = accounts.add_identity(
            desk.actor,
            name,
            issuer=issuer,
            subject=subject,
            roles=_roles(role),
            organisations=scope,
        )
        desk.answer(_plain(made), lambda: [text(say("user_identity_made", name=name), GOOD)])
        return
    made, password = accounts.add(desk.actor, name, _roles(role), scope, shown=shown)
    told = say("user_made", name=name, password=password)
    desk.answer(_plain(made) | {"password": password}, lambda: [text(told, GOOD)])


@command(app, "list", help="用户一览 / all accounts")
def list_(desk: Desk) -> None:
    from api.show.parts import rows, table
    from api.times import local

    say, zone = desk.words, desk.settings.timezone
    found = desk.product.accounts.listed(desk.actor)
    now = desk.product.truth.now()

    def state(one: "Account") -> str:
        if one.disabled:
            return say("user_off")
        if one.locked_until and one.locked_until > now:
            return say("user_locked", until=local(one.locked_until, zone))
        return say("user_on")

    heads = (say(key) for key in ("user", "roles", "scope", "user_state"))
    desk.answer(
        {"users": [_plain(one) for one in found]},
        lambda: [
            rows(
                table(*heads),
                (
                    (
                        one.name,
                        "、".join(one.roles),
                        say("whole_city")
                        if one.organisations is None
                        else "、".join(one.organisations),
                        state(one),
                    )
                    for one in found
                ),
            )
        ],
    )


@command(app, "change", help="变更角色与范围 / change roles and scope; its sessions end")
def change(
    desk: Desk,
    *,
    name: Name,
    role: Roles = None,
    organisation: Organisations = None,
    whole_city: Annotated[
        bool, typer.Option("--whole-city", help="不限单位 / bound to no organisation")
    ] = False,
) -> None:
    made = desk.product.accounts.change(
        desk.actor,
        name,
        roles=_roles(role) if role else None,
        organisations=organisation,
        whole_city=whole_city,
    )
    _changed(desk, made)


@command(app, "disable", help="停用，会话与令牌随即失效 / nothing lets it in any more")
def disable(desk: Desk, name: Name) -> None:
    _changed(desk, desk.product.accounts.change(desk.actor, name, disabled=True))


@command(app, "enable", help="重新启用 / let it in again")
def enable(desk: Desk, name: Name) -> None:
    _changed(desk, desk.product.accounts.change(desk.actor, name, disabled=False))


@command(app, "passwd", help="重设密码，只显示一次 / draw a new password, shown once")
def passwd(
    desk: Desk,
    name: Name,
    ask: Annotated[
        bool, typer.Option("--ask", help="自己输入（不回显） / type it, unseen")
    ] = False,
) -> None:
    from api.show.parts import GOOD, text

    typed = typer.prompt("password", hide_input=True, confirmation_prompt=True) if ask else None
    password = desk.product.accounts.set_password(desk.actor, name, typed)
    if ask:
        desk.answer({"name": name}, lambda: [text(desk.words("user_changed", name=name), GOOD)])
        return
    told = desk.words("password_drawn", name=name, password=password)
    desk.answer({"name": name, "password": password}, lambda: [text(told, GOOD)])


@command(token, "add", help="新令牌，只显示一次 / a new token, shown once")
def token_add(
    desk: Desk,
    *,
    name: Name,
    label: Annotated[str, typer.Option(help="用途 / what it is for")],
    role: Roles = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="有效天数 / days that it holds")] = 90,
    organisation: Organisations = None,
) -> None:
    from api.show.parts import GOOD, text

    made, secret = desk.product.accounts.make_token(
        desk.actor, name, label, _roles(role), days=days, organisations=organisation or None
    )
    told = desk.words("token_made", id=made.id, token=secret)
    desk.answer(_token(made) | {"token": secret}, lambda: [text(told, GOOD)])


@command(token, "list", help="令牌一览 / all tokens")
def token_list(
    desk: Desk,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="用户 / of one")] = None,
) -> None:
    from api.show.parts import rows, table
    from api.times import local

    say, zone = desk.words, desk.settings.timezone
    found = desk.product.accounts.tokens(desk.actor, name)
    heads = (say(key) for key in ("seq", "user", "label", "roles", "ends_at", "used_at"))
    desk.answer(
        {"tokens": [_token(one) for one in found]},
        lambda: [
            rows(
                table(*heads),
                (
                    (
                        one.id,
                        one.account,
                        one.label,
                        "、".join(one.roles),
                        say("revoked") if one.revoked_at else local(one.ends_at, zone),
                        local(one.used_at, zone) if one.used_at else "—",
                    )
                    for one in found
                ),
            )
        ],
    )


@command(token, "revoke", help="撤销，立即失效 / revoke it, at once")
def token_revoke(
    desk: Desk, id: Annotated[int, typer.Argument(metavar="ID", min=1, help="令牌号 / number")]
) -> None:
    from api.show.parts import GOOD, text

    done = desk.product.accounts.revoke(desk.actor, id)
    desk.answer(_token(done), lambda: [text(desk.words("token_revoked", id=id), GOOD)])


def _roles(names: list[RoleName] | None) -> "list[Role]":
    from migrator.people.rights import Role

    return [Role(name.value) for name in names or [RoleName.viewer]]


def _plain(one: "Account") -> dict[str, Any]:
    data: dict[str, Any] = one.model_dump(mode="json")
    return data


def _token(one: "Token") -> dict[str, Any]:
    data: dict[str, Any] = one.model_dump(mode="json")
    return data


def _changed(desk: Desk, made: "Account") -> None:
    from api.show.parts import GOOD, text

    told = desk.words("user_changed", name=made.name)
    desk.answer(_plain(made), lambda: [text(told, GOOD)])
