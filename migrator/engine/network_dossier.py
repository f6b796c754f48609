"""A network plan's dossier: what was filed and by whom approved, what was sent, what came of it; for good."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from migrator.engine.dossier_parts import attempt_of, faults_of_attempts, sha256
from migrator.errors import Refused
from migrator.people.rights import Deed, Person
from migrator.runs.network_plan import NetworkPlan, NetworkState
from migrator.store.audit import Entry, first_fault_within
from migrator.store.truth import Truth

FORMAT = 1


def make(truth: Truth, code: str, person: Person) -> dict[str, Any]:
    """As plain JSON with a digest over all of it, which stands in the audit. Raises Forbidden, NotFound;
    Refused for a plan that was not played to an end."""
    truth.permit(person, Deed.EVIDENCE_READ, code)
    record, plan = truth.network.record(code), truth.network.load(code)
    if record.started_at is None or record.state is NetworkState.RUNNING:
        raise Refused(
            f"网络方案 {code} 尚未结束 / {code} has not ended: read {record.state}; its dossier is made at "
            "its end"
        )
    chain = truth.audit_entries()
    told = [e for e in chain if e.object == code or e.object.startswith(f"{code}/")]
    body: dict[str, Any] = {
        "format": FORMAT,
        "network": record.model_dump(mode="json"),
        "plan": plan.model_dump(mode="json"),
        "attempts": [attempt_of(truth, one) for one in truth.attempts.of(code)],
        "evidence": [
            e.model_dump(mode="json")
            for change in plan.changes
            for e in truth.attempts.evidence_of(code, f"{code}.{change.number}")
        ],
        "audit": [e.__dict__ for e in told],
        "audit_head": {"seq": chain[-1].seq, "hash": chain[-1].hash},
        "made_at": truth.now(),
        "made_by": person.name,
    }
    whole = body | {"digest": sha256(body)}
    truth.audit(person.name, "network.dossier", code, digest=whole["digest"])
    return whole


def faults(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with it, one line each."""
    if document["format"] != FORMAT:
        yield f"格式 / format: read {document['format']}, expected {FORMAT}"
        return
    body = {key: value for key, value in document.items() if key != "digest"}
    if sha256(body) != document["digest"]:
        yield f"整体摘要不符 / digest of the whole: read {document['digest']}, expected {sha256(body)}"
    approved = document["network"]["digest"]
    if NetworkPlan.model_validate(document["plan"]).digest != approved:
        yield "方案内容被改动 / what was to be sent was changed"
    for kept in document["evidence"]:
        if hashlib.sha256(kept["body"].encode()).hexdigest() != kept["digest"]:
            yield f"证据（{kept['step']}）被改动 / evidence was changed"
    yield from faults_of_attempts(document)
    chain = [Entry(**entry) for entry in document["audit"]]
    if fault := first_fault_within(chain):
        yield fault
    started = [e for e in chain if e.action == "network.start"]
    if not started or started[-1].detail.get("digest") != approved:
        yield "审计中的方案摘要不符 / the audit started it with another digest"
