"""A sample city per pack, made by a generator: what is true of each is written down while it is made,
by its own count and never by the engine. Other seeds make other cities of the same kind.

    python -m tests.inventory.policies.cities      # writes those of the first seed to tests/data/policies
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from inventory.model import Estate
from inventory.policies.records import Declaration, Event, Handed, Records
from tests.inventory.policies.builder import City


@dataclass
class Truth:
    """`shares`: target → (done, total); `verdicts`: target → verdict; `broken`: rule → codes;
    `late`: clock or report → codes; `money`: yuan on hold, holds without an amount."""

    day: date
    shares: dict[str, tuple[int, int]] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    broken: dict[str, set[str]] = field(default_factory=dict)
    late: dict[str, set[str]] = field(default_factory=dict)
    money: tuple[int, int] = (0, 0)


@dataclass
class Sample:
    estate: Estate
    records: Records
    truth: Truth


def cangzhou(seed: int = 1) -> Sample:
    """Eleven days after 2018-12-31: how many systems moved, which networks stayed, who reported."""
    dice, city = Random(seed), City()
    truth = Truth(date(2019, 1, 11))
    offices = city.departments(4)
    counties = [city.departments(1, county=name)[0] for name in ("青县", "东光县")]
    moved = total = money = 0
    for owner in (*offices, *counties):
        for _ in range(dice.randint(3, 6)):
            migratable, cloud = dice.random() < 0.8, dice.random() < 0.6
            paid = dice.randrange(10_000, 90_000, 1000)
            city.system(owner, moved=cloud, migratable=migratable, om_funds_per_year=paid)
            total += migratable
            moved += migratable and cloud
            if owner in offices and cloud:
                money += paid  # V-64
    if moved * 10 >= total * 7:  # one that stays too many for the seventy percent
        short = total  # as many again that stay: below the limit whatever was thrown
        for _ in range(short):
            city.system(counties[0], moved=False, migratable=True, om_funds_per_year=1000)
        total += short
    truth.shares["CZ-12"] = (moved, total)
    truth.verdicts["CZ-12"] = "late"
    truth.money = (money, 0)
    gone = {"destination": "intranet", "cancelled_on": date(2018, 10, 1)}
    kept = {
        "keep_approval": "批复",
        "keep_approved_by": "领导小组",
        "keep_approved_on": date(2018, 12, 1),
        "keep_review_on": date(2019, 12, 1),
    }
    merged = [city.line("private_business", dice.choice(offices), **gone) for _ in range(3)]
    for _ in range(dice.randint(1, 3)):
        city.line("private_business", dice.choice(offices), **kept)
    left = {city.line("private_business", dice.choice(offices)) for _ in range(dice.randint(1, 4))}
    truth.shares["CZ-15"] = (len(merged), len(merged) + len(left))
    truth.broken["V-25"] = left
    exits = {city.line("internet_leased", dice.choice(offices)) for _ in range(2)}
    city.line("internet_leased", offices[0], cancelled_on=date(2018, 6, 1))
    truth.broken["V-24"] = exits
    reporters = dice.sample([*offices, *counties], 4)
    records = Records(
        reports=tuple(
            Handed(
                policy="cangzhou-2017-157",
                entry="CZ-21",
                code=code,
                period=period,
                on=date(int(period) + 1, 1, 2),
                evidence="回执",
            )
            for code in reporters
            for period in ("2017", "2018")
        )
    )
    truth.late["CZ-21"] = {*offices, *counties} - set(reporters)
    return Sample(city.estate(), records, truth)


def xinzhou(seed: int = 1) -> Sample:
    """New Year's Day 2021: budgets of what was not migrated, three ratios of data."""
    dice, city = Random(seed), City()
    truth = Truth(date(2021, 1, 1))
    offices = city.departments(3)
    counties = {name: city.departments(1, county=name)[0] for name in ("代县", "五寨县", "保德县")}
    connected = moved = total = money = unknown = 0
    stuck: set[str] = set()
    for owner in (*offices, *counties.values()):
        for where in dice.choices(("cloud", "connected", "room"), k=dice.randint(2, 5)):
            paid = dice.choice((None, 20_000, 50_000))
            status = {"cloud": "migrated", "connected": "connected", "room": "none"}[where]
            code = city.system(
                owner,
                moved=None if where == "cloud" else False,
                secrecy="none",
                connected=True,
                cloud_status=status,
                om_funds_per_year=paid,
            )
            total += 1
            moved += where == "cloud"
            connected += where != "room"
            if where != "cloud":
                stuck.add(code)
                money, unknown = money + (paid or 0), unknown + (paid is None)
    code = city.system(offices[0], moved=False, secrecy="none", connected=True, om_funds_per_year=7)
    city.system(offices[0], moved=False, secrecy="classified", om_funds_per_year=9_999_999)
    truth.shares |= {"XZ-02": (connected, total + 1), "XZ-09": (moved, total + 1)}
    truth.verdicts |= {"XZ-01": "born_late", "XZ-09": "late"}
    truth.money = (money + 7, unknown)
    gathered = shared_city = 0
    of_counties = dict.fromkeys(counties.values(), (0, 0))  # (shared, all) of each county
    for n in range(20):
        owner = offices[n % 3] if n < 12 else list(counties.values())[n % 3]
        shared, there = dice.random() < 0.5, dice.random() < 0.5
        city.resource(
            f"信息{n}",
            owner,
            shared_with=("市公安局",) if shared else None,
            published_on=date(2020, 10, 1) if there else None,
        )
        gathered += there
        shared_city += shared and n < 12
        if n >= 12:
            done, every = of_counties[owner]
            of_counties[owner] = (done + shared, every + 1)
    truth.shares |= {
        "XZ-03": (gathered, 20),
        "XZ-14": (shared_city, 12),
        "XZ-15": (sum(done for done, _ in of_counties.values()), 8),
    }
    enough = all(done * 10 >= every * 3 for done, every in of_counties.values())
    truth.verdicts["XZ-15"] = "met" if enough else "late"
    city.node("county_platform", county="代县")
    city.node("county_platform", county="五寨县")
    city.node("county_platform", county="五寨县")
    truth.broken["XZ-16"] = {"五寨县", "保德县"}
    by_mail = [
        Handed(
            policy="xinzhou-2020-98",
            entry="XZ-22",
            code=offices[0],
            period=period,
            on=date(2020, 9, 4) if period == "2020-08" else date(2020, int(period[-2:]) + 1, 5),
            channels=("邮箱",) if period == "2020-10" else ("邮箱", "13710平台"),
            evidence="回执",
        )
        for period in ("2020-08", "2020-09", "2020-10", "2020-11")
    ]
    truth.late["XZ-22"] = {*offices, *counties.values()}
    return Sample(city.estate(), Records(reports=tuple(by_mail)), truth)


