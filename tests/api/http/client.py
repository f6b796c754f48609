"""Asks an app in this process, as a person: by token, by session, or as nobody."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from api.bootstrap import Qianyun
from api.http.app import make_app
from migrator.people.rights import Role, local

LOCAL = local("zhang")


def token_of(product: Qianyun, *roles: Role, organisations: tuple[str, ...] | None = None) -> str:
    """A token of a new account with these roles."""
    name = f"u{product.truth.people.count()}"
    product.accounts.add(LOCAL, name, roles, organisations, password="correct horse battery")
    return product.accounts.make_token(LOCAL, name, "test", roles)[1]


class Client:
    """`token` goes with every request; cookies are kept between requests."""

    def __init__(
        self, product: Qianyun, token: str | None = None, app: FastAPI | None = None
    ) -> None:
        self.app = app or make_app(product)
        self.token = token
        self.cookies = httpx.Cookies()

    def ask(self, method: str, path: str, headers: Any = None, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            base, held = "http://127.0.0.1", dict(headers or {})
            if self.token and "authorization" not in {h.lower() for h in held}:
                held["Authorization"] = f"Bearer {self.token}"
            async with httpx.AsyncClient(
                transport=transport, base_url=base, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, headers=held, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(asked())

    def get(self, path: str, headers: Any = None, **more: Any) -> httpx.Response:
        return self.ask("GET", path, headers, **more)

    def post(self, path: str, headers: Any = None, **more: Any) -> httpx.Response:
        return self.ask("POST", path, headers, **more)
