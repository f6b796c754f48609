"""What a person wrote and what a host says: the same, another, or not to be compared."""

import pytest

from inventory.facts import Disk, Filesystem, OperatingSystem
from inventory.sameness import (
    GIB,
    Sameness,
    same_arch,
    same_memory,
    same_name,
    same_os,
    same_storage,
)

SAME, OTHER, UNCLEAR = Sameness.SAME, Sameness.OTHER, Sameness.UNCLEAR


def linux(id: str, name: str, version: str) -> OperatingSystem:
    return OperatingSystem(family="linux", id=id, name=name, version=version, kernel="5")


def windows(name: str) -> OperatingSystem:
    version = name.split()[2]
    return OperatingSystem(
        family="windows", id="windows", name=name, version=version, kernel="10.0"
    )


UBUNTU = linux("ubuntu", "Ubuntu", "18.04.6")
KYLIN = linux("kylin", "Kylin Linux Advanced Server", "V10")
KYLIN_SP3 = linux("kylin", "Kylin Linux Advanced Server", "V10 SP3")
CENTOS = linux("centos", "CentOS Linux", "7.9.2009")
RHEL = linux("rhel", "Red Hat Enterprise Linux", "8.6")
DEBIAN = linux("debian", "Debian GNU/Linux", "12.5")
UOS = linux("uos", "uos", "20")
W2012R2 = windows("Windows Server 2012 R2 Standard")
W2016 = windows("Windows Server 2016 Datacenter")


@pytest.mark.parametrize(
    ("declared", "found", "expected"),
    [
        ("Ubuntu 18.04", UBUNTU, SAME),
        ("Ubuntu 18.04.6 LTS", UBUNTU, SAME),
        ("ubuntu18.04 64位", UBUNTU, SAME),
        ("Ubuntu 20.04", UBUNTU, OTHER),
        ("Ubuntu 18.04.5", UBUNTU, OTHER),
        ("CentOS 7", CENTOS, SAME),
        ("CentOS Linux release 7.9.2009 (Core)", CENTOS, SAME),
        ("CentOS 7.6 x86_64", CENTOS, OTHER),
        ("CentOS 6.5", CENTOS, OTHER),
        ("银河麒麟 V10", KYLIN, SAME),
        ("银河麒麟高级服务器操作系统V10 SP1", KYLIN, SAME),  # the host doesn't tell its pack
        ("Kylin V10 (SP3)", KYLIN_SP3, SAME),
        ("Kylin V10 SP1", KYLIN_SP3, OTHER),
        ("麒麟V4", KYLIN, OTHER),
        ("统信UOS 20", UOS, SAME),
        ("统信服务器操作系统V20", UOS, SAME),
        ("RHEL 8", RHEL, SAME),
        ("Red Hat Enterprise Linux 8.6", RHEL, SAME),
        ("红帽 8", RHEL, UNCLEAR),
        ("Debian", DEBIAN, SAME),
        ("Debian 11", DEBIAN, OTHER),
        ("Linux", DEBIAN, SAME),
        ("Linux", W2016, OTHER),
        ("Windows Server 2016", W2016, SAME),
        ("Windows Server 2012 R2", W2012R2, SAME),
        ("Windows Server 2012", W2012R2, SAME),
        ("Windows 2008 R2 Enterprise 64位", W2016, OTHER),
        ("Windows Server 2016", DEBIAN, OTHER),
        ("国产操作系统", KYLIN, UNCLEAR),
    ],
)
def test_systems(declared: str, found: OperatingSystem, expected: Sameness) -> None:
    assert same_os(declared, found) is expected


@pytest.mark.parametrize(
    ("declared", "found", "expected"),
    [
        ("X86", "x86_64", SAME),
        ("x86-64", "AMD64", SAME),
        ("Intel Xeon", "i686", SAME),
        ("海光", "x86_64", SAME),
        ("鲲鹏920", "aarch64", SAME),
        ("飞腾", "ARM64", SAME),
        ("ARM", "x86_64", OTHER),
        ("龙芯", "loongarch64", SAME),
        ("龙芯", "mips64", OTHER),
        ("信创", "aarch64", UNCLEAR),
    ],
)
def test_architectures(declared: str, found: str, expected: Sameness) -> None:
    assert same_arch(declared, found) is expected


@pytest.mark.parametrize(
    ("declared", "gib", "expected"),
    [
        (16, 15.6, SAME),
        (16, 16, SAME),
        (8, 7.6, SAME),
        (4, 3.6, SAME),
        (2, 1.8, SAME),
        (32, 31.1, SAME),
        (16, 31.1, OTHER),
        (32, 15.6, OTHER),
        (8, 11.6, OTHER),
        (12, 7.6, OTHER),
    ],
)
def test_memory(declared: int, gib: float, expected: Sameness) -> None:
    assert same_memory(declared, int(gib * GIB)) is expected


def disk(size: float) -> Disk:
    return Disk(name="sda", size=int(size))


def root(size: float, device: str = "/dev/sda1", type: str = "xfs") -> Filesystem:
    return Filesystem(mount="/", device=device, type=type, size=int(size), used=0)


@pytest.mark.parametrize(
    ("declared", "disks", "systems", "expected"),
    [
        (500, [disk(500e9)], [root(450e9)], SAME),  # a maker's GB
        (500, [disk(500 * GIB)], [], SAME),
        (466, [disk(500e9)], [], SAME),
        (200, [disk(500e9)], [root(196 * GIB)], SAME),  # one volume of a larger disk
        (200, [disk(100e9), disk(100e9)], [], SAME),
        (1000, [disk(500e9)], [root(450e9)], OTHER),
        (500, [disk(2000e9)], [root(1900e9)], OTHER),
        (500, [disk(100e9)], [root(400 * GIB, "nas:/x", "nfs4"), root(90e9)], OTHER),
        (500, [], [], UNCLEAR),
    ],
)
def test_storage(
    declared: int, disks: list[Disk], systems: list[Filesystem], expected: Sameness
) -> None:
    assert same_storage(declared, disks, systems) is expected


def test_names_only_where_they_are_host_names() -> None:
    assert same_name("web-01", "WEB-01.example.gov.cn") is SAME
    assert same_name("web-01", "web-02") is OTHER
    assert same_name("门户服务器", "web-02") is UNCLEAR
