"""An Ansible callback that writes one JSON object per result: host, evidence, message."""

import json
from typing import Any

from ansible.plugins.callback import CallbackBase  # type: ignore[import-untyped]

DOCUMENTATION = """
name: collected
type: stdout
short_description: one JSON object per result
description: one JSON object per result
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "collected"

    def _write(self, result: Any, failed: bool) -> None:
        told = result.result if hasattr(result, "result") else result._result
        host = result.host if hasattr(result, "host") else result._host
        line = {
            "host": host.get_name(),
            "failed": failed,
            "msg": str(told.get("msg", "")),
            "qianyun": told.get("qianyun"),
            "changed": told.get("changed"),
        }
        self._display.display(json.dumps(line, ensure_ascii=False, default=str))

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result, False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, True)
