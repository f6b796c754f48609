"""The sample city 澜江市 (made up): places, lines, hosts and systems of the lab, as facts.

Nothing here touches the machine, apart from `PG_VERSION`, which is whatever major version of
PostgreSQL the distribution brings (15 on Debian 12, 17 on Debian 13).
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

CITY = "澜江市"
LOGIN = "qianyun"
SAFE_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SSH_PORT = 22
ROLE_FOLDER = "/var/lib/qianyun"


def _pg_version() -> str:
    found = [p.parent.parent.name for p in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(found, key=int, default="15")


PG_VERSION = _pg_version()


class PlaceKind(StrEnum):
    ROOM = "room"
    CLOUD = "cloud"
    ZONE = "zone"


@dataclass(frozen=True)
class OrganisationFact:
    code: str
    name: str


@dataclass(frozen=True)
class Place:
    """A network of the lab. Its router has number 1 in both families."""

    code: str
    name: str
    kind: PlaceKind
    short: str  # used in names of interfaces: at most 6 characters
    v4: IPv4Network
    v6: IPv6Network
    organisation: str = ""

    def address(self, number: int) -> IPv4Address:
        return self.v4.network_address + number

    def address6(self, number: int) -> IPv6Address:
        # The suffix is written like the last IPv4 octet: .10 is ::10 (hexadecimal 0x10).
        return self.v6.network_address + int(str(number), 16)


@dataclass(frozen=True)
class LineFact:
    """专线 between a room and the cloud; `kbit` is its rate both ways, in kbit/s."""

    code: str
    name: str
    provider: str
    room: str
    cloud: str
    kbit: int


@dataclass(frozen=True)
class HostFact:
    name: str  # host name and code
    title: str
    place: Place
    number: int

    @property
    def address(self) -> IPv4Address:
        return self.place.address(self.number)

    @property
    def address6(self) -> IPv6Address:
        return self.place.address6(self.number)


@dataclass(frozen=True)
class TreeFact:
    path: str
    writable: bool


@dataclass(frozen=True)
class DatabaseFact:
    """A PostgreSQL cluster with Debian's naming (or another engine's instance); `name` is the
    database inside it."""

    version: str
    cluster: str
    port: int
    name: str
    table: str
    engine: str = "postgresql"


@dataclass(frozen=True)
class CheckFact:
    """What a healthy system answers: GET `path` on the service port holds `content`."""

    port: int
    path: str
    content: str


@dataclass(frozen=True)
class SystemFact:
    code: str
    name: str
    organisation: str
    source: str
    target: str
    trees: tuple[TreeFact, ...]
    databases: tuple[DatabaseFact, ...]
    services: tuple[str, ...]
    check: CheckFact
    entrance_port: int

    @property
    def slug(self) -> str:
        """The code in lower case, as in the names of frontends and backends."""
        return self.code.lower()

    @property
    def frontends(self) -> tuple[str, str]:
        return (f"{self.slug}-v4", f"{self.slug}-v6")


@dataclass(frozen=True)
class DependencyFact:
    """`system` needs `needs` to work."""

    system: str
    needs: str


@dataclass(frozen=True)
class NodeFact:
    """交换节点: the entrance, a gateway host running HAProxy."""

    code: str
    name: str
    kind: str
    host: str
    ports: tuple[int, ...]


def _place(
    code: str, name: str, kind: PlaceKind, short: str, v4: str, v6: str, organisation: str = ""
) -> Place:
    return Place(code, name, kind, short, IPv4Network(v4), IPv6Network(v6), organisation)


TRANSPORT = OrganisationFact("LJ-JT", "澜江市交通运输局")
EMPLOYMENT = OrganisationFact("LJ-RS", "澜江市人力资源和社会保障局")
DATA_BUREAU = OrganisationFact("LJ-DSJ", "澜江市大数据管理局")
ORGANISATIONS = (TRANSPORT, EMPLOYMENT, DATA_BUREAU)

ROOM, CLOUD_KIND, ZONE = PlaceKind.ROOM, PlaceKind.CLOUD, PlaceKind.ZONE
ROOM_JT = _place(
    "LJ-RM-JT", "交通运输局机房", ROOM, "jt", "10.21.0.0/24", "fd21::/64", TRANSPORT.code
)
ROOM_RS = _place("LJ-RM-RS", "人社局机房", ROOM, "rs", "10.22.0.0/24", "fd22::/64", EMPLOYMENT.code)
CLOUD = _place(
    "LJ-CLOUD", "澜江市政务云", CLOUD_KIND, "cloud", "10.30.0.0/24", "fd30::/64", DATA_BUREAU.code
)
EXCHANGE = _place("LJ-EXCHANGE", "交换区", ZONE, "exch", "10.40.0.0/24", "fd40::/64")
OPS = _place("LJ-OPS", "运维区", ZONE, "ops", "10.50.0.0/24", "fd50::/64")
OUTSIDE = _place("LJ-OUTSIDE", "互联网", ZONE, "out", "203.0.113.0/24", "2001:db8:113::/64")
ROOMS = (ROOM_JT, ROOM_RS)
PLACES = (ROOM_JT, ROOM_RS, CLOUD, EXCHANGE, OPS, OUTSIDE)

LINES = (
    LineFact("LJ-DX-1001", "交通局至政务云专线", "中国电信", "LJ-RM-JT", "LJ-CLOUD", 100_000),
    LineFact("LJ-YD-1002", "人社局至政务云专线", "中国移动", "LJ-RM-RS", "LJ-CLOUD", 200_000),
)

JT_WEB = HostFact("jt-web-01", "交通局门户服务器", ROOM_JT, 11)
JT_FILE = HostFact("jt-file-01", "交通局附件服务器", ROOM_JT, 12)
RS_APP = HostFact("rs-app-01", "人社局就业登记服务器", ROOM_RS, 11)
ZW_WEB = HostFact("zw-web-01", "政务云门户服务器", CLOUD, 11)
ZW_APP = HostFact("zw-app-01", "政务云应用服务器", CLOUD, 12)
ZW_FILE = HostFact("zw-file-01", "政务云附件服务器", CLOUD, 13)
GATEWAY = HostFact("gw-01", "统一接入网关", EXCHANGE, 10)
HOSTS = (JT_WEB, JT_FILE, RS_APP, ZW_WEB, ZW_APP, ZW_FILE, GATEWAY)

OPS_NUMBER = 10  # ops is 10.50.0.10 and fd50::10
CITIZEN_NUMBER = 10  # citizen is 203.0.113.10 and 2001:db8:113::10

PORTAL = SystemFact(
    code="LJ-S-001",
    name="政务公开门户",
    organisation=TRANSPORT.code,
    source=JT_WEB.name,
    target=ZW_WEB.name,
    trees=(TreeFact("/srv/portal", writable=False),),
    databases=(),
    services=("nginx",),
    check=CheckFact(8080, "/", "政务公开门户"),
    entrance_port=8001,
)
ENTRIES = SystemFact(
    code="LJ-S-002",
    name="就业登记系统",
    organisation=EMPLOYMENT.code,
    source=RS_APP.name,
    target=ZW_APP.name,
    trees=(TreeFact("/srv/entries", writable=False),),
    databases=(DatabaseFact(PG_VERSION, "main", 5432, "entries", "entries"),),
    services=("lj-app",),
    check=CheckFact(8080, "/healthz", "就业登记系统"),
    entrance_port=8002,
)
FILES = SystemFact(
    code="LJ-S-003",
    name="公文附件库",
    organisation=TRANSPORT.code,
    source=JT_FILE.name,
    target=ZW_FILE.name,
    trees=(TreeFact("/srv/files", writable=True),),
    databases=(),
    services=("nginx",),
    check=CheckFact(8080, "/index.txt", "公文附件库"),
    entrance_port=8003,
)
SYSTEMS = (PORTAL, ENTRIES, FILES)

DEPENDENCIES = (
    DependencyFact(PORTAL.code, ENTRIES.code),
    DependencyFact(PORTAL.code, FILES.code),
)
ENTRANCE = NodeFact("LJ-GW-01", "市级统一接入节点", "接入节点", GATEWAY.name, (8001, 8002, 8003))


def host(name: str) -> HostFact:
    """The host of that name; KeyError if the lab has none."""
    return {fact.name: fact for fact in HOSTS}[name]


def system(code: str) -> SystemFact:
    """The system of that code; KeyError if the lab has none."""
    return {fact.code: fact for fact in SYSTEMS}[code]


def line(code: str) -> LineFact:
    """The line of that code; KeyError if the lab has none."""
    return {fact.code: fact for fact in LINES}[code]
