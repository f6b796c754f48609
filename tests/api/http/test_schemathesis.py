"""schemathesis on the whole API, as somebody with every role and as nobody: no 5xx but 503 for what is
really away here (the engine, NetBox), no answer that the document does not tell.

`SCHEMATHESIS_EXAMPLES` examples an operation; a few for CI's slow part, more by hand.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
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
        patch.setenv("QIANYUN_PUBLIC_URL", "https://127.0.0.1")
        product = Qianyun(load())
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", make_app(product))
        headers = {}
        if request.param == "everybody":
            headers["Authorization"] = f"Bearer {token_of(product, *Role)}"
        schema.test_headers = headers
        yield schema


schema = schemathesis.pytest.from_fixture("api").exclude(path_regex="/events$")


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
def test_no_answer_is_unforeseen(case: schemathesis.Case, api: Any) -> None:
    answer = case.call(headers=api.test_headers)
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
