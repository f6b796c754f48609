"""No way in makes a classified system addressed, planned or probed; in ratios it counts."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.cli.main import main
from inventory.ansible import inventory_of
from inventory.changes import diff
from inventory.errors import RecordRefused
from inventory.ledger import read_ledgers
from inventory.model import Entrance, Estate, Host, Provenance, Secrecy, System
from inventory.policies.assess import assess
from inventory.policies.loader import load, shipped
from inventory.policies.records import Records
from inventory.secrecy import hidden
from migrator.errors import Refused
from migrator.people.rights import local
from migrator.planning.items import facts_now
from migrator.planning.plan import Disposition, Means
from migrator.planning.planner import make_plan
from probes.discovery import VIEWS
from probes.errors import Misuse
from probes.system import targets_of
from tests.api.conftest import HOST_KEYS, Run
from tests.inventory.policies.builder import City
from tests.lab.addresses import SYSTEMS
from tests.lab.ledger import write_ledger
from tests.migrator.builders import city as movable
from tests.migrator.builders import system as ready

SYSTEM = SYSTEMS[0]
REACHED: dict[str, Any] = {
    "ipv4": "10.0.0.7",
    "ipv6": "fd00::7",
    "dns": "mi.example.gov.cn",
    "entrance": Entrance(node="N1", port=8000, backend_port=80, content="ok"),
}


def secret(**facts: Any) -> System:
    return ready(0, **REACHED | {"secrecy": Secrecy.CLASSIFIED} | facts)


@pytest.mark.parametrize(
    "way",
    [
        secret,
        lambda: ready(0, **REACHED).model_copy(update={"secrecy": Secrecy.CLASSIFIED}),
        lambda: secret().model_copy(update=REACHED),
        lambda: System.model_validate_json(
            ready(0, **REACHED).model_dump_json().replace('"none"', '"classified"', 1)
        ),
        lambda: Estate.model_validate(
            {"systems": [ready(0, **REACHED).model_dump(mode="json") | {"secrecy": "classified"}]}
        ).systems[0],
    ],
)
def test_a_model_of_it_holds_no_address(way: Callable[[], System]) -> None:
    system = way()
    assert system.secrecy is Secrecy.CLASSIFIED
    assert [getattr(system, name) for name in REACHED] == [None] * 4
    assert "10.0.0.7" not in system.model_dump_json()


def test_not_even_where_it_was_read() -> None:
    told = (Provenance(field="ipv4", source="台账.xlsx", raw="10.0.0.7"),)
    kept = (Provenance(field="name", source="台账.xlsx", raw="密"),)
    assert secret(provenance=told + kept).provenance == kept


def test_an_apply_over_it_leaves_no_address(product: Qianyun) -> None:
    open_ = movable([ready(0, **REACHED)])
    changes = diff(Estate(), open_)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    shut = open_.model_copy(update={"systems": (secret(),)})
    changes = diff(open_, shut)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    assert "10.0.0.7" not in product.estate.load().model_dump_json()


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the sample city, of which one system is classified: made once."""
    folder = tmp_path_factory.mktemp("shut")
    cells = {("信息系统", SYSTEM.code, "是否涉密"): "是"}
    path = write_ledger(folder / "l.xlsx", host_keys=HOST_KEYS, cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", str(folder / "state"))
        patch.setenv("QIANYUN_ACTOR", "zhang")
        assert main(["inventory", "apply", str(path)]) == 0
    return folder / "state"


@pytest.fixture
def applied(run: Run, shut: Path, state: Path) -> Run:
    """Commands on a copy of it."""
    shutil.copytree(shut, state)
    return run


def test_a_ledger_s_addresses_are_left_out_and_told(applied: Run, tmp_path: Path) -> None:
    cells = {("信息系统", SYSTEM.code, "是否涉密"): "是"}
    path = write_ledger(tmp_path / "l.xlsx", host_keys=HOST_KEYS, cells=cells)
    report = read_ledgers([path])
    system = next(s for s in report.estate.systems if s.code == SYSTEM.code)
    assert (system.secrecy, system.entrance) == (Secrecy.CLASSIFIED, None)
    assert any("classified system has no address" in i.reason for i in report.ignored)
    shown = applied("inventory", "show", SYSTEM.code, "--json")
    assert "entrance" not in json.dumps(shown.json)


def test_no_plan_holds_it_or_its_hosts(applied: Run, product: Qianyun) -> None:
    done = applied("plan", "make", "--ignore-windows", "--json")
    assert done.code == 0
    (made,) = applied("plan", "list", "--json").json["plans"]
    plan = product.truth.plans.load(made["code"])
    away = hidden(product.estate.load())
    assert SYSTEM.code not in {item.code for item in plan.items}
    verdicts = {v.system: v.disposition for v in plan.verdicts}
    assert verdicts[SYSTEM.code] is Disposition.STUB
    hosts = {h.code for item in plan.items for h in (item.source, item.target, item.gateway)}
    assert not hosts & away.hosts


@pytest.mark.parametrize("code", [SYSTEM.code, SYSTEM.source, SYSTEM.target])
def test_neither_it_nor_a_host_of_it_is_looked_at(applied: Run, code: str) -> None:
    done = applied("probe", "once", code)
    assert (done.code, code in done.err, done.out) == (2, True, "")


def test_neither_it_nor_a_host_of_it_is_visited_or_given_out(
    applied: Run, product: Qianyun
) -> None:
    done = applied("inventory", "discover", SYSTEM.source)
    assert done.code == 2
    assert SYSTEM.source in done.err
    estate = product.estate.load()
    told = json.dumps(inventory_of(estate))
    for host in hidden(estate).hosts:
        assert f'"{host}"' not in told
    for view in VIEWS.values():
        groups = [t for group in view(estate) for t in (*group.targets, *group.labels.values())]
        assert not {SYSTEM.code, *hidden(estate).hosts} & set(groups)


def test_a_host_that_it_shares_is_not_planned_for_others() -> None:
    """A service of it listens on the other system's source: doubt hides."""
    estate = movable([ready(1), secret()])
    assert make_plan(estate, Means()).items
    shared = tuple(
        h.model_copy(update={"system": "S0"}) if h.code == "gw" else h for h in estate.hosts
    )
    plan = make_plan(estate.model_copy(update={"hosts": shared}), Means())
    assert plan.items == ()
    verdict = next(v for v in plan.verdicts if v.system == "S1")
    assert (verdict.disposition, "涉密" in verdict.reason) == (Disposition.BLOCKED, True)


def test_a_plan_from_before_holds_it_no_more() -> None:
    estate = movable([ready(0)])
    plan = make_plan(estate, Means())
    assert [item.code for item in plan.items] == ["S0"]
    shut = estate.model_copy(
        update={
            "systems": tuple(s.model_copy(update={"secrecy": "classified"}) for s in estate.systems)
        }
    )
    now = facts_now(shut, "S0", Means())
    assert getattr(now, "disposition", None) is Disposition.STUB


def test_a_dry_run_of_such_a_plan_touches_nothing(product: Qianyun) -> None:
    estate = movable([ready(0)])
    changes = diff(Estate(), estate)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    record, _ = product.planning.make(local("zhang"), Means())
    shut = estate.model_copy(
        update={
            "systems": tuple(s.model_copy(update={"secrecy": "classified"}) for s in estate.systems)
        }
    )
    changes = diff(estate, shut)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)

    class Nobody:
        """A crew that must not be asked for anything but its folder."""

        root = product.settings.state / "attempts"

    (only,) = product.planning.rehearse(record.code, Nobody(), local("zhang"))  # type: ignore[arg-type]
    assert (only.ok, "classified" in only.message) == (False, True)
    with pytest.raises(Refused):
        product.planning.approve(record.code, record.digest, local("li"))


