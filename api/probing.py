"""What `qianyun probe serve` starts, each a process of its own: prober, exporter, historian.

Apart from `watching`, which brings the database: a prober that starts again should look again soon.
"""
# ruff: noqa: PLC0415  each brings only what it needs

import asyncio
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from api.errors import BadUsage
from probes.watch.folder import Folder


def share_of(text: str) -> tuple[int, int]:
    """`2/3` → (2, 3). Raises BadUsage."""
    first, _, second = text.partition("/")
    if first.isascii() and second.isascii() and first.isdigit() and second.isdigit():
        shard, shards = int(first), int(second)
        if 1 <= shard <= shards <= 1000:
            return shard, shards
    raise BadUsage(
        f"读到 / read --shard {text!r}; 应为“第几份/共几份” / expected a share such as 1/3, from 1/1 "
        "to 1000/1000"
    )


async def probe_on(
    folder: Path, vantage: str, share: tuple[int, int], ready_fd: int | None
) -> None:
    """The prober itself, until SIGTERM or SIGINT. Raises Misuse."""
    from probes.watch.prober import Prober

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stop, ready = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    prober = Prober(Folder(folder), vantage=vantage, shard=share[0] - 1, shards=share[1])
    running = asyncio.create_task(prober.run(stop, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if ready.is_set() and ready_fd is not None:
        os.write(ready_fd, b"ready\n")
        os.close(ready_fd)
    await running


def export(folder: Path, listen: str) -> None:
    """The exporter itself, until it is ended. Raises NotFound, NotStarted."""
    from api.up import require_free, split
    from migrator.errors import NotFound
    from probes.watch.exporter import server

    if not folder.is_dir():
        raise NotFound(f"文件夹不存在 / no such folder: {folder}; expected that of a prober")
    require_free(listen)
    server(Folder(folder), *split(listen)).serve_forever()


async def remember(folder: Path, on_trouble: Callable[[Exception], None]) -> None:
    """The historian itself, until SIGTERM or SIGINT."""
    from probes.watch.historian import Historian

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Historian(Folder(folder), on_trouble).run(stop)
