"""Every form, made of a sample city: figures are those that the city was made with."""

import json
from datetime import date
from fractions import Fraction
from ipaddress import IPv4Address
from typing import Any

import pytest

from inventory.difference import Difference, How
from inventory.errors import ReportError
from inventory.facts import Evidence, Failure
from inventory.model import Host, Project, Service
from inventory.policies.forms import NAMES
from inventory.policies.holds import total
from inventory.policies.loader import load, shipped
from inventory.policies.records import Declaration, Records
from inventory.reports.case import Case, Scope
from inventory.reports.kinds import MAKERS, make
from inventory.reports.model import Cell, Report, Table, Text
from inventory.reports.phrases import ten_thousandths
from inventory.reports.summary import late_by_owner
from inventory.reports.targets import progress_words
from inventory.verification import Verification, verify
from tests.inventory.looks import failed, look
from tests.inventory.reports.samples import CZ, DAYS, DL, XN, XZ, case, city, first_office

ONE = "migration-plan"


def column(table: Table, title: str) -> list[Cell]:
    at = [c.title for c in table.columns].index(title)
    return [row[at] for row in table.rows]


def titled(report: Report, word: str) -> Table:
    return next(t for t in report.tables() if word in t.title)


def row_of(table: Table, title: str, value: Cell) -> dict[str, Cell]:
    at = column(table, title).index(value)
    return dict(zip((c.title for c in table.columns), table.rows[at], strict=True))


def texts(report: Report) -> str:
    return json.dumps(report.model_dump(mode="json"), ensure_ascii=False)


def scoped(policy: str, form: str) -> Case:
    """The form at its widest scope."""
    more = {"scope": first_office(policy)} if form == ONE else {}
    if form == "verification":
        more["verification"] = Verification()  # type: ignore[assignment]
    if form == "sample":
        from inventory.reports.case import Sampling

        more["sampling"] = Sampling("2018-6", 3)  # type: ignore[assignment]
    return case(policy, form, **more)


@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("policy", [name for name in shipped() if name in DAYS])
def test_every_form_of_every_city(policy: str, form: str) -> None:
    made = make(scoped(policy, form))
    assert made.form == form
    assert made.source.policy == policy
    for table in made.tables():
        width = len(table.columns)
        assert {len(row) for row in table.rows} <= {width}
        assert table.total is None or len(table.total) == width
    assert Report.model_validate_json(made.model_dump_json()) == made
    assert make(scoped(policy, form)).digest == made.digest


def test_every_form_can_be_made() -> None:
    assert set(MAKERS) == set(NAMES)


def test_the_annual_report_of_the_city() -> None:
    """F-05: the ratio of CZ-12, and who has not reported."""
    sample = city(CZ)
    made = make(case(CZ, "annual", "2018", dress=False))
    assert made.title == "沧州市2018年度政务信息资源共享情况年度报告"
    assert made.cut_off == date(2018, 12, 31)
    done, total = sample.truth.shares["CZ-12"]
    cloud = row_of(titled(made, "目标任务"), "工作任务", "具备迁移条件的业务系统上云比例")
    assert cloud["完成比例"] == round(done * 10_000 / total)
    assert f"共{total}个，完成{done}个" in str(cloud["进展情况"])
    named = {o.code: o.name for o in sample.estate.organisations}
    missing = {named[code] for code in sample.truth.late["CZ-21"]}
    assert set(column(titled(made, "尚未报送"), "单位")) == missing


@pytest.mark.parametrize(
    ("today", "state", "words"),
    [
        (date(2019, 1, 2), "尚未报送", "未报送0个，尚在时限内未报送6个"),
        (date(2019, 1, 3), "尚未报送", "未报送0个，尚在时限内未报送6个"),
        (date(2019, 1, 4), "未报送", "未报送6个。"),
    ],
)
def test_nobody_is_late_before_the_day_is_over(today: date, state: str, words: str) -> None:
    """F-05: due on 3 January, that day with it."""
    made = make(case(CZ, "annual", "2018", records=Records(), dress=False, today=today))
    assert words in texts(made)
    assert set(column(titled(made, "报送单位"), "情况")) == {state}
    assert ("未按时报送单位" in texts(made)) is (state == "未报送")


