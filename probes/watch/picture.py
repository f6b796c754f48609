"""What several probers see, as one picture.

    seen = picture(Folder(path), (("county-3", "http://10.0.0.8:9420"),))
    seen.standings()          # (code, check, family) → standing, for readiness levels
    seen.missing              # those that did not answer, and why: never passed over silently

A prober is known by its vantage point and the moment when it started: one that is named twice, or
that is our own, counts once. Shards of one vantage point are several probers side by side.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from probes.asking import ask
from probes.errors import Unreachable
from probes.readiness.evidence import Key, Standing
from probes.watch.folder import Folder
from probes.watch.outages import Outage, recorded
from probes.watch.slots import Seat, read
from probes.watch.table import Head, State, Table, Word

STALE = 15.0  # seconds without a turn after which a prober is taken for one that does not run
VERSION = 1


@dataclass(frozen=True, slots=True)
class Sight:
    """One target as one prober sees it. Times: ns since 1970; `mean`, `interval`: seconds."""

    code: str
    check: str
    family: int
    up: bool
    since: int
    last: int
    answered: int
    failed: int
    mean: float
    interval: float

    @property
    def key(self) -> Key:
        return self.code, self.check, self.family


@dataclass(frozen=True)
class Prober:
    """`beat`: its latest turn, `started`: its start, ns since 1970."""

    vantage: str
    beat: int
    started: int
    sights: tuple[Sight, ...]

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def of_json(cls, told: Any) -> "Prober":
        """Raises ValueError, KeyError, TypeError for anything else than `as_json` gives."""
        if told["version"] != VERSION:
            raise ValueError(f"version {told['version']}, expected {VERSION}")
        sights = tuple(Sight(**one) for one in told["sights"])
        return cls(str(told["vantage"]), int(told["beat"]), int(told["started"]), sights)


@dataclass(frozen=True)
class Picture:
    """`missing`: (name, why) of probers that did not answer or do not turn."""

    probers: tuple[Prober, ...]
    missing: tuple[tuple[str, str], ...] = ()

    def by_key(self) -> dict[Key, list[tuple[Prober, Sight]]]:
        found: dict[Key, list[tuple[Prober, Sight]]] = defaultdict(list)
        for prober in self.probers:
            for sight in prober.sights:
                found[sight.key].append((prober, sight))
        return found

    def standings(self) -> dict[Key, Standing]:
        """Up where every prober that looks sees it up; as old as the oldest word."""
        return {
            key: _joined([sight for _, sight in several]) for key, several in self.by_key().items()
        }

    def by_vantage(self) -> dict[str, dict[Key, Standing]]:
        """The standings as seen from each vantage point; the shards of one belong together."""
        probers: dict[str, list[Prober]] = defaultdict(list)
        for prober in self.probers:
            probers[prober.vantage].append(prober)
        return {name: Picture(tuple(several)).standings() for name, several in probers.items()}


def _joined(sights: Sequence[Sight]) -> Standing:
    answered = sum(one.answered for one in sights)
    return Standing(
        up=all(one.up for one in sights),
        last=min(one.last for one in sights),
        answered=answered,
        failed=sum(one.failed for one in sights),
        mean=sum(one.mean * one.answered for one in sights) / answered if answered else 0.0,
        interval=max(one.interval for one in sights),
    )


def picture(folder: Folder, others: Sequence[tuple[str, str]], now: int | None = None) -> Picture:
    """Our own prober, where there is one, and those of `others`: (name, URL of the exporter), asked
    all at once. Raises Misuse for our own table of another version."""
    now = time.time_ns() if now is None else now
    probers: dict[tuple[str, int], Prober] = {}
    missing: list[tuple[str, str]] = []
    own = of_folder(folder)
    if own is not None:
        _add(own.vantage, own, now, probers, missing)
    with ThreadPoolExecutor(max(1, min(16, len(others)))) as threads:
        for (name, _), found in zip(others, threads.map(_asked, others), strict=True):
            if isinstance(found, Prober):
                _add(name, found, now, probers, missing)
            else:
                missing.append((name, found))
    return Picture(tuple(probers.values()), tuple(missing))


def _add(
    name: str,
    prober: Prober,
    now: int,
    probers: dict[tuple[str, int], Prober],
    missing: list[tuple[str, str]],
) -> None:
    silent = (now - prober.beat) / 1e9
    if silent > STALE:
        why = f"{silent:.0f} 秒没有转动 / has not turned for {silent:.0f} s"
        missing.append((name, why))
    else:
        probers[prober.vantage, prober.started] = prober


def _asked(one: tuple[str, str]) -> Prober | str:
    try:
        return Prober.of_json(ask(f"{one[1]}/standing"))
    except Unreachable as error:
        return str(error)
    except (ValueError, KeyError, TypeError) as error:
        return f"{one[1]}/standing: 读到的不是观测状态 / read no prober's state: {error!r}"


def of_folder(folder: Folder) -> Prober | None:
    """What lies in the mapped table; None where nobody ever probed. Raises Misuse."""
    if not folder.table.exists() or not folder.slots.exists():
        return None
    table = Table(folder.table, writable=False)
    try:
        vantage, sights = "", []
        for seat in read(folder.slots):
            vantage = seat.labels["vantage"]
            base = table.base(seat.slot)
            if not seat.gone and table.q[base + Word.STATE] != State.UNKNOWN:
                sights.append(_sight(table, base, seat))
        return Prober(vantage, table.q[Head.BEAT], table.q[Head.STARTED], tuple(sights))
    finally:
        table.close()


def _sight(table: Table, base: int, seat: Seat) -> Sight:
    answered, labels = table.q[base + Word.ANSWERED], seat.labels
    return Sight(
        code=labels["code"],
        check=labels["check"],
        family=int(labels["family"]),
        up=table.q[base + Word.STATE] == State.UP,
        since=table.q[base + Word.SINCE],
        last=table.q[base + Word.LAST],
        answered=answered,
        failed=table.q[base + Word.FAILED],
        mean=table.q[base + Word.SUM] / 1e9 / answered if answered else 0.0,
        interval=seat.interval,
    )


def vantage_of(folder: Folder) -> str:
    """The name of the vantage point whose folder it is; "local" where it has none yet."""
    if folder.slots.exists():
        for seat in read(folder.slots):
            return seat.labels["vantage"]
    return "local"


def outages_of(
    folder: Folder, others: Iterable[tuple[str, str]], code: str | None = None
) -> tuple[list[Outage], list[tuple[str, str]]]:
    """What our own prober has on record and what those elsewhere have (`Outage.prober`), the oldest
    first; and who did not answer, and why."""
    found = recorded(folder.outages, code) if folder.outages.exists() else []
    missing: list[tuple[str, str]] = []
    for name, url in others:
        try:
            told = [Outage(**{**one, "prober": name}) for one in ask(f"{url}/outages")["outages"]]
            found += [one for one in told if code is None or one.code == code]
        except Unreachable as error:
            missing.append((name, str(error)))
        except (KeyError, TypeError) as error:
            missing.append((name, f"{url}/outages: {error!r}"))
    return sorted(found, key=lambda one: (one.began, one.prober, one.id)), missing
