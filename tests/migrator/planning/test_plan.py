import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inventory.model import Estate
from migrator.planning.plan import AFTERWARDS, CUTOVER, WAY, Means, Plan, StepKind
from migrator.planning.planner import make_plan
from tests.migrator.builders import MEANS, cities, plan_of


def test_the_way_holds_every_step_once_and_the_cutover_in_one_piece() -> None:
    assert [*WAY, StepKind.ROLLBACK, *AFTERWARDS] == list(StepKind)
    first = WAY.index(CUTOVER[0])
    assert WAY[first : first + len(CUTOVER)] == CUTOVER


@given(cities(), MEANS)
@settings(deadline=None, max_examples=30)
def test_a_plan_reads_back_as_itself(estate: Estate, means: Means) -> None:
    plan = make_plan(estate, means)
    again = Plan.read(plan.model_dump_json(), plan.digest)
    assert again == plan
    assert again.digest == plan.digest


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_a_changed_byte_is_another_plan_or_none(data: st.DataObject) -> None:
    plan = plan_of(2)
    text = plan.model_dump_json()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from('019aZ"{}, /'))
    changed = text[:at] + other + text[at + 1 :]
    try:
        same = json.loads(changed) == json.loads(text)
    except ValueError:
        same = False
    if not same:
        with pytest.raises(ValueError, match=r".") as told:
            Plan.read(changed, plan.digest)
        assert isinstance(told.value, ValidationError) or "expected" in str(told.value)


def test_what_an_item_takes() -> None:
    item = plan_of(1).item("S0")
    assert item.resources == ("total", "room:R1", "cloud:CLOUD", "host:S0-new", "line:L-R1")
    with pytest.raises(KeyError):
        plan_of(1).item("S9")


def test_a_plan_on_record_keeps_its_digest_when_plans_learn_more() -> None:
    """What older versions stored has none of the later fields."""
    plan = plan_of(2)
    old = plan.model_copy(
        update={"verdicts": tuple(v.model_copy(update={"way": None}) for v in plan.verdicts)}
    )
    body = old.model_dump(mode="json")
    del body["timetable"], body["means"]["city"]
    for verdict in body["verdicts"]:
        del verdict["way"], verdict["grounds"], verdict["asks"]
    assert Plan.read(json.dumps(body), old.digest) == old