def test_the_annual_report_of_one_department_speaks_of_its_own() -> None:
    """F-04."""
    scope = first_office(CZ)
    sample = city(CZ)
    made = make(case(CZ, "annual", "2018", dress=False, scope=scope))
    own = [s for s in sample.estate.systems if s.organisation == scope.organisation]
    others = {o.name for o in sample.estate.organisations} - {made.issuer}
    assert f"在册政务信息系统{len(own)}个" in texts(made)
    assert not [name for name in others if name in texts(made)]
    assert (made.addressee, made.seal) == ("领导小组办公室", True)


def test_a_county_reports_for_its_own() -> None:
    made = make(case(CZ, "annual", "2018", dress=False, scope=Scope(county="青县")))
    assert set(column(titled(made, "各单位政务信息资源"), "所属区县")) == {"青县"}
    assert made.issuer == "青县人民政府"


def test_a_place_that_is_not_there() -> None:
    with pytest.raises(ReportError, match="昌黎县"):
        case(CZ, "annual", "2018", scope=Scope(county="昌黎县"))


def test_the_monthly_report_of_xinzhou() -> None:
    """F-03: the three ratios of data and the migration, at the month's end."""
    truth = city(XZ).truth
    made = make(case(XZ, "monthly", "2020-12", dress=False, today=date(2021, 1, 1)))
    table = titled(made, "任务进展")
    for entry in ("XZ-09", "XZ-03", "XZ-14", "XZ-15"):
        title = next(t.title for t in load(XZ).targets if t.id == entry)
        done, total = truth.shares[entry]
        assert f"共{total}个，完成{done}个" in str(row_of(table, "工作任务", title)["进展情况"])
    assert not [t for t in made.tables() if "联系人" in t.title]


def test_the_first_monthly_report_has_the_contacts() -> None:
    made = make(case(XZ, "monthly", "2020-08", today=date(2020, 9, 4)))
    assert "王建国" in column(titled(made, "联系人"), "姓名")


def test_a_month_is_compared_with_the_one_before() -> None:
    now = case(XZ, "monthly", "2020-12", today=date(2021, 1, 1))
    earlier = now.estate.model_copy(update={"systems": now.estate.systems[:-2]})
    made = make(case(XZ, "monthly", "2020-12", today=date(2021, 1, 1), earlier=earlier))
    live = sum(bool(now.read("systems", "live", s)) for s in now.estate.systems[-2:])
    row = row_of(titled(made, "主要指标"), "指标", "在册政务信息系统（个）")
    assert (row["增减"], int(row["本期数"] or 0) - int(row["上期数"] or 0)) == (live, live)
    alone = row_of(titled(make(now), "主要指标"), "指标", "在册政务信息系统（个）")
    assert (alone["上期数"], alone["增减"]) == (None, None)


def test_the_briefing_of_xianning() -> None:
    """F-02: rolled up per department, its number, its readers."""
    sample = city(XN)
    made = make(case(XN, "briefing", "2019-12", dress=False))
    assert (made.masthead, made.issue, made.layout) == ("数据咸宁", 12, "briefing")
    assert made.copies[0].value == "市委、市政府主要领导"
    table = titled(made, "各单位工作进展")
    connected = sum(s.connected is True for s in sample.estate.systems)
    assert sum(int(n or 0) for n in column(table, "系统联通数")) == connected
    assert table.total is not None
    assert table.total[5] == connected
    must = sum(s.must_connect is True for s in sample.estate.systems)
    done = sum(s.must_connect is True and s.connected is True for s in sample.estate.systems)
    assert f"确定须接入的{must}个已接入{done}个" in texts(made)


def test_money_on_hold_is_what_the_policy_says() -> None:
    """F-24: the same sum as `policy holds`, once an object."""
    for policy in (CZ, XZ, DL, XN):
        sample = city(policy)
        day = sample.truth.day
        made = make(case(policy, "holds", str(day), dress=False, today=day))
        yuan, unknown = sample.truth.money
        summary = titled(made, "汇总")
        assert summary.total is not None
        held, less = summary.total[2:5], summary.total[5:8]
        told = case(policy, "holds", str(day), dress=False, today=day).holds
        by_kind = [[h for h in told if h.kind == kind] for kind in ("hold", "phase_out")]
        for cells, found in zip((held, less), by_kind, strict=True):
            assert cells == (len({(h.set, h.code) for h in found}), *total(found))
        if not by_kind[1]:
            assert held[1:] == (yuan, unknown)
        assert [len(t.rows) for t in made.tables()[:2]] == [len(found) for found in by_kind]


