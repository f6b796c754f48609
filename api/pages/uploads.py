"""Ledgers that somebody sent in a browser: kept in the state folder until applied or thrown away, so
that nothing has to be chosen twice. A file's name is text from people: it names nothing on disk.
"""

import json
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from api.errors import BadUsage
from inventory.text import printable, within_bytes
from migrator.errors import NotFound

KINDS = (".xlsx", ".xls", ".ods", ".csv", ".xlsm", ".et", ".txt")
MOST_FILES = 40
MOST_KEPT = 50
"""Uploads of everybody; the oldest goes first."""
LONGEST = 180
"""Bytes of a file's name before its ending."""
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Upload:
    """`files`: as they lie here, under the names that people gave them."""

    id: str
    by: str
    at: str
    files: tuple[Path, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(file.name for file in self.files)


@dataclass(frozen=True)
class Uploads:
    """In `folder`, each in one of its own that only this account can read."""

    folder: Path

    def keep(self, files: Sequence[tuple[str, bytes]], by: str, at: datetime) -> Upload:
        """Raises BadUsage for no file, too many, or one that is no ledger by its name."""
        if not files:
            raise BadUsage("请选择台账文件 / no file was sent: choose one or more ledgers")
        if len(files) > MOST_FILES:
            raise BadUsage(
                f"一次至多 {MOST_FILES} 个文件 / read {len(files)} files, expected at most {MOST_FILES}"
            )
        names = [safe_name(name) for name, _ in files]
        for name in names:
            if Path(name).suffix.lower() not in KINDS:
                raise BadUsage(
                    f"{name}: 不是台账文件，应为 {'、'.join(KINDS)} / is no ledger by its name: expected "
                    f"one of {', '.join(KINDS)}"
                )
        if len(set(names)) != len(names):
            raise BadUsage("文件重名，请改名后重传 / two files have the same name: rename one")
        self._make_room()
        id = secrets.token_hex(8)
        place = self.folder / id
        place.mkdir(parents=True, mode=0o700)
        for name, (_, body) in zip(names, files, strict=True):
            (place / name).write_bytes(body)
        told = {"by": by, "at": at.isoformat(timespec="seconds"), "files": names}
        (self.folder / f"{id}.json").write_text(json.dumps(told, ensure_ascii=False))
        return self.get(id, by)

    def get(self, id: str, by: str) -> Upload:
        """One's own. Raises NotFound."""
        told = self._told(id) if _ID.fullmatch(id) else None
        if told is None or told["by"] != by:
            raise NotFound(
                f"没有此次上传，可能已写入或清除 / no such upload, it was applied or thrown away: {id[:40]}"
            )
        files = tuple(self.folder / id / str(name) for name in told["files"])
        return Upload(id, str(told["by"]), str(told["at"]), files)

    def of(self, by: str) -> list[Upload]:
        """One's own, the newest first."""
        found = [self.get(p.stem, by) for p in self.folder.glob("*.json") if self._by(p) == by]
        return sorted(found, key=lambda u: u.at, reverse=True)

    def drop(self, upload: Upload) -> None:
        (self.folder / f"{upload.id}.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder / upload.id, ignore_errors=True)

    def _by(self, path: Path) -> str:
        told = self._told(path.stem)
        return str(told["by"]) if told else ""

    def _told(self, id: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((self.folder / f"{id}.json").read_text())
        except (OSError, ValueError):
            return None
        return found

    def _make_room(self) -> None:
        kept = sorted(self.folder.glob("*.json"), key=lambda p: p.stat().st_mtime)
        for old in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
            old.unlink(missing_ok=True)
            shutil.rmtree(self.folder / old.stem, ignore_errors=True)


def safe_name(told: str) -> str:
    """The last part of a name, whatever separators it has, without what a terminal or a file system
    takes for something else; never empty, never a step up."""
    last = PureWindowsPath(PurePosixPath(told).name).name
    plain = re.sub(r"[\x00-\x1f/\\:*?\"<>|]", "_", printable(last)).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    stem = within_bytes(stem if dot else plain, LONGEST) or "ledger"
    return f"{stem}.{suffix[:8]}" if dot else stem
