"""Reports through the command line: made, final, frozen, handed in, checked."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.bootstrap import Qianyun
from api.settings import load as settings
from inventory.changes import diff
from inventory.model import Estate
from inventory.policies.forms import NAMES
from inventory.store_embedded import EmbeddedStore
from tests.api.conftest import Run
from tests.inventory.policies.cities import SAMPLES, Sample

CZ, XZ = "cangzhou-2017-157", "xinzhou-2020-98"
DAY = "2019-01-02"


def store(estate: Estate) -> None:
    product = Qianyun(settings())
    changes = diff(product.estate.load(), estate)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)


@pytest.fixture
def city(run: Run) -> Sample:
    sample = SAMPLES[CZ](1)
    store(sample.estate)
    return sample


def annual(run: Run, *more: object) -> Any:
    return run("report", "annual", "--policy", CZ, "--period", "2018", "--today", DAY, *more)


def test_a_report_is_shown_and_not_kept(run: Run, city: Sample) -> None:
    shown = annual(run)
    assert shown.code == 0
    assert "沧州市2018年度政务信息资源共享情况年度报告" in shown.out
    assert "--final" in shown.out
    assert run("report", "kept", "--json").json["reports"] == []


def test_the_files_of_a_form(run: Run, city: Sample, tmp_path: Path) -> None:
    told = annual(run, "--to", tmp_path / "out", "--json").json
    names = sorted(Path(f["path"]).name for f in told["files"])
    title = "沧州市2018年度政务信息资源共享情况年度报告"
    assert names == [f"{title}.docx", f"{title}.html", f"{title}.xlsx"]
    assert all(Path(f["path"]).stat().st_size for f in told["files"])
    one = tmp_path / "年报.docx"
    assert annual(run, "--to", one).code == 0
    assert one.exists()
    refused = annual(run, "--to", one)
    assert (refused.code, "--replace" in refused.err) == (2, True)
    assert annual(run, "--to", one, "--replace").code == 0
    unknown = annual(run, "--to", tmp_path / "年报.wps")
    assert (unknown.code, ".wps" in unknown.err) == (2, True)


def test_a_final_report_is_frozen(run: Run, city: Sample, tmp_path: Path) -> None:
    """A later change of the estate never alters it; the same bytes for whoever asks again."""
    first = annual(run, "--final", "--to", tmp_path / "a.xlsx", "--json").json
    store(city.estate.model_copy(update={"systems": city.estate.systems[:3]}))
    again = annual(run, "--to", tmp_path / "b.xlsx", "--json").json
    assert again["digest"] == first["digest"] == again["final"]["digest"]
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    later = annual(run, "--to", tmp_path / "c.html", "--json").json
    assert later["report"] == first["report"]
    assert run("report", "verify").code == 0


def test_a_correction_is_a_revision_with_its_reason(run: Run, city: Sample) -> None:
    first = annual(run, "--final", "--json").json
    store(city.estate.model_copy(update={"systems": city.estate.systems[:3]}))
    second = annual(run, "--revise", "漏报一个单位", "--json").json
    assert second["digest"] != first["digest"]
    assert (second["final"]["revision"], second["final"]["reason"]) == (2, "漏报一个单位")
    kept = run("report", "kept", "--json").json["reports"]
    assert [k["digest"] for k in kept] == [first["digest"], second["digest"]]
    assert annual(run, "--json").json["digest"] == second["digest"]


def test_not_final_before_its_cut_off_day(run: Run, city: Sample) -> None:
    refused = run(
        "report", "annual", "--policy", CZ, "--period", "2018", "--today", "2018-12-30", "--final"
    )
    assert (refused.code, "2018-12-31" in refused.err) == (2, True)


def test_a_changed_file_is_noticed(run: Run, city: Sample, tmp_path: Path) -> None:
    path = tmp_path / "年报.xlsx"
    annual(run, "--final", "--to", path)
    same = run("report", "verify", path)
    assert (same.code, "1" in same.out) == (0, True)
    path.write_bytes(path.read_bytes() + b" ")
    changed = run("report", "verify", path, "--json")
    assert (changed.code, changed.json["ok"]) == (1, False)
    assert changed.json["files"][0]["report"] is None


def test_a_changed_database_is_noticed(run: Run, city: Sample, tmp_path: Path) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import IntegrityError

    annual(run, "--final", "--to", tmp_path / "a.xlsx")
    engine = Qianyun(settings()).truth.engine
    edit = text("UPDATE reports SET body = replace(body, '沧州', '渤海')")
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(edit)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER reports_no_update"))
        connection.execute(edit)
    found = run("report", "verify", "--json")
    assert (found.code, found.json["ok"]) == (1, False)
    assert "report-1" in found.json["faults"][0]


def test_who_has_reported(run: Run, city: Sample) -> None:
    """One department's report, made final and sent, counts for the list and the assessment."""
    code = sorted(city.truth.late["CZ-21"])[0]
    dues = run("report", "list", "--policy", CZ, "--today", DAY, "--json").json["dues"]
    (before,) = (d for d in dues if d["entry"] == "CZ-21")
    assert (before["period"], before["due"], before["cut_off"]) == (
        "2018",
        "2019-01-03",
        "2018-12-31",
    )
    assert code in before["missing"]
    made = annual(run, "--organisation", code, "--final", "--json").json
    number = made["final"]["id"]
    sent = run(
        "report",
        "send",
        number,
        "--on",
        DAY,
        "--channel",
        "邮箱",
        "--evidence",
        "回执 7 号",
        "--json",
    )
    assert (sent.code, sent.json["code"], sent.json["receiver"]) == (0, code, "领导小组办公室")
    dues = run("report", "list", "--policy", CZ, "--today", DAY, "--json").json["dues"]
    (after,) = (d for d in dues if d["entry"] == "CZ-21")
    assert set(before["missing"]) - set(after["missing"]) == {code}
    found = run("policy", "assess", "--policy", CZ, "--today", "2019-01-11", "--json").json
    late = {
        t["code"]
        for t in found["assessments"][0]["timed"]
        if t["entry"] == "CZ-21" and t["period"] == "2018" and t["verdict"] == "late"
    }
    assert code not in late
    again = run("report", "send", number, "--on", DAY, "--channel", "邮箱")
    assert again.code == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_RECORDERS", "somebody-else")
        refused = run("report", "send", number, "--on", DAY, "--channel", "纸质")
    assert (refused.code, "somebody-else" in refused.err) == (1, True)
    actions = [e["action"] for e in run("audit", "list", "--json").json["entries"]]
    actions = [a for a in actions if a.startswith("report.")]
    assert actions == ["report.final", "report.sent", "report.send.refused"]
    assert run("audit", "verify").code == 0


