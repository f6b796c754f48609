"""The cutover's journal: one JSON object a line, fsync'ed before the next thing happens."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .files import ensure_folder, sync_folder


def now() -> str:
    """ISO 8601 in UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


class Journal:
    """Appends events; a new file's name is made durable as well."""

    def __init__(self, path: Path) -> None:
        self.path = path
        ensure_folder(path.parent)
        fresh = not path.exists()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        if fresh:
            sync_folder(path.parent)

    def write(self, event: str, **fields: Any) -> None:
        line = json.dumps({"at": now(), "event": event, **fields}, ensure_ascii=False)
        os.write(self._handle, line.encode() + b"\n")
        os.fsync(self._handle)


def events(path: Path) -> list[dict[str, Any]]:
    """What is in a journal; a last line cut by a crash is left out."""
    try:
        lines = path.read_text(errors="replace").split("\n")
    except FileNotFoundError:
        return []
    found = []
    for line in lines[:-1]:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def phases(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Phases with start, end (ISO), ok and evidence; one that never ended has ended None."""
    result: list[dict[str, Any]] = []
    for event in found:
        if event["event"] == "phase":
            result.append(
                {
                    "phase": event["phase"],
                    "started": event["at"],
                    "ended": None,
                    "ok": None,
                    "evidence": {},
                }
            )
        elif event["event"] == "phase_end" and result:
            result[-1].update(ended=event["at"], ok=event["ok"], evidence=event.get("evidence", {}))
    return result


def end(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The closing event, if the run has come to its end."""
    closing = [event for event in found if event["event"] == "end"]
    return closing[-1] if closing else None
