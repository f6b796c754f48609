"""What dossiers share: attempts with their whole logs, and digests of what has figures in it."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from inventory.canonical import canonical_json
from migrator.store.attempts import AttemptRecord
from migrator.store.truth import Truth

PAGE = 5000


def sha256(body: object) -> str:
    return hashlib.sha256(canonical_json(_exact(body))).hexdigest()


def faults_of_attempts(document: Mapping[str, Any]) -> Iterator[str]:
    tokens = {attempt["token"] for attempt in document["attempts"]}
    last = ""
    for attempt in document["attempts"]:
        lines = attempt["log"]
        if sha256(lines) != attempt["log_digest"]:
            yield f"尝试 {attempt['token']} 的日志被改动 / the log of the attempt was changed"
        if [line["number"] for line in lines] != list(range(len(lines))):
            yield f"尝试 {attempt['token']} 的日志不全 / the log of the attempt is not complete"
        if last and attempt["started_at"] < last:
            yield f"尝试 {attempt['token']} 与前一次重叠 / the attempt began before the last one ended"
        last = attempt["ended_at"] or last
    for kept in document["evidence"]:
        if kept["token"] not in tokens:
            yield f"证据没有尝试 / evidence of no attempt: {kept['token']}"


def attempt_of(truth: Truth, attempt: AttemptRecord) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    after = 0
    while True:
        page = truth.logs.page(attempt.run, token=attempt.token, after=after, limit=PAGE)
        if not page:
            break
        after = page[-1].id
        lines += [line.model_dump(exclude={"id", "run", "system", "token"}) for line in page]
    told = attempt.model_dump(mode="json", exclude={"folder", "cgroup", "pid"})
    return told | {"log": lines, "log_digest": sha256(lines)}


def _exact(value: Any) -> Any:
    """Canonical JSON has no floats: one is told as its text."""
    if isinstance(value, dict):
        return {key: _exact(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(inner) for inner in value]
    return repr(value) if isinstance(value, float) else value
