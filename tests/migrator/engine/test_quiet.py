"""Silences during cutovers, in a real Alertmanager."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inventory.model import Estate, Organisation, Service
from migrator.attempts.crew import Watch
from migrator.engine.alertmanager import Alertmanager, Silence
from migrator.engine.messages import ItemRef
from migrator.engine.quiet import LEASE, RENEW, Quiet
from migrator.errors import AlertmanagerDown
from migrator.people.rights import local
from migrator.planning.plan import Means, StepKind
from probes.watch.of_estate import watches_of
from tests.migrator.builders import city, system
from tests.migrator.scripted import Stage, WorkerDied
from tests.paging import ALERTMANAGER, MISSING, alertmanager
from tests.temporal import free_port

pytestmark = pytest.mark.skipif(ALERTMANAGER is None, reason=MISSING)
CALM = Watch(beat=lambda: None, stop=lambda: None)
NOBODY = '{"route": {"receiver": "n"}, "receivers": [{"name": "n"}]}'
TO_CUTOVER = (StepKind.PREFLIGHT, StepKind.BACKUP, StepKind.PRESYNC, StepKind.GATE)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    with alertmanager(tmp_path_factory.mktemp("am"), NOBODY, free_port()) as url:
        yield Alertmanager(url)


@pytest.fixture
def story(stage: Stage, real: Alertmanager) -> "Iterator[Story]":
    stage.clock.at = datetime.now(UTC)
    made = Story(stage, real)
    yield made
    for silence in real.silences():
        real.expire(silence.id)


class Story:
    """S0.1 on its way; S1 besides, whom nobody touches."""

    def __init__(self, stage: Stage, at: Alertmanager) -> None:
        self.stage, self.at = stage, at
        code, _ = stage.approved(estate(), Means(ignore_windows=True, soak_seconds=0))
        self.run = stage.running.start(code, local("zhang")).code
        self.quiet = Quiet(stage.truth, stage.estate, at)

    def do(self, *steps: StepKind, watch: Watch = CALM) -> None:
        performer = replace(self.stage.performer, quiet=self.quiet)
        for step in steps:
            performer.perform(self.run, "S0.1", step, watch)

    def silences(self) -> list[Silence]:
        return self.at.ours(f"{self.run}/S0.1")

    def answering(self) -> dict[str, str]:
        """Who answers for what of S0.1 that is looked at."""
        of_it = {"S0.1@N1", "SV-old", "SV-new"}
        watches = watches_of(self.stage.estate.load())
        return {w.target.code: w.organisation for w in watches if w.target.code in of_it}

    def audit(self) -> list[str]:
        entries = self.stage.truth.audit_entries()
        return [e.action for e in entries if e.action.startswith("silence.")]


def estate() -> Estate:
    made = city([system(0, code="S0.1", organisation="JYJ"), system(1)])
    services = (
        Service(code="SV-old", name="o", host="S0.1-old", protocol="http", port=80),
        Service(code="SV-new", name="n", host="S0.1-new", system="S0.1", protocol="http", port=80),
        Service(code="SV-other", name="x", host="S1-old", protocol="http", port=80),
        Service(code="SV-gw", name="g", host="gw", protocol="http", port=80),
    )
    parties = tuple(Organisation(code=c, name=c) for c in ("JYJ", "YUN"))
    clouds = tuple(c.model_copy(update={"organisation": "YUN"}) for c in made.clouds)
    return made.model_copy(
        update={"services": services, "organisations": parties, "clouds": clouds}
    )


def test_for_its_own_objects_from_quiesce_to_commit(story: Story) -> None:
    assert story.answering() == {"S0.1@N1": "JYJ", "SV-old": "JYJ"}
    story.do(*TO_CUTOVER)
    assert story.silences() == []
    seen: list[Silence] = []
    story.stage.world.on_play = lambda system, step: seen.extend(story.silences())
    story.do(StepKind.QUIESCE)
    assert len(seen) == 1  # it was there before the first host was touched
    (silence,) = story.silences()
    assert silence.matchers == (r"code=~S0\.1@N1|SV-new|SV-old",)
    assert abs(silence.until - story.stage.clock.at - LEASE) < timedelta(seconds=1)
    story.stage.clock.at += timedelta(minutes=1)
    story.do(StepKind.SOAK)
    (later,) = story.silences()
    assert (later.id, later.until - silence.until) == (silence.id, timedelta(minutes=1))
    story.do(StepKind.COMMIT)
    assert story.silences() == []
    assert story.audit() == ["silence.made", "silence.kept", "silence.kept", "silence.ended"]
    # who is told from now on is who runs the cloud, and of the services there
    assert story.answering() == {"S0.1@N1": "YUN", "SV-new": "YUN"}


def test_a_cutover_that_gave_up_is_watched_again(story: Story) -> None:
    story.stage.world.script["S0.1", StepKind.QUIESCE] = ["the copy is not whole"]
    story.do(*TO_CUTOVER, StepKind.QUIESCE)
    assert story.stage.step(story.run, "S0.1", StepKind.QUIESCE) == "failed"
    assert story.silences() == []
    assert story.audit() == ["silence.made", "silence.ended"]


def test_until_the_rollback_is_done(story: Story) -> None:
    story.do(*TO_CUTOVER, StepKind.QUIESCE)
    story.stage.running.rollback(story.run, "S0.1", local("zhang"))
    story.do(StepKind.ROLLBACK)
    assert story.audit() == ["silence.made", "silence.kept", "silence.ended"]
    assert story.silences() == []


def test_a_worker_that_died_finds_its_own_again(story: Story) -> None:
    story.do(*TO_CUTOVER)
    story.stage.world.script["S0.1", StepKind.QUIESCE] = [WorkerDied()]
    with pytest.raises(WorkerDied):
        story.do(StepKind.QUIESCE)
    (left,) = story.silences()  # ends by itself
    assert left.until - story.stage.clock.at <= LEASE + timedelta(seconds=1)
    story.do(StepKind.QUIESCE)
    assert [one.id for one in story.silences()] == [left.id]
    story.do(StepKind.SOAK, StepKind.COMMIT)
    assert story.silences() == []


def test_what_a_dead_worker_left_goes_with_the_item(story: Story) -> None:
    """It died between the end of the last step and the end of the silence."""
    story.do(*TO_CUTOVER, StepKind.QUIESCE, StepKind.SOAK)
    without = replace(story.stage.performer, quiet=None)
    without.perform(story.run, "S0.1", StepKind.COMMIT, CALM)
    assert len(story.silences()) == 1
    activities = story.stage.activities
    activities._performer = replace(story.stage.performer, quiet=story.quiet)
    activities.next_of_item(ItemRef(run=story.run, system="S0.1"))
    assert story.silences() == []


def test_nobody_elses_is_touched(story: Story) -> None:
    now = story.stage.clock.at
    at, until = story.at, now + timedelta(hours=1)
    another = at.put("R-1/S0", ("S0",), "", (now, until))
    told: dict[str, Any] = {
        "matchers": [{"name": "code", "value": "S0.1@N1", "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(), "endsAt": until.isoformat(),
        "createdBy": "zhang", "comment": f"[qianyun {story.run}/S0.1] mine",
    }  # fmt: skip
    at._ask("POST", "/silences", told)
    story.do(*TO_CUTOVER, StepKind.QUIESCE, StepKind.SOAK, StepKind.COMMIT)
    left = at.silences()
    assert {one.creator for one in left} == {"zhang", "qianyun"}
    assert another in {one.id for one in left}
    assert len(left) == 2


def test_a_lasting_step_renews_its_lease(story: Story) -> None:
    beats = [0.0]
    quiet = Quiet(story.stage.truth, story.stage.estate, story.at, steady=lambda: beats[0])
    item = story.stage.truth.plans.load(story.stage.truth.runs.get(story.run).plan).item("S0.1")
    kept = quiet.kept(story.run, item, StepKind.SOAK, CALM)
    (first,) = story.silences()
    story.stage.clock.at += timedelta(minutes=5)
    kept.beat()
    assert story.silences()[0].until == first.until  # it is not asked at every beat
    beats[0] += RENEW
    kept.beat()
    (second,) = story.silences()
    assert (second.id, second.until - first.until) == (first.id, timedelta(minutes=5))


def test_an_alertmanager_that_is_down_holds_nothing_up(story: Story) -> None:
    story.quiet = Quiet(story.stage.truth, story.stage.estate, Alertmanager("http://127.0.0.1:9"))
    story.do(*TO_CUTOVER, StepKind.QUIESCE, StepKind.SOAK, StepKind.COMMIT)
    assert story.stage.step(story.run, "S0.1", StepKind.COMMIT) == "done"
    assert set(story.audit()) == {"silence.failed"}
    with pytest.raises(AlertmanagerDown, match="QIANYUN_ALERTMANAGER_URL"):
        Alertmanager("http://127.0.0.1:9").silences()
