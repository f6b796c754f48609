"""Everything the command line can do, the API can: each command's operation, or why it has none."""

from typing import Any

import pytest
from typer.main import get_command

from api.bootstrap import Qianyun
from api.cli.main import app
from api.http.app import make_app
from api.http.document import operations
from api.settings import load
from inventory.policies.forms import FORMS

A_PROGRAM = "starts a program of this machine"
THE_STATE = "needs the state folder itself, while nothing else may hold it"
ITS_FILES = "writes files for other programs of this machine"

CLI_ONLY = {
    "up": A_PROGRAM,
    "worker": A_PROGRAM,
    "api": A_PROGRAM,
    "probe serve": A_PROGRAM,
    "probe prober": A_PROGRAM,
    "probe exporter": A_PROGRAM,
    "probe historian": A_PROGRAM,
    "probe survey": "an hour's work over lists of names, by a machine with the internet before it",
    "backup": THE_STATE,
    "restore": THE_STATE,
    "db upgrade": THE_STATE,
    "probe rules": ITS_FILES,
    "probe dashboards": ITS_FILES,
    "network render": "its file stands on the engineer's machine, and so does what they take along",
    "netbox bootstrap": "needs a NetBox administrator's token, which the service must never hold",
    "network wait": "waiting is asking for it again and again",
    "run wait": "waiting is the event stream's (events_of_run)",
}
OPERATIONS = {
    "inventory check": "inventory_check",
    "inventory diff": "inventory_diff",
    "inventory apply": "inventory_apply",
    "inventory show": "inventory_show",
    "inventory template": "inventory_template_xlsx",
    "inventory export": "inventory_export_xlsx",
    "inventory tasks": "inventory_tasks",
    "inventory settle": "inventory_settle",
    "inventory pull": "inventory_pull",
    "inventory verify": "hosts_held",
    "inventory ansible": "discovery_ansible",
    "inventory discover": "hosts_go",
    "inventory facts": "hosts_facts",
    "inventory found": "hosts_found",
    "inventory seen": "hosts_talks",
    "inventory idle": "hosts_idle",
    "plan make": "plans_make",
    "plan list": "plans_plans",
    "plan show": "plans_plan",
    "plan check": "plans_check",
    "plan dry-run": "plans_dry_run",
    "plan approve": "plans_approve",
    "plan reject": "plans_reject",
    "plan questions": "plans_questions",
    "plan groups": "plans_groups",
    "plan hosts": "plans_hosts",
    "plan means": "plans_means",
    "plan timetable": "plans_timetable_file",
    "plan why": "plans_why",
    "plan what-if": "plans_what_if",
    "plan compare": "plans_compare",
    "plan withdraw": "plans_withdraw",
    "plan evidence": "plans_evidence",
    "network file": "network_file",
    "network list": "network_plans",
    "network show": "network_plan",
    "network approve": "network_approve",
    "network refuse": "network_reject",
    "network withdraw": "network_withdraw",
    "network evidence": "network_evidence",
    "network start": "network_start",
    "network back": "network_back",
    "network dossier": "network_dossier",
    "network told": "network_told_by_hand",
    "policy list": "policies_policies",
    "policy show": "policies_policy",
    "policy check": "policies_check",
    "policy assess": "policies_assessments",
    "policy holds": "policies_money",
    "policy lifecycle": "policies_phases",
    "policy declare": "policies_put",
    "policy except": "policies_put",
    "policy event": "policies_put",
    "policy fate": "policies_put",
    "policy baseline": "policies_baseline",
    "policy records": "policies_records",
    "policy withdraw": "policies_withdraw",
    "report list": "reports_dues",
    "report kept": "reports_kept",
    "report send": "reports_sent",
    "report record": "reports_received",
    "report verify": "reports_verify",
    "run start": "runs_start",
    "run list": "runs_runs",
    "run status": "runs_run",
    "run logs": "runs_log",
    "run pause": "runs_pause",
    "run resume": "runs_resume",
    "run retry": "run_item_retry",
    "run skip": "run_item_skip",
    "run rollback": "run_item_rollback",
    "run abort": "runs_abort",
    "run approve": "runs_decide",
    "run refuse": "runs_decide",
    "run withdraw": "runs_decide",
    "run evidence": "runs_decide",
    "run limit": "runs_limit",
    "run events": "events_of_run",
    "run find": "runs_lines",
    "run eta": "runs_outlook",
    "run dossier": "runs_made",
    "run verify": "runs_verify",
    "decommission show": "runs_old_host",
    "decommission archive": "runs_archive",
    "decommission wipe": "runs_wipe",
    "decommission paper": "runs_old_host_paper",
    "machine list": "runs_machines",
    "machine gone": "runs_gone",
    "machine back": "runs_back",
    "machine promote": "runs_promote",
    "probe once": "probes_once",
    "probe sd": "sd_nodes",
    "probe targets": "probes_targets",
    "probe silences": "probes_silences",
    "probe alerts": "probes_alerts",
    "probe level": "probes_level",
    "probe history": "probes_history",
    "probe outages": "probes_outages",
    "probe acknowledge": "probes_take_note",
    "netbox permissions": "hosts_permissions",
    "audit verify": "audit_verify",
    "audit list": "audit_entries",
    "user add": "users_add",
    "user list": "users_users",
    "user change": "users_change",
    "user disable": "users_change",
    "user enable": "users_change",
    "user passwd": "users_password",
    "user token add": "users_make_token",
    "user token list": "users_tokens",
    "user token revoke": "users_revoke",
} | {f"report {form.name}": "reports_preview_file" for form in FORMS}


