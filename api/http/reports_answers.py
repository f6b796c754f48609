"""What is asked of /api/v1/reports and what it answers, typed."""

from datetime import date

from pydantic import Field

from api.http.responses import Answer
from inventory.policies.forms import FORMS
from inventory.reports.model import Report

FORM = f"^({'|'.join(form.name for form in FORMS)})$"


class AskReport(Answer):
    form: str = Field(pattern=FORM, examples=["monthly"])
    policy: str | None = Field(default=None, max_length=63)
    period: str | None = Field(default=None, max_length=10, examples=["2018", "2019-03"])
    organisation: str | None = Field(default=None, max_length=200)
    county: str | None = Field(default=None, max_length=200)
    remark: str = Field(default="", max_length=5000)
    seed: str = Field(default="", max_length=200)
    size: int = Field(default=0, ge=0, le=100_000)
    today: date | None = None


class AskFinal(AskReport):
    revise: str = Field(
        default="", max_length=2000, description="更正定稿的理由 / why it is corrected"
    )


class MadeReport(Answer):
    digest: str
    final: int | None = Field(description="定稿编号 / number where it is final")
    report: Report


class FinalReport(Answer):
    id: int
    form: str
    title: str
    policy: str
    entry: str
    period: str
    scope: str
    revision: int
    reason: str
    digest: str
    made_at: str
    made_by: str
    files: dict[str, str] = Field(description="种类 → SHA-256 / kind → SHA-256")


class Sent(Answer):
    on: date
    channel: str = Field(min_length=1, max_length=60)
    to: str = Field(default="", max_length=500)
    evidence: str = Field(default="", max_length=2000)


class Received(Answer):
    policy: str = Field(max_length=63)
    entry: str = Field(max_length=32)
    organisation: str = Field(max_length=63)
    period: str = Field(max_length=10)
    on: date
    channels: list[str] = Field(min_length=1, max_length=10)
    evidence: str = Field(min_length=1, max_length=2000)


class MatchedFile(Answer):
    """`report`: the final report whose file it is, null for none."""

    name: str
    digest: str
    report: int | None
    kind: str | None


class ReportsVerified(Answer):
    ok: bool
    reports: int
    faults: list[str]
    files: list[MatchedFile]


class RecordedId(Answer):
    id: int
