"""Signing in by a city's unified identity: OpenID Connect, authorisation code with PKCE and nonce.

    GET /api/v1/oidc/start?next=/plans      → 303 to the provider
    GET /api/v1/oidc/callback?code=…&state=… → 303 to /plans, with a session

The state is bound to the browser by a cookie of ten minutes, is used once, and the ID token must be
signed by the provider, for us, and fit the nonce (OpenID Connect Core 1.0, 3.1.3.7; RFC 9700). Roles
come with the claim of the settings at every sign-in; who has an account made by an administrator
(`user add --issuer --subject`) keeps the roles given there.
"""

import warnings
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.bootstrap import Qianyun
from api.errors import NotStarted
from api.http.people import COOKIE, Product, keep_session, local_path
from api.http.problems import Refusal, problems
from api.http.rights import PUBLIC
from migrator.errors import SignInRefused
from migrator.people.passwords import digest_of, drawn
from migrator.people.rights import Role, service
from migrator.store.people import Account, Handshake

with warnings.catch_warnings():  # it asks for httpx2, which nothing else here has
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

router = APIRouter(prefix="/oidc", tags=["session"])

BOUND = "qianyun_oidc"
TIMEOUT = 10.0
LIFE = timedelta(minutes=10)
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures that are taken; never `none`, never one with a shared secret."""


@dataclass(frozen=True)
class Provider:
    """What the provider's discovery document tells, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


def provider_of(product: Qianyun) -> Provider:
    """Raises Refusal where none is set, NotStarted where it does not answer as it should."""
    issuer = product.settings.oidc_issuer
    if issuer is None or product.settings.oidc_client_id is None:
        raise Refusal(
            404,
            "未设统一身份 / no identity provider is set: QIANYUN_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET",
        )
    told = _asked(f"{issuer}/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != issuer:
        raise NotStarted(
            f"身份提供者自称 {told.get('issuer')} / the provider calls itself {told.get('issuer')}: "
            f"expected {issuer}; see QIANYUN_OIDC_ISSUER"
        )
    try:
        return Provider(
            issuer=str(told["issuer"]),
            **{n: str(told[n]) for n in ("authorization_endpoint", "token_endpoint", "jwks_uri")},
        )
    except KeyError as error:
        raise NotStarted(f"身份提供者未告知 / the provider does not tell its {error}") from error


def _asked(url: str) -> dict[str, Any]:
    try:
        answer = httpx.get(url, timeout=TIMEOUT, trust_env=False, follow_redirects=False)
        answer.raise_for_status()
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NotStarted(
            f"身份提供者不应答 / the identity provider does not answer: {url}: {type(error).__name__}"
        ) from error
    if not isinstance(told, dict):
        raise NotStarted(f"身份提供者的应答有误 / no JSON object from {url}")
    return told


def _client(product: Qianyun, request: Request) -> OAuth2Client:
    settings = product.settings
    secret = settings.oidc_client_secret
    base = settings.public_url or str(request.base_url).rstrip("/")
    return OAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        scope="openid profile",
        redirect_uri=f"{base}/api/v1/oidc/callback",
        code_challenge_method="S256",
        timeout=TIMEOUT,
        trust_env=False,
    )


