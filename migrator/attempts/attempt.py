"""The process of one attempt: reads its order, runs the playbook, leaves log and outcome.

It is started by `migrator.attempts` in a pen of its own. `log.jsonl` grows line by line;
`outcome.json` appears whole or not at all (written aside, synced, renamed), so that whoever comes
after a crash can tell an attempt that ended from one that was cut off.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

from pydantic import ValidationError

from migrator.attempts.ansible import Order, Outcome, run_playbook
from migrator.attempts.processes import end_with

LOG = "log.jsonl"
OUTCOME = "outcome.json"


def main() -> int:
    """Exit status 0: an outcome was written (good or bad); 2: there was no order."""
    try:
        order = Order.model_validate_json(sys.stdin.read())
    except ValidationError:
        # our worker died before it had told us everything; nothing was begun. What was read is not
        # shown: it may hold a secret
        return 2
    if order.parent:
        end_with(order.parent, order.attempt, lambda: rmtree(order.sockets, ignore_errors=True))
    folder = Path(order.folder)
    (folder / "known_hosts").write_text(order.known_hosts)
    with (folder / LOG).open("a", encoding="utf-8", buffering=1) as log:

        def write(line: dict[str, Any]) -> None:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")

        outcome = run_playbook(order, write, _now)
    write_outcome(folder, outcome)
    return 0


def write_outcome(folder: Path, outcome: Outcome) -> None:
    aside = folder / f"{OUTCOME}.new"
    with aside.open("w", encoding="utf-8") as file:
        file.write(outcome.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    aside.rename(folder / OUTCOME)


def read_outcome(folder: Path) -> Outcome | None:
    """The outcome that an attempt left, if it came to its end."""
    path = folder / OUTCOME
    return Outcome.model_validate_json(path.read_text()) if path.exists() else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main())
