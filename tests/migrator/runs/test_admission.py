"""Admission alone: whatever comes and goes, limits hold and nobody starves."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from migrator.runs.admission import PATIENCE, Claim, admit

RESOURCES = ("total", "room:R1", "room:R2", "line:L1", "line:L2", "cloud:C", "host:H")
LIMITS = st.fixed_dictionaries({r: st.integers(1, 3) for r in RESOURCES})
NEEDS = st.lists(st.sampled_from(RESOURCES[1:]), unique=True, max_size=4)


def claim(code: str, *resources: str, group: str = "w1", overtaken: int = 0) -> Claim:
    return Claim(code=code, group=group, resources=("total", *resources), overtaken=overtaken)


def test_a_limit_holds_over_what_is_under_way() -> None:
    waiting = [claim("a", "room:R1"), claim("b", "room:R1"), claim("c", "room:R2")]
    limits = {"total": 9, "room:R1": 2, "room:R2": 1}
    assert admit(waiting, [claim("x", "room:R1")], limits) == ("a", "c")


def test_waves_take_turns() -> None:
    waiting = [claim(f"a{n}", group="a") for n in range(4)]
    waiting += [claim(f"b{n}", group="b") for n in range(4)]
    assert sorted(admit(waiting, [claim("a9", group="a")], {"total": 4})) == ["a0", "b0", "b1"]


def test_what_was_overtaken_too_often_is_waited_for() -> None:
    """It needs a line and a room; one of both is always taken by others that need only one."""
    poor = claim("poor", "room:R1", "line:L1", overtaken=PATIENCE)
    limits = {"total": 9, "room:R1": 1, "line:L1": 1}
    others = [claim("r", "room:R1"), claim("l", "line:L1")]
    assert admit([*others, poor], [claim("x", "room:R1")], limits) == ()
    assert admit([*others, poor], [], limits) == ("poor",)


@given(st.data(), LIMITS)
def test_nobody_starves(data: st.DataObject, limits: dict[str, int]) -> None:
    """New claims arrive at every turn and any may end: of what an item needs that waited too long, none
    that waited less takes the last unit, and all that came are done once no more come."""
    count = data.draw(st.integers(1, 14), label="claims")
    needs = {f"c{n}": ("total", *data.draw(NEEDS)) for n in range(count)}
    arrives = {c: data.draw(st.integers(0, 12)) for c in needs}
    groups = {c: data.draw(st.sampled_from("abc")) for c in needs}
    overtaken = Counter[str]()
    begun: list[str] = []
    done: set[str] = set()
    for turn in range(200):
        waiting = [c for c in needs if arrives[c] <= turn and c not in begun]
        under_way = [c for c in begun if c not in done]
        if not waiting and not under_way and turn > 12:
            break

        def made(code: str) -> Claim:
            return Claim(
                code=code, group=groups[code], resources=needs[code], overtaken=overtaken[code]
            )

        new = admit([made(c) for c in waiting], [made(c) for c in under_way], limits)
        held = Counter(r for c in (*under_way, *new) for r in needs[c])
        assert all(held[r] <= limits[r] for r in held)
        assert new or under_way or not waiting, "nothing is under way and nothing may begin"
        late = [c for c in new if overtaken[c] < PATIENCE]
        for poor in (c for c in set(waiting) - set(new) if overtaken[c] >= PATIENCE):
            shared = {r for c in late for r in set(needs[c]) & set(needs[poor])}
            assert all(held[r] < limits[r] for r in shared), "a unit is kept free for it"
        begun += new
        for code in set(waiting) - set(new):
            overtaken[code] += sum(not set(needs[code]).isdisjoint(needs[c]) for c in new)
        if under_way:  # one ends at each turn, whichever
            done.add(data.draw(st.sampled_from(sorted(under_way)), label="ends"))
    assert done == set(needs)
