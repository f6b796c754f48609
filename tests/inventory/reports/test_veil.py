"""What is classified is named in no report of any kind, in no file of it, whatever field of whatever
object speaks of it (G7)."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from inventory.difference import Difference, How
from inventory.errors import ReportError
from inventory.facts import Evidence
from inventory.model import Dependency, Estate, Host, Room, Secrecy, System
from inventory.policies.forms import NAMES
from inventory.policies.records import Declaration, Records
from inventory.references import REFERENCES
from inventory.report_write.write import written
from inventory.reports.case import Case, Sampling, Scope
from inventory.reports.kinds import make
from inventory.reports.veil import Veil
from inventory.verification import Verification
from tests.inventory.reports.samples import CZ, DAYS, DL, JL, XN, XZ, case, city, first_office

NAME, FUNCTION, CODE, HOST, ROOM = "绝密ABC平台", "绝密会商指挥调度", "S-XYZ9", "H-XYZ9", "R-XYZ9"
ADDRESS, ASSET = "10.250.77.9", "ZC-XYZ9-01"
SECRETS = (NAME, "绝密", FUNCTION, CODE, HOST, ROOM, ADDRESS, ASSET)
SAYS = f"见{NAME}（{CODE}、{HOST}、{ADDRESS}、{ASSET}、绝密楼机房{ROOM}）"
KINDS = ("xlsx", "docx", "html")


def free_texts(model: type[Any]) -> Iterator[tuple[str, Any]]:
    """Fields of a model that hold a text of people's, or several, with one that speaks of it."""
    kept = ("code", "name", "county", "area_m2", "window", "type", "kind", "protocol")
    for name, info in model.model_fields.items():
        if name in kept or info.metadata:
            continue
        if info.annotation in (str, str | None):
            yield name, SAYS
        elif name in ("data_resources", "shared_with", "application_systems", "database_products"):
            yield name, (SAYS, "其他")


@cache
def secret_city(policy: str) -> Estate:
    """The sample city with a classified system in a room and on a host of its own; every field of
    the others that can refer to it does, and every text of theirs speaks of it."""
    office = first_office(policy).organisation
    estate = case(policy, "clean-up").estate
    neighbour = next(o.code for o in estate.organisations if o.code != office)
    plain = [System(code=f"S-{n}", name="公开", organisation=o, zombie_idle=True)
             for n, o in ((1, office), (2, neighbour))]  # fmt: skip
    estate = estate.model_copy(update={"systems": (*estate.systems, *plain)})
    stub = System(
        code=CODE,
        name=NAME,
        function=FUNCTION,
        organisation=office,
        secrecy=Secrecy.CLASSIFIED,
        room=ROOM,
        zombie_idle=True,
        must_connect=True,
        connected=False,
        migratable=True,
        om_unit=FUNCTION,
        frequency_of_use=FUNCTION,
        om_funds_per_year=7,
    )
    host = Host(
        code=HOST, name=f"{NAME}服务器", system=CODE, place=ROOM, ipv4=IPv4Address(ADDRESS),
        asset_tag=ASSET,
    )  # fmt: skip
    room = Room(code=ROOM, name="绝密楼机房", organisation=office, building="绝密楼")
    made: dict[str, list[Any]] = {}
    for kind, objects in estate.collections():
        made[kind] = [_speaking(kind, n, one) for n, one in enumerate(objects)]
    made["systems"].append(stub)
    made["hosts"].append(host)
    made["rooms"].append(room)
    made["dependencies"] += [Dependency(system=one.code, needs=CODE) for one in plain]
    return Estate(**{kind: tuple(objects) for kind, objects in made.items()})


def _speaking(kind: str, number: int, one: Any) -> Any:
    new: dict[str, Any] = {}
    for field, kinds in REFERENCES.get(kind, {}).items():
        if kind in ("dependencies", "services", "links") or number % 3:
            continue
        if "systems" in kinds and field != "system":
            new[field] = CODE
        elif kind == "lines" and "rooms" in kinds:
            new[field] = ROOM
    told = REFERENCES.get(kind, {})
    new |= {name: value for name, value in free_texts(type(one)) if name not in told}
    if kind in ("projects", "lines", "resources"):
        new["name"] = f"{NAME}{number}"
    return one.model_copy(update=new)


