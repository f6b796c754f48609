"""Projects and the information resources that departments share."""

from datetime import date

from inventory.choices import FundingSource, ProjectContent, ProjectKind, ProjectState, ShareType
from inventory.model.parts import Code, Codes, MaybeContacts, Texts, Thing


class Project(Thing):
    """项目 (D4); amounts in yuan."""

    organisation: Code | None = None  # 建设单位
    contacts: MaybeContacts = None
    joint_applicants: Codes = None
    kind: ProjectKind | None = None
    content: ProjectContent | None = None
    project_state: ProjectState | None = None
    investment: int | None = None
    om_funds_per_year: int | None = None
    funding_source: FundingSource | None = None
    data_resources: Texts = None
    application_systems: Texts = None
    protection_filing: str | None = None
    approving_department: Code | None = None
    approval_date: date | None = None
    budget_at_requirement: int | None = None
    budget_at_technical: int | None = None
    purchases: Texts = None  # 采购内容
    in_annual_plan: bool | None = None
    plan_year: int | None = None
    winner: str | None = None
    winning_bid: int | None = None
    contract_signed_on: date | None = None
    contract_published_on: date | None = None
    contract_filed_on: date | None = None
    data_asset_clause: bool | None = None
    supervisor: str | None = None
    agency: str | None = None
    system_test: str | None = None
    responsible_leader: str | None = None
    trial_started_on: date | None = None
    acceptance_applied_on: date | None = None
    accepted_on: date | None = None
    audit_result: str | None = None
    final_accounts: int | None = None
    filing_no: str | None = None
    filing_date: date | None = None


class Resource(Thing):
    """信息资源 (D5): what a department collects and shares."""

    organisation: Code | None = None  # 责任采集部门
    share_type: ShareType | None = None
    first_batch: bool | None = None  # 首批共享目录
    share_condition: str | None = None
    legal_basis: str | None = None
    format: str | None = None
    update_cycle: str | None = None
    purpose: str | None = None
    open: bool | None = None
    shared_with: Texts = None
    system: Code | None = None
    published_on: date | None = None
