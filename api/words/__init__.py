"""Every text of the screens, Chinese and English; `say(key)` in the chosen language.

Messages of errors are not here: they come bilingual from where the fault was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from api.words.alerts import ALERT_TEXTS
from api.words.census import CENSUS
from api.words.decommission import DECOMMISSION_TEXTS
from api.words.engine import ENGINE_TEXTS
from api.words.netbox import NETBOX_TEXTS
from api.words.network import NETWORK_TEXTS
from api.words.objects import OBJECT_TEXTS
from api.words.page_deeds import PAGE_DEED_TEXTS
from api.words.pages import PAGE_TEXTS
from api.words.pages_admin import PAGE_ADMIN_TEXTS
from api.words.pages_city import PAGE_CITY_TEXTS
from api.words.pages_papers import PAGE_PAPER_TEXTS
from api.words.pages_work import PAGE_WORK_TEXTS
from api.words.people import PEOPLE_TEXTS
from api.words.plan import PLAN_TEXTS
from api.words.plan_check import PLAN_CHECK_TEXTS
from api.words.policy import POLICY_TEXTS
from api.words.readiness import READINESS_TEXTS
from api.words.records import RECORD_TEXTS
from api.words.report import REPORT_TEXTS
from api.words.run_deeds import RUN_DEED_TEXTS
from api.words.services import SERVICE_TEXTS
from api.words.steps import STEP_TEXTS
from api.words.timetable import TIMETABLE_TEXTS
from api.words.trail import TRAIL_TEXTS
from inventory.halves import halves

Lang = Literal["zh", "en"]

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **OBJECT_TEXTS,
        **STEP_TEXTS,
        **NETBOX_TEXTS,
        **NETWORK_TEXTS,
        **DECOMMISSION_TEXTS,
        **SERVICE_TEXTS,
        **READINESS_TEXTS,
        **POLICY_TEXTS,
        **REPORT_TEXTS,
        **CENSUS,
        **RECORD_TEXTS,
        **PLAN_TEXTS,
        **ALERT_TEXTS,
        **PLAN_CHECK_TEXTS,
        **TIMETABLE_TEXTS,
        **TRAIL_TEXTS,
        **ENGINE_TEXTS,
        **PAGE_TEXTS,
        **PAGE_CITY_TEXTS,
        **PAGE_WORK_TEXTS,
        **PAGE_PAPER_TEXTS,
        **PAGE_ADMIN_TEXTS,
        **PAGE_DEED_TEXTS,
        **RUN_DEED_TEXTS,
        **PEOPLE_TEXTS,
    }
)


@dataclass(frozen=True)
class Words:
    """Texts in one language."""

    lang: Lang

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key`; KeyError for an unknown key is a bug."""
        text = TEXTS[key][0 if self.lang == "zh" else 1]
        return text.format(**values) if values else text

    def half(self, told: str) -> str:
        """This language's half of a reason that has both, "中文 / English", line by line; the whole of
        another."""
        which = 0 if self.lang == "zh" else 1
        return "\n".join(halves(line)[which] for line in told.split("\n"))

    def has(self, key: str) -> bool:
        return key in TEXTS

    def known(self, key: str) -> str:
        """The text of `key` where there is one, else `key` itself (data may hold new words)."""
        return self(key) if key in TEXTS else key
