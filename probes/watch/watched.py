"""What is looked at, how often, and under which labels. Values, and their form as a file."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from probes.errors import Misuse
from probes.model import Target

LABELS = ("code", "kind", "organisation", "zone", "family", "vantage", "check")
"""Of every series. `check` holds the port where there is one (`tcp/443`), never an address."""
DEFAULT_INTERVAL = 5.0
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
DEFAULTS = {field.name: field.default for field in fields(Target)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """`interval`: seconds between looks. `fine`: many histogram buckets (lines, links), not few."""

    target: Target
    kind: str
    organisation: str = ""
    zone: str = ""
    interval: float = DEFAULT_INTERVAL
    fine: bool = False

    @property
    def check(self) -> str:
        """The label: the check, with its port where one code may have several."""
        target = self.target
        return f"{target.check}/{target.port}" if target.port else target.check

    @property
    def key(self) -> str:
        """Who it is, whatever else of it changes: its counters stay its own."""
        return f"{self.target.code}|{self.check}|{self.target.family}"

    def labels(self, vantage: str) -> dict[str, str]:
        return {
            "code": self.target.code,
            "kind": self.kind,
            "organisation": self.organisation,
            "zone": self.zone,
            "family": str(self.target.family),
            "vantage": vantage,
            "check": self.check,
        }


@lru_cache(maxsize=1 << 17)
def number_of(key: str) -> int:
    """63 bits of a key, the same on every machine and in every year."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1


def share(watches: Iterable[Watch], shard: int, shards: int) -> tuple[Watch, ...]:
    """Those of one prober of several (0-based). Both families of a code stay with one of them, so
    that they are compared from the same place at the same time."""
    if shards == 1:
        return tuple(watches)
    return tuple(w for w in watches if shard_of(w.target.code, shards) == shard)


@lru_cache(maxsize=1 << 17)
def shard_of(code: str, shards: int) -> int:
    """0-based. Of one prober more, each of those before gives up an equal part and gets nothing: who
    does not move keeps his prober and his counters (jump consistent hash, Lamping and Veach,
    arXiv:1406.2294)."""
    number, place, jump = number_of(code), -1, 0
    while jump < shards:
        place = jump
        number = (number * 2862933555777941757 + 1) % (1 << 64)
        jump = int((place + 1) * ((1 << 31) / ((number >> 33) + 1)))
    return place


def write(path: Path, watches: Iterable[Watch]) -> bool:
    """The list as JSON lines, whole or not at all; False where the file says the same already."""
    text = "".join(line(watch) for watch in watches)
    try:
        if path.read_text() == text:
            return False
    except FileNotFoundError:
        pass
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.rename(path)
    return True


def line(watch: Watch) -> str:
    """With its line feed; fields of a target that are as by default are left out."""
    target = {
        field.name: value
        for field in fields(Target)
        if (value := getattr(watch.target, field.name)) != DEFAULTS[field.name]
    }
    told = {"target": target} | {
        field.name: getattr(watch, field.name) for field in fields(Watch) if field.name != "target"
    }
    return _encode(told) + "\n"


def read(path: Path, known: dict[str, Watch] | None = None) -> tuple[Watch, ...]:
    """Raises Misuse, which names the line. `known` holds lines that were read before and what they
    say: what has not changed is the same object again. It is left holding those of now."""
    kept = {} if known is None else known
    found: dict[str, Watch] = {}
    lines: dict[str, Watch] = {}
    # not splitlines(): a text of people may hold what that takes for the end of a line
    whole = path.read_text()
    for number, text in enumerate(whole.removesuffix("\n").split("\n") if whole else (), 1):
        watch = kept.get(text)
        if watch is None:
            try:
                watch = _watch(json.loads(text))
            except (ValueError, TypeError, KeyError) as error:
                raise Misuse(
                    f"{path}:{number}: 读到 / read {text[:80]!r}: {error}; 应为探测目标的 JSON 行 / expected "
                    "a JSON line of a target, as `qianyun probe targets` writes it"
                ) from error
        lines[text] = watch
        found.setdefault(watch.key, watch)
    kept.clear()
    kept.update(lines)
    return tuple(found.values())


def _watch(told: Mapping[str, Any]) -> Watch:
    watch = Watch(**{**told, "target": Target(**told["target"])})
    if not 0.1 <= watch.interval <= 86400:
        raise ValueError(f"interval {watch.interval}")
    return watch