def test_what_is_to_be_less_is_not_added_to_what_waits() -> None:
    """Cangzhou knows no money on hold, only money that is to be less each year."""
    made = make(case(CZ, "holds", "2019-01-02", dress=False))
    waits, less = made.tables()[:2]
    assert (waits.rows, waits.notes) == ((), ())
    assert less.rows
    amount = [column.title for column in less.columns].index("涉及金额")
    assert f"合计{sum(row[amount] for row in less.rows):,}元" in less.notes[0]
    assert "暂缓" not in less.notes[1]


def test_rent_of_a_cancelled_line_is_in_no_total() -> None:
    """F-08: both sheets count the same lines."""
    told = case(XN, "lines", "2019-03-15", today=date(2019, 3, 15))
    first = next(x for x in told.estate.lines if x.type == "extranet")
    lines = [
        x.model_copy(update={"cancelled_on": date(2018, 1, 1)}) if x is first else x
        for x in told.estate.lines
    ]
    estate = told.estate.model_copy(update={"lines": tuple(lines)})
    made = make(case(XN, "lines", "2019-03-15", today=date(2019, 3, 15), estate=estate))
    listed, summed = made.tables()[0], made.tables()[-1]
    assert listed.total is not None
    assert summed.total is not None
    assert listed.total[12] == summed.total[8] < sum(n or 0 for n in column(listed, "年租费"))
    assert "已取消的线路1条" in listed.notes[0]


def test_a_hold_names_its_clause_its_facts_and_who_acts() -> None:
    day = date(2021, 1, 1)
    made = make(case(XZ, "holds", str(day), today=day, dress=False))
    row = row_of(made.tables()[0], "依据条款", "二(二)3（XZ-09）")
    words = row_of(titled(made, "原文"), "依据条款", "二(二)3（XZ-09）")
    assert "不得同意其申请财政预算。" in str(words["政策原文"])
    assert row["执行单位"] == "各级财政部门"
    assert "已上云：否" in str(row["事实和出处"])


def test_lines_that_stay_are_told_apart() -> None:
    """F-15: what was ended, what stays by leave, what stays."""
    sample = city(CZ)
    day = sample.truth.day
    made = make(case(CZ, "cancellations", str(day), dress=False, today=day))
    table = made.tables()[0]
    state = dict(zip(column(table, "线路（专网）名称"), column(table, "处理情况"), strict=True))
    stays = {name for name, told in state.items() if told == "尚未整合"}
    assert stays == sample.truth.broken["V-24"] | sample.truth.broken["V-25"]


def test_rent_is_saved_by_what_was_ended() -> None:
    sample = city(DL)
    made = make(case(DL, "cancellations", str(DAYS[DL]), dress=False))
    ended = [x for x in sample.estate.lines if x.cancelled_on and x.type == "internet_leased"]
    total = made.tables()[0].total
    assert total is not None
    assert total[9] == sum(x.rent_per_year or 0 for x in ended)


def test_the_five_criteria_as_answered() -> None:
    """F-14: nobody's silence is a no."""
    made = make(case(CZ, "clean-up", "2018-12-31"))
    table = made.tables()[0]
    assert set(column(table, "资源长期空闲")) == {"√"}
    assert set(column(table, "范围小频度低")) == {"？"}
    assert set(column(table, "功能可被替代")) == {"×"}


def test_the_self_audit_has_its_two_lists() -> None:
    """F-07."""
    made = make(case(XN, "self-audit", "2019-03-15", scope=first_office(XN)))
    assert [a.heading for a in made.annexes] == ["附件1", "附件2", "附件3"]
    titles = [t.title for t in made.tables()]
    assert titles[0] == "政务信息系统基本情况表"
    assert titles[1].endswith("清理整合的信息系统清单")
    assert titles[2].endswith("接入共享交换平台的信息系统清单")


