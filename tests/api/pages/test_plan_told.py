"""A plan's page tells what the terminal tells beside the nights: days and what would keep them, what is
short, rings that were split, notes, nights that nobody kept; in one language at a time."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest

from api.pages.frame import Shell, Viewer, render
from api.pages.plan_view import plan_page
from api.words import Lang
from migrator.people.rights import Person, Role
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means, Plan
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Note, Split
from migrator.runs.approvals import PlanRecord
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system

BOTH = re.compile(r"[\u4e00-\u9fff]{4,} / [a-z]{3,}")


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Of three systems one has no machines, and two are late."""
    given: CityMeans = means(
        deadlines=[{"name": "全部 / all", "on": FIRST + timedelta(days=1)}],
        deliveries=[{"cloud": CLOUD, "on": FIRST + timedelta(days=2), "cores": 8}],
    )
    made = make_plan(estate([system(f"S{n}") for n in range(3)]), Means(city=given))
    assert made.timetable is not None
    told = {
        "split": (Split(systems=("S1", "S2"), why="两晚 / two nights", price=7),),
        "notes": (Note(systems=("S1",), text="窗口很短 <b> / a short window <b>"),),
    }
    return made.model_copy(update={"timetable": made.timetable.model_copy(update=told)})


def page(plan: Plan, lang: Lang, missed: Sequence[str] = ()) -> str:
    record = PlanRecord(
        code="P-1", digest=plan.digest, author="wang", made_at="2026-11-30T00:00:00Z"
    )
    view = plan_page(record, plan, [record], False, "li", FIRST, missed=missed)
    viewer = Viewer(person=Person(name="li", roles=frozenset({Role.VIEWER})), lang=lang, known=True)
    shell = Shell(title="P-1", at="plans")
    return render("plan.html", viewer, shell, "/plans/P-1", view=view, fault="")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "zh",
            ("如何才能守住", "云资源不足", "CPU 核数", "拆开的环", "两晚", "窗口很短 &lt;b&gt;"),
        ),
        (
            "en",
            (
                "what it would take",
                "Too little is delivered",
                "two nights",
                "a short window &lt;b&gt;",
            ),
        ),
    ],
)
def test_what_the_terminal_tells_stands_on_the_page(
    plan: Plan, lang: Lang, told: tuple[str]
) -> None:
    html = page(plan, lang)
    assert [one for one in told if one not in html] == []
    assert not BOTH.search(html)


def test_nights_that_nobody_kept_stand_on_top(plan: Plan) -> None:
    html = page(plan, "en", ["S1: 2026-12-01 夜已过 / S1: its night 2026-12-01 is over"])
    assert "missed their night: 1" in html
    assert html.index("S1: its night 2026-12-01 is over") < html.index("Whether days are kept")
    assert "missed their night" not in page(plan, "en")