def test_what_others_handed_in_is_recorded(run: Run, city: Sample) -> None:
    code = sorted(city.truth.late["CZ-21"])[0]
    told = ("--policy", CZ, "--entry", "CZ-21", "--period", "2018", "--on", DAY)
    more = ("--channel", "纸质", "--evidence", "收文 12 号")
    assert run("report", "record", *told, "--organisation", code, *more).code == 0
    dues = run("report", "list", "--policy", CZ, "--today", DAY, "--json").json["dues"]
    assert code in next(d for d in dues if d["entry"] == "CZ-21")["reported"]
    nobody = run("report", "record", *told, "--organisation", "O-9999", *more)
    assert (nobody.code, "O-9999" in nobody.err) == (2, True)
    told = ("--policy", CZ, "--entry", "CZ-99", "--period", "2018", "--on", DAY)
    wrong = run("report", "record", *told, "--organisation", code, *more)
    assert (wrong.code, "CZ-21" in wrong.err) == (2, True)


def test_both_channels_must_have_been_used(run: Run) -> None:
    """Xinzhou: by mail and by the platform."""
    sample = SAMPLES[XZ](1)
    store(sample.estate)
    code = sample.estate.organisations[0].code
    told = ("--policy", XZ, "--entry", "XZ-22", "--period", "2020-12", "--on", "2021-01-04")
    for channel, there in (("邮箱", False), ("13710平台", True)):
        run(
            "report", "record", *told, "--organisation", code, "--channel", channel,
            "--evidence", "回执",
        )  # fmt: skip
        dues = run("report", "list", "--policy", XZ, "--today", "2021-01-04", "--json").json
        due = next(d for d in dues["dues"] if d["entry"] == "XZ-22")
        assert (code in due["reported"]) is there


def test_figures_are_those_of_the_cut_off_day(run: Run, state: Path) -> None:
    """The inventory as it was kept by the day; what came after the year's end is not in it."""
    sample = SAMPLES[CZ](1)
    engine = Qianyun(settings()).truth.engine
    fewer = sample.estate.model_copy(update={"systems": sample.estate.systems[:4]})
    for day, estate in ((date(2018, 12, 31), fewer), (date(2019, 1, 1), sample.estate)):
        evening = datetime(day.year, day.month, day.day, 23, tzinfo=ZoneInfo("Asia/Shanghai"))
        told_at = evening.astimezone(UTC)
        store = EmbeddedStore(engine, clock=lambda at=told_at: at)  # type: ignore[misc]
        changes = diff(store.load(), estate)
        store.apply(changes, actor="zhang", confirmed=changes.digest)
    told = annual(run, "--json").json["report"]
    assert (told["source"]["estate"], told["source"]["as_of"]) == (fewer.digest, "2018-12-31")


