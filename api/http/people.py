"""Who asks: a session's cookie or a bearer token, as a person for the use cases.

    @router.get("/plans")
    def plans(person: Asking, product: Product) -> …

`Asking` refuses who is nobody (401). A request that changes something and comes by cookie must bring
the session's CSRF token (header `X-CSRF-Token`, or the field `csrf_token` of a form) and must come
from our own pages. What a person may do is asked in the use cases, not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.security import APIKeyCookie, HTTPBearer

from api.bootstrap import Qianyun
from api.errors import Unauthenticated, Unfit
from api.http.callers import Callers
from migrator.people.passwords import same
from migrator.people.rights import Person
from migrator.store.audit import VIA
from migrator.store.people import Session
from migrator.use_cases.accounts import Signed
from migrator.use_cases.looking import Looking

COOKIE = "qianyun_session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, description="API 令牌 / an API token: qy_…")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="登录后的会话 / a session")


@dataclass(frozen=True)
class Visitor:
    """Who asks, and the session where it is one. `csrf` goes into every form of a page."""

    person: Person
    session: Session | None = None

    @property
    def csrf(self) -> str:
        return self.session.csrf if self.session else ""


def product_of(request: Request) -> Qianyun:
    """The product that this process serves."""
    product: Qianyun = request.app.state.product
    return product


UNATTENDED = "qianyun-unattended"
"""Header of a page that fetches itself anew while nobody need be there."""


async def visitor_of(
    request: Request,
    _shown: Annotated[object, Depends(_bearer)] = None,
    _kept: Annotated[object, Depends(_cookie)] = None,
) -> Visitor | None:
    """Who asks; None for nobody. Raises Unauthenticated for a token or cookie that is none (any
    more), Unfit for a form that was not ours."""
    callers: Callers = request.app.state.callers
    token = token_in(request.headers)
    if token is not None:
        person = await callers.by_token(token)
        if person is None:
            raise Unauthenticated(
                "令牌无效、过期或已撤销 / the token is none of ours, has ended or was revoked: make another "
                "by `qianyun user token add`"
            )
        VIA.set(person.via)
        return Visitor(person)
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    found = await callers.by_cookie(cookie, unattended=UNATTENDED in request.headers)
    if found is None:
        return None
    session, person = found
    if request.method not in SAFE:
        await _ours(request, session)
    VIA.set(person.via)
    return Visitor(person, session)


async def who_listens(request: Request) -> Person | None:
    """The person of a stream as they are now; None for nobody any more. Listening is no use of a session:
    it ends when nobody has been there for long."""
    callers: Callers = request.app.state.callers
    token = token_in(request.headers)
    if token is not None:
        return await callers.by_token(token)
    found = await callers.by_cookie(request.cookies.get(COOKIE, ""), unattended=True)
    return found[1] if found else None


MaybeVisitor = Annotated[Visitor | None, Depends(visitor_of)]


async def somebody(visitor: MaybeVisitor) -> Visitor:
    """Raises Unauthenticated for nobody."""
    if visitor is None:
        raise Unauthenticated(
            "请先登录，或携带令牌 / nobody is signed in: sign in, or send `Authorization: Bearer TOKEN`"
        )
    return visitor


SomeVisitor = Annotated[Visitor, Depends(somebody)]


async def person_of(visitor: SomeVisitor) -> Person:
    return visitor.person


async def _product(request: Request) -> Qianyun:
    return product_of(request)


# What only hands on is asynchronous: anything else is sent to a thread and back, which costs more than
# most lists do.
Asking = Annotated[Person, Depends(person_of)]
Product = Annotated[Qianyun, Depends(_product)]


def token_in(headers: Mapping[str, str]) -> str | None:
    """What stands behind `Authorization: Bearer`."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def require_own_origin(request: Request) -> None:
    """Raises Unfit for what another site's page sent, by what the browser itself says; a program that
    says nothing has its token asked for."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        ours = origin in (None, "null") or urlsplit(origin or "").netloc == request.headers.get(
            "host", ""
        )
    if not ours:
        told = (origin or site or "")[:100]
        raise Unfit(
            "表单来自别的网站，未予处理；请刷新页面重试 / a form that another site sent, nothing was done: "
            f"load the page again; read {told}"
        )


async def _ours(request: Request, session: Session) -> None:
    """Raises Unfit for a request that changes something and did not come from our own page."""
    require_own_origin(request)
    told = request.headers.get(CSRF_HEADER, "")
    kind = request.headers.get("content-type", "")
    if not told and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        field = (await request.form()).get(CSRF_FIELD)
        told = field if isinstance(field, str) else ""
    if not same(told, session.csrf):
        raise Unfit(
            "缺少或不符的防伪令牌，请刷新页面重试 / the CSRF token is missing or another: load the page "
            f"again, or send {CSRF_HEADER}"
        )


def looking_of(request: Request) -> Looking:
    """Reading over the estate that this process holds."""
    product, estates = product_of(request), request.app.state.estates
    return Looking(product.truth, product.estate, estates.current, estates.shown, estates.part)


async def _looking(request: Request) -> Looking:
    return looking_of(request)


Look = Annotated[Looking, Depends(_looking)]


def keep_session(request: Request, response: Response, signed: Signed) -> None:
    """Put a session that was just begun into the browser."""
    product = product_of(request)
    settings = product.settings
    url = settings.public_url or ""
    response.set_cookie(
        COOKIE,
        signed.cookie,
        max_age=int(product.accounts.limits.whole.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=url.startswith("https:") or settings.tls_cert is not None,
    )


def local_path(told: str | None) -> str:
    """Where to go after signing in: a path of ours, else "/" (never another site, RFC 9700 4.11)."""
    if not told or len(told) > 2000 or any(ord(sign) < 32 or sign == "\\" for sign in told):
        return "/"
    parts = urlsplit(told)
    if parts.scheme or parts.netloc or not told.startswith("/") or told.startswith("//"):
        return "/"
    return told
