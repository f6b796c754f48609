"""Network plans from the list to the end, by real use cases, truth and engine; devices are played."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from inventory.model import Secrecy
from migrator.attempts.crew import Watch
from migrator.engine import dossier, network_dossier
from migrator.engine.dossier_parts import sha256
from migrator.engine.notices import Notifier
from migrator.errors import Forbidden, NotFound, Refused
from migrator.people.rights import Person, Role, local
from migrator.planning.means import Freeze
from migrator.planning.plan import StepKind
from migrator.runs.network_plan import NetworkState
from migrator.runs.records import StepState
from migrator.runs.rules import Approval, EngineRules, Notify
from migrator.store.audit import first_fault
from migrator.store.tables_network import network_plans
from tests.migrator.builders import city, system
from tests.migrator.network_room import BY_HAND, FRR, TWO, WINDOW, NetworkRoom
from tests.migrator.scripted import Stage

LI, WANG, ZHAO = local("li"), local("wang"), local("zhao")


@pytest.fixture
def room(stage: Stage, tmp_path: Path) -> NetworkRoom:
    """Systems S0 … S2 behind the gateway gw; no rule but the usual."""
    made = NetworkRoom(stage, tmp_path)
    made.hold(city([system(n) for n in range(3)]))
    return made


def test_every_change_is_looked_at_then_made_and_read_back_in_order(room: NetworkRoom) -> None:
    code = room.started()
    assert room.woken == [code]
    assert room.go(code).end == "done"
    assert room.devices.plays == [
        *(("first", "check"), ("second", "check")),
        *(("first", "there"), ("first", "check"), ("second", "there"), ("second", "check")),
    ]
    steps = room.state(code).steps
    assert {s.state for s in steps} == {StepState.DONE}
    assert "would change 1" in steps[0].message
    assert first_fault(room.stage.truth.audit_entries()) is None


def test_a_failure_undoes_what_was_made_in_the_other_order(room: NetworkRoom) -> None:
    code = room.started()
    room.devices.says["second", "there"] = ["没有回答 / no answer"]
    assert room.go(code).end == "rolled_back"
    assert room.devices.plays[-3:] == [("second", "there"), ("second", "back"), ("first", "back")]
    assert room.devices.made == set()
    assert "second switch: 没有回答" in room.state(code).note
    assert "set itself back" not in room.state(code).note  # the first one was undone by us


def test_a_device_that_is_as_before_has_gone_back_by_itself(room: NetworkRoom) -> None:
    code = room.started(FRR.format(name="first", host="gw", n=1))
    room.devices.says["first", "there"] = ["连不上 / unreachable"]
    assert room.go(code).end == "rolled_back"
    assert "it had set itself back" in room.state(code).note


def test_what_is_read_back_otherwise_is_undone(room: NetworkRoom) -> None:
    code = room.started()
    room.devices.deaf.add("first")  # it says yes and does nothing
    assert room.go(code).end == "rolled_back"
    assert "read back" in room.state(code).note
    assert ("second", "there") not in room.devices.plays


def test_a_check_that_says_no_ends_it_with_nothing_made(room: NetworkRoom) -> None:
    code = room.started()
    room.devices.says["second", "check"] = ["设备现状不符 / set otherwise"]
    assert room.go(code).end == "failed"
    assert [way for _, way in room.devices.plays] == ["check", "check"]
    room.networking.start(code, WANG)  # the device was put right: once more, from its beginning
    assert room.go(code).end == "done"


def test_a_rollback_is_tried_again_while_a_device_may_be_on_its_way(room: NetworkRoom) -> None:
    code = room.started(FRR.format(name="first", host="gw", n=1))
    room.devices.says["first", "there"] = ["断了 / cut"]
    room.devices.says["first", "back"] = ["连不上 / unreachable"] * 30
    for _ in range(30):
        order = room.go(code)
        if order.end:
            break
        assert order.wait_seconds == 10
        room.stage.clock.at += timedelta(seconds=11)
    assert order.end == "failed"  # confirm_seconds and two minutes more: a person must look
    assert "rollback: 连不上" in room.state(code).note
    with pytest.raises(Refused, match="network back"):
        room.networking.start(code, WANG)
    room.devices.says["first", "back"] = []
    room.networking.back(code, WANG, "再试")
    assert room.go(code).end == "rolled_back"


def test_a_person_undoes_what_is_done(room: NetworkRoom) -> None:
    code = room.started()
    room.go(code)
    with pytest.raises(Refused, match="reason"):
        room.networking.back(code, WANG, " ")
    room.stage.clock.at += timedelta(days=3)  # the window is long over
    room.networking.back(code, WANG, "业务异常")
    room.networking.back(code, WANG, "业务异常")  # told twice, it changes nothing
    assert room.go(code).end == "rolled_back"
    assert room.devices.made == set()
    assert room.state(code).note == "业务异常"


def test_a_person_turns_it_round_in_the_middle(room: NetworkRoom) -> None:
    code = room.started()
    room.go(code, until=("second", StepKind.SWITCH))
    room.networking.back(code, WANG, "停")
    plays = len(room.devices.plays)
    performer, watch = room.performer, Watch(beat=lambda: None, stop=lambda: None)
    performer.perform(code, 2, StepKind.SWITCH, watch)  # the engine had asked before
    assert len(room.devices.plays) == plays
    assert room.go(code).end == "rolled_back"
    assert room.devices.plays[plays:] == [("first", "back")]


def test_a_window_that_closes_lets_nothing_more_begin(room: NetworkRoom) -> None:
    code = room.started()
    room.go(code, until=("second", StepKind.SWITCH))
    room.stage.clock.at = datetime(2026, 1, 2, 15, 0, tzinfo=UTC)  # 23:00 in the city
    assert room.go(code).wait_seconds
    assert "roll back, or file it anew" in room.state(code).note
    assert ("second", "there") not in room.devices.plays
    room.networking.back(code, WANG, "窗口已过")
    assert room.go(code).end == "rolled_back"


def test_an_approval_that_is_withdrawn_holds_it(room: NetworkRoom) -> None:
    code = room.started()
    room.go(code, until=("first", StepKind.SWITCH))
    kept = room.state(code)
    room.networking.withdraw(code, kept.digest, LI, "看错了")
    assert room.go(code).wait_seconds
    assert "withdrawn: li: 看错了" in room.state(code).note
    room.networking.approve(code, kept.digest, ZHAO)
    assert room.go(code).end == "done"


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [("21:00", "23:00", "has not opened"), ("19:00", "23:00", "freeze 两会")],
)
def test_it_starts_only_in_its_window_and_in_no_freeze(
    room: NetworkRoom, first: str, last: str, word: str
) -> None:
    frozen = Freeze.model_validate({"name": "两会", "from": "2026-01-01", "to": "2026-01-02"})
    if "freeze" in word:
        room = room.ruled(EngineRules(freezes=(frozen,)))
    kept = room.file(window=f"2026-01-02T{first}/2026-01-02T{last}")
    room.networking.approve(kept.code, kept.digest, LI)
    with pytest.raises(Refused, match=word):
        room.networking.start(kept.code, WANG)
    assert room.state(kept.code).state is NetworkState.FILED
    assert room.stage.truth.audit_entries()[-1].action == "network.start.refused"


def test_a_freeze_of_others_holds_nobody_up(room: NetworkRoom) -> None:
    told = {"name": "封", "from": "2026-01-01", "to": "2026-01-02", "rooms": ["R2"]}
    room = room.ruled(EngineRules(freezes=(Freeze.model_validate(told),)))
    code = room.started()
    assert room.go(code).end == "done"


def test_two_persons_where_critical_infrastructure_is_behind_the_device(room: NetworkRoom) -> None:
    room.hold(city([system(0, mlps_level=4), system(1)]))
    text = FRR.format(name="first", host="gw", n=1)
    code = room.approved(text)
    with pytest.raises(Refused, match="expected 2, read 1"):
        room.networking.start(code, WANG)
    kept = room.state(code)
    with pytest.raises(Forbidden):
        room.networking.approve(code, kept.digest, local("ZHANG"))  # who filed it
    room.networking.approve(code, kept.digest, ZHAO)
    room.networking.start(code, WANG)
    assert room.go(code).end == "done"


def test_a_system_that_the_engineer_names_counts(room: NetworkRoom) -> None:
    room.hold(city([system(0), system(1, entrance=None, mlps_level=4)]))
    text = FRR.format(name="first", host="S0-old", n=1)
    room.networking.start(room.approved(text), WANG)
    code = room.approved('systems = ["S1"]\n' + text.replace("first", "other"))
    with pytest.raises(Refused, match="expected 2, read 1"):
        room.networking.start(code, WANG)
    with pytest.raises(Refused, match="no such system"):
        room.file('systems = ["S9"]\n' + text)


def test_papers_that_a_rule_asks_for(room: NetworkRoom) -> None:
    rule = Approval(name="paper", evidence=("sign-off",))
    room = room.ruled(EngineRules(approvals=(rule,)))
    code = room.approved()
    kept = room.state(code)
    with pytest.raises(Refused, match="sign-off"):
        room.networking.start(code, WANG)
    paper = {"kind": "sign-off", "reference": "辽信〔2026〕1号", "content": ""}
    room.networking.put_evidence(code, kept.digest, WANG, **paper)
    room.networking.put_evidence(code, kept.digest, WANG, remove=True, **paper)
    with pytest.raises(Refused, match="sign-off"):
        room.networking.start(code, WANG)
    room.networking.put_evidence(code, kept.digest, WANG, **paper)
    room.networking.start(code, WANG)


def test_rules_that_ask_for_nobody_still_leave_two_persons(room: NetworkRoom) -> None:
    room = room.ruled(EngineRules(approvals=()))
    kept = room.file()
    with pytest.raises(Refused, match="nobody but who filed it"):
        room.networking.start(kept.code, WANG)


def test_another_list_under_the_same_code_voids_its_approval(room: NetworkRoom) -> None:
    code = room.approved()
    before = room.state(code)
    again = room.file(TWO.replace("::2/64", "::3/64"), again=code)
    assert (again.code, again.approvals) == (code, ())
    assert again.digest != before.digest
    with pytest.raises(Refused, match="expected 1, read 0"):
        room.networking.start(code, WANG)
    with pytest.raises(Refused, match="another digest"):
        room.networking.approve(code, before.digest, LI)
    with pytest.raises(Refused, match="somebody else"):
        room.file(again=code, actor="li")
    other = room.file(TWO, again=code, window=WINDOW.replace("23:00", "22:00"))
    assert other.digest != before.digest  # the window is approved too


def test_what_stands_on_a_device_cannot_be_filed_anew(room: NetworkRoom) -> None:
    code = room.started()
    with pytest.raises(Refused, match="can't be filed anew"):
        room.file(again=code)
    room.go(code)
    with pytest.raises(Refused, match="can't be filed anew"):
        room.file(again=code)
    room.networking.back(code, WANG, "重来")
    room.go(code)
    assert room.file(again=code).state is NetworkState.FILED


def test_one_host_is_not_changed_by_two_at_once(room: NetworkRoom) -> None:
    first, second = room.approved(), room.approved()
    room.networking.start(first, WANG)
    with pytest.raises(Refused, match=f"{first} is being played on S0-old, gw"):
        room.networking.start(second, WANG)
    room.go(first)
    room.networking.start(second, WANG)


def test_hosts_that_are_others_now_are_left_alone(room: NetworkRoom) -> None:
    code = room.started()
    estate = room.stage.estate.load()
    hosts = tuple(
        h.model_copy(update={"ssh_port": 2222}) if h.code == "gw" else h for h in estate.hosts
    )
    room.hold(estate.model_copy(update={"hosts": hosts}))
    assert room.go(code).wait_seconds
    assert "host key are others now" in room.state(code).note
    assert room.devices.plays == []
    kept = room.file()
    room.hold(estate)
    with pytest.raises(Refused, match="others now"):
        room.networking.approve(kept.code, kept.digest, LI)


def test_a_classified_system_s_host_is_never_touched(room: NetworkRoom) -> None:
    code = room.approved()
    room.hold(city([system(0, secrecy=Secrecy.CLASSIFIED), system(1), system(2)]))
    with pytest.raises(Refused, match="never visited"):
        room.file()
    with pytest.raises(Refused, match="never visited"):
        room.networking.start(code, WANG)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('host = "gw"', "", "expected the code of its host"),
        ('host = "gw"', 'host = "gw9"', "no such host"),
    ],
)
def test_a_host_that_nobody_knows_is_refused(
    room: NetworkRoom, old: str, new: str, word: str
) -> None:
    with pytest.raises(Refused, match=word):
        room.file(TWO.replace(old, new))


@pytest.mark.parametrize(
    "window",
    [
        "",
        "2026-01-02T19:00",
        "2026-01-02T23:00/2026-01-02T19:00",
        "2026-01-01T19:00/2026-01-02T20:00",
        "2026-01-02T19:00+08:00/2026-01-02T23:00+08:00",
    ],
)
def test_a_window_that_is_none_is_refused(room: NetworkRoom, window: str) -> None:
    with pytest.raises(Refused, match="window"):
        room.file(window=window)


def test_what_no_playbook_sends_waits_for_a_person_s_word(room: NetworkRoom) -> None:
    code = room.started(BY_HAND + FRR.format(name="first", host="gw", n=1))
    assert room.go(code).wait_seconds
    assert "egress" in room.state(code).note
    assert room.devices.plays == [("first", "check")]
    networking, paper = room.networking, {"reference": "工单 17", "content": "a" * 64}
    with pytest.raises(Refused, match="expected egress"):
        networking.told(code, "first", WANG, "做了", **paper)
    with pytest.raises(Refused, match="reason"):
        networking.told(code, "egress", WANG, "", **paper)
    networking.told(code, "egress", WANG, "已执行", **paper)
    assert room.go(code).end == "done"
    told = next(s for s in room.state(code).steps if s.number == 1)
    assert told.message == "wang: 已执行 (工单 17)"
    entry = next(e for e in room.stage.truth.audit_entries() if e.object == f"{code}/1/switch")
    assert (entry.actor, entry.detail["content"]) == ("wang", "a" * 64)
    networking.back(code, WANG, "撤")
    assert room.go(code).wait_seconds  # the way back is a person's too
    assert ("first", "back") in room.devices.plays
    networking.told(code, "egress", WANG, "已恢复", **paper)
    assert room.go(code).end == "rolled_back"


def test_a_worker_that_dies_after_an_outcome_does_not_play_twice(room: NetworkRoom) -> None:
    code = room.started()
    order = room.go(code, until=("first", StepKind.SWITCH))
    room.devices.says["first", "there"] = [RuntimeError("died")]
    watch = Watch(beat=lambda: None, stop=lambda: None)
    with pytest.raises(RuntimeError):
        room.performer.perform(code, order.number or 0, StepKind.SWITCH, watch)
    assert room.state(code).step(1, StepKind.SWITCH).state is StepState.RUNNING
    assert room.go(code).end == "done"
    assert room.devices.plays.count(("first", "there")) == 2  # it ended what was left, and went on
    attempts = room.stage.truth.attempts.of(code, f"{code}.1")
    assert [a.state for a in attempts] == ["done", "lost", "done", "done"]


def test_a_worker_that_stops_leaves_a_look_as_not_begun(room: NetworkRoom) -> None:
    code = room.started()
    stopping = Watch(beat=lambda: None, stop=lambda: "停 / stops")
    room.performer.perform(code, 1, StepKind.PREFLIGHT, stopping)
    assert room.state(code).step(1, StepKind.PREFLIGHT).state is StepState.PENDING
    assert room.go(code).end == "done"


def test_what_was_changed_behind_the_digest_is_not_played(room: NetworkRoom) -> None:
    code = room.started()
    body = room.stage.truth.network.load(code).model_dump_json().replace("::1/64", "::9/64")
    with room.stage.truth.writing() as connection:
        connection.execute(update(network_plans).values(body=body))
    with pytest.raises(Refused, match="its approval is void"):
        room.go(code)
    assert room.devices.plays == []


def test_roles_and_scope(room: NetworkRoom) -> None:
    code = room.approved()
    kept = room.state(code)
    viewer = Person(name="sun", roles=frozenset({Role.VIEWER}))
    planner = Person(name="qian", roles=frozenset({Role.PLANNER}))
    bound = Person(name="zhou", roles=frozenset({Role.VIEWER}), organisations=frozenset({"U"}))
    networking = room.networking
    for deed in (
        lambda who: networking.approve(code, kept.digest, who),
        lambda who: networking.start(code, who),
        lambda who: networking.back(code, who, "x"),
        lambda who: networking.told(code, "first", who, "x", reference="y"),
    ):
        for who in (viewer, planner):
            with pytest.raises(Forbidden):
                deed(who)
    with pytest.raises(Forbidden):
        networking.file(viewer, room.folder / "changes.toml", title="", window=WINDOW)
    assert [one.code for one in networking.all(viewer)] == [code]
    assert networking.all(bound) == []
    with pytest.raises(NotFound):
        networking.look(bound, code)


def test_a_command_that_the_rules_give_to_a_role(room: NetworkRoom) -> None:
    rules = EngineRules(roles={"chief": ("zhao",)}, commands={"rollback": ("chief",)})
    room = room.ruled(rules)
    code = room.started()
    room.go(code)
    with pytest.raises(Forbidden, match="chief"):
        room.networking.back(code, WANG, "x")
    room.networking.back(code, ZHAO, "x")


def test_the_dossier_holds_until_somebody_touches_it(room: NetworkRoom) -> None:
    code = room.started(BY_HAND + TWO)
    with pytest.raises(Refused, match="has not ended"):
        network_dossier.make(room.stage.truth, code, WANG)
    room.go(code)
    room.networking.told(code, "egress", WANG, "已执行", reference="工单 17")
    assert room.go(code).end == "done"
    made = json.dumps(network_dossier.make(room.stage.truth, code, WANG), ensure_ascii=False)
    assert dossier.verify(json.loads(made)) == []
    assert dossier.named(json.loads(made)) == (code, "")
    for old, new in (("已执行", "未执行"), ("::1/64", "::7/64"), ('"li"', '"su"')):
        assert old in made
        assert dossier.verify(json.loads(made.replace(old, new))), old
    # and with a digest of its own, so that only what was approved and the chain can tell
    forged = json.loads(made.replace("::1/64", "::7/64"))
    forged["digest"] = sha256({k: v for k, v in forged.items() if k != "digest"})
    assert "what was to be sent was changed" in " ".join(dossier.verify(forged))


def test_who_watches_is_told_of_what_happens(room: NetworkRoom) -> None:
    told: list[str] = []

    def send(address: str, title: str, text: str) -> None:
        told.extend(text.splitlines())

    rules = EngineRules(notify=(Notify(name="night", on=("network.*",), to=("hook",)),))
    notifier = Notifier(room.stage.truth, rules, {"hook": "json://a"}, send)
    assert notifier.tell() == 0  # from now on
    code = room.started(BY_HAND + TWO)
    room.go(code)
    room.go(code)  # it waits for the same word: that is told once
    room.networking.told(code, "egress", WANG, "已执行", reference="工单 17")
    room.devices.says["second", "there"] = ["没有回答 / no answer"]
    room.go(code)
    assert notifier.tell() > 0
    kinds = [line.split(" / ")[1].split()[0] for line in told]
    assert kinds[:3] == ["network.file", "network.approve", "network.start"]
    waits = [e.body["note"] for e in room.stage.truth.events.after(run=code) if "waits" in e.kind]
    assert len(waits) == len(set(waits)) == 2  # that it is made; that it is undone
    assert "network.step.failed" in kinds
    assert kinds[-1] in ("network.rolled_back", "network.failed", "network.waits")
    assert any("开始下发" in line and code in line and "wang" in line for line in told)
    events = room.stage.truth.events.after(run=code)
    assert {event.kind.partition(".")[0] for event in events} == {"network"}
