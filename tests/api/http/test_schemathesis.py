"""schemathesis on the whole API, as somebody with every role and as nobody: no 5xx but 503 for what is
really away here (the engine, NetBox), no answer that the document does not tell.

A test for each operation, all of them slow; a few of them in the normal suite. `SCHEMATHESIS_EXAMPLES`
examples an operation.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.http.exploring import explore, explored, operations

OPERATIONS = operations()
A_FEW = ("GET /api/v1/plans", "GET /api/v1/runs/{code}/log", "POST /api/v1/plans/{code}/reject")


@pytest.fixture(scope="module", params=["everybody", "nobody"])
def api(request: pytest.FixtureRequest, planned: Path, tmp_path_factory: Any) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("schemathesis")
    with explored(folder, planned, signed_in=request.param == "everybody") as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_is_unforeseen(api: Any, name: str) -> None:
    explore(api, name)


def test_a_few_operations(planned: Path, tmp_path: Path) -> None:
    assert len(OPERATIONS) > 80
    with explored(tmp_path, planned, signed_in=True, only=A_FEW) as api:
        for name in A_FEW:
            explore(api, name, examples=3)
