"""NetBox's Redis: its cache and the queue of its background jobs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

UPPER = 60
TASKS, CACHE = "0", "1"
"""The numbers of its databases, as inside/configuration.py has them."""

# What a worker leaves standing: its own registration, or NetBox would think that none runs.
FLUSH_TASKS = """
for _, key in ipairs(redis.call('keys', '*')) do
  if key:sub(1, 9) ~= 'rq:worker' then redis.call('del', key) end
end
"""
WORKERS = "rq:workers"


@dataclass(frozen=True)
class Redis:
    """Listens on the unix socket alone, keeps nothing on disk."""

    socket: Path

    @property
    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self.socket.parent),
        }
        return [
            "redis-server",
            *(w for name, value in options.items() for w in (f"--{name}", value)),
        ]

    def answers(self) -> bool:
        return self._ask(TASKS, "PING") == "PONG"

    def flush(self) -> None:
        self._ask(TASKS, "EVAL", FLUSH_TASKS, "0")
        self._ask(CACHE, "FLUSHDB")

    def forget_workers(self) -> None:
        """Of one that was killed the registration stays behind."""
        self._ask(TASKS, "DEL", WORKERS)

    def has_worker(self) -> bool:
        return self._ask(TASKS, "SCARD", WORKERS) not in {"", "0"}

    def _ask(self, number: str, *words: str) -> str:
        asked = ["redis-cli", "-s", str(self.socket), "-n", number, *words]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=UPPER)
        return done.stdout.strip()
