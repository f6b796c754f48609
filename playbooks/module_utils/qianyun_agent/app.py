"""The shipped program: `agent VERB CODE …`. Started by sshd's forced command, the module, or itself."""

from __future__ import annotations

import json
import os
import sys
from typing import Sequence

from . import engines, pace
from .errors import AgentError
from .port import load, serve
from .side import Side
from .tunnel import relay


def main(argv: Sequence[str]) -> int:
    """Runs one verb; exit code 0, or 1 after an error on standard error."""
    try:
        return _run(argv)
    except AgentError as error:
        print(error, file=sys.stderr)
        return 1


def _run(argv: Sequence[str]) -> int:
    verb, code = argv[0], argv[1]
    if verb == "port":
        asked = os.environ.get("SSH_ORIGINAL_COMMAND", "")
        return serve(code, asked, sys.stdin.buffer, sys.stdout.buffer)
    if verb == "outgoing":
        return pace.outgoing(code, int(argv[2]), argv[3:])
    kind, move = load(code)
    token = int(argv[2])
    if verb == "relay":
        relay(engines.store(move.databases[int(argv[2])]).door)
        return 0
    if verb == "watchdog":
        from .watchdog import watch

        watch(Side(move, kind), token, float(argv[3]))
        return 0
    if verb == "pace":
        pace.session(move.code, token, sys.stdin, sys.stdout)
        return 0
    from . import launch

    if verb == "order":
        print(json.dumps(launch.at_once(move, token)))
    elif verb == "guard":
        launch.guard(move, argv[3], token)
    elif verb == "run":
        launch.execute(move, argv[3], token, argv[4], int(argv[5]))
    return 0
