"""/api/v1/session: signing in and out, and who one is."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr

from api.http.people import (
    COOKIE,
    MaybeVisitor,
    Product,
    SomeVisitor,
    Visitor,
    keep_session,
    require_own_origin,
)
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import PUBLIC, signed_in
from migrator.people.rights import Deed, Role, deeds_of

router = APIRouter(prefix="/session", tags=["session"])


class SignIn(Answer):
    name: str = Field(min_length=1, max_length=200, examples=["zhang"])
    password: SecretStr = Field(min_length=1, max_length=1024)


class Me(Answer):
    name: str
    roles: list[Role]
    organisations: list[str] | None = Field(description="null：全市 / null: the whole city")
    deeds: list[Deed] = Field(description="可做之事 / what may be done")
    csrf: str = Field(
        description="防伪令牌，放入 X-CSRF-Token / to send as X-CSRF-Token; empty with a token"
    )
    issued: bool = Field(
        description="密码由他人设置，须先修改 / the password is another's choice: to be changed first"
    )
    ends_at: datetime | None = Field(
        description="会话最迟结束 / when the session ends at the latest"
    )


class NewPassword(Answer):
    former: SecretStr = Field(min_length=1, max_length=1024)
    new: SecretStr = Field(min_length=1, max_length=1024)


def me_of(visitor: Visitor) -> Me:
    person = visitor.person
    return Me(
        name=person.name,
        roles=sorted(person.roles),
        organisations=None if person.organisations is None else sorted(person.organisations),
        deeds=sorted(deeds_of(person)),
        csrf=visitor.csrf,
        issued=person.issued,
        ends_at=datetime.fromisoformat(visitor.session.ends_at) if visitor.session else None,
    )


@router.post(
    "", summary="登录 / sign in", status_code=201, responses=problems(401, 403, 409, 415), **PUBLIC
)
def sign_in(told: SignIn, request: Request, response: Response, product: Product) -> Me:
    """会话在 Cookie 中，旧会话随即结束 / a new session by cookie; the former one of the browser ends."""
    require_own_origin(request)
    signed = product.accounts.sign_in(
        told.name, told.password.get_secret_value(), request.cookies.get(COOKIE)
    )
    keep_session(request, response, signed)
    return me_of(Visitor(signed.person, signed.session))


@router.get("", summary="我是谁 / who am I", responses=problems(), **signed_in())
def me(visitor: SomeVisitor) -> Me:
    """姓名、角色、范围与可做之事 / name, roles, scope, deeds."""
    return me_of(visitor)


@router.delete("", summary="退出 / sign out", status_code=204, responses=problems(), **signed_in())
def sign_out(visitor: MaybeVisitor, product: Product, response: Response) -> None:
    """会话结束；令牌不受影响 / the session ends; a token is left as it is."""
    if visitor is not None and visitor.session is not None:
        product.accounts.sign_out(visitor.session)
    response.delete_cookie(COOKIE, path="/")


@router.put(
    "/password",
    summary="修改自己的密码 / one's own password",
    status_code=204,
    responses=problems(404, 409),
    **signed_in(),
)
def password(told: NewPassword, visitor: SomeVisitor, product: Product) -> None:
    """须给出旧密码；所有会话随即结束 / with the former one; every session of the account ends."""
    product.accounts.set_password(
        visitor.person,
        visitor.person.name,
        told.new.get_secret_value(),
        former=told.former.get_secret_value(),
    )
