"""Where the prober's files lie."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folder:
    """Where the prober's files lie."""

    path: Path

    @property
    def targets(self) -> Path:
        return self.path / "targets.jsonl"

    @property
    def table(self) -> Path:
        return self.path / "table.bin"

    @property
    def slots(self) -> Path:
        return self.path / "slots.jsonl"

    @property
    def outages(self) -> Path:
        return self.path / "outages.db"

    @property
    def surveys(self) -> Path:
        return self.path / "surveys.db"

    @property
    def history(self) -> Path:
        return self.path / "history.db"
