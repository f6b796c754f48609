"""Network plans over a real truth, estate and use cases; only what a playbook does is played."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inventory.model import Estate
from migrator.attempts.ansible import Outcome
from migrator.attempts.attempt import write_outcome
from migrator.attempts.crew import Cancelled, Crew, Watch
from migrator.attempts.move import Login
from migrator.engine.messages import NetworkOrder
from migrator.engine.network import NetworkPerformer
from migrator.people.rights import local
from migrator.planning.plan import StepKind
from migrator.runs.network_plan import NetworkRecord
from migrator.runs.rules import NO_RULES, EngineRules
from migrator.use_cases.network_plans import Networking
from tests.migrator.scripted import Stage

WINDOW = "2026-01-02T19:00/2026-01-02T23:00"
"""Around the clock of a stage, 20:00 in the city."""

FRR = """
[[device]]
name = "{name}"
host = "{host}"
vendor = "frr"
[[device.change]]
kind = "enable-ipv6"
interface = "eth0"
address = "2001:db8::{n}/64"
"""
TWO = FRR.format(name="first", host="gw", n=1) + FRR.format(name="second", host="S0-old", n=2)
BY_HAND = """
[[device]]
name = "egress"
vendor = "huawei-vrp"
[[device.change]]
kind = "close-exit"
interface = "GigabitEthernet0/0/1"
gateway = "203.0.113.1"
"""


@dataclass
class Devices:
    """What happens on devices. `plays`: (name of the change, there | back | check); `made`: names of those
    that are set; `says`: by (name, there | back | check) messages of failures to come, or an exception."""

    plays: list[tuple[str, str]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    says: dict[tuple[str, str], list[str | Exception]] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)

    def play(self, name: str, way: str) -> tuple[str, int]:
        """(message of a failure, how much was changed)."""
        self.plays.append((name, way))
        told = self.says.get((name, way), [])
        said = told.pop(0) if told else ""
        if isinstance(said, Exception):
            raise said
        if said:
            return said, 0
        changed = (name in self.made) is (way == "back")
        if way == "there" and name not in self.deaf:
            self.made.add(name)
        if way == "back":
            self.made.discard(name)
        return "", int(changed)


@dataclass(frozen=True)
class PlayedCrew(Crew):
    devices: Devices = field(default_factory=Devices)

    def _run_in_pen(
        self, play: Any, ground: Any, watch: Watch, placed: Any = None, token: int = 0
    ) -> Outcome:
        if placed:
            self.truth.attempts.place(token, pid=2**22 + 1, cgroup="")  # above any real pid
        if reason := watch.stop():
            raise Cancelled(reason)
        if play.playbook == "reap.yml":
            return Outcome(ok=True, finished="now")
        assert set(ground.hosts) == {"device"}
        back = play.variables.get("network_back", False)
        way = "check" if play.check else "back" if back else "there"
        said, changed = self.devices.play(play.variables["change"]["name"], way)
        outcome = Outcome(ok=not said, message=said, changed=changed, finished="now")
        write_outcome(play.folder, outcome)
        return outcome


@dataclass
class NetworkRoom:
    stage: Stage
    folder: Path
    rules: EngineRules = NO_RULES
    devices: Devices = field(default_factory=Devices)
    woken: list[str] = field(default_factory=list)

    def hold(self, estate: Estate) -> None:
        self.stage.hold(estate)

    @property
    def networking(self) -> Networking:
        return Networking(
            truth=self.stage.truth,
            estate=self.stage.estate,
            timezone="Asia/Shanghai",
            rules=self.rules,
            begin=self.woken.append,
            wake=self.woken.append,
        )

    @property
    def performer(self) -> NetworkPerformer:
        crew = PlayedCrew(
            truth=self.stage.truth,
            login=Login(user="qianyun", key=self.folder / "key"),
            secrets={},
            root=self.folder / "attempts",
            machine="here",
            devices=self.devices,
        )
        return NetworkPerformer(self.stage.truth, self.stage.estate, crew, self.rules)

    def file(self, text: str = TWO, actor: str = "zhang", **more: Any) -> NetworkRecord:
        path = self.folder / "changes.toml"
        path.write_text(text, "utf-8")
        how = {"title": "", "window": WINDOW} | more
        return self.networking.file(local(actor), path, **how)

    def approved(self, text: str = TWO, *actors: str) -> str:
        """Filed by zhang, approved by li or by these: its code."""
        kept = self.file(text)
        for actor in actors or ("li",):
            self.networking.approve(kept.code, kept.digest, local(actor))
        return kept.code

    def started(self, text: str = TWO) -> str:
        code = self.approved(text)
        self.networking.start(code, local("wang"))
        return code

    def go(self, code: str, until: tuple[str, StepKind] | None = None) -> NetworkOrder:
        """Do what is next until it waits or has ended, or until this step of this change is next."""
        performer = self.performer
        plan = self.stage.truth.network.load(code)
        watch = Watch(beat=lambda: None, stop=lambda: None)
        while True:
            order = performer.next(code)
            if order.number is None or order.step is None:
                return order
            if until == (plan.change(order.number).name, order.step):
                return order
            performer.perform(code, order.number, order.step, watch)

    def state(self, code: str) -> NetworkRecord:
        return self.stage.truth.network.record(code)

    def ruled(self, rules: EngineRules) -> "NetworkRoom":
        return replace(self, rules=rules)
