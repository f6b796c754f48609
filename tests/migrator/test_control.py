"""Commands to waves, limits in flight, approvals of what is ready: over the truth, with no engine at all."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy

from migrator.attempts.crew import Watch
from migrator.engine import dossier
from migrator.engine.messages import ItemRef
from migrator.engine.notices import Notifier
from migrator.engine.outlooks import copied, outlook_of
from migrator.engine.streaming import as_sse, stream
from migrator.errors import AttemptAlive, Forbidden, NotFound, Refused
from migrator.people.rights import local
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means, StepKind
from migrator.runs.gates import Gates
from migrator.runs.rates import allowed_kbps, rate_of
from migrator.runs.records import ItemState
from migrator.runs.rules import Approval, Before, EngineRules, Notify, Scope
from migrator.store.logs import LogLine
from tests.migrator.builders import city, plan_of, system
from tests.migrator.scripted import Stage

CALM = Watch(beat=lambda: None, stop=lambda: None)
WIDE = Means(ignore_windows=True, soak_seconds=0, per_room=9, per_line=4, moves_at_once=9)


def begun(stage: Stage, count: int = 3, means: Means = WIDE, needs: tuple = ()) -> str:
    code, _ = stage.approved(city([system(n) for n in range(count)], needs), means)
    return stage.running.start(code, local("wang")).code


def turn(stage: Stage, run: str, started: set[str]) -> bool:
    """Ask for the run and once for each item that was started, and do what is said; whether it ended."""
    order = stage.activities.next_of_run(run)
    started |= {*order.start, *order.under_way}
    for code in sorted(started):
        told = stage.activities.next_of_item(ItemRef(run=run, system=code))
        if told.step is not None:
            stage.performer.perform(run, code, told.step, CALM)
        if told.end is not None:
            started.discard(code)
    return order.end is not None


def drive(stage: Stage, run: str, turns: int = 60) -> bool:
    started: set[str] = set()
    return any(turn(stage, run, started) for _ in range(turns))


def commands(stage: Stage, verb: str) -> int:
    return Counter(e.action for e in stage.truth.audit_entries())[f"run.{verb}"]


def test_a_paused_wave_begins_nothing_and_says_it_once(stage: Stage) -> None:
    run = begun(stage)
    assert stage.running.pause_wave(run, 1, local("wang"), "停电") == ("S0", "S1", "S2")
    assert stage.running.pause_wave(run, 1, local("wang"), "停电") == ()
    assert commands(stage, "pause") == 1
    assert not drive(stage, run, turns=3)
    assert set(stage.states(run).values()) == {"waiting"}
    assert stage.running.resume_wave(run, 1, local("wang")) == ("S0", "S1", "S2")
    assert drive(stage, run)
    assert set(stage.states(run).values()) == {"done"}
    with pytest.raises(Refused, match="已结束"):
        stage.running.pause_wave(run, 1, local("wang"))


def test_a_wave_is_rolled_back_but_for_what_is_committed(stage: Stage) -> None:
    run = begun(stage)
    started: set[str] = set()
    for _ in range(3):
        turn(stage, run, started)
    assert stage.running.rollback_wave(run, 1, local("wang"), "坏了") == ("S0", "S1", "S2")
    assert stage.running.rollback_wave(run, 1, local("wang"), "坏了") == ()
    with pytest.raises(NotFound, match="第 7 批"):
        stage.running.rollback_wave(run, 7, local("wang"))
    assert drive(stage, run)
    assert set(stage.states(run).values()) == {"rolled_back"}


def test_pausing_twice_is_written_once(stage: Stage) -> None:
    run = begun(stage)
    for _ in range(2):
        stage.running.pause(run, None, local("wang"))
        stage.running.pause(run, "S1", local("wang"))
    assert commands(stage, "pause") == 2


def test_limits_change_in_flight(stage: Stage) -> None:
    run = begun(stage)
    assert stage.running.limit(run, {"room:R1": 1}, local("wang"), "夜里人少") == {"room:R1": 1}
    stage.running.limit(run, {"room:R1": 1}, local("wang"), "夜里人少")
    assert commands(stage, "limit") == 1
    assert stage.activities.next_of_run(run).start == ("S0",)
    stage.running.limit(run, {"room:R1": 2}, local("wang"))
    assert stage.activities.next_of_run(run).start == ("S1",)
    assert stage.running.limit(run, {"room:R1": 0}, local("wang")) == {}
    assert stage.activities.next_of_run(run).start == ("S2",)
    with pytest.raises(Refused, match="room:R1"):
        stage.running.limit(run, {"room:R8": 1}, local("wang"))


def test_two_runs_share_a_room(stage: Stage) -> None:
    """Two plans for the same room: its limit holds for both together."""
    means = Means(ignore_windows=True, soak_seconds=0, per_room=1)
    stage.hold(city([system(0), system(1)]))
    _, plan = stage.planning.make(local("zhang"), means)
    runs = []
    for code in ("S0", "S1"):
        wave = plan.waves[0].model_copy(update={"number": 1, "items": (plan.item(code),)})
        part = stage.truth.plans.add(plan.model_copy(update={"waves": (wave,)}), "zhang")
        stage.planning.approve(part.code, part.digest, local("li"))
        runs.append(stage.running.start(part.code, local("wang")).code)
    first, second = runs
    assert stage.activities.next_of_run(first).start == ("S0",)
    assert stage.activities.next_of_run(second).start == ()
    assert drive(stage, first)
    assert stage.activities.next_of_run(second).start == ("S1",)


def test_a_lines_rate_is_shared_and_falls_in_flight(stage: Stage) -> None:
    run = begun(stage)
    seen: list[int] = []
    stage.world.on_play = lambda code, step: seen.append(rate(stage, run, code))
    drive_one(stage, run, "S0", StepKind.PRESYNC)
    stage.running.limit(run, {"rate:L-R1": 8_000}, local("wang"), "白天")
    stage.performer.perform(run, "S0", StepKind.PRESYNC, CALM)
    tried = [a for a in stage.truth.attempts.of(run, "S0") if a.step is StepKind.PRESYNC]
    assert [a.rate_kbps for a in tried] == [8_000 // 4]
    plan = stage.truth.plans.load(stage.truth.runs.get(run).plan)
    # four may be on the line, 80 % of 100 Mbit/s are allowed
    item = plan.item("S1")
    now = stage.clock()
    assert allowed_kbps(plan, item, {}, now) == 80_000
    assert rate_of(plan, item, {"line:L-R1": 4}, now) == 20_000


def test_a_copy_too_quick_for_its_line_begins_anew_and_slower(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not follow an order in flight: nobody here answers one."""
    monkeypatch.setattr("migrator.attempts.pacing.GRACE", 0.0)
    run = begun(stage)
    drive_one(stage, run, "S0", StepKind.PRESYNC)
    halved = []

    def halve(code: str, step: StepKind | None) -> None:
        if step is StepKind.PRESYNC and not halved:
            halved.append(1)
            stage.world.close("S0", StepKind.PRESYNC)
            stage.running.limit(run, {"rate:L-R1": 40_000}, local("wang"))

    stage.world.on_play = halve
    stage.performer.perform(run, "S0", StepKind.PRESYNC, CALM)
    assert stage.step(run, "S0", StepKind.PRESYNC) == "pending"
    stage.world.let_go("S0", StepKind.PRESYNC)
    stage.performer.perform(run, "S0", StepKind.PRESYNC, CALM)
    tried = [a for a in stage.truth.attempts.of(run, "S0") if a.step is StepKind.PRESYNC]
    assert [(a.state, a.rate_kbps) for a in tried] == [("cancelled", 20_000), ("done", 10_000)]


