"""A system as declared beside what its hosts are together: only where every one was read. Pure."""

from collections.abc import Iterator

from inventory.difference import Aside, How, evidence, judged
from inventory.facts import Look
from inventory.ground import Ground
from inventory.model import System
from inventory.sameness import Sameness, same_memory, same_storage
from inventory.verification_host import engine, rounded, size_of


def compare(ground: Ground, system: System) -> Iterator[Aside]:
    """Sizes over all hosts of the system, and databases that are on none of them.

    A host that serves two systems says nothing of either's size.
    """
    hosts = ground.hosts_of[system.code]
    found = [ground.looks[h.code] for h in hosts if h.code in ground.looks]
    if not hosts or len(found) != len(hosts):
        return
    shared = any(len(ground.systems_of[h.code]) > 1 for h in hosts)
    if not shared:
        yield from _sizes(system, found)
    yield from _databases(system, found)


def _sizes(system: System, found: list[Look]) -> Iterator[Aside]:
    cores = [look.facts.cores for look in found]
    if system.cpu_cores and all(cores):
        total = sum(count or 0 for count in cores)
        same = Sameness.SAME if total == system.cpu_cores else Sameness.OTHER
        seen = (evidence(look, "cores") for look in found)
        yield from judged("cpu_cores", same, system.cpu_cores, total, *seen)
    memory = [look.facts.memory.total for look in found if look.facts.memory]
    if system.memory_gib and len(memory) == len(found):
        same = same_memory(system.memory_gib, sum(memory))
        gib = sum(rounded(one) for one in memory)
        seen = (evidence(look, "memory") for look in found)
        yield from judged("memory_gib", same, system.memory_gib, gib, *seen)
    told = [look for look in found if None not in (look.facts.disks, look.facts.filesystems)]
    if system.storage_gib and len(told) == len(found):
        disks = [disk for look in told for disk in look.facts.disks or ()]
        # the device names of two hosts are apart
        systems = [
            one.model_copy(update={"device": f"{look.code} {one.device}"})
            for look in told
            for one in look.facts.filesystems or ()
        ]
        same = same_storage(system.storage_gib, disks, systems)
        gib = rounded(sum(size_of(look.facts) for look in told))
        seen = (evidence(look, "disks") for look in found)
        yield from judged("storage_gib", same, system.storage_gib, gib, *seen)


def _databases(system: System, found: list[Look]) -> Iterator[Aside]:
    if system.workload is None or any(look.facts.databases is None for look in found):
        return
    there = {engine(one.engine) for look in found for one in look.facts.databases or ()}
    for database in system.workload.databases:
        if engine(database.engine) not in there:
            yield Aside(
                field="databases",
                how=How.ABSENT,
                declared=f"{database.engine} {database.version}/{database.cluster}",
                evidence=tuple(evidence(look, "databases") for look in found),
            )
