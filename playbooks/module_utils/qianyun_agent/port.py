"""The port: what the move's key may do on a source or gateway, and nothing else.

The forced command starts `agent port CODE`. What the client asked for is a session (lines of JSON,
one request and one answer each), rsync's server for the declared trees, or one of the declared
databases. The move is read from this host's own file, so a request carries only tokens, seconds,
rates and sides.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any, BinaryIO, Callable, Dict

from . import gateway, pace, record, units
from .errors import AgentError, BadMove
from .files import folder, read_json, write
from .move import Move, parse
from .proc import ATTEMPT, PROGRAM, environment
from .side import Side
from .tree import server_config

Handler = Callable[[Dict[str, Any]], Any]
DATABASE = r"(?:rsync|attempt=([A-Za-z0-9._:-]{1,100})) rate=([1-9]\d{0,8}) database=(\d{1,2})"
RSYNC = r"(?:rsync|attempt=([A-Za-z0-9._:-]{1,100}))(?: rate=([1-9]\d{0,8}))? --server --daemon \."


def load(code: str) -> tuple[str, Move]:
    """Which side of the system's move this host is, and the move; raises BadMove."""
    raw = read_json(folder(code) / "move.json")
    kind = raw.get("kind")
    if kind not in ("source", "target", "gateway"):
        raise BadMove(
            f"本机没有该系统的迁移 / no move of this system on this host: {code}",
            read=repr(kind),
            expected="source | target | gateway",
            do="先运行 presync.yml / run presync.yml first",
        )
    return str(kind), parse(raw.get("move"))


def _token(args: dict[str, Any]) -> int:
    return int(args["token"])


def _seconds(args: dict[str, Any]) -> float:
    return min(float(args["seconds"]), 3600.0)


def _side(args: dict[str, Any]) -> str:
    if args["side"] not in ("source", "target"):
        raise BadMove(
            "方向不合规 / no such side", read=args["side"], expected="source | target", do="-"
        )
    return str(args["side"])


def side_table(side: Side) -> dict[str, Handler]:
    """Verbs of a source or target."""
    from . import presync  # it uses links, which use ports

    return {
        "hello": lambda a: record.claim(side.move.code, _token(a)).plain(),
        "state": lambda _: side.state(),
        "sizes": lambda _: presync.sizes(side),
        "clusters": lambda _: presync.clusters(side),
        "units": lambda _: units.offer(side.move.services),
        "pace": lambda a: pace.order(
            side.move.code, int(a.get("kbps", 0)), float(a.get("late", 0))
        ),
        "warm": lambda a: side.warm(_token(a)),
        "digest": lambda _: side.digest(writable_only=True),
        "counted": lambda a: side.counted(a["wanted"], _seconds(a)),
        "replayed": lambda a: side.replayed(a["beyond"], _seconds(a)),
        "arm": lambda a: side.arm(_token(a), _seconds(a)),
        "fence": lambda a: side.fence(_token(a), _seconds(a), stop=bool(a.get("stop"))),
        "stand_by": lambda a: side.stand_by(_token(a)),
        "stand_down": lambda a: side.stand_down(_token(a)),
        "halt": lambda a: side.halt(_token(a), _seconds(a)),
        "yield": lambda a: side.yield_up(_token(a)),
        "activate": lambda a: side.activate(_token(a), _seconds(a)),
        "resume": lambda a: side.resume(_token(a)),
        "retreat": lambda a: side.retreat(_token(a)),
        "follow": lambda a: side.follow(_token(a)),
        "settle": lambda a: side.settle(_token(a)),
    }


def gateway_table(move: Move) -> dict[str, Handler]:
    """Verbs of a gateway; those that change anything claim the token first."""

    def claimed(args: dict[str, Any]) -> None:
        record.claim(move.code, _token(args))

    def hold(args: dict[str, Any]) -> Any:
        claimed(args)
        return gateway.hold(move, _seconds(args))

    def release(args: dict[str, Any]) -> Any:
        claimed(args)
        return gateway.release(move)

    def switch(args: dict[str, Any]) -> Any:
        claimed(args)
        return gateway.switch(move, _side(args), str(args.get("known", "")))

    return {
        "hello": lambda a: record.claim(move.code, _token(a)).plain(),
        "points_to": lambda _: gateway.points_to(move),
        "validated": lambda a: gateway.validated(move, _side(a)),
        "hold": hold,
        "release": release,
        "switch": switch,
        "drain": lambda a: gateway.drain(move, _seconds(a)),
        "probe": lambda a: gateway.probe(move.place(_side(a)), move.check, _seconds(a)),
    }


def table(code: str) -> dict[str, Handler]:
    """The verbs of this host for one system."""
    kind, move = load(code)
    return gateway_table(move) if kind == "gateway" else side_table(Side(move, kind))


def answer(handlers: dict[str, Handler], request: dict[str, Any]) -> dict[str, Any]:
    """{"ok": True, "result"} or {"ok": False, "error": AgentError.plain()}."""
    try:
        handler = handlers[request["verb"]]
        return {"ok": True, "result": handler(request.get("args", {}))}
    except AgentError as error:
        return {"ok": False, "error": error.plain()}
    except Exception as error:
        return {
            "ok": False,
            "error": AgentError(
                "代理出错 / the agent failed",
                read=f"{type(error).__name__}: {error}",
                expected="no exception",
                do="请报告此错误 / report this",
            ).plain(),
        }


def session(handlers: dict[str, Handler], source: BinaryIO, sink: BinaryIO) -> None:
    """Answers requests until the client goes away."""
    for line in source:
        reply = answer(handlers, json.loads(line))
        sink.write(json.dumps(reply, ensure_ascii=False).encode() + b"\n")
        sink.flush()


def serve(code: str, asked: str, source: BinaryIO, sink: BinaryIO) -> int:
    """The forced command; returns its exit code. Rsync that receives replaces this process."""
    if asked == "session":
        session(table(code), source, sink)
        return 0
    found, database = re.fullmatch(RSYNC, asked), re.fullmatch(DATABASE, asked)
    kind, move = load(code)
    if kind != "source" or not (found or database):
        return 126
    if database:
        if int(database.group(3)) >= len(move.databases):
            return 126
        command = [PROGRAM, "relay", code, database.group(3)]
        return pace.sending(code, int(database.group(2)), command, _marked(database.group(1)))
    assert found is not None
    writable = record.read(code).role in (record.YIELDED, record.STANDBY)
    path = folder(code) / ("rsyncd-write.conf" if writable else "rsyncd-read.conf")
    write(path, server_config(move, writable=writable), 0o600)
    command = ["rsync", "--server", "--daemon", f"--config={path}", "."]
    if found.group(2):
        return pace.sending(code, int(found.group(2)), command, _marked(found.group(1)))
    os.execvpe("rsync", command, _marked(found.group(1)))  # noqa: S606
    return 127


def _marked(attempt: str | None) -> dict[str, str]:
    """The environment of what the attempt has here, so that reap finds it."""
    return {**environment(), **({ATTEMPT: attempt} if attempt else {})}
