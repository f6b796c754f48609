"""The line that each request leaves in the log."""

import pytest
from structlog.testing import capture_logs

from api.bootstrap import Qianyun
from api.http.app import make_app
from migrator.people.rights import Role
from migrator.use_cases.looking import Looking
from tests.api.http.client import Client, token_of


def test_a_fault_of_ours_is_in_the_log_as_one(
    product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered further out than the line is written: status 0 would hide it."""
    client = Client(product, token_of(product, Role.VIEWER), make_app(product))
    monkeypatch.setattr(Looking, "plans", None)
    with capture_logs() as lines:
        answer = client.get("/api/v1/plans")
    assert answer.status_code == 500
    (line,) = [one for one in lines if one["event"] == "request"]
    assert (line["status"], line["path"]) == (500, "/api/v1/plans")


def test_the_audit_tells_from_where_a_sign_in_was_tried(product: Qianyun) -> None:
    client = Client(product)
    client.post("/api/v1/session", json={"name": "nobody", "password": "wrong"})
    refused = product.truth.audit_entries()[-1]
    assert (refused.action, refused.detail["peer"]) == ("user.sign-in.refused", "127.0.0.1")
    product.truth.audit("zhang", "note", "at the terminal")
    assert "peer" not in product.truth.audit_entries()[-1].detail
