"""Looks that take more than one packet, in their queue."""

import asyncio
from pathlib import Path

from probes.names import Resolver
from probes.watch.counting import Counting
from probes.watch.folder import Folder
from probes.watch.limits import EchoLimits
from probes.watch.naming import Naming
from probes.watch.outages import Outages
from probes.watch.table import Table
from probes.watch.workers import Seated, Workers
from tests.probes.servers import free_port
from tests.probes.watch.test_faults import named


def test_a_target_that_left_the_list_while_it_waited_has_its_name_forgotten(
    tmp_path: Path,
) -> None:
    """Else it would be counted as a name that nobody tells, for ever."""

    async def story() -> int:
        folder = Folder(tmp_path)
        table, outages = Table(folder.table, writable=True), Outages(folder.outages)
        counting = Counting(table, outages, {}, EchoLimits())
        names = Naming(Resolver(("127.0.0.1",), free_port()))
        seated = Seated(named("S", "a.gov.cn", 4, 80), 0, 0.1)
        workers = Workers(counting, names, lambda _: False, lambda: 0.0)
        workers.start()
        try:
            assert workers.begin(seated)
            while seated.queued:  # noqa: ASYNC110
                await asyncio.sleep(0)
            return names.known
        finally:
            await workers.stop()
            await names.close()
            outages.close()
            table.close()

    assert asyncio.run(story()) == 0
