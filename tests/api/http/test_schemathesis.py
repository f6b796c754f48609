"""schemathesis on the whole API, as somebody with every role and as nobody: no 5xx but 503 for what is
really away here (the engine, NetBox), no answer that the document does not tell.

`SCHEMATHESIS_EXAMPLES` examples an operation; a few for CI's slow part, more by hand.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.settings import load
from migrator.people import Role
from tests.api.http.client import token_of

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
STREAMS = ("/events",)


@pytest.fixture(scope="module", params=["everybody", "nobody"])
def api(request: pytest.FixtureRequest, planned: Path, tmp_path_factory: Any) -> Any:
    """The document of an app over the sample city with a draft."""
    import shutil

    folder = tmp_path_factory.mktemp("schemathesis") / "state"
    shutil.copytree(planned, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", str(folder))
        patch.setenv("QIANYUN_TEMPORAL_ADDRESS", "127.0.0.1:9")
        patch.setenv("QIANYUN_PUBLIC_URL", "https://testserver")
        product = Qianyun(load())
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", make_app(product))
        headers = {}
        if request.param == "everybody":
            headers["Authorization"] = f"Bearer {token_of(product, *Role)}"
        schema.test_headers = headers
        yield schema


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_answer_is_unforeseen(api: Any) -> None:
    """Every operation of the document; what is wrong is told together."""
    wrong: dict[str, str] = {}
    asked = 0
    for found in api.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events"):  # streams do not end: see test_events
            continue
        asked += 1
        try:
            _explore(operation, api.test_headers)
        except Exception as error:  # hypothesis groups what it found
            wrong[f"{operation.method.upper()} {operation.path}"] = _told(error)
    assert asked > 60
    assert not wrong, "\n\n".join(f"{where}\n{what}" for where, what in wrong.items())


def _explore(operation: Any, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(case=operation.as_strategy())
    def explore(case: schemathesis.Case) -> None:
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

    explore()


def _told(error: BaseException) -> str:
    parts = getattr(error, "exceptions", None)
    return "\n".join(map(_told, parts)) if parts else f"{type(error).__name__}: {error}"[:700]
