"""What the ledger of the city says, and in which ways that is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inventory.model import (
    Cloud,
    Database,
    Dependency,
    Estate,
    Host,
    Organisation,
    Room,
    Secrecy,
    Service,
    System,
    Workload,
    Zone,
)
from tests.census.hosts import CENTOS, GHOST, HOSTS, KYLIN, SECRET_HOST, UBUNTU
from tests.lab.addresses import CLOUD, ORGANISATIONS, ROOMS

GIB = 2**30
NOWHERE = "rs-99"  # declared, and there is no such host


def _machine() -> tuple[str, int, int]:
    """The machine's system, memory and disks, as a careful person would write them."""
    release = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    name = f"{release['ID'].strip(chr(34)).title()} {release['VERSION_ID'].strip(chr(34))}"
    kib = int(Path("/proc/meminfo").read_text().split()[1])
    sectors = sum(
        int((disk / "size").read_text())
        for disk in Path("/sys/block").iterdir()
        if (disk / "device").exists() and not disk.name.startswith(("sr", "fd", "loop"))
    )
    return name, round(kib * 1024 / GIB), round(sectors * 512 / GIB)


OS, MEMORY, STORAGE = _machine()
CORES = os.cpu_count() or 1
ARCH, OTHER_ARCH = "x86_64", "aarch64"
if os.uname().machine != ARCH:
    ARCH, OTHER_ARCH = OTHER_ARCH, ARCH
_SYSTEMS = {"rs-06": "Ubuntu 18.04 64位", "rs-07": "银河麒麟 V10", "zw-03": "CentOS Linux 7.9"}
assert UBUNTU
assert KYLIN
assert CENTOS


def system_of(host: str) -> str:
    """Each host is a system of its own, but for two that share one."""
    if host == SECRET_HOST:
        return "S-secret"
    return "S-jt-06" if host == "jt-07" else f"S-{host}"


def estate(keys: Mapping[str, str]) -> Estate:
    """`keys`: the real host keys by name."""
    hosts = [_host(name, keys) for name in HOSTS if name != GHOST.name]
    nowhere = _host("rs-05", keys).model_copy(
        update={
            "code": NOWHERE,
            "name": "已不在",
            "system": None,
            "ipv4": "10.22.0.99",
            "ipv6": None,
        }
    )
    services = [
        Service(
            code=f"{name}-{port}", name="业务端口", host=name, port=port, system=system_of(name)
        )
        for name, real in HOSTS.items()
        if name not in {GHOST.name, SECRET_HOST}
        for port in real.listen
        if (name, port) != ("rs-01", 9000)  # nobody declared it
    ]
    services.append(Service(code="rs-02-8443", name="加密端口", host="rs-02", port=8443))
    pairs = [
        *(("jt-01", "jt-02"), ("jt-02", "zw-02"), ("zw-01", "rs-04")),
        ("rs-01", "rs-02"),  # nothing of it is ever seen
        ("zw-07", "jt-04"),  # jt-04 is not where it was declared, so it can't be read
    ]
    return Estate(
        organisations=tuple(Organisation(code=o.code, name=o.name) for o in ORGANISATIONS),
        rooms=tuple(Room(code=r.code, name=r.name, organisation=r.organisation) for r in ROOMS),
        clouds=(Cloud(code=CLOUD.code, name=CLOUD.name, organisation=CLOUD.organisation),),
        hosts=(*hosts, nowhere),
        services=tuple(services),
        systems=tuple(_systems(hosts)),
        dependencies=tuple(
            Dependency(system=system_of(one), needs=system_of(other)) for one, other in pairs
        ),
    )


