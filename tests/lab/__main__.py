"""python -m tests.lab up [--folder F] [HOST…] · hosts · sweep"""

import argparse
import json
import shlex
import signal
import sys
import tempfile
import threading
from pathlib import Path

from tests.lab import registry
from tests.lab.addresses import HOSTS
from tests.lab.errors import LabError
from tests.lab.lab import ALL, Lab


def up(folder: Path, hosts: list[str]) -> int:
    """Holds a lab until SIGINT, SIGTERM or the end of standard input."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    with Lab.up(folder, hosts or ALL) as lab:
        facts = {
            "id": lab.id,
            "keeper": lab.ground.keeper,
            "ssh_key": str(lab.ssh_key),
            "known_hosts": str(lab.known_hosts),
            "login": lab.login,
            "sudo_password": lab.sudo_password,
            "ops": shlex.join(lab.ops.command([])),
            "citizen": shlex.join(lab.citizen.command([])),
            "hosts": {name: shlex.join(host.command([])) for name, host in lab.hosts.items()},
            "seconds": {what: round(value, 3) for what, value in lab.timings.items()},
        }
        print(json.dumps(facts, ensure_ascii=False, indent=1), flush=True)
        threading.Thread(target=_await_end_of_input, args=[ended], daemon=True).start()
        ended.wait()
    return 0


def _await_end_of_input(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("up", help="make a lab and hold it until the end of input")
    making.add_argument("--folder", type=Path, help="the lab's folder (a temporary one)")
    making.add_argument("hosts", nargs="*", metavar="HOST", help="only these hosts")
    commands.add_parser("hosts", help="list the hosts")
    commands.add_parser("sweep", help="remove what dead labs left")
    options = parser.parse_args()
    if options.command == "hosts":
        for fact in HOSTS:
            print(f"{fact.name:12} {fact.address!s:12} {fact.address6!s:10} {fact.title}")
        return 0
    if options.command == "sweep":
        print("\n".join(registry.sweep()))
        return 0
    try:
        return up(options.folder or Path(tempfile.mkdtemp(prefix="lab-")), options.hosts)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    raise SystemExit(main())