def test_probe_targets_are_refused() -> None:
    host = Host(code="h", name="h", ipv4="10.0.0.7")
    with pytest.raises(Misuse):
        targets_of(secret(), host, None)


@pytest.mark.parametrize("named", shipped())
def test_no_record_opens_a_way_to_the_cloud(named: str, product: Qianyun) -> None:
    """Where a policy forbids the cloud to classified systems, no exception passes."""
    pack = load(named)
    if "V-32" not in {rule.id for rule in pack.rules}:
        return
    city = City()
    city.system(None, secrecy="classified", target="CLOUD")
    changes = diff(Estate(), city.estate())
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    told = {
        "policy": named,
        "entry": "V-32",
        "code": city.parts["systems"][0].code,
        "reason": "r",
        "approver": "a",
        "document": "d",
        "approved_on": date(2020, 1, 1),
        "review_on": date(2021, 1, 1),
    }
    with pytest.raises(RecordRefused, match="no exception"):
        product.recording.put("exception", told, local("zhang"), date(2020, 6, 1))


def test_it_counts_in_the_ratios() -> None:
    """A stub of a classified system is one of the systems of its department: Cangzhou's clause names
    no exclusion, so that leaving it out would raise the ratio by silence."""
    city = City()
    (owner,) = city.departments(1)
    city.system(owner, moved=True, migratable=True)
    city.system(owner, moved=False, migratable=True, secrecy="classified")
    found = assess(load("cangzhou-2017-157"), city.estate(), Records(), date(2018, 12, 1))
    target = next(t for t in found.targets if t.entry == "CZ-12")
    assert target.today is not None
    assert (target.today.done, target.today.total) == (1, 2)
