"""Rows with one fault each, and which cell must be refused with which code."""

from collections.abc import Mapping

from tests.lab.addresses import ENTRANCE, LINES
from tests.lab.workbook import Row

FAULTY: Mapping[str, tuple[Row, ...]] = {
    "机房": ({"机房编号": "LJ-RM-X1", "机房名称": "旧机房", "机柜数": "若干"},),
    "线路": (
        {"线路编号": "LJ-DX-9001", "带宽": "不限速"},
        {"线路编号": LINES[0].code, "线路名称": "同号线路", "带宽": "10M"},
    ),
    "服务器": (
        {"设备名称": "jt-old-01", "购置时间": "2015年2月30日"},
        {"设备名称": "jt-old-02", "IPv4地址": "10.21.300.5"},
        {"设备名称": "jt-old-05", "SSH主机公钥": "ssh-ed25519 $(id)"},
    ),
    "链路": ({"链路编号": "LJ-LL-91", "A端节点": "没有的节点", "Z端节点": ENTRANCE.code},),
    "服务": ({"服务名称": "没有端口的服务", "所在服务器": ENTRANCE.host},),
    "信息系统": (
        {"系统编号": "LJ-S-901", "系统名称": "七级系统", "等保级别": "七级"},
        {"系统编号": "LJ-S-902", "系统名称": "大端口系统", "入口端口": 70000},
        {"系统编号": "LJ-S-903", "系统名称": ""},
        {"系统编号": "LJ-S-904", "系统名称": "坏服务名系统", "服务": "nginx;$(reboot)"},
        {"系统编号": "LJ-S-905", "系统名称": "坏目录系统", "数据目录": "/srv/../etc"},
        {"系统编号": "LJ-S-906", "系统名称": "占主机目录系统", "数据目录": "/srv/a、/var/lib"},
        {"系统编号": "LJ-S-907", "系统名称": "整台主机系统", "程序目录": "/"},
    ),
}
# sheet, key of the row, column, raw, code
FAULTS = (
    ("机房", "LJ-RM-X1", "机柜数", "若干", "not_a_number"),
    ("线路", "LJ-DX-9001", "带宽", "不限速", "not_a_quantity"),
    ("线路", LINES[0].code, "线路编号", LINES[0].code, "duplicate"),
    ("服务器", "jt-old-01", "购置时间", "2015年2月30日", "not_a_date"),
    ("服务器", "jt-old-02", "IPv4地址", "10.21.300.5", "not_an_ip"),
    ("服务器", "jt-old-05", "SSH主机公钥", "ssh-ed25519 $(id)", "bad_text"),
    ("链路", "LJ-LL-91", "A端节点", "没有的节点", "unknown_reference"),
    ("服务", "没有端口的服务", "端口", "", "missing"),
    ("信息系统", "LJ-S-901", "等保级别", "七级", "not_in_choices"),
    ("信息系统", "LJ-S-902", "入口端口", "70000", "out_of_range"),
    ("信息系统", "LJ-S-903", "系统名称", "", "missing"),
    ("信息系统", "LJ-S-904", "服务", "nginx;$(reboot)", "bad_text"),
    ("信息系统", "LJ-S-905", "数据目录", "/srv/../etc", "bad_text"),
    ("信息系统", "LJ-S-906", "数据目录", "/srv/a、/var/lib", "bad_text"),
    ("信息系统", "LJ-S-907", "程序目录", "/", "bad_text"),
)