def dalian(seed: int = 1) -> Sample:
    """2019-01-01: self-leased lines and their rent, coverage of three levels, national networks."""
    dice, city = Random(seed), City()
    truth = Truth(date(2019, 1, 1))
    offices = city.departments(3)
    district = city.departments(1, county="中山区")[0]
    street = city.organisation("街道办", level="township")
    unit = city.organisation("信息中心", level="subordinate")
    covered = [*dice.sample(offices, 2), street]
    city.line("extranet", covered[0], coverage=tuple(covered[1:]))
    city.line("extranet", district, cancelled_on=date(2018, 1, 1))
    truth.shares["DL-13"] = (len(covered), 6)
    assert unit not in covered
    rents = [dice.randrange(1000, 9000, 100) for _ in range(dice.randint(1, 4))]
    active = {
        city.line("internet_leased", dice.choice(offices), rent_per_year=rent, self_leased=True)
        for rent in rents
    }
    unknown = city.line("internet_leased", offices[0], self_leased=True)
    # somebody else leases it: no rent of its own, and still no way through the extranet
    leased = city.line("internet_leased", offices[2], rent_per_year=9, self_leased=False)
    gone = {"cancelled_on": date(2018, 12, 31)}
    city.line("internet_leased", offices[1], rent_per_year=5, self_leased=True, **gone)
    city.line(
        "internet_leased", district, rent_per_year=77, self_leased=True
    )  # a district's is not in the clause
    truth.broken["V-23"] = {*active, unknown}
    truth.verdicts["DL-14"] = "late"
    city.line("private_business", offices[0], eligible=True, national=True)
    city.line("private_business", offices[0], eligible=False)
    away = {"destination": "extranet", "cancelled_on": date(2018, 9, 9)}
    done = [city.line("private_business", offices[0], eligible=True, **away) for _ in range(2)]
    stays = city.line("private_business", offices[1], eligible=True, rent_per_year=300)
    truth.shares["DL-15"] = (len(done), len(done) + 1)
    wrong = city.line("internal_private", offices[2], destination="extranet", rent_per_year=40)
    truth.broken["V-27"] = {wrong}
    truth.broken["V-24"] = {leased}
    paid = _dalian_s_systems(dice, city, offices, truth)
    truth.verdicts["DL-15"] = "late"
    # V-61a: networks that are there still and not merged; of two of them the rent is not told, and
    # the one of V-27 says that it goes to the extranet, which has not happened
    truth.money = (sum(rents) + 300 + 40 + paid, 1 + 2)
    assert stays
    return Sample(city.estate(), Records(), truth)


