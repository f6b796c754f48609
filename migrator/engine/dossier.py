"""An item's dossier: who did what and when, by which plan, with what outcome and evidence; for good.

`make` gathers it from the truth, as plain JSON with a digest over all of it. `verify` needs nothing but the
document: every part is checked against its own digest or hash, and parts against each other. Somebody who
changes one byte has to change the digest, which stands in the audit of the city since it was made.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from inventory.canonical import digest
from migrator.engine import network_dossier
from migrator.engine.dossier_parts import attempt_of, faults_of_attempts, sha256
from migrator.errors import Refused
from migrator.planning.plan import Item, StepKind
from migrator.store.audit import Entry, first_fault_within
from migrator.store.truth import Truth

FORMAT = 1


def make(truth: Truth, run: str, system: str, actor: str) -> dict[str, Any]:
    """The dossier of an item that has ended, with its entry in the audit. Raises NotFound; Refused for
    one that is under way."""
    item = truth.runs.item(run, system)
    if not item.state.ended:
        raise Refused(
            f"{system} 尚未结束 / the item has not ended: read {item.state}; its dossier is made at its end"
        )
    head = truth.runs.head(run)
    plan = truth.plans.load(head.plan)
    kept = truth.plans.record(head.plan)
    attempts = truth.attempts.of(run, system)
    chain = truth.audit_entries()
    told = [e for e in chain if concerns(e, run, system, head.plan, item.wave)]
    body: dict[str, Any] = {
        "format": FORMAT,
        "run": {
            "code": run,
            "started_by": head.started_by,
            "started_at": head.started_at,
            "ended_at": head.ended_at,
        },
        "plan": {
            "code": head.plan,
            "digest": kept.digest,
            "author": kept.author,
            "made_at": kept.made_at,
            "wave": item.wave,
            "item": _plain(plan.item(system)),
            "item_digest": digest(plan.item(system)),
        },
        "decisions": [
            d.model_dump(mode="json")
            for d in kept.decisions
            if d.subject in {"", system, str(item.wave)}
        ],
        "item": item.model_dump(mode="json"),
        "attempts": [attempt_of(truth, attempt) for attempt in attempts],
        "evidence": [e.model_dump(mode="json") for e in truth.attempts.evidence_of(run, system)],
        "probes": _probes(truth, run, system),
        "audit": [e.__dict__ for e in told],
        "audit_head": {"seq": chain[-1].seq, "hash": chain[-1].hash} if chain else None,
        "made_at": truth.now(),
        "made_by": actor,
    }
    whole = body | {"digest": sha256(body)}
    truth.audit(actor, "run.dossier", f"{run}/{system}", digest=whole["digest"])
    return whole


def verify(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a dossier, one line each; none when it is as it was made."""
    try:
        found = network_dossier.faults(document) if "network" in document else _faults(document)
        return list(found)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        return [f"不是迁云的卷宗 / not a dossier of Qianyun: {type(error).__name__}: {error}"]


def named(document: Mapping[str, Any]) -> tuple[str, str]:
    """What a dossier that holds is about: a run and its system, or a network plan and its title."""
    if "network" in document:
        return document["network"]["code"], document["network"]["title"]
    return document["run"]["code"], document["item"]["system"]


def concerns(entry: Entry, run: str, system: str, plan: str, wave: int) -> bool:
    """Whether an audit entry is about the item, its wave, its run as a whole, or its plan."""
    about = {run, plan, system, f"{run}/{system}", f"{run}/wave {wave}", f"{run}/*"}
    return entry.object in about or entry.object.startswith(f"{run}/{system}/")


def _faults(document: Mapping[str, Any]) -> Iterator[str]:
    if document["format"] != FORMAT:
        yield f"格式 / format: read {document['format']}, expected {FORMAT}"
        return
    body = {key: value for key, value in document.items() if key != "digest"}
    if sha256(body) != document["digest"]:
        yield f"整体摘要不符 / digest of the whole: read {document['digest']}, expected {sha256(body)}"
    item = Item.model_validate(document["plan"]["item"])
    if digest(item) != document["plan"]["item_digest"]:
        yield "方案中的事实被改动 / the facts of the plan were changed"
    for number, kept in enumerate(document["evidence"], start=1):
        found = hashlib.sha256(kept["body"].encode()).hexdigest()
        if found != kept["digest"]:
            yield f"证据 {number}（{kept['step']}）被改动 / evidence {number} was changed"
    yield from faults_of_attempts(document)
    chain = [Entry(**entry) for entry in document["audit"]]
    if fault := first_fault_within(chain):
        yield fault
    for decision in document["decisions"]:
        if decision["digest"] != document["plan"]["digest"]:
            yield f"审批不属于此方案 / a decision of {decision['actor']} is on another plan"
    started = [e for e in chain if e.action == "run.start" and e.object == document["run"]["code"]]
    if not started or started[0].detail.get("digest") != document["plan"]["digest"]:
        yield "审计中的方案摘要不符 / the audit started this run with another plan's digest"


def _probes(truth: Truth, run: str, system: str) -> dict[str, list[Any]]:
    """What probes saw before the cutover and after the switch."""
    found: dict[str, list[Any]] = {"before": [], "after": []}
    names = {StepKind.GATE: "before", StepKind.SOAK: "after"}
    for kept in truth.attempts.evidence_of(run, system):
        if kept.step in names:
            found[names[kept.step]].append(kept.content.get("probes"))
    return found


def _plain(item: Item) -> dict[str, Any]:
    return item.model_dump(mode="json")
