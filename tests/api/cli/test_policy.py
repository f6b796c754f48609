"""Policies through the command line."""

from datetime import date
from pathlib import Path

import pytest

from api.bootstrap import Qianyun
from api.settings import load as settings
from inventory.changes import diff
from inventory.model import Estate
from inventory.policies.loader import shipped
from tests.api.conftest import Run
from tests.inventory.policies.builder import City
from tests.inventory.policies.cities import SAMPLES, Sample
from tests.inventory.policies.test_loader import GOOD

CZ, XZ = "cangzhou-2017-157", "xinzhou-2020-98"


def stored(named: str) -> Sample:
    """The sample city in the inventory of the state folder."""
    sample = SAMPLES[named](1)
    changes = diff(Estate(), sample.estate)
    Qianyun(settings()).estate.apply(changes, actor="zhang", confirmed=changes.digest)
    return sample


def own(state: Path, text: str, name: str) -> Path:
    path = state / "policies" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_every_shipped_policy_is_listed(run: Run) -> None:
    told = run("policy", "list", "--today", "2018-12-31", "--json").json
    assert {p["id"] for p in told["policies"]} == set(shipped())
    in_force = {p["id"] for p in told["policies"] if p["in_force"]}
    assert in_force == {CZ, "dalian-2017-135", "jilin-2015-17"}
    shown = run("policy", "list").out
    assert "沧政办字〔2017〕157号" in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_policy_is_shown(run: Run, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    shown = run("policy", "show", CZ)
    assert shown.code == 0
    words = (
        ("具备迁移条件的业务系统上云比例", "牵头", "审核或评测")
        if lang == "zh"
        else ("migratable systems", "lead", "review or test")
    )
    assert all(word in shown.out for word in ("CZ-12", "二(三)", *words))
    told = run("policy", "show", CZ, "--json").json
    (target,) = (t for t in told["targets"] if t["id"] == "CZ-12")
    assert target["threshold"]["words"] == "达到70%"


def test_no_such_policy(run: Run) -> None:
    refused = run("policy", "show", "beijing")
    assert (refused.code, CZ in refused.err) == (2, True)


def test_a_good_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text(GOOD, "utf-8")
    assert run("policy", "check", path).code == 0
    told = run("policy", "check", path, "--json").json
    assert told["counts"] == {
        "targets": 1,
        "rules": 1,
        "clocks": 1,
        "reports": 0,
        "phases": 0,
    }


def test_mistakes_are_shown_by_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text(GOOD.replace("at_least = 0.6", "at_least = 0.7"), "utf-8")
    told = run("policy", "check", path, "--json")
    assert told.code == 1
    (fault,) = told.json["faults"]
    line = GOOD[: GOOD.index("threshold =")].count("\n") + 1
    assert (fault["file"], fault["line"], fault["read"]) == ("city.toml", line, "0.7")
    shown = run("policy", "check", path)
    assert (shown.code, "city.toml" in shown.out, str(line) in shown.out) == (1, True, True)


def test_what_a_mistake_read_is_data(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text(GOOD.replace('lead = ["市政务办"]', 'lead = ["\\u001b[2J[red]局"]'), "utf-8")
    shown = run("policy", "check", path)
    assert "\x1b[2J" not in shown.out
    assert "\\u001b[2J[red]局" in shown.out


def test_the_city_is_assessed(run: Run) -> None:
    truth = stored(CZ).truth
    found = run("policy", "assess", "--policy", CZ, "--today", truth.day, "--json")
    assert found.code == 1
    (assessment,) = found.json["assessments"]
    (target,) = (t for t in assessment["targets"] if t["entry"] == "CZ-12")
    done, total = truth.shares["CZ-12"]
    assert (target["today"]["done"], target["today"]["total"]) == (done, total)
    assert (target["verdict"], target["days"], target["clause"]) == ("late", -11, "二(三)")
    assert target["roles"]["lead"] == ["领导小组办公室"]
    broken = {v["code"] for v in assessment["violations"] if v["entry"] == "V-25"}
    assert broken == truth.broken["V-25"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_screen_of_an_assessment(run: Run, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "220")
    truth = stored(CZ).truth
    shown = run("policy", "assess", "--policy", CZ, "--today", truth.day)
    assert shown.code == 1
    done, total = truth.shares["CZ-12"]
    late = "逾期 11 天" if lang == "zh" else "11 days late"
    assert all(word in shown.out for word in (f"{done}/{total}", "≥ 70%", late, "V-25", "青县"))
    assert "\\u000a" not in shown.out


def test_all_policies_in_one_overview(run: Run) -> None:
    stored(XZ)
    shown = run("policy", "assess", "--today", "2021-01-01")
    assert shown.code == 1
    assert all(named in shown.out for named in shipped())


def test_nothing_is_late_before_anything_was_ordered(run: Run) -> None:
    stored(CZ)
    found = run("policy", "assess", "--policy", CZ, "--today", "2017-11-28", "--json")
    assert (found.code, found.json["alarms"]) == (0, 0)


def test_today_is_the_setting_s(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_TODAY", "2017-11-28")
    assert run("policy", "list", "--json").json["today"] == str(date(2017, 11, 28))


def test_a_day_that_is_none(run: Run) -> None:
    refused = run("policy", "assess", "--today", "31.12.2018")
    assert (refused.code, "31.12.2018" in refused.err) == (2, True)


def test_records_count(run: Run, state: Path) -> None:
    stored(CZ)
    declared = (
        f'[[declarations]]\npolicy = "{CZ}"\nentry = "CZ-03"\non = 2018-06-20\n'
        'by = "领导小组办公室"\nevidence = "报告.pdf"\n'
    )
    own(state, declared, "records/2018.toml")
    found = run("policy", "assess", "--policy", CZ, "--today", "2018-12-31", "--json").json
    (target,) = (t for t in found["assessments"][0]["targets"] if t["entry"] == "CZ-03")
    assert (target["verdict"], target["declaration"]["evidence"]) == ("met", "报告.pdf")
    own(state, declared.replace("CZ-03", "CZ-77"), "records/2018.toml")
    refused = run("policy", "assess", "--policy", CZ)
    assert (refused.code, "2018.toml:3" in refused.err) == (2, True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_whose_money_is_on_hold(run: Run, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "220")
    truth = stored(XZ).truth
    told = run("policy", "holds", "--policy", XZ, "--today", truth.day, "--json")
    assert told.code == 0
    assert (told.json["yuan"], told.json["unknown_amounts"]) == truth.money
    first = told.json["holds"][0]
    assert (first["entry"], first["clause"], first["by"]) == ("XZ-09", "二(二)3", ["各级财政部门"])
    assert first["quote"][0].endswith("不得同意其申请财政预算。")
    shown = run("policy", "holds", "--policy", XZ, "--today", truth.day)
    assert f"{truth.money[0]:,}" in shown.out
    assert ("未填" if lang == "zh" else "not told") in shown.out


def test_no_money_is_on_hold(run: Run) -> None:
    assert run("policy", "holds", "--policy", XZ, "--json").json["holds"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_way_tells_a_classified_system_s_name(
    run: Run, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "220")
    city = City()
    (owner,) = city.departments(1)
    code = city.system(owner, moved=True, secrecy="classified", network_domain="private")
    late = city.system(owner, secrecy="classified", must_connect=True, connected=False)
    for named in (code, late):
        city.change("systems", named, name="绝密档案库")
    changes = diff(Estate(), city.estate())
    Qianyun(settings()).estate.apply(changes, actor="zhang", confirmed=changes.digest)
    name = "涉密系统" if lang == "zh" else "classified system"
    for command, policy, of in (
        ("assess", "xianning-2019-5", code),
        ("holds", "xianning-2019-5", late),
        ("lifecycle", CZ, late),
    ):
        where = ("--policy", policy, "--today", "2020-06-01")
        named = (of,) if command == "lifecycle" else ()
        shown = run("policy", command, *named, *where)
        assert f"{of} {name}" in shown.out
        told = run("policy", command, *named, *where, "--json")
        assert "涉密系统" in told.out
        assert "绝密" not in shown.out + told.out


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2101-01-01"])
def test_a_day_that_makes_no_sense(run: Run, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run("policy", "assess", "--today", day)
    assert (refused.code, day in refused.err, "2100" in refused.err) == (2, True, True)
    monkeypatch.setenv("QIANYUN_TODAY", day)
    assert run("policy", "list").code == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_duty_of_nobody_is_told(run: Run, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "220")
    stored("xianning-2019-5")
    where = ("--policy", "xianning-2019-5", "--today", "2019-12-31")
    shown = run("policy", "assess", *where).out
    assert ("无人报送：XN-36" if lang == "zh" else "nobody owes these reports") in shown
    told = run("policy", "assess", *where, "--json").json["assessments"][0]
    assert told["unowed"] == ["XN-36", "XN-01"]


def test_what_shrinks_is_summed_apart(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    truth = stored(CZ).truth
    told = run("policy", "holds", "--policy", CZ, "--today", truth.day, "--json").json
    assert (told["yuan"], told["phase_out"]["yuan"]) == (0, truth.money[0])
    shown = run("policy", "holds", "--policy", CZ, "--today", truth.day).out
    assert "经费暂缓 0 项" in shown
    assert f"逐步减少：合计 {truth.money[0]:,} 元" in shown