def rate(stage: Stage, run: str, code: str) -> int:
    tried = stage.truth.attempts.of(run, code)
    return (tried[-1].rate_kbps or 0) if tried else 0


def drive_one(stage: Stage, run: str, code: str, until: StepKind) -> None:
    stage.activities.next_of_run(run)
    while (order := stage.activities.next_of_item(ItemRef(run=run, system=code))).step is not until:
        assert order.step
        stage.performer.perform(run, code, order.step, CALM)


OWN = EngineRules(
    approvals=(
        Approval(name="plan"),
        Approval(name="own", of=Scope.ITEM, before=Before.CUTOVER, roles=("lead",)),
    ),
    roles={"lead": ("li",), "boss": ("zhao",)},
    commands={"skip": ("boss",)},
    limits={"total": 2},
)


def test_only_what_is_ready_is_approved(stage: Stage) -> None:
    stage.gates = Gates(OWN)
    run = begun(stage)
    assert not drive(stage, run, turns=8)
    # the city's rules allow two at once: the third has not begun and is not ready
    assert stage.running.ready(run) == ("S0", "S1")
    assert stage.states(run) == {"S0": "paused", "S1": "paused", "S2": "waiting"}
    assert "own" in stage.truth.runs.item(run, "S0").note
    with pytest.raises(Forbidden):
        stage.running.decide(run, "approve", local("zhang"), systems=["S0"])
    assert stage.running.decide(run, "approve", local("li"), systems=["S0"]) == ("S0",)
    assert stage.running.decide(run, "approve", local("li"), systems=["S0"]) == ()
    assert stage.running.ready(run) == ("S1",)
    stage.running.decide(run, "approve", local("li"), systems=["S1", "S2"])
    stage.running.decide(run, "withdraw", local("li"), "再看看", systems=["S2"])
    assert not drive(stage, run)
    assert stage.states(run) == {"S0": "done", "S1": "done", "S2": "paused"}
    stage.running.decide(run, "approve", local("li"), systems=["S2"])
    assert drive(stage, run)


