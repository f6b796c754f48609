#!/usr/bin/python3
"""One verb of a move on one host. Everything comes in as data; see DOCUMENTATION."""

from __future__ import annotations

import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# Mitogen follows absolute imports only: every file of the agent by name, for it to come along.
from ansible.module_utils.qianyun_agent import (  # noqa: F401
    abandon,
    access,
    app,
    backup,
    commit,
    cutover,
    decommission,
    engines,
    errors,
    files,
    forwarding,
    gateway,
    haproxy,
    install,
    journal,
    launch,
    link,
    mariadb,
    mariadb_copy,
    mariadb_look,
    move,
    ours,
    overwrite,
    pace,
    parity,
    paths,
    port,
    portability,
    postgresql,
    postgresql_look,
    practice,
    preflight,
    presync,
    proc,
    psql,
    reap,
    record,
    redis,
    replication,
    resp,
    services,
    side,
    sqlclient,
    store,
    tree,
    tunnel,
    units,
    verbs,
    watchdog,
)
from ansible.module_utils.qianyun_agent.app import main as _app  # noqa: F401
from ansible.module_utils.qianyun_agent.errors import AgentError
from ansible.module_utils.qianyun_agent.launch import guard as _guard  # noqa: F401
from ansible.module_utils.qianyun_agent.move import parse
from ansible.module_utils.qianyun_agent.verbs import VERBS, Call
from ansible.module_utils.qianyun_agent.watchdog import watch as _watch  # noqa: F401

DOCUMENTATION = """
module: qianyun
short_description: One verb of a system's move, on its source, target or gateway
options:
  verb: {type: str, required: true}
  kind: {type: str, choices: [source, target, gateway], required: true}
  move: {type: dict}
  token: {type: int}
  attempt: {type: str}
  public_key: {type: str}
  facts_of_source: {type: dict}
  facts_of_gateway: {type: dict}
  replication_password: {type: str, no_log: true}
  reap_attempts: {type: list, elements: str}
  archive_digest: {type: str}
"""
RETURN = """
qianyun: {type: dict, description: evidence; its key verb names the verb}
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "verb": {"type": "str", "required": True, "choices": sorted(VERBS)},
            "kind": {"type": "str", "required": True, "choices": ["source", "target", "gateway"]},
            "move": {"type": "dict"},
            "token": {"type": "int", "no_log": False},
            "attempt": {"type": "str", "default": ""},
            "public_key": {"type": "str", "default": "", "no_log": False},
            "facts_of_source": {"type": "dict", "default": {}},
            "facts_of_gateway": {"type": "dict", "default": {}},
            "replication_password": {"type": "str", "default": "", "no_log": True},
            "reap_attempts": {"type": "list", "elements": "str", "default": []},
            "archive_digest": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    p: dict[str, Any] = module.params
    evidence: dict[str, Any] = {"verb": p["verb"]}
    try:
        move = parse(p["move"]) if p["move"] is not None else None
        call = Call(
            kind=p["kind"],
            move_or_none=move,
            token=p["token"] or 0,
            attempt=p["attempt"],
            public_key=p["public_key"],
            facts_of_source=p["facts_of_source"],
            facts_of_gateway=p["facts_of_gateway"],
            password=p["replication_password"],
            reap_attempts=p["reap_attempts"],
            check_mode=module.check_mode,
            archive_digest=p["archive_digest"],
        )
        answer = VERBS[p["verb"]](call)
        evidence.update(answer.evidence)
        if answer.failed:
            module.fail_json(msg=answer.failed, qianyun=evidence)
        module.exit_json(changed=answer.changed, qianyun=evidence)
    except AgentError as error:
        module.fail_json(msg=str(error), qianyun={**evidence, "error": error.plain()})
    except Exception as error:
        module.fail_json(
            msg=f"代理出错 / the agent failed: {type(error).__name__}: {error}",
            exception=traceback.format_exc(),
            qianyun=evidence,
        )


if __name__ == "__main__":
    main()
