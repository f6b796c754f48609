"""What stands for ansible-playbook: a process with a child (for ssh) and a host that keeps a journal.

    python -m tests.sim.step   # its order comes on standard input, as one JSON object

The host is a folder. It refuses a token below the highest it has seen, and lets nobody work while anybody
else of any attempt does: a lock that this process and its child hold together. Whatever happens is one
line of the journal, synced. Standard library only: it is started very often.
"""

import fcntl
import json
import os
import sys
import time
from pathlib import Path


def main() -> int:
    text = sys.stdin.read()
    if not text.strip():
        return 2  # our worker died before it had told us anything
    order = json.loads(text)
    host = Path(order["host"])
    lock = os.open(host / "lock", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        write(host, order, "overlap")
        return 3
    if not fence(host, order["token"]):
        write(host, order, "refused")
        return leave(order, "令牌过低 / the token is below the host's")
    if order.get("reach") and not reaches(*order["reach"]):
        return leave(order, f"机房不可达 / the room is out of reach: {order['reach']}")
    write(host, order, "start")
    # in the place of ssh: holds the lock too, and does the waiting
    child = os.posix_spawnp("sleep", ["sleep", str(order["seconds"])], os.environ)
    code = os.waitpid(child, 0)[1]
    if code:
        write(host, order, "broken")
        return leave(order, f"ssh 退出 / ended with {code}")
    effect(host, order)
    write(host, order, "end")
    return leave(order, "")


def reaches(address: str, port: int) -> bool:
    """Whether the room's host answers, by its own name."""
    import socket  # most nights have no rooms

    try:
        with socket.create_connection((address, port), timeout=5) as connection:
            return connection.recv(64).decode() == address
    except OSError:
        return False


def fence(host: Path, token: int) -> bool:
    path = host / "token"
    highest = int(path.read_text() or 0) if path.exists() else 0
    if token < highest:
        return False
    replace(path, str(token))
    return True


def effect(host: Path, order: dict) -> None:
    """What the step changes: who serves. By compare-and-set, as on real hosts."""
    wanted = {"quiesce": "target", "rollback": "source"}.get(order["step"])
    if wanted is not None:
        replace(host / "active", wanted)
    if order["step"] == "commit":
        active = (host / "active").read_text() if (host / "active").exists() else "source"
        if active != "target":
            write(host, order, "committed-without-target")


def write(host: Path, order: dict, event: str) -> None:
    line = {"event": event, "pid": os.getpid(), "ns": time.monotonic_ns()}
    line |= {key: order[key] for key in ("token", "step", "attempt")}
    with (host / "journal.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def leave(order: dict, message: str) -> int:
    """Log and outcome, as a real attempt leaves them."""
    folder = Path(order["folder"])
    with (folder / "log.jsonl").open("a") as log:
        for n in range(order.get("lines", 3)):
            line = {"at": order["at"], "event": "runner_on_ok", "host": "h", "task": f"t{n}"}
            log.write(json.dumps(line | {"text": f"{order['step']} {n}"}) + "\n")
    phases = [{"phase": p, "started": "1", "ended": "2"} for p in order["phases"]]
    told = {"host": "h", "verb": order["step"]} | ({"phases": phases} if phases else {})
    outcome = {"ok": not message, "message": message, "evidence": [told], "finished": order["at"]}
    replace(folder / "outcome.json", json.dumps(outcome))
    return 0


def replace(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".new")
    with aside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)


if __name__ == "__main__":
    sys.exit(main())
