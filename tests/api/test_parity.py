"""Everything the command line can do, the API can: each command's operation, or why it has none."""

import pytest
from typer.main import get_command

from api.bootstrap import Qianyun
from api.cli.main import app
from api.http.app import make_app
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


def commands(group: object = None, before: tuple[str, ...] = ()) -> set[str]:
    """Every command of `qianyun`."""
    inner = getattr(get_command(app) if group is None else group, "commands", None)
    if inner is None:
        return {" ".join(before)}
    return set().union(*(commands(one, (*before, name)) for name, one in inner.items()))


def test_every_command_has_its_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_STATE", "/nonexistent/qianyun")
    document = make_app(Qianyun(load())).openapi()
    known = {o["operationId"] for verbs in document["paths"].values() for o in verbs.values()}
    assert not OPERATIONS.keys() & CLI_ONLY.keys()
    assert commands() == OPERATIONS.keys() | CLI_ONLY.keys()
    assert set(OPERATIONS.values()) <= known
