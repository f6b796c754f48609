"""The sample city's ledger, as a department would send it: titles, Chinese headers, owners merged
down, totals, notes, dates and units in several spellings. All facts come from `addresses.py`.

    write_ledger(path, host_keys={"jt-web-01": "ssh-ed25519 AAAA…", …})
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from tests.lab.addresses import (
    CITY,
    CLOUD,
    DATA_BUREAU,
    DEPENDENCIES,
    EMPLOYMENT,
    ENTRANCE,
    HOSTS,
    LINES,
    ORGANISATIONS,
    ROOM_JT,
    ROOM_RS,
    ROOMS,
    SYSTEMS,
    TRANSPORT,
    Place,
    PlaceKind,
    SystemFact,
)
from tests.lab.ledger_faults import FAULTS, FAULTY
from tests.lab.workbook import FIRST_ROW, Row, SheetRows, write_workbook

CLASSIFIED = "LJ-S-004"  # 涉密, its name only
STAYS = "LJ-S-005"  # no target is declared
_SHORT = {"LJ-JT": "市交通局", "LJ-RS": "市人社局", "LJ-DSJ": "市大数据局"}
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
        _organisations(),
        _rooms(),
        _clouds(),
        _lines(),
        _hosts(city),
        _nodes(),
        _systems(city),
        _dependencies(city),
    )


def _organisations() -> SheetRows:
    rows = [
        {"单位编号": o.code, "单位名称": o.name, "单位简称": _SHORT[o.code]} for o in ORGANISATIONS
    ]
    return _sheet("单位", f"{CITY}政务部门名录", "单位编号", rows)


def _rooms() -> SheetRows:
    details: dict[str, Row] = {
        ROOM_JT.code: {
            "所在楼宇": "交通大厦3层",
            "面积(㎡)": "80.5平方米",
            "机柜数": 12,
            "年运行费用(万元)": "35.6万",
            "建成时间": "2009年6月1日",
            "最近改造时间": "/",
            "同时迁移数": 1,
        },
        ROOM_RS.code: {
            "所在楼宇": "市民中心B座",
            "面积(㎡)": 120,
            "机柜数": "１８",
            "年运行费用(万元)": 48.2,
            "建成时间": date(2011, 3, 1),
            "最近改造时间": "2018.11.15",
            "同时迁移数": 2,
        },
    }
    rows = [
        {
            "机房编号": room.code,
            "机房名称": room.name,
            "所属单位": _SHORT[room.organisation],
            **details[room.code],
        }
        for room in ROOMS
    ]
    return _sheet("机房", f"{CITY}部门数据机房情况表", "机房编号", rows)


def _clouds() -> SheetRows:
    row = {
        "云编号": CLOUD.code,
        "云名称": CLOUD.name,
        "管理单位": DATA_BUREAU.name,
        "同时迁移数": 4,
    }
    return _sheet("政务云", f"{CITY}政务云平台登记表", "云编号", [row])


def _lines() -> SheetRows:
    places = {p.code: p for p in (*ROOMS, CLOUD)}
    spelled = {LINES[0].code: ("100M", "36,000元"), LINES[1].code: ("200兆", 96000)}
    rows = [
        {
            "线路编号": line.code,
            "线路名称": line.name,
            "运营商": line.provider.removeprefix("中国"),
            "线路类型": "部门内部专网",
            "使用单位": _owner(places[line.room]),
            "A端": places[line.room].name,
            "Z端": places[line.cloud].name,
            "带宽": spelled[line.code][0],
            "年租费(元)": spelled[line.code][1],
            "合同到期日": "2027年12月31日",
            "是否自行租用": "否",
        }
        for line in LINES
    ]
    return _sheet("线路", f"{CITY}专线清查表", "线路编号", rows)


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
                "所属系统": city.refer(system) if system else "",
                "IPv4地址": str(host.address),
                "IPv6地址": str(host.address6),
                "CPU架构": ("x86_64", "X86", "Intel")[number % 3],
                "操作系统": "Debian 12",
                "购置时间": _DATES[number % len(_DATES)],
                "SSH主机公钥": city.host_keys.get(host.name, ""),
            }
        )
    return _sheet("服务器", f"{CITY}服务器台账", "设备名称", rows)


def _nodes() -> SheetRows:
    gateway = next(h for h in HOSTS if h.name == ENTRANCE.host)
    row = {
        "节点编号": ENTRANCE.code,
        "节点名称": ENTRANCE.name,
        "节点类型": ENTRANCE.kind,
        "所属单位": DATA_BUREAU.name,
        "IPv4": str(gateway.address),
        "IPv6": str(gateway.address6),
        "端口": "、".join(map(str, ENTRANCE.ports)),
        "所在服务器": ENTRANCE.host,
    }
    return _sheet("交换节点", "交换节点登记表", "节点编号", [row])


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
    return _sheet("信息系统", f"{CITY}政务信息系统自查表", "系统编号", rows)


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
    return _sheet("依赖关系", f"{CITY}信息系统依赖关系表", "系统", rows, ("系统", "依赖系统"))


def _owner(place: Place) -> str:
    return next(o.name for o in ORGANISATIONS if o.code == place.organisation)


def _sheet(
    name: str, title: str, key: str, rows: Sequence[Row], headers: tuple[str, ...] = ()
) -> SheetRows:
    return SheetRows(name, title, headers or tuple(rows[0]), key, tuple(rows))


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
