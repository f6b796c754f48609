"""The hosts of the city as they really are."""

import os
import shutil
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.addresses import CLOUD, PG_VERSION, ROOM_JT, ROOM_RS, HostFact, Place
from tests.lab.layers import write

TALK = Path(__file__).with_name("talk.py")
LONG_AGO = datetime(2019, 3, 1, 9, 0, tzinfo=UTC)
JUMP = "zw-01"


@dataclass(frozen=True)
class Real:
    """`connect`: (host name, port, family). `sudo`: our login may run anything there as root."""

    fact: HostFact
    listen: tuple[int, ...] = (8080,)
    connect: tuple[tuple[str, int, int], ...] = ()
    sudo: bool = False
    more: Callable[[Path], None] | None = None


def _host(place: Place, short: str, number: int) -> HostFact:
    return HostFact(f"{short}-{number:02}", f"{place.name}{number:02}号", place, 20 + number)


def _os_release(text: str, **files: str) -> Callable[[Path], None]:
    def build(layer: Path) -> None:
        write(layer, "/etc/os-release", text)
        for name, content in files.items():
            write(layer, f"/etc/{name.replace('_', '-')}", content)

    return build


def _certificate(layer: Path) -> None:
    """An nginx that is told of a certificate which has expired, and of one which has not."""
    write(layer, "/etc/nginx/conf.d/tls.conf", "ssl_certificate /srv/tls/old.pem;\n")
    write(layer, "/srv/tls/old.pem", pem("old.example", -400, -35))
    write(layer, "/etc/ssl/new.pem", pem("new.example", -35, 400))


def pem(name: str, begins: int, ends: int) -> bytes:
    """A certificate with its key in one file, as HAProxy likes it; days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def _idle(layer: Path) -> None:
    """Nobody has logged in since, and no package was changed since."""
    record = struct.pack(
        "hi32s4s32s256shhiii4i20x", 7, 4242, b"pts/0", b"ts/0", b"admin", b"10.9.9.9", 0, 0, 1,
        int(LONG_AGO.timestamp()), 0, 0, 0, 0, 0,
    )  # struct utmp of glibc on x86-64: 384 bytes  # fmt: skip
    write(layer, "/var/log/wtmp", record)
    where = layer / "var/lib/dpkg/status"
    where.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy("/var/lib/dpkg/status", where)
    os.utime(where, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def _database(layer: Path) -> None:
    """A real PostgreSQL, made when the host boots; secrets in a job and in a process's arguments."""
    script = f"""#!/bin/sh
pg_createcluster {PG_VERSION} main --start -- --no-sync -E UTF8
runuser -u postgres -- psql -qXc 'create database "户籍"'
"""
    write(layer, "/etc/rc2.d/S01database", script, 0o755)
    job = "30 2 * * * root pg_dump postgres://dump:Geheim-1@127.0.0.1/x | gzip > /backup/x.gz\n"
    write(layer, "/etc/cron.d/backup", job)


CENTOS = 'NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nVERSION_ID="7"\n'
UBUNTU = (
    'NAME="Ubuntu"\nVERSION="18.04.6 LTS (Bionic Beaver)"\nID=ubuntu\n'
    'PRETTY_NAME="Ubuntu 18.04.6 LTS"\nVERSION_ID="18.04"\n'
)
KYLIN = (
    'NAME="Kylin Linux Advanced Server"\nVERSION="V10 (Sword)"\nID="kylin"\n'
    'VERSION_ID="V10"\nPRETTY_NAME="Kylin Linux Advanced Server V10 (Sword)"\n'
)

_JT = {n: _host(ROOM_JT, "jt", n) for n in range(1, 9)}
_RS = {n: _host(ROOM_RS, "rs", n) for n in range(1, 8)}
_ZW = {n: _host(CLOUD, "zw", n) for n in range(1, 9)}
GHOST = HostFact("ghost", "无人登记", ROOM_JT, 66)

HOSTS: Mapping[str, Real] = {
    real.fact.name: real
    for real in (
        Real(_JT[1], connect=(("jt-02", 8080, 4),)),
        Real(_JT[2], connect=(("zw-02", 8080, 6),)),
        Real(_JT[3], sudo=True),
        Real(_JT[4]),
        Real(_JT[5]),
        Real(_JT[6], connect=(("ghost", 3306, 4),)),
        Real(_JT[7]),
        Real(_JT[8]),
        Real(_RS[1], listen=(8080, 9000), sudo=True),
        Real(_RS[2]),
        Real(_RS[3], connect=(("zw-03", 8080, 4),)),
        Real(_RS[4], listen=(8080,), sudo=True, more=_database),
        Real(_RS[5]),
        Real(_RS[6], more=_os_release(UBUNTU)),
        Real(_RS[7], more=_os_release(KYLIN)),
        Real(_ZW[1], connect=(("rs-04", 8080, 6),)),
        Real(_ZW[2]),
        Real(
            _ZW[3],
            more=_os_release(CENTOS, redhat_release="CentOS Linux release 7.9.2009 (Core)\n"),
        ),
        Real(_ZW[4], sudo=True, more=_certificate),
        Real(_ZW[5], listen=(), more=_idle),
        Real(_ZW[6]),
        Real(_ZW[7]),
        Real(_ZW[8]),
        Real(GHOST, listen=(3306,)),
    )
}
SECRET_HOST = "zw-08"  # belongs to a classified system


def builders() -> dict[str, Callable[[Path], None]]:
    """What makes each host's layer."""

    def of(real: Real) -> Callable[[Path], None]:
        def build(layer: Path) -> None:
            places = [_place_of(*one) for one in real.connect]
            words = f"listen={','.join(map(str, real.listen))} connect={','.join(places)}"
            script = (
                f"#!/bin/sh\nsetsid python3 /srv/talk.py {words} </dev/null >/dev/null 2>&1 &\n"
            )
            write(layer, "/srv/talk.py", TALK.read_bytes())
            write(layer, "/etc/rc2.d/S09talk", script, 0o755)
            if real.sudo:
                write(
                    layer, "/etc/sudoers.d/census", "qianyun ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440
                )
            if real.more:
                real.more(layer)

        return build

    return {name: of(real) for name, real in HOSTS.items()}


def _place_of(name: str, port: int, family: int) -> str:
    fact = HOSTS[name].fact
    return f"{fact.address}:{port}" if family == 4 else f"[{fact.address6}]:{port}"
