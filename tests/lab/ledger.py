"""The sample city's ledger, as a department would send it: titles, Chinese headers, owners merged
down, totals, notes, dates and units in several spellings. All facts come from `addresses.py`.

    write_ledger(path, host_keys={"jt-web-01": "ssh-ed25519 AAAA…", …})
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from tests.lab import ledger_places as places
from tests.lab.addresses import (
    CITY,
    CLOUD,
    DATA_BUREAU,
    DEPENDENCIES,
    EMPLOYMENT,
    ENTRANCE,
    ENTRIES,
    HOSTS,
    JT_FILE,
    JT_WEB,
    ORGANISATIONS,
    ROOM_JT,
    RS_APP,
    SYSTEMS,
    TRANSPORT,
    PlaceKind,
    SystemFact,
)
from tests.lab.ledger_faults import FAULTS, FAULTY
from tests.lab.workbook import FIRST_ROW, Row, SheetRows, sheet_rows, write_workbook

CLASSIFIED = "LJ-S-004"  # 涉密, its name only
STAYS = "LJ-S-005"  # no target is declared
_RACKS = {JT_WEB.name: "A01", JT_FILE.name: "A01", RS_APP.name: "B-03"}  # none in a cloud
_ZONES = ("电子政务外网", "政务外网", "外网")
_DATES = ("2016年6月1日", "2017-03-15", "2018/09/01", "2019.5.20", date(2015, 11, 2), "2020年8月")


@dataclass(frozen=True)
class Fault:
    """A cell that must be refused."""

    sheet: str
    row: int
    column: str
    raw: str
    code: str


@dataclass(frozen=True)
class City:
    """What the sheets are made from; `names` are systems' names by code, instead of the facts'."""

    host_keys: Mapping[str, str]
    systems: Sequence[SystemFact] = SYSTEMS
    window: str = "22:00-06:00"
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, system: SystemFact) -> str:
        return self.names.get(system.code, system.name)

    def refer(self, system: SystemFact) -> str:
        """As departments do, by name; by code where the name was made wild."""
        return system.code if system.code in self.names else system.name


def write_ledger(
    path: Path,
    *,
    host_keys: Mapping[str, str],
    systems: Sequence[SystemFact] | None = None,
    window: str = "22:00-06:00",
    names: Mapping[str, str] | None = None,
    cells: Mapping[tuple[str, str, str], object] | None = None,
) -> Path:
    """Write the ledger as xlsx and return its path.

    `host_keys`: public host key (type and base64) by host code; `systems`: those that are to
    move, all by default; `window`: of every system that moves ("" for none); `names`: other names
    for systems by code; `cells`: (sheet, key of the row, header) → another value.
    """
    city = City(host_keys, SYSTEMS if systems is None else systems, window, names or {})
    write_workbook(path, _replaced(sheets(city), cells or {}))
    return path


def with_faults(path: Path, *, host_keys: Mapping[str, str]) -> tuple[Fault, ...]:
    """Write the same ledger with rows added, one for each kind of fault; what must be refused."""
    added, faults = {}, []
    for sheet in sheets(City(host_keys)):
        rows = [*sheet.rows, *FAULTY.get(sheet.name, ())]
        headers = sheet.headers
        if sheet.name == "机房":
            headers = (*headers, "值班安排")
            faults.append(Fault("机房", FIRST_ROW - 1, "值班安排", "值班安排", "unknown_header"))
        added[sheet.name] = replace(sheet, headers=headers, rows=tuple(rows))
    for sheet_name, key, column, raw, code in FAULTS:
        sheet = added[sheet_name]
        faults.append(Fault(sheet_name, sheet.row_of(key), column, raw, code))
    write_workbook(path, tuple(added.values()))
    return tuple(faults)


def sheets(city: City) -> tuple[SheetRows, ...]:
    """All sheets of the city's workbook."""
    return (
        places.organisations(),
        places.sites(),
        places.rooms(),
        places.clouds(),
        places.lines(),
        _hosts(city),
        places.nodes(),
        places.links(),
        _services(city),
        _systems(city),
        _dependencies(city),
    )


def _hosts(city: City) -> SheetRows:
    system_of = {h: s for s in city.systems for h in (s.source, s.target)}
    rows = []
    for number, host in enumerate(HOSTS):
        system = system_of.get(host.name)
        place = host.place.name if host.place.kind is not PlaceKind.ZONE else ""
        rows.append(
            {
                "设备名称": host.name,
                "资产编号": f"GDZC2016{number + 1:05d}",
                "所在机房": place,
                "机柜": _RACKS.get(host.name, ""),
                "网络域": "互联网" if host.name == ENTRANCE.host else _ZONES[number % 3],
                "所属系统": city.refer(system) if system else "",
                "IPv4地址": str(host.address),
                "IPv6地址": str(host.address6),
                "CPU架构": ("x86_64", "X86", "Intel")[number % 3],
                "操作系统": "Debian 12",
                "购置时间": _DATES[number % len(_DATES)],
                "SSH主机公钥": city.host_keys.get(host.name, ""),
            }
        )
    return sheet_rows("服务器", f"{CITY}服务器台账", "设备名称", rows)


