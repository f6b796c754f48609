"""For each rule: the pack, the rule, the kind and the owner of an object, what breaks the rule, what
does not. One case a line, whatever its length."""

# ruff: noqa: E501

from datetime import date
from typing import Any

from tests.inventory.policies.builder import CLOUD

CZ, DL, JL, XN, XZ = (
    "cangzhou-2017-157",
    "dalian-2017-135",
    "jilin-2015-17",
    "xianning-2019-5",
    "xinzhou-2020-98",
)
NEW, SAID = "new", "said"
"""Marks of a case: made after the baseline; put on record under the rule itself."""

ON, OFF = {"moved": True}, {"moved": False}
STEPS: dict[str, Any] = {
    "destination": "extranet",
    "private_class": "业务",
    "boundary": "本厅",
    "nature": "业务",
    "protection_level": "三级",
}
SHARES = "shares"
"""Mark of a case: a resource of the system is shared with another organisation."""
HOME = "home"
"""Mark of a case: the county whose logical platform there is."""
KEPT: dict[str, Any] = {
    "keep_approval": "批复",
    "keep_approved_by": "领导小组",
    "keep_approved_on": date(2018, 12, 1),
    "keep_review_on": date(2020, 1, 1),
}
SIGNED: dict[str, Any] = {"contract_signed_on": date(2019, 5, 1)}
GRADED: dict[str, Any] = {"mlps_level": 3, "mlps_test_date": date(2019, 2, 1)}
ASSESSED: dict[str, Any] = {
    "crypto_assessed_on": date(2019, 2, 1),
    "risk_assessed_on": date(2019, 2, 1),
}
LATER, BEFORE = date(2020, 9, 1), date(2016, 1, 1)
CLASSIFIED = {"secrecy": "classified"}
CLEAR = {"secrecy": "none"}
COURT = {"special_network_exclusion": "political_legal"}
BUYS = {"project_state": "planned"}
TWICE = {"project_state": "planned", "function_tags": ("协同办公",), **CLEAR}