def test_a_migration_plan_is_one_department_s() -> None:
    with pytest.raises(ReportError, match="--organisation"):
        make(case(CZ, "migration-plan"))


def test_a_migration_plan_says_what_stays_and_why() -> None:
    """F-13."""
    scope = first_office(CZ)
    told = case(CZ, "migration-plan", "2018-04-30", scope=scope)
    made = make(told)
    words = column(titled(made, "处置意见"), "处置意见")
    own = told.own.systems
    assert words.count("已上云") == sum(told.read("systems", "on_cloud", s) is True for s in own)
    stay = [s for s in own if s.migratable is False and not told.read("systems", "on_cloud", s)]
    assert sum("不具备迁移条件" in str(w) for w in words) == len(stay)
    assert "沧州云计算中心" in made.title


def test_a_sample_can_be_drawn_again() -> None:
    from inventory.reports.case import Sampling

    def drawn(seed: str, size: int) -> list[Cell]:
        made = make(case(DL, "sample", sampling=Sampling(seed, size), dress=False))
        return column(made.tables()[0], "单位")

    holders = {s.organisation for s in case(DL, "sample", dress=False).estate.systems}
    assert drawn("甲", 3) == drawn("甲", 3)
    assert len(drawn("甲", 50)) == len(holders)
    with pytest.raises(ReportError, match="--seed"):
        make(case(DL, "sample"))


def test_what_was_reported_beside_what_was_found() -> None:
    """F-10: with where the evidence lies, and three that sign."""
    told = case(XN, "verification", "2019-07-31")
    system = told.estate.systems[0]
    seen = Evidence(look=17, code="H-9000", fact="cores", at="2019-07-20T08:00:00+00:00")
    difference = Difference(
        kind="systems",
        code=system.code,
        name=system.name,
        organisation=system.organisation,
        field="cpu_cores",
        how=How.DIFFERS,
        declared=4,
        found=16,
        evidence=(seen,),
    )
    unread, other = told.estate.hosts[1].code, told.estate.organisations[-1].code
    found = Verification(differences=(difference,), unread={unread: "timeout"})
    made = make(case(XN, "verification", "2019-07-31", verification=found))
    (row,) = made.tables()[0].rows
    assert row[4:9] == ("CPU 核数", "4", "16", "不一致", "#17")
    assert "市审计局（盖章）" in [line.label for line in made.foot]
    assert f"{told.estate.hosts[1].name}（{unread}）" in made.tables()[0].notes[1]
    scope = Scope(organisation=other)
    alone = make(case(XN, "verification", "2019-07-31", verification=found, scope=scope))
    assert alone.tables()[0].rows == ()


def test_a_verification_from_looks() -> None:
    """F-10: what an old look at a host found beside the ledger, in words; what was not found is not
    “not reported”, a place has its name, and a host of a classified system is in no line."""
    told = case(XN, "verification", "2019-07-31")
    system, secret = told.estate.systems[:2]
    secret = secret.model_copy(update={"secrecy": "classified"})
    hosts = [
        Host(code=code, name=name, system=of, ipv4=IPv4Address(at), os="CentOS 6.5")
        for code, name, of, at in (
            ("h1", "业务一号机", system.code, "10.0.0.1"),
            ("h2", "业务二号机", system.code, "10.0.0.2"),
            ("h3", "机要机", secret.code, "10.0.0.3"),
        )
    ]
    gone = Service(code="h1-80", name="网页", host="h1", port=80, system=system.code)
    systems = (system, secret, *told.estate.systems[2:])
    parts = {"systems": systems, "hosts": tuple(hosts), "services": (gone,)}
    estate = told.estate.model_copy(update=parts)
    looks = {"h1": look("h1", "10.0.0.1", 7)}
    found = verify(estate, looks, {"h3": failed("h3", Failure.TIMEOUT)}, date(2026, 3, 1))
    made = make(case(XN, "verification", "2019-07-31", verification=found, estate=estate))
    (table,) = made.tables()
    lines = {(row[3], row[4]): row[5:9] for row in table.rows}
    system_line = lines["业务一号机（h1）", "操作系统"]
    assert system_line[0] == "CentOS 6.5"
    assert system_line[2:] == ("不一致", "#7")
    assert lines["业务一号机（h1）", "服务"][1:3] == ("未发现", "未发现")
    assert table.notes[1] == "未能查看的服务器1台：业务二号机（h2）。"
    assert "机要机" not in texts(made)


