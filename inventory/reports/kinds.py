"""Form → the function that makes it."""

from collections.abc import Callable, Mapping

from inventory.errors import ReportError
from inventory.reports.annual import annual
from inventory.reports.appraisal import evaluation, indicators, rectification
from inventory.reports.briefing import briefing, notice
from inventory.reports.case import Case
from inventory.reports.catalogue import catalogue
from inventory.reports.cleanup import account, audit, sample
from inventory.reports.holds import money_on_hold
from inventory.reports.lines import cancellations, survey
from inventory.reports.migration_plan import migration_plan
from inventory.reports.model import Report
from inventory.reports.monthly import monthly
from inventory.reports.projects import acceptance, om_filing, satisfaction, scorecard
from inventory.reports.self_audit import self_audit
from inventory.reports.third_party import third_party
from inventory.reports.verified import verified

MAKERS: Mapping[str, Callable[[Case], Report]] = {
    "monthly": monthly,
    "briefing": briefing,
    "annual": annual,
    "evaluation": evaluation,
    "self-audit": self_audit,
    "lines": survey,
    "catalogue": catalogue,
    "verification": verified,
    "system-audit": audit,
    "sample": sample,
    "migration-plan": migration_plan,
    "clean-up": account,
    "cancellations": cancellations,
    "om-filing": om_filing,
    "scorecard": scorecard,
    "indicators": indicators,
    "acceptance": acceptance,
    "satisfaction": satisfaction,
    "third-party": third_party,
    "notice": notice,
    "rectification": rectification,
    "holds": money_on_hold,
}


def make(case: Case) -> Report:
    """The report that the case asks for. Raises ReportError."""
    if not case.pack.in_force(case.day, case.entry.clause if case.entry else ""):
        until = case.pack.expires(case.entry.clause if case.entry else "")
        raise ReportError(
            f"{case.pack.title}在 {case.day} 不具效力（{case.pack.validity.effective_from} 至 "
            f"{until or '未写明'}）/ {case.pack.id} does not hold on {case.day}: expected a period within "
            f"{case.pack.validity.effective_from} and {until or 'no stated end'}"
        )
    return MAKERS[case.form](case)