def _dalian_s_systems(dice: Random, city: City, offices: list[str], truth: Truth) -> int:
    """Systems of the departments, one of them classified: which are verified on the cloud, which share,
    which do neither. Yuan of these last (V-61)."""
    verified = connected = total = money = 0
    isolated: set[str] = set()
    for owner in offices:
        for _ in range(dice.randint(2, 4)):
            there, joined = dice.random() < 0.5, dice.random() < 0.5
            paid = dice.randrange(1000, 9000, 500)
            code = city.system(
                owner,
                moved=there,
                secrecy="none",
                connected=joined,
                cloud_status="verified" if there else "none",
                om_funds_per_year=paid,
            )
            total, verified, connected = total + 1, verified + there, connected + joined
            if not there and not joined:
                isolated.add(code)
                money += paid
    city.system(offices[0], moved=False, secrecy="classified", om_funds_per_year=9_999_999)
    truth.shares |= {"DL-17": (verified, total), "DL-04": (connected, total), "DL-10": (0, 3)}
    truth.verdicts |= {"DL-10": "late"}  # each of the three has several
    truth.broken["V-61"] = isolated
    return money


def xianning(seed: int = 1) -> Sample:
    """2019-12-31: systems that must connect, projects, clocks over Spring Festival."""
    dice, city = Random(seed), City()
    truth = Truth(date(2019, 12, 31))
    offices = city.departments(3)
    money, held = 0, set()
    joined = 0
    for owner in offices:
        some, waiting = False, False
        for _ in range(dice.randint(2, 5)):
            wanted, there = dice.random() < 0.7, dice.random() < 0.5
            paid = dice.randrange(1000, 5000, 500)
            code = city.system(
                owner,
                moved=True,
                secrecy="none",
                must_connect=wanted,
                connected=there,
                om_funds_per_year=paid,
            )
            some, waiting = some or there, waiting or (wanted and not there)
            if wanted and not there:
                held.add(code)
                money += paid
        joined += some and not waiting
    truth.shares["XN-28"] = (joined, len(offices) + 1)  # and the county, with no system
    truth.broken["V-57"] = held
    truth.money = (money, 0)
    city_s = {"funding_source": "municipal_fiscal"}  # what the 办法 is about (第二条)
    county = city.departments(1, county="通山县")[0]
    for source in ("county_fiscal", "social", None):  # of the last nobody can say
        city.project(
            county,
            funding_source=source,
            approval_date=date(2019, 3, 1),
            contract_signed_on=date(2019, 4, 4),
            budget_at_requirement=600_000,
            budget_at_technical=900_000,
            acceptance_applied_on=date(2019, 10, 1),
            project_state="built",
            om_funds_per_year=77,
        )
    big = city.project(
        offices[0],
        **city_s,
        budget_at_requirement=600_000,
        budget_at_technical=660_001,
        acceptance_applied_on=date(2019, 12, 1),
    )
    city.project(
        offices[0],
        **city_s,
        budget_at_requirement=500_000,
        acceptance_applied_on=date(2019, 12, 1),
    )
    city.project(offices[0], **city_s, budget_at_requirement=100_000, budget_at_technical=110_000)
    city.project(  # built and paid before the 办法 held
        offices[0],
        **city_s,
        budget_at_requirement=600_000,
        budget_at_technical=900_000,
        acceptance_applied_on=date(2016, 7, 1),
    )
    truth.broken |= {"XN-08": {big}, "XN-04": {big}}
    told = city_s | {
        "contract_filed_on": date(2019, 3, 1),
        "in_annual_plan": True,
        "data_asset_clause": True,
    }
    # signed on Thursday 31 January: two working days end on Saturday 2 February, which is worked
    intime, late = (
        city.project(
            offices[1], contract_signed_on=date(2019, 1, 31), contract_published_on=on, **told
        )
        for on in (date(2019, 2, 2), date(2019, 2, 3))
    )
    assert intime
    truth.late["XN-06"] = {late}
    early = city.project(
        offices[2],
        **city_s,
        trial_started_on=date(2019, 9, 30),
        acceptance_applied_on=date(2019, 12, 29),
    )
    truth.late["XN-09"] = {early}
    slow = Event(
        policy="xianning-2019-5",
        entry="XN-19",
        code=offices[0],
        started=date(2019, 9, 27),
        evidence="决定",
    )
    truth.late["XN-19"] = {offices[0]}
    # money of a whole department: the clause names no amount of its own
    truth.money = (money, 1)
    said = Declaration(
        policy="xianning-2019-5",
        entry="XN-22",
        code=offices[0],
        on=date(2019, 3, 15),
        by="一局",
        evidence="报告",
    )
    truth.shares["XN-22"] = (1, 3)
    return Sample(city.estate(), Records(events=(slow,), declarations=(said,)), truth)


