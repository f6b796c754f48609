"""What a network plan is told as, on the command line and over HTTP alike."""

from collections.abc import Sequence
from typing import Any

from migrator.runs.network_plan import NetworkPlan, NetworkRecord


def network_summary(record: NetworkRecord) -> dict[str, Any]:
    told = record.model_dump(mode="json", exclude={"decisions", "steps"})
    return told | {"approvals": list(record.approvals)}


def network_whole(
    record: NetworkRecord, plan: NetworkPlan, reasons: Sequence[str]
) -> dict[str, Any]:
    """`waits_for`: what keeps it from beginning a step now."""
    dropped = {"scope", "subject"}
    return network_summary(record) | {
        "decisions": [one.model_dump(mode="json", exclude=dropped) for one in record.decisions],
        "steps": [one.model_dump(mode="json") for one in record.steps],
        "waits_for": list(reasons),
        "plan": plan.model_dump(mode="json"),
    }