def _host(name: str, keys: Mapping[str, str]) -> Host:
    fact = HOSTS[name].fact
    told: dict[str, Any] = {
        "code": name,
        "name": fact.title,
        "place": fact.place.code,
        "system": system_of(name),
        "zone": Zone.PRIVATE if name == "rs-07" else Zone.EXTRANET,
        "ipv4": fact.address,
        "ipv6": fact.address6,
        "os": _SYSTEMS.get(name, OS),
        "cpu_arch": ARCH,
        "ssh_host_key": keys[name],
    }
    return Host.model_validate(told | _host_faults(name))


def _host_faults(name: str) -> dict[str, Any]:
    jt_04, jt_05 = HOSTS["jt-04"].fact, HOSTS["jt-05"].fact
    faults: dict[str, dict[str, Any]] = {
        "jt-01": {"os": "CentOS 6.5"},
        "jt-02": {"cpu_arch": OTHER_ARCH},
        "jt-03": {"ipv6": None},
        "jt-04": {"ipv4": jt_05.address, "ipv6": jt_05.address6},
        "jt-05": {"ipv4": jt_04.address, "ipv6": jt_04.address6},
        "rs-05": {"ipv6": HOSTS["rs-05"].fact.place.address6(99)},
        "rs-06": {"name": "web-6"},
        "zw-06": {"place": "LJ-RM-RS"},
    }
    return faults.get(name, {})


def _systems(hosts: list[Host]) -> list[System]:
    made: dict[str, System] = {}
    for host in hosts:
        code = host.system or ""
        count = sum(other.system == code for other in hosts)
        told: dict[str, Any] = {
            "code": code,
            "name": f"{host.name}的系统",
            "room": host.place,
            "secrecy": Secrecy.CLASSIFIED if code == "S-secret" else Secrecy.NONE,
            "cpu_cores": CORES * count,
            "memory_gib": MEMORY * count,
            "storage_gib": STORAGE * count,
        }
        faults: dict[str, dict[str, Any]] = {
            "S-jt-03": {"cpu_cores": 64 * CORES},
            "S-zw-01": {"memory_gib": MEMORY * 3},
            "S-zw-02": {"storage_gib": STORAGE * 4},
            "S-rs-05": {"workload": Workload(databases=(Database(version="15", cluster="main"),))},
        }
        made[code] = System.model_validate(told | faults.get(code, {}))
    return list(made.values())


DIFFERENCES = {
    ("hosts", "jt-01", "os", "differs"),
    ("hosts", "jt-02", "cpu_arch", "differs"),
    ("hosts", "jt-03", "ipv6", "undeclared"),
    ("hosts", "jt-04", "ipv4", "differs"),
    ("hosts", "jt-05", "ipv4", "differs"),
    ("hosts", "rs-02", "services", "absent"),
    ("hosts", "rs-04", "databases", "undeclared"),
    ("hosts", "rs-05", "ipv6", "differs"),
    ("hosts", "rs-06", "name", "differs"),
    ("hosts", "zw-06", "place", "differs"),
    ("systems", "S-jt-03", "cpu_cores", "differs"),
    ("systems", "S-zw-01", "memory_gib", "differs"),
    ("systems", "S-zw-02", "storage_gib", "differs"),
    ("systems", "S-rs-05", "databases", "absent"),
}
"""Every way in which the ledger is wrong about hosts and systems, and nothing else."""
UNKNOWN_SERVICES = {("rs-01", "tcp", 9000)}
STRANGERS = {(str(GHOST.address), ("jt-06",), (3306,))}
NOTICES = {("zw-04", "certificate_expired", "/srv/tls/old.pem")}
STANDINGS = {
    ("S-jt-01", "S-jt-02"): "both",
    ("S-jt-02", "S-zw-02"): "both",
    ("S-zw-01", "S-rs-04"): "both",
    ("S-rs-03", "S-zw-03"): "seen_only",
    ("S-rs-01", "S-rs-02"): "declared_only",
    ("S-zw-07", "S-jt-04"): "not_looked",
}
FAILURES = {"jt-04": "wrong_host_key", "jt-05": "wrong_host_key", NOWHERE: "unreachable"}
