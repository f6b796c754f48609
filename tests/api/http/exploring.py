"""schemathesis over an app in this process: what its document promises, held against its answers."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.settings import load
from migrator.people.rights import Role
from tests.api.http.client import token_of

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "10"))
"""Examples an operation; a few for CI, more by hand."""


@cache
def document() -> dict[str, Any]:
    """The same for every product; it takes two seconds to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", "/nonexistent/qianyun")
        return make_app(Qianyun(load())).openapi()


def operations() -> list[str]:
    """ "METHOD /path" of every operation but streams, which do not end (see test_events)."""
    paths = document()["paths"].items()
    found = [f"{m.upper()} {path}" for path, verbs in paths for m in verbs]
    return [one for one in found if not one.endswith("/events")]


@contextmanager
def explored(
    folder: Path, planned: Path, *, signed_in: bool, only: Sequence[str] = ()
) -> Iterator[Any]:
    """The document of an app over a copy of a state, `only` these operations' paths of it, with the
    headers to ask with: everybody's, or nobody's. The engine and NetBox are away, and the app is open to
    others."""
    state = folder / "state"
    shutil.copytree(planned, state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", str(state))
        patch.setenv("QIANYUN_TEMPORAL_ADDRESS", "127.0.0.1:9")
        patch.setenv("QIANYUN_PUBLIC_URL", "https://testserver")
        product = Qianyun(load())
        app, paths = make_app(product), {one.partition(" ")[2] for one in only}
        known = document()["paths"]
        kept = {path: told for path, told in known.items() if path in paths or not only}
        app.openapi_schema = document() | {"paths": kept}
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
        token = {"Authorization": f"Bearer {token_of(product, *Role)}"} if signed_in else {}
        yield schema, token


def explore(api: Any, name: str, examples: int = EXAMPLES) -> None:
    """Ask one operation with what its document allows: no 5xx but 503 for what is really away, and
    no answer that the document does not tell."""
    schema, headers = api
    method, _, path = name.partition(" ")

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(case=schema[path][method].as_strategy())
    def asked(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        case.validate_response(
            answer,
            checks=[
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
                checks.response_headers_conformance,
            ],
        )

    asked()
