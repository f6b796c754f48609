"""Kills the cutover at an exact place: runs on the target, follows the journal, sends a signal.

argv: folder of the system · phase to strike in · signal · 1 to strike the guard first.
Ends when it has struck, printing the processes it struck.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

LIMIT_S = 120


def processes(verb: str) -> "list[int]":
    """Pids of `agent VERB …`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(words) > 3 and words[2].endswith(b"qianyun/agent") and words[3] == verb.encode():
            found.append(int(entry.name))
    return found


def phases(folder: Path, known: "set[str]") -> "set[str]":
    """Phases begun in journals that were not there when we started."""
    begun = set()
    for path in folder.glob("cutover-*.jsonl"):
        if path.name not in known:
            for line in path.read_text().split("\n")[:-1]:
                event = json.loads(line)
                if event["event"] == "phase":
                    begun.add(event["phase"])
    return begun


def main() -> None:
    folder, phase, number, guard = (
        Path(sys.argv[1]),
        sys.argv[2],
        int(sys.argv[3]),
        sys.argv[4] == "1",
    )
    known = {path.name for path in folder.glob("cutover-*.jsonl")}
    print("ready", flush=True)
    limit = time.monotonic() + LIMIT_S
    while phase not in phases(folder, known):
        if time.monotonic() > limit:
            sys.exit("the phase never came")
        time.sleep(0.002)
    struck = []
    for verb in ("guard", "run") if guard else ("run",):
        for pid in processes(verb):
            os.kill(pid, number)
            struck.append(f"{verb} {pid}")
    print(re.sub(r"[^\w, ]", "", str(struck)), flush=True)


if __name__ == "__main__":
    main()
