"""`qianyun probe serve`: prober and exporter as two children, and the list of targets kept current.

This process alone reads the estate. The prober reads a file, the exporter a mapping: neither has
the database, its password or anything to wait for.
"""

import asyncio
import contextlib
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.bootstrap import Qianyun
from api.errors import BadUsage
from api.http.estate_cache import EstateCache
from api.supervisor import Part, Supervisor, alone
from api.up import require_free
from probes.errors import ProbeError
from probes.watch.folder import Folder
from probes.watch.history import catch_up
from probes.watch.of_estate import watches_of
from probes.watch.watched import write

REREAD = 5.0  # seconds between two questions whether the estate is another one


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a prober stands and what share of the list is its own (`shard` of `shards`, 1-based)."""

    listen: str = "127.0.0.1:9420"
    vantage: str = "local"
    shard: int = 1
    shards: int = 1
    targets: Path | None = None  # a list that others made, instead of the estate's


async def serve(
    product: Qianyun,
    place: Place,
    on_ready: Callable[[], None],
    on_death: Callable[[Part, int, float], None],
    on_trouble: Callable[[Exception], None],
) -> None:
    """Until SIGTERM or SIGINT. Raises AlreadyUp, NotStarted, BadUsage, StoreError, NotFound."""
    folder = Folder(product.settings.state / "probes")
    with alone(folder.path, "qianyun probe serve"):
        require_free(place.listen)
        keep = Keeper(product, folder, place.targets)
        await asyncio.to_thread(keep.write)
        try:
            await asyncio.to_thread(catch_up, folder)
        except (ProbeError, OSError, sqlite3.Error) as error:  # the looks must begin all the same
            on_trouble(error)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        supervisor = Supervisor(
            state=folder.path,
            parts=parts(folder, place),
            addresses={"exporter": place.listen},
            on_death=on_death,
            awaited="prober",
            asked="exporter",
        )
        current = asyncio.create_task(keep.current(stop, on_trouble))
        await supervisor.run(stop, on_ready)
        await current


@dataclass
class Keeper:
    """Keeps the list of targets as the estate says."""

    product: Qianyun
    folder: Folder
    given: Path | None

    def __post_init__(self) -> None:
        self._estate = EstateCache.of(self.product)
        self._made_of: object = None

    def write(self) -> None:
        """Raises StoreError, NotFound, BadUsage."""
        if self.given is not None:
            self._copy(self.given)
            return
        estate = self._estate.estate()
        if estate is not self._made_of:  # else nothing has changed since
            write(self.folder.targets, watches_of(estate))
            self._made_of = estate

    def _copy(self, given: Path) -> None:
        try:
            text = given.read_bytes()
        except OSError as error:
            raise BadUsage(f"{given}: 无法读取 / cannot be read: {error.strerror}") from error
        if not self.folder.targets.exists() or self.folder.targets.read_bytes() != text:
            aside = self.folder.targets.with_suffix(".given")
            aside.write_bytes(text)
            aside.rename(self.folder.targets)

    async def current(self, stop: asyncio.Event, on_trouble: Callable[[Exception], None]) -> None:
        """Until `stop`; what cannot be read is told once, and the list stays as it is."""
        told = ""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REREAD)
            try:
                await asyncio.to_thread(self.write)
                told = ""
            except Exception as error:  # whatever a store says: the looks go on
                if str(error) != told:
                    told = str(error)
                    on_trouble(error)


def parts(folder: Folder, place: Place) -> tuple[Part, ...]:
    ours = (sys.executable, "-m", "api.cli.main", "probe")
    return (
        Part(
            name="prober",
            command=(
                *(sys.executable, "-m", "api.prober", str(folder.path)),
                *("--vantage", place.vantage),
                *("--shard", f"{place.shard}/{place.shards}", "--ready-fd", "{ready}"),
            ),
            log=folder.path / "prober.log",
            orphaned=signal.SIGTERM,
            grace=10.0,
        ),
        Part(
            name="exporter",
            command=(*ours, "exporter", str(folder.path), "--listen", place.listen),
            log=folder.path / "exporter.log",
            orphaned=signal.SIGKILL,
            grace=5.0,
        ),
        Part(
            name="historian",
            command=(*ours, "historian", str(folder.path)),
            log=folder.path / "historian.log",
            orphaned=signal.SIGTERM,
            grace=10.0,
        ),
    )