def test_nobody_was_looked_at() -> None:
    with pytest.raises(ReportError, match="discover"):
        make(case(XN, "verification"))


def test_a_draft_says_so() -> None:
    made = make(case(CZ, "annual", "2018", today=date(2018, 12, 1)))
    assert (made.draft, made.cut_off) == (True, date(2018, 12, 1))
    assert not make(case(CZ, "annual", "2018")).draft


def test_nothing_is_reported_on_a_policy_that_does_not_hold() -> None:
    with pytest.raises(ReportError, match="不具效力"):
        make(case(XZ, "monthly", "2019-01", today=date(2019, 2, 1)))


def test_records_of_the_case_count() -> None:
    more: dict[str, Any] = {"records": Records(), "dress": False, "today": date(2019, 1, 4)}
    silent = make(case(CZ, "annual", "2018", **more))
    assert "未报送6个" in texts(silent)


WHOLE = [(policy, form) for policy in DAYS for form in NAMES if form != ONE]


@pytest.mark.parametrize(("policy", "form"), WHOLE)
def test_somebody_hands_it_in(policy: str, form: str) -> None:
    """Also of the whole place, where the text names no one office."""
    assert make(scoped(policy, form)).issuer


def test_who_verifies_the_self_audits_does_not_hand_them_in() -> None:
    whole = make(case(XN, "self-audit", "2019-03-15"))
    assert whole.issuer == "市政府大数据中心"
    assert "市审计局" not in texts(whole)
    assert "各单位对政务信息系统建设应用情况进行了全面自查" in texts(whole)
    one = make(case(XN, "self-audit", "2019-03-15", scope=first_office(XN)))
    assert f"{one.issuer}对政务信息系统建设应用情况进行了全面自查" in texts(one)


@pytest.mark.parametrize("scope", [Scope(), first_office(CZ)])
def test_no_text_says_below_of_a_table_that_moved(scope: Scope) -> None:
    """Wide tables are annexes: the sentence that leads to one names its annex."""
    made = make(case(CZ, "annual", "2018", scope=scope))
    told = [b.text for s in made.sections for b in s.blocks if isinstance(b, Text)]
    (leads,) = (text for text in told if "目标任务，截至" in text)
    assert leads.endswith("完成情况详见附件《目标任务完成情况表》。")
    assert not [text for text in told if text.startswith("详见附件")]


def test_annexes_stand_one_below_the_other() -> None:
    made = make(case(XN, "self-audit", "2019-03-15", scope=first_office(XN)))
    (block,) = made.sections[-1].blocks
    assert isinstance(block, Text)
    first, *others = block.text.split("\n")
    assert first.startswith("附件：1．")
    assert [line[:6] for line in others] == ["　　　　　2", "　　　　　3"]


def test_the_access_list_says_who_proposed_and_who_confirmed() -> None:
    """G29: the list drives money, so it says by whom and when."""
    sample = city(XN)
    one, two, *_ = (s for s in sample.estate.systems if s.must_connect)
    told = {
        "must_connect_proposed_by": "一局",
        "must_connect_confirmed_by": "市政务办",
        "must_connect_confirmed_on": date(2019, 4, 1),
    }
    systems = tuple(
        s.model_copy(update={"name": s.code} | (told if s is one else {}))
        for s in sample.estate.systems
    )
    estate = sample.estate.model_copy(update={"systems": systems})
    made = make(case(XN, "self-audit", "2019-03-15", estate=estate))
    table = titled(made, "接入共享交换平台的信息系统清单")
    assert row_of(table, "系统名称", one.code)["提出、确认"] == "一局提出；市政务办于2019-04-01确认"
    assert row_of(table, "系统名称", two.code)["提出、确认"] == "确认情况未填报"