def wanted(policy: str, form: str, scope: Scope) -> Case:
    estate = secret_city(policy)
    more: dict[str, Any] = {"scope": scope, "estate": estate}
    said = {"policy": policy, "on": date(2018, 1, 1), "by": f"{NAME}办", "evidence": SAYS}
    sample = city(policy)
    entries = [t.id for t in case(policy, form).pack.targets]
    told = [Declaration(**said, entry=entry) for entry in entries]  # type: ignore[arg-type]
    records = sample.records or Records()
    more["records"] = records.model_copy(update={"declarations": (*records.declarations, *told)})
    if form == "sample":
        more["sampling"] = Sampling("2018-6", 99)
    if form == "verification":
        more["verification"] = Verification(
            differences=tuple(_differing(kind, code) for kind, code in (
                ("systems", CODE), ("hosts", HOST), ("systems", estate.systems[0].code)
            )),
            unread={HOST: "timeout"},
        )  # fmt: skip
    return case(policy, form, **more)


def _differing(kind: str, code: str) -> Difference:
    seen = Evidence(look=17, code=HOST, fact="os", at="2019-07-20T08:00:00+00:00")
    return Difference(
        kind=kind, code=code, name=NAME, organisation=None, field="os", how=How.DIFFERS,
        declared=SAYS, found=SAYS, evidence=(seen,),
    )  # fmt: skip


def content(packed: bytes, kind: str) -> str:
    """All text of a file."""
    if kind == "html":
        return packed.decode()
    archive = zipfile.ZipFile(io.BytesIO(packed))
    return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


CASES = [
    (policy, form, whole)
    for policy in DAYS
    for form in NAMES
    for whole in ((True, False) if policy == CZ else (policy != DL,))
    if not (whole and form == "migration-plan")
]


@pytest.mark.parametrize(("policy", "form", "whole"), CASES)
def test_nothing_classified_is_in_any_report(policy: str, form: str, whole: bool) -> None:
    made = make(wanted(policy, form, Scope() if whole else first_office(policy)))
    told = made.model_dump_json()
    assert [word for word in SECRETS if word in told] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", NAMES)
def test_nothing_classified_is_in_any_file(form: str, kind: str) -> None:
    made = make(wanted(CZ, form, first_office(CZ)))
    if kind == "xlsx" and not made.tables():
        return
    told = content(written(made, kind, Path("no-folder-is-needed")), kind)
    assert [word for word in SECRETS if word in told] == []


@pytest.mark.parametrize("policy", [CZ, XN, XZ, DL])
def test_the_figures_are_those_of_the_estate_as_it_is(policy: str) -> None:
    """What is hidden counts: the veil is over what is shown, never over what is judged."""
    told = wanted(policy, "evaluation", Scope())
    assert told.assessed.estate == told.estate.digest
    live = sum(bool(told.read("systems", "live", s)) for s in told.estate.systems)
    assert sum(bool(told.read("systems", "live", s)) for s in told.own.systems) == live
    assert len(told.own.rooms) == len(told.estate.rooms)


def test_what_stands_in_its_place() -> None:
    told = wanted(CZ, "migration-plan", first_office(CZ))
    made = make(told).model_dump_json()
    assert "涉密系统" in made
    assert "涉密机房1个计入总数" in made
    assert told.veil.called("systems", CODE, NAME) == "涉密系统"
    assert told.veil.called("systems", "S-1", "普通系统") == "普通系统（S-1）"


def test_a_word_that_open_things_have_too_stays() -> None:
    """A classified system with a common name takes that name from nobody else; a code is no part of
    a longer one."""
    estate = case(CZ, "clean-up").estate
    first, second = estate.systems[:2]
    secret = first.model_copy(
        update={"code": "S-1", "name": second.name, "secrecy": Secrecy.CLASSIFIED}
    )
    veil = Veil(estate.model_copy(update={"systems": (secret, *estate.systems[1:])}))
    assert veil.text(f"{second.name} S-12 XS-1") == f"{second.name} S-12 XS-1"
    assert veil.text("并入S-1。") == "并入涉密系统。"


def test_an_estate_without_secrets_is_shown_as_it_is() -> None:
    estate = city(JL if JL in DAYS else CZ).estate
    opened = [s for s in estate.systems if s.secrecy is not Secrecy.CLASSIFIED]
    plain = estate.model_copy(update={"systems": tuple(opened)})
    assert Veil(plain).shown is plain


def test_a_remark_that_names_it_is_refused() -> None:
    with pytest.raises(ReportError, match="remark"):
        case(CZ, "annual", "2018", estate=secret_city(CZ), remark=f"{NAME}另行报送")
