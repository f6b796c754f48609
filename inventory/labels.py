"""What people call the fields of the model, and the words that some of them hold.

Chinese only: the model's own names are English. `tests/inventory/test_labels.py` finds a field
that has none.
"""

from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "code": "编号",
    "name": "名称",
    "organisation": "单位",
    "site": "园区",
    "contacts": "联系人",
    "moves_at_once": "同时迁移数",
    "zone": "网络域",
    "ipv4": "IPv4 地址",
    "ipv6": "IPv6 地址",
    "place": "所在处",
    "host": "所在服务器",
    "system": "所属系统",
    "kind": "类型",
    "type": "类型",
    "port": "端口",
    "path": "路径",
    "organisations.aliases": "简称",
    "sites.region": "区县",
    "sites.address": "地址",
    "rooms.building": "楼宇",
    "rooms.area_m2": "面积（㎡）",
    "rooms.racks": "机柜数",
    "rooms.running_cost_per_year": "年运行费用（元）",
    "rooms.created": "建成时间",
    "rooms.upgraded": "最近改造时间",
    "lines.provider": "运营商",
    "lines.type": "线路类型",
    "lines.a_end": "A 端",
    "lines.z_end": "Z 端",
    "lines.bandwidth_kbps": "带宽（kbit/s）",
    "lines.rent_per_year": "年租费（元）",
    "lines.contract_end": "合同到期日",
    "lines.organisation": "使用单位",
    "lines.self_leased": "是否自行租用",
    "links.a_node": "A 端节点",
    "links.z_node": "Z 端节点",
    "nodes.kind": "节点类型",
    "nodes.ports": "端口",
    "hosts.asset_tag": "资产编号",
    "hosts.rack": "机柜",
    "hosts.cpu_arch": "CPU 架构",
    "hosts.os": "操作系统",
    "hosts.purchased": "购置时间",
    "hosts.ssh_port": "SSH 端口",
    "hosts.ssh_host_key": "SSH 主机公钥",
    "services.protocol": "协议",
    "systems.function": "主要功能",
    "systems.secrecy": "涉密情况",
    "systems.mlps_level": "等保级别",
    "systems.construction_funds": "建设资金（元）",
    "systems.om_funds_per_year": "年运维经费（元）",
    "systems.approval_date": "审批时间",
    "systems.cpu_cores": "CPU 核数",
    "systems.memory_gib": "内存（GiB）",
    "systems.storage_gib": "存储（GiB）",
    "systems.network_domain": "所在网络",
    "systems.room": "部署机房",
    "systems.citizen_facing": "是否面向公众",
    "systems.connected": "是否接入共享平台",
    "systems.target": "迁移目标",
    "systems.window": "割接窗口",
    "systems.workload": "迁移内容",
    "systems.entrance": "入口",
    "systems.placement": "现所在",
    "dependencies.system": "系统",
    "dependencies.needs": "依赖系统",
    "dependencies.kind": "依赖类型",
    # of the values within
    "role": "职责",
    "phone": "电话",
    "email": "电子邮箱",
    "trees": "目录",
    "writable": "运行中写入",
    "databases": "数据库",
    "engine": "引擎",
    "version": "版本",
    "cluster": "集群",
    "services": "服务",
    "node": "接入节点",
    "backend_port": "后端端口",
    "content": "检查内容",
    "hosts": "服务器",
    "run": "执行",
    "since": "自",
}
"""Field, or collection.field where it is called otherwise there, → Chinese."""

_ZONES = {"intranet": "内网", "extranet": "外网", "internet": "互联网", "private": "业务专网"}
VALUES: Mapping[str, Mapping[str, str]] = {
    "zone": _ZONES,
    "network_domain": _ZONES,
    "secrecy": {"unknown": "未知", "none": "非涉密", "classified": "涉密"},
    "lines.type": {
        "internal_private": "内部专网",
        "extranet": "外网线路",
        "internet_leased": "互联网专线",
        "private_business": "业务专网",
    },
    "nodes.kind": {
        "front_end_machine": "前置机",
        "access_point": "接入节点",
        "county_platform": "县（市、区）逻辑平台",
        "exchange_platform": "交换平台",
    },
    "dependencies.kind": {"declared": "台账所列"},
}
"""Field, or collection.field, → word of the model → Chinese."""


def field_label(kind: str, field: str) -> str:
    """What `field` of an object of collection `kind` is called; the field itself if unknown."""
    return FIELDS.get(f"{kind}.{field}") or FIELDS.get(field, field)


def value_label[T](kind: str, field: str, value: T) -> T | str:
    """`value` in Chinese where it is a word of the model, else `value` itself."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, str):
        return value
    words = VALUES.get(f"{kind}.{field}") or VALUES.get(field, {})
    return words.get(value, value)


def value_word(kind: str, field: str, label: str) -> str:
    """The word of the model that `label` stands for, else `label` itself: undoes `value_label`."""
    words = VALUES.get(f"{kind}.{field}") or VALUES.get(field, {})
    return next((word for word, told in words.items() if told == label), label)
