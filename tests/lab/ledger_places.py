"""Sheets of the sample city's ledger: organisations, sites, rooms, clouds, lines, nodes, links.

Codes, names and addresses come from `addresses.py`. All people and their numbers are made up.
"""

from datetime import date

from tests.lab.addresses import (
    CITY,
    CLOUD,
    DATA_BUREAU,
    EMPLOYMENT,
    ENTRANCE,
    HOSTS,
    LINES,
    ORGANISATIONS,
    ROOM_JT,
    ROOM_RS,
    ROOMS,
    TRANSPORT,
    Place,
)
from tests.lab.workbook import Row, SheetRows, sheet_rows

SHORT = {"LJ-JT": "市交通局", "LJ-RS": "市人社局", "LJ-DSJ": "市大数据局"}
FRONT_END = "LJ-QZ-01"  # a node with no address of its own: nothing of the lab would answer there
_FRONT_END_NAME = "交通运输局前置机"
_SITES = {ROOM_JT.code: "交通大厦园区", ROOM_RS.code: "市民中心园区", CLOUD.code: "市民中心园区"}
_PEOPLE = {
    TRANSPORT.code: ("张明", "0999-6210001", "zhang.ming@lanjiang.example"),
    EMPLOYMENT.code: ("王芳、刘洋", "13800001001、138 0000 1002", ""),
    DATA_BUREAU.code: ("李强（科长）", "0999-6210003转801", "li.qiang@lanjiang.example"),
}


def organisations() -> SheetRows:
    rows = []
    for o in ORGANISATIONS:
        person, phone, email = _PEOPLE[o.code]
        rows.append(
            {
                "单位编号": o.code,
                "单位名称": o.name,
                "单位简称": SHORT[o.code],
                "联系人": person,
                "联系电话": phone,
                "邮箱": email,
            }
        )
    return sheet_rows("单位", f"{CITY}政务部门名录", "单位编号", rows)


def sites() -> SheetRows:
    rows = [
        {
            "园区编号": "LJ-YQ-01",
            "园区名称": "交通大厦园区",
            "所在区县": "东湖区",
            "地址": "澜江市东湖区大桥路18号",
        },
        {
            "园区编号": "LJ-YQ-02",
            "园区名称": "市民中心园区",
            "所在区县": "新城区",
            "地址": "澜江市新城区市民大道1号",
        },
    ]
    return sheet_rows("园区", f"{CITY}政务园区登记表", "园区编号", rows)


def rooms() -> SheetRows:
    details: dict[str, Row] = {
        ROOM_JT.code: {
            "所在楼宇": "交通大厦3层",
            "面积(㎡)": "80.5平方米",
            "机柜数": 12,
            "年运行费用(万元)": "35.6万",
            "建成时间": "2009年6月1日",
            "最近改造时间": "/",
            "同时迁移数": 1,
            "机房负责人": "陈建国 13800001003",
            "值班电话": "0999-6210011",
        },
        ROOM_RS.code: {
            "所在楼宇": "市民中心B座",
            "面积(㎡)": 120,
            "机柜数": "１８",
            "年运行费用(万元)": 48.2,
            "建成时间": date(2011, 3, 1),
            "最近改造时间": "2018.11.15",
            "同时迁移数": 2,
            "机房负责人": "周 敏",
            "值班电话": "/",
        },
    }
    rows = [
        {
            "机房编号": room.code,
            "机房名称": room.name,
            "所属单位": SHORT[room.organisation],
            "所在园区": _SITES[room.code],
            **details[room.code],
        }
        for room in ROOMS
    ]
    return sheet_rows("机房", f"{CITY}部门数据机房情况表", "机房编号", rows)


def clouds() -> SheetRows:
    row = {
        "云编号": CLOUD.code,
        "云名称": CLOUD.name,
        "管理单位": DATA_BUREAU.name,
        "所在园区": _SITES[CLOUD.code],
        "同时迁移数": 4,
    }
    return sheet_rows("政务云", f"{CITY}政务云平台登记表", "云编号", [row])


def lines() -> SheetRows:
    places = {p.code: p for p in (*ROOMS, CLOUD)}
    spelled = {LINES[0].code: ("100M", "36,000元"), LINES[1].code: ("200兆", 96000)}
    carers = {LINES[0].code: "孙磊 13800001004"}
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
            "运维人员及电话": carers.get(line.code, "无"),
        }
        for line in LINES
    ]
    return sheet_rows("线路", f"{CITY}专线清查表", "线路编号", rows)


def nodes() -> SheetRows:
    gateway = next(h for h in HOSTS if h.name == ENTRANCE.host)
    entrance = {
        "节点编号": ENTRANCE.code,
        "节点名称": ENTRANCE.name,
        "节点类型": ENTRANCE.kind,
        "所属单位": DATA_BUREAU.name,
        "所在机房": CLOUD.name,
        "网络域": "互联网",
        "IPv4": str(gateway.address),
        "IPv6": str(gateway.address6),
        "端口": "、".join(map(str, ENTRANCE.ports)),
        "所在服务器": ENTRANCE.host,
    }
    front_end = dict.fromkeys(entrance, "") | {
        "节点编号": FRONT_END,
        "节点名称": _FRONT_END_NAME,
        "节点类型": "前置机",
        "所属单位": TRANSPORT.name,
        "所在机房": ROOM_JT.name,
        "网络域": "政务外网",
        "IPv4": "待定",
        "IPv6": "/",
    }
    return sheet_rows("交换节点", "交换节点登记表", "节点编号", [entrance, front_end])


def links() -> SheetRows:
    row = {
        "链路编号": "LJ-LL-01",
        "链路名称": "交通运输局至市级接入链路",
        "A端节点": _FRONT_END_NAME,
        "Z端节点": ENTRANCE.name,
        "网络域": "电子政务外网",
    }
    return sheet_rows("链路", f"{CITY}政务网络链路登记表", "链路编号", [row])


def _owner(place: Place) -> str:
    return next(o.name for o in ORGANISATIONS if o.code == place.organisation)
