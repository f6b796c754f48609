"""From what a Linux host answered to its facts. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from inventory.facts import FACTS, HostFacts, Package, Unread, Why
from probes.census import linux_machine, linux_network, linux_people, linux_software
from probes.census.reading import NotRead, line
from probes.census.script import Answer, answers, power_of, sections

NOTHING = Answer()
# what one command tells as a whole: if it was ended, what is missing could be anything
_WHOLE = {"sockets", "connections", "packages", "services", "filesystems", "logins"}


@dataclass
class _Gathering:
    """Facts as they come, and what could not be read."""

    answers: Mapping[str, Answer]
    facts: dict[str, Any] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def take(self, fact: str, section: str, parse: Callable[[Answer], object]) -> None:
        """The fact by `parse`, or why not: a section that never ended is no section."""
        answer = self.answers.get(section)
        if answer is None or not answer.whole:
            self.unread.append(Unread(fact=fact, why=Why.CUT_OFF))
            return
        lack = next((lack for lack in answer.lacks if lack.fact == fact), None)
        if lack is not None:
            self.unread.append(lack)
            return
        if answer.late and fact in _WHOLE:
            self.unread.append(Unread(fact=fact, why=Why.TIMEOUT))
            return
        try:
            self.facts[fact] = parse(answer)
        except NotRead as error:
            guessed = answer.late and error.why is Why.NOT_UNDERSTOOD
            self.unread.append(NotRead(Why.TIMEOUT).of(fact) if guessed else error.of(fact))
        except (ValueError, LookupError, OverflowError) as error:
            # what no parser foresaw is this fact's fault and no other's
            said = line(f"{type(error).__name__}: {error}")
            self.unread.append(Unread(fact=fact, why=Why.NOT_UNDERSTOOD, said=said))

    def note(self, found: tuple[Any, list[Unread]]) -> Any:
        """What a parser found, once what it could not read in part was noted."""
        self.unread += found[1]
        return found[0]


def facts_of(raw: str, boundary: str, *, now: int) -> tuple[HostFacts, tuple[Package, ...]]:
    """The facts in `raw`, and every package apart from them: there are thousands on a host.

    `now`: our own time when the host was asked, seconds since 1970.
    """
    all_answers = answers(raw, boundary)
    got = _Gathering(all_answers)
    _machine(got, now)
    _network(got, power_of(raw, boundary))
    _software(got, now)
    got.unread += _parts(all_answers)
    visitor = linux_network.visitor(all_answers.get("sockets", NOTHING))
    unread = tuple(dict.fromkeys(got.unread))
    facts = HostFacts(**got.facts, unread=unread, visitor=visitor)
    return facts, linux_software.package_list(all_answers.get("packages", NOTHING))


def _machine(got: _Gathering, now: int) -> None:
    got.take("hostname", "os", linux_machine.hostname)
    got.take("os", "os", linux_machine.system)
    got.take("arch", "os", linux_machine.arch)
    got.take("cores", "machine", linux_machine.cores)
    got.take("memory", "machine", linux_machine.memory)
    got.take("load", "machine", linux_machine.load)
    got.take("model", "machine", linux_machine.model)
    got.take("disks", "disks", linux_machine.disks)
    got.take("filesystems", "filesystems", linux_machine.filesystems)
    got.take("clock", "clock", lambda answer: linux_machine.clock(answer, now))
    clock = got.facts.get("clock")
    if clock is not None and clock.synchronised is None:
        got.unread.append(Unread(fact="clock.synchronised", why=Why.NO_COMMAND))


def _network(got: _Gathering, power: str) -> None:
    got.take("sockets", "sockets", linux_network.sockets)
    got.take("connections", "sockets", linux_network.connections)
    got.take("addresses", "network", linux_network.addresses)
    got.take("routes", "network", linux_network.routes)
    sockets = got.facts.get("sockets") or ()
    if power not in {"root", "all"} and any(one.process is None for one in sockets):
        got.unread.append(Unread(fact="sockets.process", why=Why.NOT_PERMITTED))


def _software(got: _Gathering, now: int) -> None:
    got.take("packages", "packages", linux_software.packages)
    got.take("services", "services", linux_software.services)
    got.take("jobs", "jobs", linux_software.jobs)
    got.take("logins", "logins", lambda a: linux_people.logins(a, datetime.fromtimestamp(now, UTC)))
    got.take("certificates", "certificates", lambda a: got.note(linux_people.certificates(a.parts)))
    got.take("databases", "databases", lambda a: got.note(linux_software.databases(a)))


def _parts(found: Mapping[str, Answer]) -> list[Unread]:
    """What sections lack in part: `jobs.users`, say."""
    return [lack for one in found.values() for lack in one.lacks if "." in lack.fact]


def untold() -> set[str]:
    """Facts that no section of linux.toml names: a bug, which a test finds."""
    return set(FACTS) - {fact for section in sections() for fact in section.facts}
