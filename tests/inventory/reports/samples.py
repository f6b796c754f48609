"""The sample cities with names and details, so that a report of them reads like one of an office. What
is added changes nothing that the cities' truths speak of."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from inventory.model import (
    Contact,
    Dependency,
    Estate,
    Host,
    Line,
    Organisation,
    Project,
    Room,
)
from inventory.policies.loader import load
from inventory.policies.records import Records
from inventory.reports.case import Case, Scope
from inventory.reports.periods import default_period, entry_for, period_of
from tests.inventory.policies.builder import CLOUD, ROOM
from tests.inventory.policies.cities import SAMPLES, Sample

CZ, XN, XZ = "cangzhou-2017-157", "xianning-2019-5", "xinzhou-2020-98"
DL, JL = "dalian-2017-135", "jilin-2015-17"
DAYS = {CZ: date(2019, 1, 2), XN: date(2019, 12, 31), XZ: date(2021, 1, 4), DL: date(2018, 12, 31)}
_UNITS = ("市民政局", "市水利局", "市教育局", "市卫生健康委", "市交通运输局", "市林业局")
_SYSTEMS = (
    ("低保信息管理系统", "城乡低保对象审核、发放和统计"),
    ("防汛会商平台", "雨情水情监测与防汛会商"),
    ("学籍档案查询系统", "中小学学籍档案查询打印"),
    ("公共卫生上报系统", "突发公共卫生事件上报"),
    ("车辆运营许可系统", "道路运输许可受理和打证"),
    ("林权登记系统", "林权登记发证和档案管理"),
    ("档案目录管理系统", "室藏档案目录著录与查询"),
    ("门户网站", "信息公开和网上办事入口"),
)
_KINDS = {"extranet": "外网", "internet_leased": "互联网", "private_business": "业务专网"}
_NAMES = ("王建国", "李秀兰", "张志强", "刘淑芬", "陈海涛", "赵玉梅")


def dressed(estate: Estate) -> Estate:
    """The estate with names, functions, people, sizes, devices and a few dead systems."""
    organisations = [
        o.model_copy(
            update={
                "name": o.name if o.county else _UNITS[n % len(_UNITS)],
                "catalogue_version": "V2.1",
                "catalogue_updated": date(2018, 11, 20),
                "contacts": (
                    Contact(role="主要负责人", name=_NAMES[n % 6]),
                    Contact(
                        role="信息共享责任人",
                        name=_NAMES[(n + 1) % 6],
                        phone="0317-200010" + str(n),
                    ),
                    Contact(
                        role="技术实施责任人",
                        name=_NAMES[(n + 2) % 6],
                        phone="0317-200020" + str(n),
                    ),
                ),
            }
        )
        for n, o in enumerate(estate.organisations)
    ]
    systems = [_system(n, s) for n, s in enumerate(estate.systems)]
    pairs = zip(systems[1:], systems, strict=False)
    needs = [
        Dependency(system=a.code, needs=b.code)
        for n, (a, b) in enumerate(pairs)
        if n % 2 == 0 and a.organisation == b.organisation
    ]
    hosts = [
        Host(
            code=f"H-9{n:03}",
            name=f"{s.name}服务器",
            system=s.code,
            asset_tag=f"ZC-2014-{n:04}",
            role="server",
            purchased=date(2014, 1 + n % 12, 10),
            domestic=n % 3 == 0,
        )
        for n, s in enumerate(systems[:20])
    ]
    rooms = [
        Room(
            code=f"R-9{n:02}",
            name=f"{o.name}机房",
            organisation=o.code,
            building="办公楼",
            floor=f"{2 + n}层",
            area_m2=str(40 + 12 * n),
            racks=4 + n,
            running_cost_per_year=86_000 + 9_000 * n,
            disposition="migrate",
            migration_date=date(2018, 9, 30),
        )
        for n, o in enumerate(organisations)
    ]
    own = {r.organisation: r.code for r in rooms}
    systems = [
        s.model_copy(update={"room": own.get(s.organisation)}) if s.room == ROOM else s
        for s in systems
    ]
    exits = [] if any(x.type == "extranet" for x in estate.lines) else _extranet(organisations)
    return estate.model_copy(
        update={
            "organisations": tuple(organisations),
            "rooms": (*estate.rooms, *rooms),
            "systems": tuple(systems),
            "dependencies": tuple(needs),
            "hosts": (*estate.hosts, *hosts),
            "lines": tuple(_line(n, x) for n, x in enumerate((*estate.lines, *exits))),
            "projects": tuple(_project(n, p) for n, p in enumerate(estate.projects)),
            "clouds": tuple(c.model_copy(update={"name": "沧州云计算中心"}) for c in estate.clouds)
            if estate.clouds
            else (),
        }
    )


def _extranet(organisations: Iterable[Organisation]) -> list[Line]:
    return [
        Line(
            code=f"L-9{n:02}{part}",
            name=f"L-9{n:02}{part}",
            type="extranet",
            organisation=o.code,
            county=o.county,
            a_end=None,
            z_end=CLOUD,
        )
        for n, o in enumerate(organisations)
        for part in range(1 + n % 2)
    ]


def _system(n: int, one: Any) -> Any:
    name, function = _SYSTEMS[n % len(_SYSTEMS)]
    told: dict[str, Any] = {
        "name": name if n < len(_SYSTEMS) else f"{name}（{n // len(_SYSTEMS)}期）",
        "function": function,
        "scope_of_use": ("department", "city", "public", "county")[n % 4],
        "frequency_of_use": ("每天", "每月约20次", "每年2次")[n % 3],
        "approval_date": date(2009 + n % 8, 3, 12),
        "funding_source": "municipal_fiscal",
        "construction_funds": 180_000 + 65_000 * (n % 7),
        "project_state": "built",
        "network_domain": "extranet",
        "staff": 1 + n % 3,
        "cpu_cores": 4 + 4 * (n % 3),
        "memory_gib": 16,
        "storage_gib": 200 + 100 * (n % 5),
        "os": "CentOS 6.9",
        "database_products": ("Oracle 11g",),
        "window": "22:00-05:00",
    }
    if n % 5 == 2:
        told |= {
            "zombie_idle": True,
            "zombie_stale": True,
            "zombie_detached": n % 2 == 0,
            "zombie_replaceable": False,
            "zombie_decision": "retire" if n % 2 else None,
            "zombie_evidence": "党组会议纪要〔2018〕6号" if n % 2 else None,
        }
    elif n % 5 == 4:
        told |= dict.fromkeys(("zombie_idle", "zombie_stale", "zombie_detached"), False)
    return one.model_copy(update={k: v for k, v in told.items() if _unsaid(one, k)})


def _unsaid(one: Any, field: str) -> bool:
    return field == "name" or getattr(one, field) is None


def _line(n: int, one: Any) -> Any:
    told: Mapping[str, Any] = {
        "name": f"{_KINDS.get(one.type, '')}{n + 1}号线路",
        "provider": ("中国联通", "中国移动", "中国电信")[n % 3],
        "bandwidth_kbps": (20_000, 100_000, 50_000)[n % 3],
        "level": "city",
        "usage": ("used", "used", "idle")[n % 3],
        "rent_per_year": 12_000 + 3_000 * (n % 4),
        "contract_end": date(2019, 6, 30),
        "self_leased": n % 2 == 0,
    }
    return one.model_copy(update={k: v for k, v in told.items() if _unsaid(one, k)})


def _project(n: int, one: Project) -> Project:
    told = {
        "name": f"{_SYSTEMS[n % len(_SYSTEMS)][0]}升级改造项目",
        "kind": ("new", "continued", "om")[n % 3],
        "project_state": ("built", "under_construction")[n % 2],
        "investment": 600_000 + 120_000 * n,
        "om_funds_per_year": 40_000 + 5_000 * n,
        "funding_source": "municipal_fiscal",
        "filing_no": f"XM2019-{n:03}",
        "accepted_on": date(2019, 6, 30) if n % 2 == 0 and one.acceptance_applied_on else None,
    }
    return one.model_copy(update={k: v for k, v in told.items() if _unsaid(one, k)})


# cities, packs and estates are values: each is made once, whoever asks for it


@cache
def city(policy: str) -> Sample:
    """The policy's sample city as it is."""
    return SAMPLES[policy](1)


@cache
def _dressed(policy: str) -> Estate:
    return dressed(city(policy).estate)


_pack = cache(load)


def case(policy: str, form: str, period: str | None = None, **more: Any) -> Case:
    """A case over the policy's sample city; `dress=False` for the city as it is."""
    sample, pack = city(policy), _pack(policy)
    today = more.pop("today", DAYS.get(policy, sample.truth.day))
    estate = _dressed(policy) if more.pop("dress", True) else sample.estate
    told = period_of(period) if period else default_period(entry_for(pack, form), today)
    return Case(
        pack=pack,
        form=form,
        period=told,
        estate=more.pop("estate", estate),
        records=more.pop("records", sample.records) or Records(),
        day=min(told.last, today),
        made_on=today,
        as_of=str(min(told.last, today)),
        **more,
    )


def first_office(policy: str) -> Scope:
    """The city's first department."""
    sample = city(policy)
    return Scope(organisation=next(o.code for o in sample.estate.organisations if not o.county))