def test_the_filing_of_a_year_is_of_the_clause_s_projects() -> None:
    """F-16: the 办法 is about municipal money; its four are asked for, the unit left to be written."""
    sample = city(XN)
    owner = sample.estate.organisations[0].code
    projects = tuple(
        Project(
            code=f"P-{source}",
            name=f"{source}项目",
            organisation=owner,
            accepted_on=date(2019, 6, 1),
            funding_source=source,
        )
        for source in ("municipal_fiscal", "social", None)
    )
    estate = sample.estate.model_copy(update={"projects": projects})
    made = make(case(XN, "om-filing", "2019", estate=estate))
    table = titled(made, "已验收项目")
    assert set(column(table, "项目名称")) == {"municipal_fiscal项目", "None项目"}
    assert set(column(table, "项目运维单位")) == {""}


def test_what_is_only_told_nobody_has_to_declare() -> None:
    """XZ-12 and XZ-13 have neither a number nor a date: coverage is told and nothing is 尚未申报."""
    told = case(XZ, "monthly")
    results = {t.entry: t for t in told.assessed.targets}
    for entry in ("XZ-12", "XZ-13"):
        assert "尚未申报" not in progress_words(told, results[entry])
    assert "尚未申报" in progress_words(
        told, results["XZ-06"].model_copy(update={"kind": "declared"})
    )


def test_what_no_text_measures_is_told_where_somebody_answers_for_it() -> None:
    """F-18: two indicators are left to people, never counted by a measure of ours."""
    said = Declaration(
        policy=XN, entry="XN-37", item="协同应用数", on=date(2019, 12, 1), by="市政务办",
        evidence="协同应用清单",
    )  # fmt: skip
    made = make(case(XN, "indicators", "2019-12-31", records=Records(declarations=(said,))))
    (table,) = made.tables()
    assert set(column(table, "协同应用数")) == {""}
    assert "协同应用数：市政务办于2019-12-01申报，佐证：协同应用清单。" in table.notes


def test_tasks_of_a_department_are_those_that_are_about_it() -> None:
    """F-18: seven tasks are about each department (XN-22, 22a, 23, 25, 26, 27, 28). Of no system is it
    told whether it is a zombie (XN-24), and fewer systems (XN-21a) is the whole city's."""
    sample = city(XN)
    made = make(case(XN, "indicators", "2019-12-31", dress=False))
    (table,) = made.tables()
    rates = {row[1]: row[7] for row in table.rows}
    connected = {
        o.name: all(s.connected for s in own if s.must_connect) and any(s.connected for s in own)
        for o in sample.estate.organisations
        if (own := [s for s in sample.estate.systems if s.organisation == o.code])
    }
    assert len(connected) == 3
    for number, (name, joined) in enumerate(sorted(connected.items())):
        done = joined + (number == 0)  # the first handed in its self-audit
        assert rates[name] == ten_thousandths(Fraction(done, 7))


def test_who_is_late_with_one_big_system_is_who_has_more() -> None:
    """F-02 and F-22: XN-25 counts systems, and what is open are departments."""
    told = case(XN, "briefing", "2019-12", dress=False, today=date(2020, 1, 2))
    result = next(t for t in told.assessed.targets if t.entry == "XN-25")
    names = {o.name for o in told.members if o.code in result.open}
    assert names
    row = row_of(titled(make(told), "逾期任务表"), "任务", result.title)
    assert set(str(row["涉及单位"]).split("、")) == names
    late = late_by_owner(told, told.assessed.model_copy(update={"targets": (result,), "timed": ()}))
    assert set(late) == set(result.open)
    assert any("合计不等于" in note for note in titled(make(told), "各单位工作进展").notes)


def test_money_that_a_clock_holds_says_from_when_and_by_which_paper() -> None:
    made = make(case(XN, "holds", "2019-12-31", dress=False, today=date(2019, 12, 31)))
    row = next(r for r in titled(made, "暂缓安排的经费").rows if "XN-19" in str(r[6]))
    assert row[7] == "起算日2019-09-27（决定）；应于此日前办结：2019-10-10；至今未办结"


def test_what_a_third_party_is_given() -> None:
    """F-21: the figures of the other reports, and room for what they find."""
    told = case(CZ, "third-party", "2018-12-31", dress=False)
    made = make(told)
    systems = made.tables()[0]
    live = sum(bool(told.read("systems", "live", s)) for s in told.estate.systems)
    assert systems.total is not None
    assert systems.total[3] == sum(int(n or 0) for n in column(systems, "在册系统")) == live
    assert set(column(systems, "评估意见")) == {""}