@router.get(
    "/start",
    summary="经统一身份登录 / sign in by OIDC",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(404),
    **PUBLIC,
)
def start(
    request: Request,
    product: Product,
    next: Annotated[str, Query(max_length=2000, description="登录后前往 / a path of ours")] = "/",
) -> RedirectResponse:
    """前往身份提供者 / to the identity provider."""
    provider = provider_of(product)
    state, nonce, verifier = drawn(), drawn(), drawn() + drawn()
    with _client(product, request) as client:
        url, _ = client.create_authorization_url(
            provider.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
        )
    product.truth.people.shake(
        Handshake(
            state=digest_of(state),
            nonce=nonce,
            verifier=verifier,
            next=local_path(next),
            at=product.truth.now(),
        )
    )
    answer = RedirectResponse(url, status_code=303)
    secure = (product.settings.public_url or "").startswith("https:")
    answer.set_cookie(
        BOUND,
        state,
        max_age=int(LIFE.total_seconds()),
        path="/api/v1/oidc",
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


@router.get(
    "/callback",
    summary="统一身份返回 / back from OIDC",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(404, 409),
    **PUBLIC,
)
def callback(
    request: Request,
    product: Product,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> RedirectResponse:
    """核对后开始会话 / checked, then a session begins."""
    kept = product.truth.people.shaken(digest_of(state), product.truth.clock() - LIFE)
    if kept is None or not state or request.cookies.get(BOUND) != state:
        raise SignInRefused(
            "登录请求不符、过期或已用过，请重新登录 / the sign-in is another browser's, too old or was used "
            "already: begin again"
        )
    if error or not code:
        raise SignInRefused(
            f"身份提供者未予登录 / the identity provider refused: {error[:100] or 'no code'}"
        )
    claims = _claims(product, request, kept, code)
    account = _account(product, claims)
    signed = product.accounts.sign_in_as(account, request.cookies.get(COOKIE))
    answer = RedirectResponse(local_path(kept.next), status_code=303)
    keep_session(request, answer, signed)
    answer.delete_cookie(BOUND, path="/api/v1/oidc")
    return answer


def _claims(product: Qianyun, request: Request, kept: Handshake, code: str) -> dict[str, Any]:
    """The ID token's claims, checked. Raises SignInRefused, NotStarted."""
    provider = provider_of(product)
    try:
        with _client(product, request) as client:
            token = client.fetch_token(
                provider.token_endpoint, code=code, code_verifier=kept.verifier
            )
        keys = KeySet.import_key_set(_asked(provider.jwks_uri))  # type: ignore[arg-type]
        told = jwt.decode(str(token["id_token"]), keys, algorithms=ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": product.settings.oidc_client_id},
            "nonce": {"essential": True, "value": kept.nonce},
        }
        params = {
            "nonce": kept.nonce,
            "client_id": product.settings.oidc_client_id,
            "access_token": token.get("access_token"),
        }
        claims = CodeIDToken(told.claims, told.header, options, params)
        claims.validate(leeway=60)
    except (OAuthError, JoseError, KeyError, ValueError) as error:
        raise SignInRefused(
            f"身份令牌未通过核对 / the ID token did not pass: {type(error).__name__}; check the "
            "provider's client settings and both clocks"
        ) from error
    except httpx.HTTPError as error:
        raise NotStarted(
            f"身份提供者不应答 / the identity provider does not answer: {type(error).__name__}"
        ) from error
    return dict(claims)


def _account(product: Qianyun, claims: dict[str, Any]) -> Account:
    """Whose account it is; made at the first sign-in where the claim gives roles. Raises
    SignInRefused."""
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    told = claims.get(product.settings.oidc_claim, [])
    named = told if isinstance(told, list) else str(told).split()
    roles = [role for role in Role if role.value in named]
    found = product.truth.people.of_identity(issuer, subject)
    actor = service("oidc")
    if found is not None:
        if found.created_by == actor.name and set(roles) != set(found.roles):
            return product.accounts.change(actor, found.name, roles=roles)
        return found
    if not roles:
        raise SignInRefused(
            f"统一身份中没有可用的角色 / the identity has no role here: expected some of "
            f"{'、'.join(Role)} in the claim {product.settings.oidc_claim}; ask an administrator"
        )
    return product.accounts.add_identity(
        actor,
        str(claims.get("preferred_username") or subject)[:64],
        issuer=issuer,
        subject=subject,
        roles=roles,
        organisations=scope_of(claims.get("organisations")),
    )


def scope_of(told: object) -> list[str] | None:
    """Codes of organisations, or None for the whole city, which the claim must say: ["*"]. Where it
    says nothing, the person is bound to nothing."""
    codes = [str(one) for one in told] if isinstance(told, list) else []
    return None if codes == ["*"] else codes
