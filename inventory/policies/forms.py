"""The forms in which something is handed in, and the number that each has in requirements F.

An entry of a pack names the form that answers it (`form = "annual"`), so that a new city's reports
need no code. What a form looks like is in `inventory/reports`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """`numbers`: of requirements F. `files`: the kinds of file that an office hands in, first the
    one that is asked for."""

    name: str
    title: str
    title_en: str
    numbers: tuple[str, ...]
    files: tuple[str, ...]


_LETTER = ("docx", "xlsx", "html")
_TABLE = ("xlsx", "html")

FORMS = (
    Form("monthly", "月度进展情况报表", "monthly progress", ("F-01", "F-03"), _TABLE),
    Form("briefing", "工作简报", "briefing", ("F-02",), ("docx", "html")),
    Form("annual", "年度情况报告", "annual report", ("F-04", "F-05"), _LETTER),
    Form("evaluation", "年度评估指标表", "yearly evaluation sheet", ("F-06",), _TABLE),
    Form("self-audit", "自查报告和两个清单", "self-audit report, two lists", ("F-07",), _LETTER),
    Form("lines", "线路清查表", "line survey", ("F-08",), _TABLE),
    Form("catalogue", "政务信息资源目录", "catalogue of resources", ("F-09",), _TABLE),
    Form("verification", "核查结果表", "verification, declared beside found", ("F-10",), _TABLE),
    Form("system-audit", "信息系统审计情况表", "system audit", ("F-11",), _TABLE),
    Form("sample", "清理情况抽检表", "sample audit of the clean-up", ("F-12",), _TABLE),
    Form("migration-plan", "迁移方案", "migration plan of one department", ("F-13",), _LETTER),
    Form("clean-up", "僵尸信息系统清理台账", "clean-up account", ("F-14",), _TABLE),
    Form("cancellations", "专网和线路整合取消台账", "lines merged or ended", ("F-15",), _TABLE),
    Form("om-filing", "项目运维情况备案表", "yearly O&M filing", ("F-16",), _TABLE),
    Form("scorecard", "项目绩效评估表", "yearly performance evaluation", ("F-17",), _TABLE),
    Form("indicators", "考核指标表", "appraisal indicators", ("F-18",), _TABLE),
    Form("acceptance", "项目验收情况表", "acceptance of projects", ("F-19",), _TABLE),
    Form("satisfaction", "使用满意度报告目录", "satisfaction reports, register", ("F-20",), _TABLE),
    Form("third-party", "第三方评估基础数据表", "data for a third party", ("F-21",), _TABLE),
    Form("notice", "进展情况通报", "progress notice", ("F-22",), ("docx", "html")),
    Form("rectification", "未完成整改清单", "overdue rectification", ("F-23",), _TABLE),
    Form("holds", "暂缓安排经费清单", "money on hold", ("F-24",), _TABLE),
)
NAMES = tuple(form.name for form in FORMS)


def form_of(name: str) -> Form:
    """Raises KeyError."""
    return {form.name: form for form in FORMS}[name]
