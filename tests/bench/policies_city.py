"""A large city for the figures of policies: made by a seed, the same in each process."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from inventory.model import Cloud, Estate, Line, Node, Organisation, Project, Resource, Room, System
from inventory.policies.records import Declaration, Exempt, Handed, Records

SYSTEMS, LINES, ORGANISATIONS = 5_000, 8_000, 2_000
ROOMS, COUNTIES, PROJECTS, RESOURCES = 300, 14, 500, 1_000
DAY = date(2021, 1, 11)
BEFORE = date(2018, 1, 1)
PACKS = (
    "cangzhou-2017-157",
    "dalian-2017-135",
    "jilin-2015-17",
    "xianning-2019-5",
    "xinzhou-2020-98",
)
MAYBE = (True, False, None)


def city() -> tuple[Estate, tuple[date, Estate]]:
    """The city of today, and as it was on the day of the baseline."""
    dice = Random(5)
    parts = {
        "organisations": [_organisation(n) for n in range(ORGANISATIONS)],
        "rooms": [_room(dice, n) for n in range(ROOMS)],
        "clouds": [Cloud(code="CLOUD", name="市政务云", organisation="O-0000")],
        "nodes": [
            Node(code=f"N-{n:02}", name=f"县平台{n}", kind="county_platform", county=f"县{n}")
            for n in range(COUNTIES)
        ],
        "lines": [_line(dice, n) for n in range(LINES)],
        "systems": [_system(dice, n) for n in range(SYSTEMS)],
        "projects": [_project(dice, n) for n in range(PROJECTS)],
        "resources": [_resource(dice, n) for n in range(RESOURCES)],
    }
    then = dict(parts)
    then["systems"] = [
        s.model_copy(update={"room": f"R-{n % ROOMS:03}", "merged_into": None, "connected": False})
        for n, s in enumerate(parts["systems"])
        if n % 20
    ]
    return Estate(**parts), (BEFORE, Estate(**then))


def records(estate: Estate) -> Records:
    """Declarations, exceptions and what was handed in: about a quarter of what was due."""
    dice = Random(6)
    handed = [
        Handed(
            policy=policy,
            entry=entry,
            code=o.code,
            period=period,
            on=date(int(period[:4]) + (len(period) == 4), 1 if len(period) == 4 else 12, 3),
            channels=("邮箱", "13710平台"),
            evidence="回执",
        )
        for policy, entry, period in (
            ("cangzhou-2017-157", "CZ-21", "2017"),
            ("cangzhou-2017-157", "CZ-21", "2018"),
            ("xinzhou-2020-98", "XZ-22", "2020-09"),
            ("xianning-2019-5", "XN-35", "2019-11"),
        )
        for o in estate.organisations
        if dice.random() < 0.25
    ]
    declared = [
        Declaration(
            policy="dalian-2017-135",
            entry="DL-09",
            code=o.code,
            on=date(2018, 1, 2),
            by="办公室",
            evidence="文",
        )
        for o in estate.organisations
        if dice.random() < 0.5
    ]
    excepted = [
        Exempt(
            policy="xianning-2019-5",
            entry="V-29",
            code=s.code,
            reason="专用",
            approver="市政务办",
            document="批复",
            approved_on=date(2019, 6, 1),
            review_on=date(2022, 6, 1),
        )
        for s in estate.systems[::25]
    ]
    return Records(declarations=tuple(declared), exceptions=tuple(excepted), reports=tuple(handed))


def changes(estate: Estate, count: int) -> Iterator[System]:
    """Systems as they change from day to day: they move, are connected, are graded, are merged."""
    dice = Random(7)
    for n in range(count):
        system = dice.choice(estate.systems)
        what: dict[str, object] = (
            {"room": "CLOUD", "cloud_status": "migrated"},
            {"connected": True, "connection_date": DAY},
            {"mlps_level": 3, "mlps_test_date": DAY},
            {"om_funds_per_year": 12_345},
        )[n % 4]
        yield system.model_copy(update=what)


def _organisation(n: int) -> Organisation:
    county = f"县{n % COUNTIES}" if n % 3 else None
    level = ("county" if n % 9 else "township") if county else "city"
    return Organisation(
        code=f"O-{n:04}",
        name=f"第{n}局",
        level=level,
        county=county,
        catalogue_version="1" if n % 2 else None,
    )


def _room(dice: Random, n: int) -> Room:
    return Room(
        code=f"R-{n:03}",
        name=f"机房{n}",
        organisation=f"O-{dice.randrange(ORGANISATIONS):04}",
        created=date(2010, 1, 1) + timedelta(days=dice.randrange(4000)),
        migration_plan="方案" if n % 2 else None,
    )


def _line(dice: Random, n: int) -> Line:
    kind = ("extranet", "private_business", "internet_leased", "internal_private", "intranet")
    gone = date(2018, 1, 1) + timedelta(days=dice.randrange(900)) if dice.random() < 0.4 else None
    return Line(
        code=f"L-{n:04}",
        name=f"线路{n}",
        type=kind[n % 5],
        organisation=f"O-{n % ORGANISATIONS:04}",
        rent_per_year=24_000,
        cancelled_on=gone,
        destination=dice.choice(("intranet", "extranet", None)),
        eligible=dice.choice(MAYBE),
        private_class="业务" if n % 2 else None,
    )


def _system(dice: Random, n: int) -> System:
    return System(
        code=f"S-{n:04}",
        name=f"业务系统{n}",
        organisation=f"O-{n % ORGANISATIONS:04}",
        function="业务办理",
        secrecy=dice.choice(("none", "none", "none", "unknown", "classified")),
        mlps_level=dice.choice((2, 3, None)),
        om_funds_per_year=dice.choice((10_000, 50_000, None)),
        approval_date=date(2012, 1, 1) + timedelta(days=dice.randrange(3000)),
        network_domain=dice.choice(("extranet", "private", "internet", None)),
        room="CLOUD" if dice.random() < 0.5 else f"R-{n % ROOMS:03}",
        citizen_facing=dice.choice(MAYBE),
        connected=dice.choice(MAYBE),
        must_connect=dice.choice(MAYBE),
        owner_unit_level=dice.choice(("department", "section", None)),
        project_state=dice.choice(("built", "under_construction", None)),
        migratable=dice.choice(MAYBE),
        cloud_status=dice.choice(("none", "connected", "migrated", "verified", None)),
        zombie_idle=dice.choice(MAYBE),
        merged_into=f"S-{n - 1:04}" if n % 50 == 49 else None,
    )


def _project(dice: Random, n: int) -> Project:
    signed = date(2019, 1, 1) + timedelta(days=dice.randrange(700))
    return Project(
        code=f"P-{n:03}",
        name=f"项目{n}",
        organisation=f"O-{dice.randrange(ORGANISATIONS):04}",
        project_state="built",
        budget_at_requirement=400_000,
        budget_at_technical=dice.choice((400_000, 480_000, 700_000)),
        contract_signed_on=signed,
        contract_published_on=signed + timedelta(days=dice.randrange(6)),
        in_annual_plan=dice.choice(MAYBE),
        trial_started_on=signed + timedelta(days=100),
        acceptance_applied_on=signed + timedelta(days=100 + dice.randrange(200)),
    )


def _resource(dice: Random, n: int) -> Resource:
    return Resource(
        code=f"D-{n:04}",
        name=f"资源{n % 800}",
        organisation=f"O-{dice.randrange(ORGANISATIONS):04}",
        share_type=dice.choice(("unconditional", "conditional", "none")),
        published_on=date(2020, 1, 1) if n % 2 else None,
        shared_with=("某局",) if n % 3 else None,
    )