# (pack, rule, kind, owner, what breaks it, what does not); a mark stands under its own name
CASES: list[tuple[str, str, str, str, dict[str, Any], dict[str, Any]]] = [
    (CZ, "V-03", "cloud", "county", {NEW: True}, {}),
    (CZ, "V-24", "internet_leased", "city", {}, {"cancelled_on": BEFORE}),
    (CZ, "V-25", "private_business", "city", {}, KEPT),
    (CZ, "V-26", "private_business", "city", {"vertical_of": "部", "destination": "kept"}, {"vertical_of": "部", "destination": "kept", **KEPT}),
    (CZ, "V-36", "cloud", "county", {"kind": "county", "managed_by_city": False}, {"kind": "county", "managed_by_city": True}),
    (CZ, "V-39", "system", "city", {"target": CLOUD, **OFF}, OFF),
    (CZ, "V-45", "exchange_platform", "county", {NEW: True}, {}),
    (CZ, "V-49", "system", "city", {"connected": True, "connection_date": LATER}, {"connected": True, "connection_date": LATER, SAID: True}),
    (CZ, "V-64", "system", "city", {**ON, "om_funds_per_year": 1}, {**ON, "om_funds_per_year": 0}),
    (DL, "V-02", "room", "county", {"created": date(2018, 1, 1)}, {"created": BEFORE, "upgraded": BEFORE}),
    (DL, "V-05", "project", "city", {**BUYS, "purchases": ("存储",)}, {**BUYS, "purchases": ("打印机",)}),
    (DL, "V-06", "project", "city", {"content": "new", "project_state": "planned"}, {"content": "new", "project_state": "planned", SAID: True}),
    (DL, "V-07", "system", "county", TWICE, {**TWICE, "function_tags": ("排污许可",)}),
    (DL, "V-07", "system", "county", TWICE, {**TWICE, SAID: True}),
    (DL, "V-08", "system", "county", {"project_state": "planned"}, {"project_state": "built"}),
    (DL, "V-09", "system", "city", {"owner_unit_level": "subordinate"}, {"owner_unit_level": "department"}),
    (DL, "V-22", "project", "city", {"project_state": "applying", "filing_no": "1"}, {"project_state": "applying", "filing_no": "1", SAID: True}),
    (DL, "V-23", "internet_leased", "city", {"self_leased": True}, {"self_leased": True, "cancelled_on": date(2018, 12, 31)}),
    (DL, "V-23", "internet_leased", "city", {"self_leased": True}, {"self_leased": False}),
    (DL, "V-24", "internet_leased", "city", {"self_leased": False}, {"self_leased": False, "destination": "extranet"}),
    (DL, "V-27", "internal_private", "city", {"destination": "extranet"}, {"destination": "intranet"}),
    (DL, "V-32", "system", "city", {**CLASSIFIED, "target": CLOUD}, {**CLASSIFIED, **OFF}),
    (DL, "V-34", "system", "city", CLASSIFIED, {**CLASSIFIED, "graded_protection": "备案"}),
    (DL, "V-40", "system", "city", {"citizen_facing": True, "target": CLOUD, **OFF}, {"citizen_facing": True, "target": CLOUD, **OFF, "window": "01:00-05:00"}),
    (DL, "V-41", "host", "city", {"moved": True}, {"moved": False}),
    (DL, "V-42", "room", "city", {"host": "server"}, {"host": "access"}),
    (DL, "V-49", "system", "city", {"connected": True, "connection_date": LATER}, {"connected": True, "connection_date": BEFORE}),
    (DL, "V-61", "system", "city", {"connected": False, **OFF}, {"connected": True, **OFF}),
    (DL, "V-61a", "private_business", "city", {}, {"destination": "intranet", "cancelled_on": BEFORE}),
    (JL, "V-28", "private_business", "city", {**STEPS, "test_passed": False}, {**STEPS, "test_passed": True}),
    (JL, "V-31", "intranet", "city", {}, {SAID: True}),
    (XN, "V-01", "room", "county", {"upgraded": date(2019, 2, 1)}, {"created": BEFORE, "upgraded": BEFORE}),
    (XN, "V-09", "system", "city", {"owner_unit_level": "section"}, {"owner_unit_level": "subordinate"}),
    (XN, "V-10", "private_business", "city", {NEW: True}, {}),
    (XN, "V-11", "system", "city", {"project_state": "planned", "must_connect": False, **CLEAR}, {"project_state": "planned", "must_connect": True, **CLEAR}),
    (XN, "V-12", "project", "city", {"approval_date": date(2019, 2, 1)}, {"approval_date": date(2019, 2, 1), SAID: True}),
    (XN, "V-13", "project", "city", SIGNED, {**SIGNED, SAID: True}),
    (XN, "V-14", "project", "city", {"said_of": "V-13"}, {}),
    (XN, "V-16", "project", "city", {**SIGNED, "in_annual_plan": False}, {**SIGNED, "in_annual_plan": True}),
    (XN, "V-17", "project", "city", {**SIGNED, "data_asset_clause": False}, {**SIGNED, "data_asset_clause": True}),
    (XN, "V-19", "project", "city", {SAID: True}, {}),
    (XN, "V-20", "project", "city", {**SIGNED, "project_state": "built"}, {**SIGNED, "project_state": "built", "accepted_on": date(2020, 1, 1)}),
    (XN, "V-21", "project", "city", {"approval_date": date(2019, 2, 1)}, {"approval_date": date(2019, 2, 1), "data_resources": ("目录",)}),
    (XN, "V-21a", "project", "city", {"accepted_on": date(2020, 1, 1)}, {"accepted_on": date(2020, 1, 1), SAID: True}),
    (XN, "V-29", "system", "city", {"network_domain": "private"}, {"network_domain": "extranet"}),
    (XN, "V-30", "system", "city", {"special_network_exclusion": "political_legal", "target": CLOUD}, {"special_network_exclusion": "political_legal"}),
    (XN, "V-32", "system", "city", {**CLASSIFIED, **ON}, {**CLASSIFIED, **OFF}),
    (XN, "V-33", "system", "city", {"target": CLOUD}, {"target": CLOUD, **CLEAR}),
    (XN, "V-34", "system", "city", CLASSIFIED, {**CLASSIFIED, "graded_protection": "备案"}),
    (XN, "V-35", "system", "city", {NEW: True, **CLEAR, **OFF}, {NEW: True, **CLEAR, "cloud_status": "none", "target": CLOUD}),
    (XN, "V-35", "system", "city", {NEW: True, **CLEAR, **OFF, "target": CLOUD}, {NEW: True, **CLEAR, **OFF, **COURT}),
    (XN, "V-36", "cloud", "city", {"kind": "industry", "managed_by_city": False}, {"kind": "industry", "managed_by_city": True}),
    (XN, "V-38", "system", "city", {**ON, **CLEAR, **GRADED}, {**ON, **CLEAR, **GRADED, **ASSESSED}),
    (XN, "V-38", "system", "city", {**ON, **CLEAR}, {**ON, **CLEAR, **COURT}),
    (XN, "V-44", "exchange_platform", "county", {NEW: True}, {}),
    (XN, "V-46", "exchange_platform", "city", {NEW: True}, {}),
    (XN, "V-47", "system", "city", {NEW: True, **CLEAR, SHARES: True, "connected": False}, {NEW: True, **CLEAR, SHARES: True, "connected": True}),
    (XN, "V-47a", "system", "city", {**CLEAR, SHARES: True, "connected": False}, {**CLEAR, "connected": False}),
    (XN, "V-50", "resource", "city", {"share_type": "none"}, {"share_type": "none", "legal_basis": "法"}),
    (XN, "V-51", "resource", "city", {"name": "人口", "again": True}, {"name": "法人"}),
    (XN, "V-52", "resource", "city", {"first_batch": True, "share_type": "conditional"}, {"first_batch": True, "share_type": "unconditional"}),
    (XN, "V-53", "resource", "city", {SAID: True}, {}),
    (XN, "V-53a", "resource", "city", {"published_on": date(2019, 5, 1), "shared_with": ("市公安局",)}, {"published_on": date(2019, 5, 1), "shared_with": ("市公安局",), SAID: True}),
    (XN, "V-54", "resource", "city", {"published_on": date(2019, 5, 1)}, {"published_on": date(2019, 5, 1), SAID: True}),
    (XN, "V-57", "system", "city", {"must_connect": True, "connected": False}, {"must_connect": True, "connected": True}),
    (XN, "V-57", "system", "city", {"must_connect": True, "connected": False, "must_connect_confirmed_on": BEFORE}, {"must_connect": True, "connected": False, "must_connect_confirmed_on": date(2030, 1, 1)}),
    (XN, "XN-04", "project", "city", {"budget_at_requirement": 1000, "budget_at_technical": 899}, {"budget_at_requirement": 1000, "budget_at_technical": 900}),
    (XN, "XN-07", "project", "city", SIGNED, {**SIGNED, "contract_filed_on": date(2019, 5, 2)}),
    (XN, "XN-08", "project", "city", {"investment": 500001, "acceptance_applied_on": date(2020, 1, 1)}, {"investment": 500000, "acceptance_applied_on": date(2020, 1, 1)}),
    (XN, "XN-10", "project", "city", {"accepted_on": date(2019, 5, 1)}, {"accepted_on": date(2019, 5, 1), "audit_result": "通过"}),
    (XN, "XN-13", "project", "city", {SAID: True}, {}),
    (XN, "XN-14", "project", "city", {SAID: True, "project_state": "built"}, {"project_state": "built"}),
    (XZ, "V-04", "project", "county", {"content": "extended", "approval_date": LATER}, {"content": "extended", "approval_date": BEFORE}),
    (XZ, "V-32", "system", "city", {**CLASSIFIED, "target": CLOUD}, {**CLASSIFIED, **OFF}),
    (XZ, "V-35", "system", "county", {"project_state": "under_construction", **CLEAR, **OFF}, {"project_state": "under_construction", **CLEAR, **ON}),
    (XZ, "V-37", "system", "city", {"project_state": "planned", "xinchuang": False}, {"project_state": "planned", "xinchuang": True}),
    (XZ, "V-38", "system", "city", {**ON, **CLEAR}, {**ON, **CLEAR, **GRADED}),
    (XZ, "V-43", "system", "city", {**ON, "security_party": "owner"}, {**ON, "security_party": "operator"}),
    (XZ, "V-48", "system", "county", {**CLEAR, "connected": False, HOME: "青县"}, {**CLEAR, "connected": True, HOME: "青县"}),
    (XZ, "V-48", "system", "county", {**CLEAR, "connected": True, HOME: "代县"}, {**CLEAR, "connected": True, HOME: "青县"}),
    (XZ, "V-56", "system", "city", {"common_system": "hotline", "province_connected": False}, {"common_system": "hotline", "province_connected": True}),
    (XZ, "V-55", "system", "city", {"citizen_facing": True, "sso_connected": False}, {"citizen_facing": True, "sso_connected": True}),
    (XZ, "V-55a", "system", "city", {"citizen_facing": True, "app_integrated": False}, {"citizen_facing": True, "app_integrated": True}),
]  # fmt: skip
