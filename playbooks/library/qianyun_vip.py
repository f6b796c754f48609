#!/usr/bin/python3
"""One verb of a virtual address's move, on one of its two hosts. Everything comes in as data."""

from __future__ import annotations

import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# Mitogen follows absolute imports only: every file that is needed by name, for it to come along.
from ansible.module_utils.qianyun_agent import (  # noqa: F401
    errors,
    files,
    move,
    paths,
    proc,
    services,
    units,
    vip_host,
    vip_keepalived,
    vip_refusals,
    vip_wire,
)
from ansible.module_utils.qianyun_agent.errors import AgentError
from ansible.module_utils.qianyun_agent.vip import parse
from ansible.module_utils.qianyun_agent.vip_verbs import VERBS, Here, act

DOCUMENTATION = """
module: qianyun_vip
short_description: Looks at, prepares, moves or leaves a virtual address held by VRRP
options:
  verb: {type: str, required: true}
  vip: {type: dict, required: true, description: as `qianyun network render` wrote it}
  side: {type: str, choices: [source, target], required: true}
  alone: {type: bool, default: false, description: the other host is out of reach}
"""
RETURN = """
qianyun: {type: dict, description: verb, name, outcome, holding (addresses), priority}
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "verb": {"type": "str", "required": True, "choices": sorted(VERBS)},
            "vip": {"type": "dict", "required": True},
            "side": {"type": "str", "required": True, "choices": ["source", "target"]},
            "alone": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    p: dict[str, Any] = module.params
    told: dict[str, Any] = {"verb": p["verb"]}
    try:
        here = Here(parse(p["vip"]), p["side"], module.check_mode, p["alone"])
        answer = act(p["verb"], here)
        told.update(answer.told)
        if answer.wrong:
            module.fail_json(msg="\n".join(answer.wrong), qianyun=told)
        module.exit_json(changed=answer.changed, qianyun=told)
    except AgentError as error:
        module.fail_json(msg=str(error), qianyun={**told, "error": error.plain()})
    except Exception as error:
        module.fail_json(
            msg=f"虚拟地址操作失败 / the virtual address could not be dealt with: "
            f"{type(error).__name__}: {error}",
            exception=traceback.format_exc(),
            qianyun=told,
        )


if __name__ == "__main__":
    main()
