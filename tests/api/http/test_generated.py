"""A client made from the OpenAPI document alone, by openapi-python-client, speaks to a real server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.http.app import make_app
from migrator.people.rights import Role
from tests.api.http.client import token_of
from tests.running_api import running_api

ROOT = Path(__file__).resolve().parents[3]
UV = ROOT / ".tools" / "bin" / "uv"
STORY = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from qianyun_made import AuthenticatedClient, models as m
from qianyun_made.api.audit import audit_entries, audit_export
from qianyun_made.api.inventory import inventory_check, inventory_export_xlsx, inventory_objects
from qianyun_made.api.plans import plans_check, plans_plan, plans_plans, plans_approve
from qianyun_made.api.policies import policies_assessments, policies_policies
from qianyun_made.api.probes import probes_levels
from qianyun_made.api.reports import reports_preview
from qianyun_made.api.session import session_me
from qianyun_made.api.users import users_add, users_change, users_user
from qianyun_made.types import File

client = AuthenticatedClient(base_url=sys.argv[2], token=sys.argv[3], raise_on_unexpected_status=True)
refused = plans_plan.sync(client=client, code="P-20200101-1")
assert isinstance(refused, m.Problem), refused

# the planner: a ledger as it was sent, what it would say, the plan with its waves
ledger = Path(sys.argv[4])
sent = m.BodyInventoryCheck(ledgers=[File(ledger.open("rb"), ledger.name)])
checked = inventory_check.sync(client=client, body=sent)
systems = inventory_objects.sync(m.InventoryObjectsKind.SYSTEMS, client=client, sort="-code")
summary = plans_plans.sync(client=client, limit=1).items[0]
plan = plans_plan.sync(summary.code, client=client)
assert isinstance(plan, m.PlanAnswer), plan
own = plans_approve.sync(
    summary.code, client=client, body=m.Decision(digest="0" * 64, reason="client"))

# the administrator: an account made once, changed only as it was seen
body = m.NewAccount(name="made", roles=[m.Role.VIEWER])
made = [users_add.sync(client=client, body=body, idempotency_key="k1") for _ in range(2)]
tag = users_user.sync_detailed("made", client=client).headers["etag"]
change = m.ChangeAccount(roles=[m.Role.AUDITOR])
changed = users_change.sync("made", client=client, body=change, if_match=tag)
late = users_change.sync("made", client=client, body=change, if_match=tag)

# who reads
report = reports_preview.sync(client=client, body=m.AskReport(form="monthly", policy="cangzhou-2017-157"))
levels = probes_levels.sync(client=client)
assessed = policies_assessments.sync(client=client)
book = inventory_export_xlsx.sync(client=client)
made_by = audit_entries.sync(client=client, action="plan.make", limit=1)
since = datetime(2020, 1, 1, tzinfo=UTC)
read = audit_entries.sync(client=client, actor=made_by.items[0].actor, object_="P-", since=since)
chain = audit_export.sync(client=client).payload.read().splitlines()
print(json.dumps({
    "me": session_me.sync(client=client).name,
    "policies": policies_policies.sync(client=client, limit=2).total,
    "checked": [checked.ok, checked.counts.additional_properties["systems"]],
    "systems": [one.code for one in systems.items],
    "waves": [[item.system.code for item in wave.items] for wave in plan.plan.waves],
    "drift": plans_check.sync(summary.code, client=client).ok,
    "problems": [refused.status, own.status, late.status],
    "made": [one.account.name for one in made], "passwords": [bool(o.password) for o in made],
    "changed": [role.value for role in changed.roles],
    "report": report.report.form if isinstance(report, m.MadeReport) else report.to_dict(),
    "levels": sum(levels.counts.additional_properties.values()),
    "assessed": isinstance(assessed, m.AssessedAll), "book": book.payload.read(2).decode(),
    "audit": len(chain), "made_by": [one.action for one in made_by.items],
    "read": [read.total, {one.object_[:2] for one in read.items} == {"P-"}],
}))
"""
CONFIG = """
project_name_override: made
package_name_override: qianyun_made
content_type_overrides:
  application/vnd.openxmlformats-officedocument.spreadsheetml.sheet: application/octet-stream
  application/jsonl: application/octet-stream
"""


@pytest.mark.slow
@pytest.mark.skipif(not UV.exists(), reason="没有 uv / no uv: make setup brings it")
def test_a_generated_client_speaks_to_it(
    plan: dict[str, Any], ledger: Path, product: Qianyun, tmp_path: Path
) -> None:
    bin_ = _generator(tmp_path)
    document, config = tmp_path / "openapi.json", tmp_path / "config.yml"
    document.write_text(json.dumps(make_app(product).openapi()))
    config.write_text(CONFIG)
    done = subprocess.run(
        [str(bin_ / "openapi-python-client"), "generate", "--path", str(document),
         "--config", str(config), "--output-path", str(tmp_path / "made"), "--meta", "setup"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": f"{bin_}:{os.environ['PATH']}"},
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "arning" not in told, told  # it leaves nothing out
    token = token_of(product, *Role)
    with running_api(tmp_path, os.environ) as url:
        words = [str(bin_ / "python"), "-c", STORY, str(tmp_path / "made"), url, token, str(ledger)]
        story = subprocess.run(words, capture_output=True, text=True, check=False)
    assert story.returncode == 0, story.stderr
    answer = json.loads(story.stdout)
    systems = [one.code for one in product.estate.load().systems]
    assert answer["systems"] == sorted(systems, reverse=True)
    assert answer["checked"] == [True, len(systems)]
    waves = [[item["system"]["code"] for item in wave["items"]] for wave in plan["plan"]["waves"]]
    assert (answer["waves"], answer["drift"]) == (waves, True)
    assert answer["problems"] == [404, 409, 412]
    assert (answer["made"], answer["passwords"]) == (["made", "made"], [True, False])
    assert answer["changed"] == ["auditor"]
    assert (answer["report"], answer["book"]) == ("monthly", "PK")
    assert answer["levels"] == len(product.estate.load().nodes)
    assert answer["policies"] >= 5
    assert answer["assessed"]
    assert answer["audit"] >= 3
    assert answer["made_by"] == ["plan.make"]
    assert answer["read"][0] >= 1
    assert answer["read"][1]


def _generator(folder: Path) -> Path:
    """The folder of the generator's programs, in an environment of its own."""
    environ = os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder / "venv")}
    words = [str(UV), "sync", "--only-group", "client", "--frozen", "--quiet"]
    words += ["--python", sys.executable, "--no-python-downloads"]
    subprocess.run(words, cwd=ROOT, env=environ, check=True)
    return folder / "venv" / "bin"