def test_a_gate_that_shuts_between_question_and_step_is_seen(stage: Stage) -> None:
    stage.gates = Gates(OWN)
    run = begun(stage, 1)
    stage.running.decide(run, "approve", local("li"), systems=["S0"])
    drive_one(stage, run, "S0", StepKind.QUIESCE)
    stage.running.decide(run, "reject", local("li"), "停", systems=["S0"])
    stage.performer.perform(run, "S0", StepKind.QUIESCE, CALM)  # as it was ordered before
    assert "cutover.yml" not in stage.world.done("S0")
    assert stage.step(run, "S0", StepKind.QUIESCE) == "pending"


def test_skipping_is_for_those_who_may(stage: Stage) -> None:
    stage.gates = Gates(OWN)
    run = begun(stage, 1)
    stage.world.script["S0", StepKind.BACKUP] = ["盘满"]
    assert not drive(stage, run, turns=4)
    with pytest.raises(Forbidden, match="boss"):
        stage.running.skip(run, "S0", local("li"), "有备份")
    assert commands(stage, "skip.refused") == 1
    stage.running.skip(run, "S0", local("zhao"), "有备份")
    assert stage.step(run, "S0", StepKind.BACKUP) == "skipped"


def test_a_machine_that_is_off_is_taken_over_only_when_a_person_says_so(stage: Stage) -> None:
    run = begun(stage, 1)
    stage.truth.machines.seen("there", "")
    stage.activities.next_of_run(run)
    stage.truth.runs.begin(run, "S0", StepKind.PREFLIGHT)
    stage.truth.attempts.open(run, "S0", StepKind.PREFLIGHT, "there", str(stage.root))
    with pytest.raises(AttemptAlive, match="machine gone there"):
        stage.performer.perform(run, "S0", StepKind.PREFLIGHT, CALM)
    with pytest.raises(Refused, match="--reason"):
        stage.truth.machines.declare_gone("there", "wang", " ")
    stage.truth.machines.declare_gone("there", "wang", "机房断电，已到现场确认")
    with pytest.raises(Refused, match="machine back"):
        stage.activities.require_welcome("there", "")
    stage.performer.perform(run, "S0", StepKind.PREFLIGHT, CALM)
    assert [a.state for a in stage.truth.attempts.of(run, "S0")] == ["lost", "done"]
    stage.truth.machines.back("there", "wang")
    stage.activities.require_welcome("there", "")