def jilin(seed: int = 1) -> Sample:
    """No day before the end of 十三五: order of steps for private networks."""
    dice, city = Random(seed), City()
    truth = Truth(date(2016, 6, 1))
    offices = city.departments(2)
    steps = {
        "private_class": "业务",
        "boundary": "本厅",
        "nature": "业务",
        "protection_level": "三级",
        "test_passed": True,
    }
    city.line("private_business", offices[0], destination="extranet", **steps)
    missing = dice.choice(sorted(steps))
    broken = city.line(
        "private_business",
        offices[1],
        destination="extranet",
        **{name: value for name, value in steps.items() if name != missing},
    )
    failed = city.line(
        "private_business", offices[1], destination="intranet", **steps | {"test_passed": False}
    )
    truth.broken["V-28"] = {broken, failed}
    truth.verdicts |= {"JL-01": "pending", "JL-04": "told"}
    for owner in offices:  # the document counts no systems, however they stand
        for secrecy in dice.choices(("none", "unknown", "classified"), k=dice.randint(2, 4)):
            city.system(owner, moved=dice.random() < 0.5, secrecy=secrecy, connected=False)
    projects = [city.project(dice.choice(offices)) for _ in range(dice.randint(2, 5))]
    judged = dice.sample(projects, dice.randint(0, len(projects)))
    said = tuple(
        Declaration(
            policy="jilin-2015-17",
            entry="JL-06",
            code=code,
            on=date(2016, 5, 1),
            by="省发展改革委",
            evidence="评估报告",
        )
        for code in judged
    )
    truth.shares["JL-06"] = (len(judged), len(projects))
    return Sample(city.estate(), Records(declarations=said), truth)


SAMPLES: dict[str, Callable[[int], Sample]] = {
    "cangzhou-2017-157": cangzhou,
    "xinzhou-2020-98": xinzhou,
    "dalian-2017-135": dalian,
    "xianning-2019-5": xianning,
    "jilin-2015-17": jilin,
}

DATA = Path(__file__).resolve().parents[2] / "data" / "policies"
SEED = 1


def files(named: str) -> Mapping[str, str]:
    """Name → text of the files that a sample is kept in: an inventory as `qianyun inventory export
    --json` has it, what is on record, what is true of both."""
    sample = SAMPLES[named](SEED)
    truth: dict[str, Any] = asdict(sample.truth)
    estate = sample.estate.model_dump(mode="json", exclude_defaults=True)
    records = sample.records.model_dump(mode="json", exclude_defaults=True)
    return {
        "estate.json": _text(estate | {"digest": sample.estate.digest}),
        "records.json": _text(records),
        "truth.json": _text(truth),
    }


def kept(named: str) -> Sample:
    """The sample of a policy, from its files."""
    folder = DATA / named
    told, records, truth = (
        json.loads((folder / f"{part}.json").read_text("utf-8"))
        for part in ("estate", "records", "truth")
    )
    told.pop("digest")
    return Sample(Estate.model_validate(told), Records.model_validate(records), _truth(truth))


def _truth(told: Mapping[str, Any]) -> Truth:
    return Truth(
        day=date.fromisoformat(told["day"]),
        shares={entry: (done, total) for entry, (done, total) in told["shares"].items()},
        verdicts=dict(told["verdicts"]),
        broken={entry: set(codes) for entry, codes in told["broken"].items()},
        late={entry: set(codes) for entry, codes in told["late"].items()},
        money=(told["money"][0], told["money"][1]),
    )


def _text(value: Any) -> str:
    def plain(one: Any) -> Any:
        return sorted(one) if isinstance(one, set) else str(one)

    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=plain) + "\n"


if __name__ == "__main__":
    for policy in SAMPLES:
        (DATA / policy).mkdir(parents=True, exist_ok=True)
        for name, content in files(policy).items():
            (DATA / policy / name).write_text(content, "utf-8")
