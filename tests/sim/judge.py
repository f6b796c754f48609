"""Who judges a night. It believes only the hosts' journals, the truth, and the audit (research/cutover.md,
"Faults on purpose"): nobody worked on a host while somebody else did, each step that is told done was done
there to its end, whoever serves is who should, every item ended done or rolled back, no attempt overlaps
another or is open, the chain holds.
"""

import itertools
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from migrator.runs.kinds import KINDS
from migrator.runs.records import ItemRecord, StepState
from migrator.store.attempts import AttemptRecord
from migrator.store.audit import first_fault
from migrator.store.truth import Truth

GOOD = {"done", "rolled_back", "aborted"}
OVERLAP = '"event": "overlap"'
ON_HOSTS = tuple(step for step, kind in KINDS.items() if kind.playbook)


def judged(truth: Truth, run: str, hosts: Path, items: int) -> list[str]:
    """What went wrong, one line each."""
    record = truth.runs.get(run)
    wrong = [] if len(record.items) == items else [f"{len(record.items)} items of {items}"]
    for item in record.items:
        if item.state.value not in GOOD:
            wrong.append(f"{item.system} ended {item.state}")
        faults = itertools.chain(
            _host(hosts / item.system, item), _attempts(truth.attempts.of(run, item.system))
        )
        wrong += [f"{item.system}: {line}" for line in faults]
    if fault := first_fault(truth.audit_entries()):
        wrong.append(fault)
    return wrong


def overlaps(hosts: Path) -> int:
    """How often two worked on one host at once."""
    return sum(path.read_text().count(OVERLAP) for path in hosts.glob("*/journal.jsonl"))


def _host(host: Path, item: ItemRecord) -> Iterable[str]:
    path = host / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    for line in lines:
        if line["event"] in {"overlap", "committed-without-target"}:
            yield f"{line['event']}: {line}"
    ends = Counter(line["step"] for line in lines if line["event"] == "end")
    for step in ON_HOSTS:
        if item.step(step).state is StepState.DONE and not ends[step.value]:
            yield f"{step} was never done"
    active = host / "active"
    serves = active.read_text() if active.exists() else "source"
    if serves != {"done": "target"}.get(item.state.value, "source"):
        yield f"{serves} serves, and the item is {item.state}"


def _attempts(tried: list[AttemptRecord]) -> Iterable[str]:
    for one, two in itertools.pairwise(tried):
        if one.ended_at is None or two.started_at < one.ended_at:
            yield f"attempts {one.token} and {two.token} overlap"
    if any(attempt.state == "running" for attempt in tried):
        yield "an attempt is still open"