def test_events_are_told_once_and_can_be_gone_on_with(stage: Stage) -> None:
    run = begun(stage)
    assert drive(stage, run)

    async def all_of(last: int) -> list[tuple[int, str]]:
        return [(e.id, e.kind) async for e in stream(stage.truth, run, last, pace=0) if e]

    whole = asyncio.run(all_of(0))
    assert [i for i, _ in whole] == sorted({i for i, _ in whole})
    assert whole[0][1] == "run.running"
    assert whole[-1][1] in {"run.done", "command.done"}
    kinds = Counter(kind for _, kind in whole)
    assert kinds["item.done"] == 3
    middle = whole[len(whole) // 2][0]
    assert asyncio.run(all_of(middle)) == [e for e in whole if e[0] > middle]
    told = as_sse(stage.truth.events.after(0, run)[0])
    assert told.startswith(f"id: {whole[0][0]}\nevent: run.running\ndata: {{")
    assert told.endswith("}\n\n")


def test_a_stream_gives_signs_of_life(stage: Stage) -> None:
    run = begun(stage, 1)

    async def quiet() -> object:
        last = stage.truth.events.last()
        return await anext(stream(stage.truth, run, last, pace=0, alive=0))

    assert asyncio.run(quiet()) is None
    assert as_sse(None).startswith(":")


SAID = ('rsync: "connection" unexpectedly closed', "磁盘已满 No space left", "RSYNC OR exit 23*")
SEARCHES = {
    'rsync: "conn': [0],
    "rsync": [0, 2],
    "Rsync or EXIT": [2],
    "已满": [1],  # shorter than a trigram
    "盘已满": [1],
    "23*": [2],
    "exit NOT 23": [],
    "拷贝": [0, 1, 2],
    '"': [0],
    '"""': [],
}
"""Text → which of `SAID` hold it: nothing in it means anything to the index."""


def test_a_search_reads_an_index_and_not_the_log(stage: Stage) -> None:
    """As SQLite plans it; PostgreSQL decides by what there is (tests of the store run there too)."""
    run = begun(stage, 1)
    seen: list[str] = []
    sqlalchemy.event.listen(
        stage.truth.engine, "before_cursor_execute", lambda *args: seen.append(args[2])
    )
    stage.truth.logs.page(run, text="nowhere")
    with stage.truth.reading() as connection:
        asked = "EXPLAIN QUERY PLAN SELECT rowid FROM log_search WHERE log_search MATCH 'x'"
        plan = str(connection.exec_driver_sql(asked).all())
    assert any("log_search MATCH" in statement for statement in seen)
    assert "VIRTUAL TABLE INDEX" in plan


def test_a_log_is_complete_paged_and_searched(stage: Stage) -> None:
    run = begun(stage, 1)
    attempt = stage.truth.attempts.open(run, "S0", StepKind.PREFLIGHT, "here", str(stage.root))
    lines = [
        {"at": "t", "event": "e", "host": "h", "task": f"t{n}", "text": f"第 {n} 行 100%_{n}"}
        for n in range(25)
    ]
    assert stage.truth.logs.add(attempt, lines[:10]) == 10
    assert stage.truth.logs.add(attempt, lines[:10]) == 0
    assert stage.truth.logs.add(attempt, lines) == 15
    found: list[int] = []
    after = 0
    while page := stage.truth.logs.page(run, after=after, limit=7):
        found += [line.number for line in page]
        after = page[-1].id
    assert found == list(range(25))
    assert [x.number for x in stage.truth.logs.page(run, text="100%_2")] == [2, *range(20, 25)]
    assert stage.truth.logs.page(run, text="%%") == []
    words = [{"at": "t", "event": "e", "host": "h", "task": "拷贝", "text": t} for t in SAID]
    stage.truth.logs.add(attempt, lines + words)
    for wanted, there in SEARCHES.items():
        page = stage.truth.logs.page(run, text=wanted)
        assert [x.number - 25 for x in page if x.number >= 25] == there, wanted
    assert stage.truth.logs.page(run, system="S1") == []


def test_a_dossier_holds_until_a_byte_is_changed(stage: Stage, tmp_path: Path) -> None:
    run = begun(stage, 2)
    with pytest.raises(Refused, match="尚未结束"):
        dossier.make(stage.truth, run, "S0", "zhang")
    assert drive(stage, run)
    made = json.loads(json.dumps(dossier.make(stage.truth, run, "S0", "zhang")))
    assert dossier.verify(made) == []
    assert {a["step"] for a in made["attempts"]} >= {"preflight", "quiesce", "commit"}
    assert made["probes"]["before"]
    assert made["decisions"][0]["actor"] == "li"
    entry = [e for e in stage.truth.audit_entries() if e.action == "run.dossier"]
    assert entry[0].detail["digest"] == made["digest"]

    def after(change: object) -> list[str]:
        other = json.loads(json.dumps(made))
        change(other)  # type: ignore[operator]
        other["digest"] = dossier.sha256({k: v for k, v in other.items() if k != "digest"})
        return dossier.verify(other)

    assert after(lambda d: None) == []
    assert "证据" in after(lambda d: d["evidence"][0].update(body="{}"))[0]
    assert "事实" in after(lambda d: d["plan"]["item"].update(rate_kbps=1))[0]
    assert "审计" in after(lambda d: d["audit"][0].update(actor="mallory"))[0]
    assert "摘要" in after(lambda d: d["audit"].pop(1) and d["plan"].update(digest="0" * 64))[-1]
    made["made_by"] = "mallory"
    assert "整体" in dossier.verify(made)[0]
    assert "不是迁云的卷宗" in dossier.verify({"format": 1})[0]


def test_an_outlook_knows_history_and_bytes(stage: Stage) -> None:
    run = begun(stage, 3)
    first = outlook_of(stage.truth, EngineRules(), run)
    assert first.percent == 0
    assert first.left_seconds
    # all three at once, one third of the work each: not one after the other
    assert first.left_seconds == pytest.approx(first.items["S0"])
    one_by_one = outlook_of(stage.truth, EngineRules(limits={"total": 1}), run)
    assert one_by_one.left_seconds == pytest.approx(3 * first.left_seconds)
    stage.running.rollback(run, "S2", local("wang"))
    assert outlook_of(stage.truth, EngineRules(), run).waits == ("S2",)
    assert drive(stage, run)
    assert outlook_of(stage.truth, EngineRules(), run).percent == 100
    line = LogLine(
        id=1, run=run, system="S0", step="presync", token=1, number=0, at="", event="", host="",
        task="", text="copied 250 of 1000 bytes at 50 bytes/s",
    )  # fmt: skip
    assert (told := copied([line])) is not None
    assert told.left_seconds == 15


def test_a_copy_under_way_is_never_told_as_over(stage: Stage) -> None:
    """By its bytes where it tells them; and where it takes longer than copies did, by that."""
    run = begun(stage, 2)
    drive_one(stage, run, "S0", StepKind.PRESYNC)
    seen: list[float | None] = []

    def look(code: str, step: StepKind | None) -> None:
        if step is not StepKind.PRESYNC or seen:
            return
        stage.clock.at += timedelta(hours=1)
        seen.append(outlook_of(stage.truth, EngineRules(), run).items["S0"])
        attempt = stage.truth.attempts.of(run, "S0")[-1]
        lines = [
            {
                "at": "",
                "event": "copied",
                "text": f"copied {n} of 9000 bytes at 5 bytes/s, may take 8",
            }
            for n in range(1, 1_001)
        ]
        stage.truth.logs.add(attempt, lines)
        seen.append(outlook_of(stage.truth, EngineRules(), run).items["S0"])

    stage.world.on_play = look
    stage.performer.perform(run, "S0", StepKind.PRESYNC, CALM)
    assert seen[0]
    assert seen[0] >= 360  # an hour already
    assert seen[1]
    assert seen[1] >= 8_000 / 5  # the last of a thousand lines


def test_notices_go_by_rules_and_are_not_lost(stage: Stage) -> None:
    rules = EngineRules(
        notify=(
            Notify(name="bad", on=("item.failed", "step.failed"), to=("hook",), systems=("S0",)),
            Notify(name="all", on=("item.*",), to=("hook", "mail")),
        )
    )
    sent: list[tuple[str, str]] = []
    down = [True]

    def send(address: str, title: str, text: str) -> str | None:
        if down[0]:
            return "refused"
        sent.append((address, text))
        return None

    channels = {"hook": "json://a", "mail": "mailto://b"}
    notifier = Notifier(stage.truth, rules, channels, send)
    assert notifier.tell() == 0
    run = begun(stage, 2)
    stage.world.script["S0", StepKind.BACKUP] = ["盘满 <b>"]
    assert not drive(stage, run, turns=12)
    assert notifier.tell() == 0
    kept = stage.truth.notices.of("bad", "hook")
    assert kept
    assert (kept.failures, kept.message) == (1, "hook: refused")
    down[0] = False
    assert notifier.tell() >= 2
    bad = [text for address, text in sent if "step.failed" in text and address == "json://a"]
    assert len(bad) == 1
    assert "盘满 <b>" in bad[0]
    assert sum(text.count("item.done") for address, text in sent if address == "mailto://b") == 1
    assert notifier.tell() == 0


def test_zones_send_a_step_to_their_own_workers(stage: Stage) -> None:
    stage.gates = Gates(EngineRules(zones={"R1": "east"}))
    run = begun(stage, 1)
    stage.activities.next_of_run(run)
    told = stage.activities.next_of_item(ItemRef(run=run, system="S0"))
    assert told.queue == "qianyun.zone.east"
    assert stage.states(run)["S0"] == ItemState.RUNNING.value


def test_day_and_night_shares_of_a_line() -> None:

    city_means = CityMeans.model_validate(
        {
            "plan": {"from": "2026-12-01", "nights": 9},
            "lines": {"day": 20, "night": 60, "one_item": 50},
            "crews": {"room": 2},
        }
    )
    plan = plan_of(1)
    plan = plan.model_copy(update={"means": plan.means.model_copy(update={"city": city_means})})
    noon = _at(4)
    night = _at(16)
    item = plan.item("S0")
    assert allowed_kbps(plan, item, {}, noon) == 20_000
    assert allowed_kbps(plan, item, {}, night) == 60_000
    assert rate_of(plan, item, {"line:L-R1": 1}, night) == 30_000
    assert rate_of(plan, item, {"line:L-R1": 4}, night) == 15_000


def _at(hour: int) -> datetime:

    return datetime(2026, 12, 1, hour, tzinfo=UTC)


def test_papers_and_second_thoughts_about_a_whole_plan(stage: Stage) -> None:
    rule = Approval(name="plan", evidence=("paper",), valid_hours=24)
    stage.gates = Gates(EngineRules(approvals=(rule,)))
    code, plan = stage.approved(city([system(0)]), WIDE)
    planning = stage.planning
    with pytest.raises(Refused, match="paper"):
        stage.running.start(code, local("wang"))
    paper = {"kind": "paper", "reference": "沧数函〔2026〕7号", "content": "0" * 64}
    planning.put_evidence(code, plan.digest, local("wang"), **paper)
    with pytest.raises(Refused, match="没有可撤回"):
        planning.withdraw(code, plan.digest, local("wang"), "?")
    assert planning.withdraw(code, plan.digest, local("li"), "再看看").state == "draft"
    with pytest.raises(Refused, match="draft"):
        stage.running.start(code, local("wang"))
    planning.approve(code, plan.digest, local("li"))
    stage.clock.at += timedelta(hours=24)
    with pytest.raises(Refused, match="过期"):
        stage.running.start(code, local("wang"))
    planning.approve(code, plan.digest, local("li"))
    assert stage.running.start(code, local("wang")).state.value == "running"
