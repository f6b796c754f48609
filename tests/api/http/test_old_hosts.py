"""Old hosts over HTTP: refused before the commit, told after it, and the form that an office signs."""

from api.bootstrap import Qianyun
from migrator.runs.records import RunState
from tests.api.cli.test_run import FIRST, finish
from tests.api.http.client import Client
from tests.api.http.test_app import begun, client

__all__ = ["begun", "client"]


def test_an_old_host_and_its_form(client: Client, begun: str, product: Qianyun) -> None:
    path = f"/api/v1/runs/{begun}/items/{FIRST}"
    early = client.get(f"{path}/old-host")
    assert early.status_code == 409
    assert "not committed" in early.text
    assert client.post(f"{path}/archive").status_code == 409

    finish(product, begun, RunState.DONE)
    told = client.get(f"{path}/old-host").json()
    assert (told["host"], told["archive"], told["wipe"]) == ("rs-app-01", None, None)
    assert told["room_check"]["state"] == "in_use"
    wiped = client.post(f"{path}/wipe", json={"digest": "a" * 64})
    assert wiped.status_code == 409
    assert "archive first" in wiped.text
    for kind in ("docx", "xlsx", "html"):
        form = client.get(f"{path}/old-host/paper?format={kind}")
        assert form.status_code == 200
        assert len(form.content) > 1000
    assert client.get(f"{path}/old-host/paper?format=exe").status_code == 422
