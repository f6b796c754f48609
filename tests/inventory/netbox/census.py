"""What the census tells of NetBox's objects besides, for which NetBox has no place: twice, with
every field at another value."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from inventory.choices import (
    DeviceRole,
    Disposition,
    LineDestination,
    LineLevel,
    LineUsage,
    NodeState,
    OrganisationLevel,
)

type Facts = Mapping[str, dict[str, Any]]
_ONE, _OTHER = date(2018, 6, 1), date(2019, 7, 2)

TOLD: Facts = {
    "O-1": {
        "county": "清河县",
        "level": OrganisationLevel.CITY,
        "it_posts": 3,
        "catalogue_version": "V1",
        "catalogue_updated": _ONE,
    },
    "R-1": {
        "county": "清河县",
        "floor": "3",
        "shared_with": ("O-2",),
        "power_kw": "40",
        "cooling": "精密空调",
        "support_capability": "B 级",
        "disposition": Disposition.MIGRATE,
        "migration_plan": "2018-3 号",
        "migration_date": _ONE,
    },
    "L-1": {
        "county": "清河县",
        "level": LineLevel.COUNTY,
        "usage": LineUsage.USED,
        "cancelled_on": _ONE,
        "cancel_evidence": "退租单",
        "boundary": "防火墙",
        "nature": "业务",
        "protection_level": "二级",
        "private_class": "甲",
        "test_passed": True,
        "tested_on": _ONE,
        "vertical_of": "交通运输部",
        "national": True,
        "destination": LineDestination.EXTRANET,
        "eligible": True,
        "eligible_reason": "无",
        "keep_approval": "政办 1 号",
        "keep_approved_by": "市政府办",
        "keep_approved_on": _ONE,
        "keep_review_on": _ONE,
        "coverage": ("O-1",),
        "ipv4_prefix": "10.1.0.0/16",
        "ipv6_prefix": "fd00:1::/48",
        "vrf": "gov",
        "monitoring": "已监控",
    },
    "N-1": {
        "county": "清河县",
        "platform": "市平台",
        "probe_interval_s": 60,
        "state": NodeState.UP,
    },
    "H-1": {"role": DeviceRole.SERVER, "domestic": True},
}
OTHERWISE: Facts = {
    "O-1": {
        "county": "东山区",
        "level": OrganisationLevel.VERTICAL,
        "it_posts": 4,
        "catalogue_version": "V2",
        "catalogue_updated": _OTHER,
    },
    "R-1": {
        "county": "东山区",
        "floor": "4",
        "shared_with": ("O-1", "O-2"),
        "power_kw": "60.5",
        "cooling": "水冷",
        "support_capability": "C 级",
        "disposition": Disposition.EXEMPT,
        "migration_plan": "2019-1 号",
        "migration_date": _OTHER,
    },
    "L-1": {
        "county": "东山区",
        "level": LineLevel.VILLAGE,
        "usage": LineUsage.IDLE,
        "cancelled_on": _OTHER,
        "cancel_evidence": "拆机单",
        "boundary": "网闸",
        "nature": "办公",
        "protection_level": "三级",
        "private_class": "乙",
        "test_passed": False,
        "tested_on": _OTHER,
        "vertical_of": "水利部",
        "national": False,
        "destination": LineDestination.KEPT,
        "eligible": False,
        "eligible_reason": "密级",
        "keep_approval": "政办 2 号",
        "keep_approved_by": "领导小组",
        "keep_approved_on": _OTHER,
        "keep_review_on": _OTHER,
        "coverage": ("O-1", "O-2"),
        "ipv4_prefix": "10.2.0.0/16",
        "ipv6_prefix": "fd00:2::/48",
        "vrf": "internet",
        "monitoring": "未监控",
    },
    "N-1": {
        "county": "东山区",
        "platform": "省平台",
        "probe_interval_s": 30,
        "state": NodeState.DOWN,
    },
    "H-1": {"role": DeviceRole.STORAGE, "domestic": False},
}
