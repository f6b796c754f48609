"""The verbs of the Ansible module: what each does on each kind of host, really or in check mode."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import (
    abandon,
    access,
    backup,
    commit,
    decommission,
    gateway,
    install,
    launch,
    practice,
    preflight,
    presync,
    reap,
    record,
)
from .cutover import CUTOVER, ROLLBACK
from .errors import AgentError, BadMove
from .move import Move
from .preflight import Findings
from .side import Side


@dataclass(frozen=True)
class Call:
    """What the module was given."""

    kind: str
    move_or_none: Optional[Move]
    token: int
    attempt: str
    public_key: str
    facts_of_source: Dict[str, Any]
    facts_of_gateway: Dict[str, Any]
    password: str = field(repr=False)
    reap_attempts: List[str]
    check_mode: bool
    archive_digest: str = ""

    @property
    def move(self) -> Move:
        """The move; raises BadMove when there is none."""
        if self.move_or_none is None or self.token < 1:
            raise BadMove(
                "缺少参数 / an argument is missing",
                read=f"token {self.token}",
                expected="move and token",
                do="由迁移引擎传入 / pass them as extra vars",
            )
        return self.move_or_none

    @property
    def side(self) -> Side:
        return Side(self.move, self.kind)


@dataclass(frozen=True)
class Answer:
    """`failed`: why the module must fail all the same, with the evidence."""

    evidence: Dict[str, Any]
    changed: bool = True
    failed: str = ""


def _looked(found: Findings, evidence: Dict[str, Any]) -> Answer:
    return Answer({**evidence, "wrong": found.wrong}, False, "\n".join(found.wrong))


def _preflight(call: Call) -> Answer:
    found = Findings()
    if call.kind == "gateway":
        return _looked(found, preflight.entrance(call.move, call.token, found))
    look = preflight.source if call.kind == "source" else preflight.target
    side = call.side
    try:
        return _looked(found, look(side, call.token, found))
    finally:
        side.close()


def _compare(call: Call) -> Answer:
    found = Findings()
    evidence = preflight.compare(call.side, call.facts_of_source, call.facts_of_gateway, found)
    return _looked(found, evidence)


def _backup(call: Call) -> Answer:
    side = call.side
    try:
        if call.check_mode:
            return Answer(backup.need(side))
        return Answer(backup.backup(side, call.token))
    finally:
        side.close()


def _prepare(call: Call) -> Answer:
    move = call.move
    if call.check_mode:
        return _checked(call)
    installed = install.install(install.sources())
    side = call.side
    try:
        if call.kind == "gateway":
            evidence = presync.prepare_gateway(move, call.token)
        elif call.kind == "source":
            evidence = presync.prepare_source(side, call.token, call.password)
        else:
            evidence = presync.prepare_target(side, call.token, call.password)
    finally:
        side.close()
    return Answer({**evidence, "installed": installed})


def _checked(call: Call, verb: str = "") -> Answer:
    """In check mode: what can be known without a change, and would fail for real as well."""
    found = Findings()
    if call.kind == "gateway":
        evidence: Dict[str, Any] = preflight.entrance(call.move, call.token, found)
    else:
        evidence = preflight.facts(call.move, call.kind)
        preflight.services_known(call.side, found)
        if call.kind == "target" and verb != ROLLBACK:
            preflight.folders_free(call.side, found)
    return Answer({**evidence, "checked_only": True}, True, "\n".join(found.wrong))


def _authorise(call: Call) -> Answer:
    if call.check_mode:
        return Answer({"checked_only": True})
    return Answer({}, access.authorise(call.move, call.public_key))


def _copy(call: Call) -> Answer:
    if call.check_mode:
        return _checked(call)
    side = call.side
    try:
        return Answer(presync.copy(side, call.token, call.attempt))
    finally:
        side.close()


def _run(call: Call, kind: str) -> Answer:
    """Starts or finds the program on the target and waits for its end."""
    if call.check_mode:
        return _checked(call, kind)
    if kind == ROLLBACK:
        practice.forget(call.move)
    told, failed = _ran(call, kind, call.token)
    return Answer(told, "token" in told, failed)


def _practise(call: Call) -> Answer:
    if call.check_mode:
        return _checked(call, CUTOVER)
    told, failed = practice.practise(
        call.move, call.token, lambda kind, token: _ran(call, kind, token)
    )
    return Answer(told, bool(told["runs"]), failed)


def _ran(call: Call, kind: str, token: int) -> Tuple[Dict[str, Any], str]:
    """Evidence of a run to its end, and why it failed; without a `token` there was nothing to do."""
    given_up = not call.facts_of_source.get("prepared", True)
    token, attached = launch.begin(call.move, kind, token, given_up=given_up)
    if not token:
        nothing = "nothing to roll back: no cutover has begun, or the source has given the move up"
        return {"outcome": "done", "notes": [nothing]}, ""
    told = {"attached": attached, **launch.follow(call.move, token, launch.RUN_SECONDS)}
    if told["outcome"] == "done":
        return told, ""
    error = told["error"] or {}
    why = " ".join(f"{name}: {value};" for name, value in error.items() if name != "kind")
    ends = {
        "aborted": "割接已放弃，原主机继续服务 / the cutover was given up; the old host serves on",
        "broken": "割接未能收尾，请立即人工处理 / the cutover could not be concluded; act now",
        "died": "割接程序已中断；再次运行 cutover.yml 或 rollback.yml / the program died; run either again",
    }
    return told, f"{ends[told['outcome']]}. {why} journal: {told['journal']}"


def _commit(call: Call) -> Answer:
    if call.check_mode:
        return Answer({"checked_only": True})
    if call.kind == "gateway":
        return Answer(commit.commit_gateway(call.move, call.token))
    side = call.side
    try:
        act = commit.commit_source if call.kind == "source" else commit.commit_target
        return Answer(act(side, call.token))
    finally:
        side.close()


def _archive(call: Call) -> Answer:
    side = call.side
    try:
        if call.check_mode:
            return Answer({"room": decommission.need(side)})
        told = decommission.archive(side, call.token)
        return Answer(told, not told.get("repeated"))
    finally:
        side.close()


def _wipe(call: Call) -> Answer:
    side = call.side
    try:
        if call.check_mode:
            decommission.ready(side)
            decommission.checked(call.move, call.archive_digest)
            return Answer({"checked_only": True})
        told = decommission.wipe(side, call.token, call.archive_digest)
        return Answer({"wipe": told}, not told.get("repeated"))
    finally:
        side.close()


def _stand(call: Call) -> Answer:
    """Where the host stands. A target that serves goes back at once: each play costs a second."""
    if call.kind == "target":
        serves = record.read(call.move.code).role == record.ACTIVE
        return _run(call, ROLLBACK) if serves and not call.check_mode else Answer({}, False)
    return Answer(abandon.stand(call.move, call.kind), False)


def _abandon(call: Call) -> Answer:
    if call.check_mode:
        return Answer({"checked_only": True})
    acts = {
        "source": abandon.on_source,
        "target": abandon.on_target,
        "gateway": abandon.on_gateway,
    }
    told = acts[call.kind](
        abandon.Asked(call.move, call.token, call.facts_of_gateway.get("points_to"))
    )
    return Answer(told, not told.get("nothing"))


def _reap(call: Call) -> Answer:
    if call.check_mode:
        return Answer({"found": {str(k): v for k, v in reap.marked(call.reap_attempts).items()}})
    told = reap.reap(call.reap_attempts)
    return Answer(told, bool(told["killed"]))


def _state(call: Call) -> Answer:
    """For people and tests: where this host stands."""
    if call.kind == "gateway":
        told = {"points_to": gateway.points_to(call.move), "holds": gateway.holds(call.move)}
        return Answer(told, False)
    side = call.side
    try:
        return Answer(side.state(), False)
    except AgentError as error:
        return Answer({"error": error.plain()}, False, str(error))
    finally:
        side.close()


VERBS: Dict[str, Callable[[Call], Answer]] = {
    "preflight": _preflight,
    "compare": _compare,
    "backup": _backup,
    "prepare": _prepare,
    "authorise": _authorise,
    "copy": _copy,
    "cutover": lambda call: _run(call, CUTOVER),
    "practise": _practise,
    "rollback": lambda call: _run(call, ROLLBACK),
    "commit": _commit,
    "archive": _archive,
    "wipe": _wipe,
    "stand": _stand,
    "abandon": _abandon,
    "reap": _reap,
    "state": _state,
}
