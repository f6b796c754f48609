"""The use case before a plan with nights: the means that somebody is to edit."""

from datetime import date

from migrator.errors import Refused
from migrator.people.rights import Deed, Person
from migrator.planning.means_text import starter, text_of
from migrator.store.truth import Truth


def means_to_edit(truth: Truth, actor: Person, like: str | None, today: date) -> str:
    """As TOML: the means of plan `like`, without it of the last plan that has any, else a first text.

    Raises Forbidden, NotFound, Refused for a plan without nights.
    """
    truth.permit(actor, Deed.PLAN_MAKE, like or "estate")
    for code in [like] if like else [p.code for p in reversed(truth.plans.all())]:
        city = truth.plans.load(code).means.city
        if city is not None:
            return text_of(city)
        if like:
            raise Refused(
                f"方案 {code} 没有时间表，没有可改的条件 / plan {code} has no timetable, and so no means: "
                "name another, or none"
            )
    return starter(today)