OF_EVERY = {"as_json", "as_actor", "debug"}
"""A token says who asks, an answer is JSON, and the log tells more."""

THE_SCREEN = "how a screen shows it"
A_FILE = "a file of this machine: over HTTP it is the body, and the answer is one"
THE_PATH = "stands in the address"
EXIT = "decides an exit status; over HTTP who asks compares"
UNOFFERED = {
    **dict.fromkeys(("to", "replace", "out", "file"), A_FILE),
    **dict.fromkeys(("watch", "steps", "follow"), THE_SCREEN),
    "at_least": EXIT,
    "also": "folders of probers on this machine",
    "ask": "asks at the terminal, so that a password is in no list of processes",
    "view": "is the address asked: /api/v1/sd/NAME",
    "all_hosts": "is what Ansible gives an inventory script; the answer is always of all",
    "confirmed": "is `digest`, which is needed always",
    "undone": "is `done: false`",
    "ready": "is asked for by runs_ready; what is ready is then named",
    "remove": "is the decision `no-evidence`",
    "last": "is `limit`",
}
NAMED: dict[str, set[str]] = {
    "all_": {"settled", "withdrawn"},
    "run": {"code"},
    "system": {"systems"},
    "systems": {"system"},
    "hosts": {"host"},
    "host": {"code"},
    "soak": {"soak_seconds"},
    "role": {"roles"},
    "organisation": {"organisations"},
    "channel": {"channels"},
    "text": {"q"},
    "item": {"system"},
    "after": {"cursor"},
    "look": {"number"},
    "name": {"account", "change"},
    "month": {"first"},
    "year": {"first"},
}
"""Options that the API calls by another name."""

ELSEWHERE = {
    ("inventory facts", "raw"): "hosts_facts_raw",
    ("inventory ansible", "host"): "discovery_ansible",
    ("plan check", "edited"): "plans_check_edited",
    ("run pause", "system"): "run_item_pause",
    ("run resume", "system"): "run_item_resume",
    ("run rollback", "wave"): "runs_rollback",
} | {
    (f"report {form.name}", option): f"reports_{operation}"
    for form in FORMS
    for option, operation in (("final", "final"), ("revise", "final"))
}
"""Options that are operations of their own."""

AS_TOLD = frozenset(name for name, operation in OPERATIONS.items() if operation == "policies_put")
"""Their options are fields of `told`, which the record's own model checks (docs/policies.md)."""


def commands(group: object = None, before: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Every command of `qianyun`, with its arguments and options."""
    inner = getattr(get_command(app) if group is None else group, "commands", None)
    if inner is None:
        return {" ".join(before): {str(one.name) for one in getattr(group, "params", ())}}
    found: dict[str, set[str]] = {}
    for name, one in inner.items():
        found |= commands(one, (*before, name))
    return found


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("QIANYUN_STATE", "/nonexistent/qianyun")
    return make_app(Qianyun(load())).openapi()


def taken(document: dict[str, Any]) -> dict[str, set[str]]:
    """What each operation takes: names in the address, the query and the body, the inner ones too."""
    parts = document["components"]["schemas"]

    def names(schema: dict[str, Any], depth: int = 4) -> set[str]:
        while "$ref" in schema:
            schema = parts[schema["$ref"].rsplit("/", 1)[1]]
        inner = list(schema.get("properties", {}).values()) if depth else []
        inner += schema.get("anyOf", []) if depth else []
        return set(schema.get("properties", ())).union(*(names(one, depth - 1) for one in inner))

    found: dict[str, set[str]] = {}
    for one in operations(document):
        bodies = one.get("requestBody", {}).get("content", {}).values()
        asked = {p["name"] for p in one.get("parameters", ())}
        found[one["operationId"]] = asked.union(*(names(body["schema"]) for body in bodies))
    return found


def test_every_option_is_offered(document: dict[str, Any]) -> None:
    """By its name, by another, by an operation of its own, or with a reason why not."""
    known, missing = taken(document), set()
    for command, options in commands().items():
        operation = OPERATIONS.get(command)
        if operation is None or command in AS_TOLD:
            continue
        for option in options - OF_EVERY - UNOFFERED.keys():
            if (command, option) in ELSEWHERE:
                assert ELSEWHERE[command, option] in known, (command, option)
            elif not ({option} | NAMED.get(option, set())) & known[operation]:
                missing.add((command, option))
    assert missing == set()


def test_every_command_has_its_operation(document: dict[str, Any]) -> None:
    known = {one["operationId"] for one in operations(document)}
    assert not OPERATIONS.keys() & CLI_ONLY.keys()
    assert commands().keys() == OPERATIONS.keys() | CLI_ONLY.keys()
    assert set(OPERATIONS.values()) <= known
