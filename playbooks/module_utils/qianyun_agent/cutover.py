"""The cutover: moves authority and traffic from the old side to the new one, or leaves all as it was.

It runs on the target. Forward (`cutover`) the old side is the source; mirrored (`rollback`) the
old side is the target. The phases are quiesce, final_sync, start, verify, switch; what needs no
hold comes before (prepare) and after (reverse).

Until the old side has yielded, giving up is lossless, and the old side's watchdog does it alone.
Between that and the switch, clients are still held and nothing was acknowledged on the new side,
so giving up discards the new side's copy. After the switch there is only forward.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from . import ours, pace, parity, practice
from .errors import AgentError, Fenced, Unreachable
from .journal import Journal
from .link import LocalPort, Port, RemotePort, ssh_command
from .move import Move
from .side import STALE, Side
from .tree import Carrier

CUTOVER, ROLLBACK, RECOVER = "cutover", "rollback", "recover"
WATCHDOG_AFTER = 2.0  # seconds after the program's own deadline
GATEWAY_AFTER = 4.0  # and the gateway's hold after that
QUICK_PASS = 1.0  # seconds: when a pass is this quick, the next one fits into the hold
PASSES = 6
PASS_SECONDS = 6 * 3600.0


def _opened(move: Move, token: int) -> tuple[RemotePort, RemotePort]:
    """Sessions with source and gateway, opened at once; both or none."""
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(RemotePort, move, name, token) for name in ("source", "gateway")]
    failed = [one.exception() for one in asked if one.exception()]
    if failed:
        for one in asked:
            if not one.exception():
                one.result().close()
        raise failed[0] or AssertionError
    return asked[0].result(), asked[1].result()


def _ask_here(move: Move) -> Callable[..., Any]:
    """The port of who sends, where that is this host: it knows `pace` alone."""

    def ask(_verb: str, _wait: float, kbps: int, late: float) -> int:
        return pace.order(move.code, kbps, late)

    return ask


class Cutover:
    """One run. `lock` is the descriptor of the run's lock, kept by rsync too."""

    def __init__(self, move: Move, kind: str, token: int, journal: Journal, lock: int = -1) -> None:
        self.move, self.kind, self.token, self.journal = move, kind, token, journal
        self.old_name, self.new_name = (
            ("source", "target") if kind == CUTOVER else ("target", "source")
        )
        self.source, self.gate = _opened(move, token)
        self.target: Port = LocalPort(Side(move, "target"))
        self.ports: dict[str, Port] = {"source": self.source, "target": self.target}
        self.old, self.new = self.ports[self.old_name], self.ports[self.new_name]
        ssh = ssh_command(move.code, self.source.control)
        ask = self.source.call if kind == CUTOVER else _ask_here(move)
        told = pace.Progress(move.code, move.rate_kbps, 0, ask)
        self.carrier = Carrier(ssh, self.source.host, "", lock, told)
        self.hold_until = 0.0
        self.held_at = 0.0
        self.warm: dict[str, Any] = {}
        self.known = ""
        self.proof: dict[str, Any] = {}

    def close(self) -> None:
        for port in (self.source, self.gate, self.target):
            port.close()

    # -- journal and time --------------------------------------------------------------------------

    @contextmanager
    def phase(self, name: str) -> Iterator[dict[str, Any]]:
        """Journals a phase; what the block puts into the dict is its evidence."""
        evidence: dict[str, Any] = {}
        self.journal.write("phase", phase=name)
        try:
            yield evidence
        except AgentError as error:
            evidence["error"] = error.plain()
            self.journal.write("phase_end", phase=name, ok=False, evidence=evidence)
            raise
        self.journal.write("phase_end", phase=name, ok=True, evidence=evidence)

    def left(self) -> float:
        """Seconds left of the hold; raises AgentError when it is used up. Ample without a hold."""
        if not self.hold_until:
            return 60.0
        left = self.hold_until - time.monotonic()
        if left <= 0:
            raise AgentError(
                "割接超过冻结时限 / the hold's time is used up",
                read=f"> {self.move.hold_seconds} s",
                expected=f"≤ {self.move.hold_seconds} s",
                do="已自动恢复；查看各阶段用时后再割接 / read the phases' times, then try again",
            )
        return left

    def both(self, verb: str, wait: float, **args: Any) -> dict[str, Any]:
        """The same question to source and target at once: {"source", "target"}."""
        with ThreadPoolExecutor(1) as pool:
            far = pool.submit(self.source.call, verb, wait, **args)
            near = self.target.call(verb, wait, **args)
            return {"source": far.result(), "target": near}

    # -- before the hold ---------------------------------------------------------------------------

    def traffic(self) -> str:
        """The side that clients reach: the new one as soon as any family is turned to it."""
        points = self.gate.call("points_to")
        if "other" in points.values():
            raise AgentError(
                "网关指向未知主机 / the gateway points elsewhere",
                read=str(points),
                expected="source or target",
                do="人工核对网关后端 / look at the gateway's backends by hand",
            )
        return self.new_name if self.new_name in points.values() else self.old_name

    def role(self, name: str) -> str:
        """Role of a side as its record says."""
        return str(self.ports[name].call("state")["record"]["role"])

    def restore(self, side: str) -> None:
        """Makes `side` the active one that clients reach, whatever state an attempt left."""
        other = self.new_name if side == self.old_name else self.old_name
        if self.move.writes and self.role(side) != "active":
            self.gate.call("hold", seconds=30, token=self.token)
        if self.role(other) == "active":
            self.ports[other].call("retreat", 90, token=self.token)
        self.ports[side].call("resume", 120, token=self.token)
        if set(self.gate.call("points_to").values()) != {side}:
            self.gate.call("switch", side=side, token=self.token)
        self.gate.call("release", token=self.token)
        if self.move.stateless and self.move.writes:
            self.ports[other].call("stand_down", 90, token=self.token)

    def prepare(self) -> None:
        """Everything that can be done while clients are served."""
        with self.phase("prepare") as evidence:
            if self.kind == ROLLBACK and self.role("source") == "yielded":
                self.source.call("follow", 120, token=self.token)
            self._ready(evidence)
            if self.kind == CUTOVER:
                ours.expect_taken(self.move)
            evidence["passes"] = self._passes()
            self.warm = self.both("warm", 900, token=self.token)
            self._same_trees(self.warm["source"]["trees"], self.warm["target"]["trees"], False)
            self.known = self.gate.call("validated", side=self.new_name)
            if self.move.writes and self.move.stateless:
                evidence["stand_by"] = self.new.call("stand_by", 90, token=self.token)
            if self.move.writes:
                self.old.call("arm", token=self.token, seconds=float(self.move.hold_seconds))

    def _ready(self, evidence: dict[str, Any]) -> None:
        """Raises AgentError unless old is active and new is a standby that streams."""
        old, new = self.old.call("state"), self.new.call("state")
        evidence["sides"] = {self.old_name: old, self.new_name: new}
        copies = new["clusters"]
        fine = all(one.get("streaming") and one["base"] != STALE for one in copies)
        if old["record"]["role"] == "active" and new["record"]["role"] == "standby" and fine:
            return
        raise AgentError(
            "两端未就绪，不能割接 / the sides are not ready for a cutover",
            read=f"{self.old_name} {old['record']['role'] or 'none'}, "
            f"{self.new_name} {new['record']['role'] or 'none'}, copies {copies}",
            expected=f"{self.old_name} active, {self.new_name} standby and streaming",
            do="重新运行 presync.yml 后再试 / run presync.yml again, then retry",
        )

    def _carry(self, index: int, *, final: bool, seconds: float) -> dict[str, Any]:
        return self.carrier.carry(
            index,
            self.move.trees[index].path,
            back=self.kind == ROLLBACK,
            final=final,
            seconds=seconds,
        )

    def _passes(self) -> list[dict[str, Any]]:
        """Rsync until a pass is quick. What nobody writes goes forward only."""
        done = []
        for index, tree in enumerate(self.move.trees):
            if self.kind == ROLLBACK and not tree.writable:
                continue
            for _ in range(PASSES):
                done.append(self._carry(index, final=False, seconds=PASS_SECONDS))
                if done[-1]["seconds"] <= QUICK_PASS or not tree.writable:
                    break
        return done

    def _same_trees(
        self, one: dict[str, Any], other: dict[str, Any], writable: bool
    ) -> dict[str, Any]:
        """Compares digests of the trees that are (not) writable; raises AgentError."""
        compared = {}
        for tree in self.move.trees:
            if tree.writable != writable:
                continue
            if one[tree.path]["digest"] != other[tree.path]["digest"]:
                raise AgentError(
                    f"目录不一致 / the trees differ: {tree.path}",
                    read=f"source {one[tree.path]}, target {other[tree.path]}",
                    expected="equal digests",
                    do="查找绕过入口的写入后重试 / look for writers that bypass the entrance, then retry",
                )
            compared[tree.path] = one[tree.path]
        self.proof.setdefault("trees", {}).update(compared)
        return compared

    # -- the phases --------------------------------------------------------------------------------

    def quiesce(self) -> None:
        """Holds new requests, lets those in flight end, fences the old side."""
        with self.phase("quiesce") as evidence:
            if not self.move.writes:
                evidence["note"] = "nothing can be written: no hold"
                return
            limit = float(self.move.hold_seconds)
            self.held_at = time.monotonic()
            self.hold_until = self.held_at + limit
            self.journal.write("hold", seconds=limit)
            evidence["hold"] = self.gate.call(
                "hold", self.left(), seconds=limit + GATEWAY_AFTER, token=self.token
            )
            evidence["drain"] = self.gate.call("drain", self.left(), seconds=max(1.0, limit / 4))
            evidence["fence"] = self.old.call(
                "fence", self.left(), seconds=limit + WATCHDOG_AFTER, token=self.token,
                stop=not evidence["drain"].get("drained", True),
            )  # fmt: skip

    def final_sync(self) -> None:
        """What the old side wrote last reaches the new side; both are compared."""
        with self.phase("final_sync") as evidence:
            if self.move.databases:
                evidence["databases"] = self._databases()
            if any(tree.writable for tree in self.move.trees):
                evidence["passes"] = [
                    self._carry(index, final=True, seconds=self.left())
                    for index, tree in enumerate(self.move.trees)
                    if tree.writable
                ]
                found = self.both("digest", self.left())
                self._same_trees(found["source"], found["target"], True)
            evidence["trees"] = self.proof.get("trees", {})

    def _databases(self) -> dict[str, Any]:
        listed = self.warm[self.old_name]["tables"]
        wanted = {label: parity.wanted(found) for label, found in listed.items()}
        before = self.old.call("counted", self.left(), wanted=wanted, seconds=self.left())
        control = self.old.call("halt", self.left(), seconds=self.left(), token=self.token)
        beyond = {label: one["checkpoint"] for label, one in control.items()}
        replayed = self.new.call("replayed", self.left(), beyond=beyond, seconds=self.left())
        after = self.new.call("counted", self.left(), wanted=wanted, seconds=self.left())
        self.proof["databases"] = {
            label: parity.compare(listed[label], before[label], after[label]) for label in listed
        }
        return {"control": control, "replayed": replayed, "parity": self.proof["databases"]}

    def start(self) -> None:
        """Authority moves: the old side yields, the new side becomes active and starts."""
        with self.phase("start") as evidence:
            evidence["yielded"] = self.old.call("yield", self.left(), token=self.token)
            evidence["active"] = self.new.call(
                "activate", self.left(), token=self.token, seconds=self.left()
            )

    def verify(self) -> None:
        """The new side answers rightly over v4 and v6, seen from the gateway."""
        with self.phase("verify") as evidence:
            left = self.left()
            evidence["probes"] = self.gate.call("probe", left + 1, side=self.new_name, seconds=left)
            evidence["parity"] = self.proof
            self.left()

    def switch(self) -> None:
        """Turns traffic and lets the held requests go."""
        with self.phase("switch") as evidence:
            evidence["gateway"] = self.gate.call(
                "switch", 30, side=self.new_name, token=self.token, known=self.known
            )
            if self.move.writes:
                self.gate.call("release", 30, token=self.token)
                evidence["hold_seconds"] = round(time.monotonic() - self.held_at, 3)
            self.journal.write("released")

    def reverse(self) -> list[str]:
        """The old side follows the new one. Returns notes of what did not work out.

        After a rollback it need not, since the move is given up next, unless this is a rehearsal.
        """
        notes: list[str] = []
        try:
            with self.phase("reverse") as evidence:
                goes_on = self.kind == CUTOVER or practice.practising(self.move)
                if goes_on and self.role(self.old_name) == "yielded":
                    evidence["old"] = self.old.call("follow", 120, token=self.token)
                    notes += evidence["old"]["notes"]
                evidence["new"] = self.new.call("settle", 60, token=self.token)
                notes += evidence["new"]["notes"]
        except AgentError as error:
            notes.append(str(error))
        return notes

    # -- whole runs --------------------------------------------------------------------------------

    def run(self) -> None:
        """The whole way; ends the journal with outcome done, aborted or broken."""
        try:
            if self.traffic() == self.new_name and self.kind == ROLLBACK:
                self.restore(self.new_name)
                self.finish("done", None, ["nothing to roll back: traffic is at the source"])
                return
            if self.traffic() == self.new_name:
                self.restore(self.new_name)
                self.finish("done", None, self.reverse())
                return
            if self.role(self.old_name) != "active" or self.role(self.new_name) == "active":
                self.restore(self.old_name)
            self.prepare()
            self.quiesce()
            self.final_sync()
            self.start()
            self.verify()
        except AgentError as error:
            self.undo(error)
            return
        self.forward()

    def forward(self) -> None:
        """From the switch on: nothing is undone any more, only tried again."""
        try:
            self.switch()
        except AgentError as error:
            if not self._again(lambda: self.restore(self.new_name)):
                self.finish("broken", error, [])
                return
        self.finish("done", None, self.reverse())

    def undo(self, error: AgentError) -> None:
        """Back to the old side, lossless, since no client has been let through to the new one."""
        self.journal.write("undo", error=error.plain())
        back = self._again(lambda: self.restore(self.old_name))
        self.finish("aborted" if back else "broken", error, [])

    def recover(self) -> None:
        """After a run's sudden death: traffic says whether to finish or to undo."""
        error = AgentError(
            "割接程序意外中断 / the cutover program died",
            read="journal without an end",
            expected="an end",
            do="已自动处理；查看日志后可再割接 / it was dealt with; read the journal, then try again",
        )
        side = self.traffic()
        if not self._again(lambda: self.restore(side)):
            self.finish("broken", error, [])
        elif side == self.new_name:
            self.finish("done", None, ["finished after the program had died", *self.reverse()])
        else:
            self.finish("aborted", error, [])

    def _again(self, work: Any) -> bool:
        """Tries until it works, for a minute, opening lost connections anew."""
        limit = time.monotonic() + 60
        while True:
            try:
                work()
                return True
            except AgentError as error:
                self.journal.write("retry", error=error.plain())
                if time.monotonic() > limit or isinstance(error, Fenced):
                    return False
            time.sleep(0.5)
            for port in (self.source, self.gate):
                try:
                    port.reopen()
                except Unreachable:
                    continue

    def finish(self, outcome: str, error: AgentError | None, notes: list[str]) -> None:
        self.journal.write(
            "end", outcome=outcome, error=error.plain() if error else None, notes=notes
        )
