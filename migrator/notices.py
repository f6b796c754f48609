"""Notices by rules: which events somebody is told of, and by which channel (webhook, mail, …).

What was told is kept in the truth, so a crash tells late, or twice, but never not. A channel that fails is
tried again at each turn; it holds up its own rule only, and the engine not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from migrator.engine_rules import EngineRules, Notify
from migrator.store import Truth
from migrator.store_events import Event
from migrator.store_notices import NoticeRecord

PAGE = 500
AT_ONCE = 20
"""Events in one notice."""

type Send = Callable[[str, str, str], str | None]
"""(address, title, text) → what went wrong, or None."""


def by_apprise(address: str, title: str, text: str) -> str | None:
    """One notice by the library that knows the channels: `jsons://`, `mailtos://` and a hundred more."""
    import apprise  # noqa: PLC0415  most processes tell nobody

    channel = apprise.Apprise()
    if not channel.add(address):
        return "渠道地址无法识别 / the channel's address is not one that apprise knows"
    sent = channel.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT)
    return None if sent else "渠道未送达 / the channel did not take it"


@dataclass(frozen=True)
class Notifier:
    """`channels`: addresses by name; they hold secrets, and never reach the truth or a log."""

    truth: Truth
    rules: EngineRules
    channels: Mapping[str, str]
    send: Send = by_apprise

    def tell(self) -> int:
        """Tell what is new, rule by rule; how many notices went out. A rule that is new begins with
        what happens from now on. Raises StoreDown."""
        return sum(self._tell(rule) for rule in self.rules.notify)

    def _tell(self, rule: Notify) -> int:
        kept = self.truth.notices.of(rule.name)
        if kept is None:
            self.truth.notices.put(rule.name, self.truth.events.last())
            return 0
        sent, told = 0, kept.told
        while found := self.truth.events.after(told, limit=PAGE):
            wanted = [event for event in found if self._wants(rule, event)]
            for at in range(0, len(wanted), AT_ONCE):
                part = wanted[at : at + AT_ONCE]
                if fault := self._deliver(rule, part):
                    failed = NoticeRecord(
                        rule=rule.name, told=part[0].id - 1, failures=kept.failures + 1, at=""
                    )
                    self.truth.notices.put(failed.rule, failed.told, failed.failures, fault)
                    return sent
                sent += 1
                self.truth.notices.put(rule.name, part[-1].id)
            told = found[-1].id
            if not wanted:
                continue
        if told != kept.told:
            self.truth.notices.put(rule.name, told)
        return sent

    def _wants(self, rule: Notify, event: Event) -> bool:
        if not any(fnmatchcase(event.kind, pattern) for pattern in rule.on):
            return False
        if rule.systems and event.system not in rule.systems:
            return False
        if not rule.organisations:
            return True
        if not event.system:
            return False
        plan = self.truth.plans.known(self.truth.runs.head(event.run).plan)
        return (plan.item(event.system).system.organisation or "") in rule.organisations

    def _deliver(self, rule: Notify, events: Sequence[Event]) -> str | None:
        title = f"迁云 {rule.name}: {events[0].run}"
        text = "\n".join(_line(event) for event in events)
        for name in rule.to:
            address = self.channels.get(name)
            if address is None:
                return f"没有此渠道 / no such channel: {name}; set it in [channels] of the settings"
            if fault := self.send(address, title, text):
                return f"{name}: {fault}"
        return None


def _line(event: Event) -> str:
    told = " ".join(
        str(event.body[k]) for k in ("by", "reason", "message", "note") if event.body.get(k)
    )
    return f"{event.at} {event.kind} {event.run} {event.system} {event.step} {told}".rstrip()
