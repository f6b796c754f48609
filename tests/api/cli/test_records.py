"""Records and the lifecycle through the command line."""

import pytest

from tests.api.cli.test_policy import CZ, XZ, stored
from tests.api.conftest import Run

DAY = "2018-12-31"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_TODAY", DAY)


def declare(run: Run, entry: str = "CZ-03", *more: object) -> int:
    done = run(
        "policy", "declare", CZ, entry, "--by", "领导小组办公室", "--evidence", "报告.pdf",
        "--on", "2018-06-20", *more, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    return int(done.json["id"])


def verdict(run: Run, entry: str) -> str:
    told = run("policy", "assess", "--policy", CZ, "--json").json["assessments"][0]
    return str(next(t for t in told["targets"] if t["entry"] == entry)["verdict"])


def test_a_declaration_counts_until_it_is_withdrawn(run: Run) -> None:
    stored(CZ)
    assert verdict(run, "CZ-03") == "late"
    number = declare(run)
    assert verdict(run, "CZ-03") == "met"
    assert run("policy", "withdraw", number, "--reason", "有误").code == 0
    assert verdict(run, "CZ-03") == "late"
    actions = [e["action"] for e in run("audit", "list", "--json").json["entries"]]
    assert actions[-2:] == ["policy.recorded", "policy.withdrawn"]
    assert run("audit", "verify").code == 0


def test_a_declaration_is_taken_back_by_another(run: Run) -> None:
    stored(CZ)
    declare(run)
    done = run("policy", "declare", CZ, "CZ-03", "--by", "审计局", "--evidence", "检查", "--undone")
    assert done.code == 0
    assert verdict(run, "CZ-03") == "late"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_is_recorded_and_listed(
    run: Run, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "240")
    sample = stored(CZ)
    estate = sample.estate
    line = next(c.code for c in estate.lines if c.type == "private_business")
    system, other = estate.systems[0].code, estate.systems[1].code
    owner = estate.organisations[0].code
    declare(run)
    for argv in (
        ("except", CZ, "V-25", line, "--reason", "部委要求", "--approver", "领导小组", "--document",
         "批复", "--review-on", "2019-06-30"),
        ("event", "xianning-2019-5", "XN-16", owner, "--started", "2018-12-01", "--evidence", "文"),
        ("fate", system, "merged", "--into", other, "--by", "财政局", "--evidence", "纪要"),
        ("baseline", CZ),
    ):  # fmt: skip
        done = run("policy", *argv)
        assert (argv[0], done.code, done.err) == (argv[0], 0, "")
        if argv[0] == "except":  # what was handed in is recorded beside what we send
            done = run("report", "record", "--policy", CZ, "--entry", "CZ-21", "--organisation",
                       owner, "--period", "2017", "--on", "2018-01-02", "--channel", "邮箱",
                       "--evidence", "回执")  # fmt: skip
            assert (done.code, done.err) == (0, "")
    told = run("policy", "records", "--json").json["records"]
    assert [r["kind"] for r in told] == [
        "declaration", "exception", "report", "event", "fate", "baseline"
    ]  # fmt: skip
    assert {r["recorded_by"] for r in told} == {"zhang"}
    only = run("policy", "records", "--policy", CZ, "--json").json["records"]
    assert "event" not in {r["kind"] for r in only}
    shown = run("policy", "records").out
    words = (
        ("申报", "例外", "去向", "领导小组办公室")
        if lang == "zh"
        else ("exception", "fate", "merged")
    )
    assert all(word in shown for word in words)
    assert "record." not in shown


def test_what_fits_nothing_is_refused(run: Run) -> None:
    stored(CZ)
    done = run("policy", "declare", CZ, "CZ-77", "--by", "局", "--evidence", "文")
    assert (done.code, "CZ-77" in done.err, "CZ-03" in done.err) == (2, True, True)
    done = run("policy", "declare", CZ, "CZ-03", "--by", "局", "--evidence", "文", "--on", "6月")
    assert (done.code, "6月" in done.err) == (2, True)
    assert run("policy", "records", "--json").json["records"] == []
    assert run("policy", "records").code == 0


def test_what_people_wrote_is_data(run: Run) -> None:
    stored(CZ)
    done = run(
        "policy", "declare", CZ, "CZ-03", "--by", "\x1b[2J[red]局", "--evidence", "=1+1|calc"
    )
    assert done.code == 0
    shown = run("policy", "records").out
    assert "\x1b[2J" not in shown
    assert "[red]局" in shown


def test_only_recorders(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(CZ)
    monkeypatch.setenv("QIANYUN_RECORDERS", "somebody-else")
    done = run("policy", "declare", CZ, "CZ-03", "--by", "局", "--evidence", "文")
    assert (done.code, "somebody-else" in done.err) == (1, True)


def test_the_city_s_own_policies_are_the_default(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(CZ)
    monkeypatch.setenv("QIANYUN_POLICIES", f"{CZ}, {XZ}")
    told = run("policy", "assess", "--json").json["assessments"]
    assert [a["policy"] for a in told] == [CZ, XZ]
    holds = run("policy", "holds", "--json").json["holds"]
    assert {h["policy"] for h in holds} <= {CZ, XZ}
    own = {p["id"] for p in run("policy", "list", "--json").json["policies"] if p["own"]}
    assert own == {CZ, XZ}
    monkeypatch.setenv("QIANYUN_POLICIES", "beijing")
    done = run("policy", "assess")
    assert (done.code, "beijing" in done.err) == (2, True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_lifecycle_of_a_city_and_of_one_system(
    run: Run, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "200")
    sample = stored(CZ)
    code = sample.estate.systems[0].code
    told = run("policy", "lifecycle", "--policy", CZ, "--json").json["policies"]
    assert [p["policy"] for p in told] == [CZ]
    (one,) = (o for o in told[0]["objects"] if o["code"] == code)
    assert one["phase"] == "audit"
    assert one["phases"][0]["missing"][0]["named"] is True
    shown = run("policy", "lifecycle", "--policy", CZ)
    assert shown.code == 0
    assert ("迁移上云" if lang == "zh" else "migration to the cloud") in shown.out
    shown = run("policy", "lifecycle", code, "--policy", CZ)
    assert ("涉密情况已确认" if lang == "zh" else "secrecy is confirmed") in shown.out
    assert ("须先完成 “僵尸”系统清理" if lang == "zh" else "after zombie clean-up") in shown.out
    refused = run("policy", "lifecycle", "S-none")
    assert (refused.code, "S-none" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("policy", "entry", "word"),
    [
        ("xianning-2019-5", "XN-13", "--code"),
        ("xianning-2019-5", "V-12", "--code"),
        ("xianning-2019-5", "V-54", "--code"),
        ("dalian-2017-135", "V-22", "--code"),
        (CZ, "V-49", "--code"),
        (CZ, "CZ-12", "policy except"),
    ],
)
def test_a_rule_about_objects_is_declared_object_by_object(
    run: Run, policy: str, entry: str, word: str
) -> None:
    stored(CZ)
    done = run("policy", "declare", policy, entry, "--by", "市政务办", "--evidence", "x")
    assert (done.code, word in done.err) == (2, True)
    assert run("policy", "records", "--json").json["records"] == []