def test_where_nothing_was_kept_by_the_day_that_is_said(run: Run, city: Sample) -> None:
    assert "没有留存快照" in annual(run, "--json").json["report"]["source"]["as_of"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_in_both_languages(
    run: Run, city: Sample, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_LANG", lang)
    monkeypatch.setenv("COLUMNS", "220")
    shown = run("report", "list", "--today", DAY)
    assert shown.code == 0
    assert all(name in shown.out for name in NAMES)
    assert ("未报送" if lang == "zh" else "not reported") in shown.out
    assert "CZ-21" in shown.out


def test_which_policy_is_meant(run: Run, city: Sample) -> None:
    refused = run("report", "holds", "--today", DAY)
    assert (refused.code, "--policy" in refused.err, CZ in refused.err) == (2, True, True)
    assert run("report", "annual", "--period", "2018", "--today", DAY).code == 0


@pytest.mark.parametrize(
    "more",
    [
        ("--period", "2018-12"),
        ("--period", "去年"),
        ("--organisation", "O-9999"),
        ("--county", "昌黎县"),
        ("--county", "青县", "--organisation", "O-0002"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, city: Sample, more: tuple[str, ...]) -> None:
    asked = ("report", "annual", "--policy", CZ, "--today", DAY)
    refused = run(*asked, *more)
    assert refused.code == 2
    assert more[1] in refused.err or more[0] in refused.err


def test_what_was_recorded_by_mistake_is_taken_back(run: Run, city: Sample) -> None:
    """What others handed in is a record as others are: listed, withdrawn, gone from the count."""
    code = sorted(city.truth.late["CZ-21"])[0]
    told = ("--policy", CZ, "--entry", "CZ-21", "--period", "2018", "--on", DAY, "--channel")
    done = run(
        "report", "record", *told, "纸质", "--organisation", code, "--evidence", "收文", "--json"
    )
    number = done.json["id"]
    assert run("report", "kept", "--json").json["received"][0]["id"] == number
    assert "收文" in run("report", "kept").out
    assert run("policy", "withdraw", number, "--reason", "登记错单位").code == 0
    dues = run("report", "list", "--policy", CZ, "--today", DAY, "--json").json["dues"]
    assert code in next(d for d in dues if d["entry"] == "CZ-21")["missing"]
    assert run("report", "kept", "--json").json["received"] == []
    assert run("policy", "handed", CZ, "CZ-21", code).code == 2


@pytest.mark.parametrize(
    ("on", "told"), [("2099-01-01", "2099-01-01"), ("2017-06-01", "2018-01-01")]
)
def test_handed_in_on_a_day_that_cannot_be(run: Run, city: Sample, on: str, told: str) -> None:
    """Neither on a day to come, nor before the period that it is about."""
    code = city.estate.organisations[0].code
    more = ("--organisation", code, "--channel", "纸质", "--evidence", "收文")
    asked = ("--policy", CZ, "--entry", "CZ-21", "--period", "2018", "--on", on)
    refused = run("report", "record", *asked, *more)
    assert (refused.code, told in refused.err) == (2, True)
    assert run("report", "kept", "--json").json["received"] == []


@pytest.mark.parametrize("on", ["2099-01-01", "2018-12-30"])
def test_sent_on_a_day_that_cannot_be(run: Run, city: Sample, on: str) -> None:
    """Neither on a day to come, nor before its figures were there."""
    number = annual(run, "--final", "--json").json["final"]["id"]
    refused = run("report", "send", number, "--on", on, "--channel", "邮箱")
    assert (refused.code, on in refused.err) == (2, True)
    assert run("report", "kept", "--json").json["sent"] == []


def test_a_remark_that_a_final_report_has_not(run: Run, city: Sample) -> None:
    """It is never dropped in silence; the same one again gives the same report."""
    first = annual(run, "--final", "--remark", "台风影响", "--json").json
    assert (
        annual(run, "--final", "--remark", "台风影响", "--json").json["digest"] == first["digest"]
    )
    for more in ((), ("--final",)):
        refused = annual(run, *more, "--remark", "另一说法")
        assert (refused.code, "--revise" in refused.err, "--remark" in refused.err) == (
            1,
            True,
            True,
        )
    revised = annual(run, "--revise", "补充说明", "--remark", "另一说法", "--json").json
    assert "另一说法" in str(revised["report"])


def test_a_sample_that_a_final_report_has_not(run: Run, city: Sample) -> None:
    asked = (
        "report",
        "sample",
        "--policy",
        CZ,
        "--period",
        "2018-12-31",
        "--today",
        DAY,
        "--final",
    )
    assert run(*asked, "--seed", "甲", "--size", "2").code == 0
    assert run(*asked, "--seed", "甲", "--size", "2").code == 0
    refused = run(*asked, "--seed", "乙", "--size", "2")
    assert (refused.code, "--seed" in refused.err) == (1, True)


@pytest.mark.parametrize(
    "more",
    [
        ("--period", "9999"),
        ("--period", "9990"),
        ("--period", "0001"),
        ("--today", "9999-12-31"),
        ("--today", "0001-01-01"),
    ],
)
def test_years_that_no_report_is_about(run: Run, city: Sample, more: tuple[str, str]) -> None:
    refused = run("report", "annual", "--policy", CZ, *more)
    assert (refused.code, more[1] in refused.err, "2100" in refused.err) == (2, True, True)
    months = run("report", "monthly", "--policy", XZ, "--period", "9999-12")
    assert (months.code, "9999-12" in months.err) == (2, True)
