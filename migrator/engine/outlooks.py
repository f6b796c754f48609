"""A run's outlook (`eta`) from the truth: its history, its copies under way, its limits."""

import re
from collections.abc import Iterable

from migrator.planning.plan import StepKind
from migrator.runs.eta import Copy, History, Outlook, outlook
from migrator.runs.of_run import limits_of
from migrator.runs.records import StepState
from migrator.runs.rules import EngineRules
from migrator.store.logs import LogLine
from migrator.store.truth import Truth

COPIED = "copied"
"""The event of a log's line that tells how far a copy is (`pacing`)."""

LOOKED_AT = 8
"""Runs before this one from which it is known what a step takes."""

_COPIED = re.compile(r"copied (\d+) of (\d+) bytes at (\d+) bytes/s")
"""How an attempt tells the progress of a copy in its log."""


def outlook_of(truth: Truth, rules: EngineRules, code: str) -> Outlook:
    """How far the run is and when it may end. Raises NotFound, StoreDown."""
    run = truth.runs.get(code)
    plan = truth.plans.load(run.plan)
    before = [truth.runs.get(c) for c in truth.runs.ended_codes(LOOKED_AT)]
    copies: dict[str, Copy] = {}
    for item in run.items:
        if item.step(StepKind.PRESYNC).state is StepState.RUNNING and (
            tried := truth.attempts.of(code, item.system)
        ):
            line = truth.logs.last(tried[-1].token, COPIED)
            if line is not None and (told := copied([line])) is not None:
                copies[item.system] = told
    limits = limits_of(run, plan, rules.limits)
    history = History.of([*before, run])
    return outlook(run, plan, history, truth.clock(), limits=limits, copies=copies)


def copied(lines: Iterable[LogLine]) -> Copy | None:
    """The last word of an attempt on its copy."""
    found = None
    for line in lines:
        for match in _COPIED.finditer(line.text):
            found = Copy(*(int(n) for n in match.groups()))
    return found
