"""/api/v1/users, /api/v1/tokens: accounts and the ways in of programs."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import Field, model_validator

from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Product
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from migrator.people.rights import Deed, Role
from migrator.store.people import Account, Token
from migrator.use_cases.accounts import NAME

router = APIRouter(tags=["users"], route_class=Route)

Name = Annotated[str, Path(min_length=1, max_length=64, description="用户名 / name")]
Codes = Annotated[
    list[str] | None,
    Field(default=None, max_length=200, description="单位编号，null 为全市 / null: the whole city"),
]


class AccountAnswer(Answer):
    name: str
    shown: str
    roles: list[Role]
    organisations: list[str] | None
    disabled: bool
    issuer: str | None = Field(description="统一身份的签发者 / issuer, for who comes in by OIDC")
    locked_until: datetime | None
    created_at: datetime
    created_by: str


class NewAccount(Answer):
    name: str = Field(min_length=1, max_length=64, pattern=f"^{NAME}$", examples=["li"])
    roles: list[Role] = Field(max_length=6)
    organisations: Codes = None
    shown: str = Field(default="", max_length=200, description="姓名 / as people call them")
    issuer: str = Field(
        default="", max_length=500, description="经统一身份登录：签发者 / by OIDC: the issuer"
    )
    subject: str = Field(default="", max_length=255, description="签发者所称 / its name for them")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if bool(self.issuer) != bool(self.subject):
            raise ValueError("issuer 与 subject 须同给 / issuer and subject go together")
        return self


class Drawn(Answer):
    """A password that was just drawn: shown this once; "" for who comes in by OIDC alone."""

    account: AccountAnswer
    password: str


class ChangeAccount(Answer):
    """What is told is changed."""

    roles: list[Role] | None = Field(default=None, max_length=6)
    organisations: Codes = None
    whole_city: bool = False
    disabled: bool | None = None


class NewToken(Answer):
    account: str = Field(min_length=1, max_length=64)
    label: str = Field(min_length=1, max_length=200, examples=["prometheus"])
    roles: list[Role] = Field(min_length=1, max_length=6)
    days: int = Field(default=90, ge=1, le=366)
    organisations: Codes = None


class TokenAnswer(Answer):
    id: int
    account: str
    label: str
    roles: list[Role]
    organisations: list[str] | None
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class MadeToken(Answer):
    """`token`: shown this once."""

    token: str
    about: TokenAnswer


def account_of(one: Account) -> AccountAnswer:
    return AccountAnswer.model_validate(
        {n: v for n, v in one.model_dump(mode="json").items() if n in AccountAnswer.model_fields}
    )


def token_of(one: Token) -> TokenAnswer:
    return TokenAnswer.model_validate(one.model_dump(mode="json"))


@router.get("/users", summary="用户 / accounts", responses=problems(), **right(Deed.USER_READ))
def users(person: Asking, product: Product, paging: Paging) -> Page[AccountAnswer]:
    """无密码与令牌内容 / without passwords and texts of tokens."""
    found = [account_of(one) for one in product.accounts.listed(person)]
    return listed(found, paging, ("name", "created_at", "disabled"))


@router.post(
    "/users",
    summary="新用户 / a new account",
    status_code=201,
    responses=problems(409),
    **right(Deed.USER_MANAGE, shown_once="password"),
)
def add(told: NewAccount, person: Asking, product: Product) -> Drawn:
    """密码只显示这一次 / its password is shown this once."""
    if told.issuer:
        made = product.accounts.add_identity(
            person,
            told.name,
            issuer=told.issuer,
            subject=told.subject,
            roles=told.roles,
            organisations=told.organisations,
        )
        return Drawn(account=account_of(made), password="")
    account, password = product.accounts.add(
        person, told.name, told.roles, told.organisations, shown=told.shown
    )
    return Drawn(account=account_of(account), password=password)


@router.get(
    "/users/{name}",
    summary="一名用户 / one account",
    responses=problems(404),
    **right(Deed.USER_READ),
)
def user(name: Name, person: Asking, product: Product) -> AccountAnswer:
    """无密码 / without its password."""
    return account_of(product.accounts.get(person, name))


@router.patch(
    "/users/{name}",
    summary="变更 / change an account",
    responses=problems(404, 409),
    **right(Deed.USER_MANAGE),
)
def change(name: Name, told: ChangeAccount, person: Asking, product: Product) -> AccountAnswer:
    """其会话随即结束；最后一名管理员不可停用 / its sessions end; the last administrator stays."""
    return account_of(
        product.accounts.change(
            person,
            name,
            roles=told.roles,
            organisations=told.organisations,
            whole_city=told.whole_city,
            disabled=told.disabled,
        )
    )


@router.post(
    "/users/{name}/password",
    summary="重设密码 / draw a new password",
    responses=problems(404, 409),
    **right(Deed.USER_MANAGE, shown_once="password"),
)
def password(name: Name, person: Asking, product: Product) -> Drawn:
    """只显示这一次；其会话随即结束 / shown this once; the sessions of the account end."""
    drawn = product.accounts.set_password(person, name)
    return Drawn(account=account_of(product.accounts.get(person, name)), password=drawn)


@router.get("/tokens", summary="令牌 / tokens", responses=problems(404), **right(Deed.OWN_ACCOUNT))
def tokens(
    person: Asking,
    product: Product,
    paging: Paging,
    account: Annotated[
        str | None, Query(max_length=64, description="默认本人 / one's own by default")
    ] = None,
) -> Page[TokenAnswer]:
    """别人的须有权限 / those of others for who may read accounts."""
    found = [token_of(one) for one in product.accounts.tokens(person, account or person.name)]
    return listed(found, paging, ("id", "label", "ends_at", "used_at"))


@router.post(
    "/tokens",
    summary="新令牌 / a new token",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.OWN_ACCOUNT, shown_once="token"),
)
def make_token(told: NewToken, person: Asking, product: Product) -> MadeToken:
    """内容只显示这一次；权限不超过其用户 / shown this once; it never may more than its account."""
    token, secret = product.accounts.make_token(
        person,
        told.account,
        told.label,
        told.roles,
        days=told.days,
        organisations=told.organisations,
    )
    return MadeToken(token=secret, about=token_of(token))


@router.delete(
    "/tokens/{id}",
    summary="撤销 / revoke a token",
    responses=problems(404),
    **right(Deed.OWN_ACCOUNT),
)
def revoke(
    id: Annotated[int, Path(ge=1, le=2**31)], person: Asking, product: Product
) -> TokenAnswer:
    """立即失效 / at once."""
    return token_of(product.accounts.revoke(person, id))
