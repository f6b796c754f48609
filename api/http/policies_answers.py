"""What /api/v1/policies answers, typed."""

from datetime import date
from typing import Literal

from pydantic import Field, JsonValue

from api.http.paging import Page
from api.http.responses import Answer
from inventory.policies.assessment import Assessment
from inventory.policies.holds import Hold
from inventory.policies.pack import Validity


class PolicyAnswer(Answer):
    id: str
    title: str
    title_en: str
    number: str
    place: str
    validity: Validity
    in_force: bool
    own: bool = Field(description="本市适用 / one of the city's own")
    counts: dict[str, int]


class Assessed(Answer):
    assessment: Assessment
    alarms: int = Field(description="逾期与违规数 / late targets and broken rules")


class AssessedAll(Answer):
    today: date
    alarms: int
    assessments: list[Assessed]


class Held(Page[Hold]):
    """The sums are of all that fit, not of the page."""

    yuan: int
    unknown_amounts: int
    phase_out_yuan: int
    phase_out_unknown: int


class NewRecord(Answer):
    kind: Literal["declaration", "exception", "event", "fate"]
    told: dict[str, JsonValue] = Field(
        description="该类登记的字段，见 docs/policies.md / fields of a record of that kind",
        examples=[
            {
                "policy": "cangzhou-2017-157",
                "entry": "CZ-03",
                "by": "市政务办",
                "evidence": "冀沧政办〔2018〕1 号",
                "on": "2018-03-01",
                "done": True,
            }
        ],
    )


class BaselineOf(Answer):
    policy: str = Field(max_length=63)


class PolicyText(Answer):
    toml: str = Field(
        min_length=1, max_length=1_000_000, description="政策文件全文 / the whole file"
    )


class PolicyFault(Answer):
    line: int | None
    told: str


class PolicyChecked(Answer):
    ok: bool
    id: str | None
    counts: dict[str, int]
    faults: list[PolicyFault]


class Withdrawal(Answer):
    reason: str = Field(min_length=1, max_length=2000)