def _services(city: City) -> SheetRows:
    """One at the entrance, one of a system where it stands before it moves."""
    entries = next((s for s in city.systems if s.code == ENTRIES.code), None)
    rows = [
        {
            "服务名称": "政务公开门户入口",
            "所在服务器": ENTRANCE.host,
            "端口": ENTRANCE.ports[0],
            "协议": "TCP",
            "所属系统": "",
        },
        {
            "服务名称": "就业登记数据库",
            "所在服务器": ENTRIES.source,
            "端口": ENTRIES.databases[0].port,
            "协议": "tcp",
            "所属系统": city.refer(entries) if entries else "",
        },
    ]
    return sheet_rows("服务", f"{CITY}服务登记表", "服务名称", rows)


def _systems(city: City) -> SheetRows:
    moving = [_system(city, system, number) for number, system in enumerate(city.systems)]
    blank = dict.fromkeys(moving[0] if moving else _system(city, SYSTEMS[0], 0), "")
    classified = blank | {
        "系统编号": CLASSIFIED,
        "系统名称": "公文流转系统（涉密）",
        "所属单位": DATA_BUREAU.name,
        "是否涉密": "是",
    }
    stays = blank | {
        "系统编号": STAYS,
        "系统名称": "公交视频监控系统",
        "所属单位": TRANSPORT.name,
        "主要功能": "公交场站视频接入与存储",
        "是否涉密": "否",
        "等保级别": "2级",
        "建设资金(万元)": "约35.5万元",
        "年运维经费(万元)": 5,
        "审批时间": "2014.8.15",
        "存储": "10T",
        "所在网络": "业务专网",
        "部署机房": ROOM_JT.name,
        "是否面向公众": "×",
    }
    order = [o.name for o in (TRANSPORT, EMPLOYMENT, DATA_BUREAU)]
    rows = sorted([*moving, classified, stays], key=lambda r: order.index(r["所属单位"]))
    return sheet_rows("信息系统", f"{CITY}政务信息系统自查表", "系统编号", rows)


def _system(city: City, system: SystemFact, number: int) -> Row:
    source = next(h for h in HOSTS if h.name == system.source)
    needed = [d.needs for d in DEPENDENCIES if d.system == system.code]
    return {
        "系统编号": system.code,
        "系统名称": city.name(system),
        "所属单位": next(o.name for o in ORGANISATIONS if o.code == system.organisation),
        "主要功能": f"{system.name}相关业务办理与数据汇聚",
        "是否涉密": "否",
        "等保级别": ("二级", "第三级", 2)[number % 3],
        "建设资金(万元)": ("120万", 486, "约35.5万元")[number % 3],
        "年运维经费(万元)": ("12.8", "36万元", 5)[number % 3],
        "审批时间": ("2016年9月28日", date(2013, 5, 1), "2018-6-1")[number % 3],
        "CPU(核)": ("8核", 16, "4核")[number % 3],
        "内存(GB)": ("16G", 32, "8G")[number % 3],
        "存储": ("200GB", "2TB", "512G")[number % 3],
        "所在网络": ("互联网", "电子政务外网", "外网")[number % 3],
        "部署机房": source.place.name,
        "是否面向公众": ("是", "√", "否")[number % 3],
        "是否接入共享平台": ("否", "Y", "是")[number % 3],
        "迁移目标": CLOUD.name,
        "割接窗口": city.window,
        "程序目录": "、".join(t.path for t in system.trees if not t.writable),
        "数据目录": "、".join(t.path for t in system.trees if t.writable),
        "数据库": "；".join(
            f"postgresql {d.version}/{d.cluster}:{d.port}" for d in system.databases
        ),
        "服务": "、".join(system.services),
        "入口节点": ENTRANCE.name,
        "入口端口": system.entrance_port,
        "后端端口": system.check.port,
        "检查路径": system.check.path,
        "检查内容": system.check.content,
        "依赖系统": "、".join(city.refer(s) for s in city.systems if s.code in needed),
    }


def _dependencies(city: City) -> SheetRows:
    known = {s.code: s for s in city.systems}
    rows = [
        {"系统": city.refer(known[d.system]), "依赖系统": city.refer(known[d.needs])}
        for d in DEPENDENCIES
        if d.system in known and d.needs in known
    ]
    return sheet_rows("依赖关系", f"{CITY}信息系统依赖关系表", "系统", rows, ("系统", "依赖系统"))


def _replaced(
    given: Sequence[SheetRows], cells: Mapping[tuple[str, str, str], object]
) -> tuple[SheetRows, ...]:
    left = dict(cells)
    done = []
    for sheet in given:
        rows = [
            row | {h: left.pop((sheet.name, row[sheet.key], h), row[h]) for h in sheet.headers}
            for row in sheet.rows
        ]
        done.append(replace(sheet, rows=tuple(rows)))
    if left:
        raise KeyError(f"no such cells in the sample ledger: {sorted(left)}")
    return tuple(done)
