"""Notices by rules: which events somebody is told of, and by which channel (webhook, mail, …).

What was told is kept in the truth, so a crash tells late, or twice, but never not. A channel that fails is
tried again at each turn; it holds up neither the other channels of its rule nor the engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from migrator.runs.rules import EngineRules, Notify
from migrator.store.events import Event
from migrator.store.truth import Truth

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
        """Tell what is new, rule by rule and channel by channel; how many notices went out. A rule or
        channel that is new begins with what happens from now on. Raises StoreDown."""
        sent = 0
        for rule in self.rules.notify:
            self.truth.notices.divide(rule.name, rule.to)
            sent += sum(self._tell(rule, channel) for channel in dict.fromkeys(rule.to))
        return sent

    def _tell(self, rule: Notify, channel: str) -> int:
        """Each channel has its own place: one that fails does not have the others told again."""
        notices = self.truth.notices
        kept = notices.of(rule.name, channel)
        if kept is None:
            notices.put(rule.name, channel, self.truth.events.last())
            return 0
        sent, told, failures = 0, kept.told, kept.failures
        while found := self.truth.events.after(told, limit=PAGE):
            wanted = [event for event in found if self._wants(rule, event)]
            for at in range(0, len(wanted), AT_ONCE):
                part = wanted[at : at + AT_ONCE]
                if fault := self._deliver(rule, channel, part):
                    notices.put(rule.name, channel, part[0].id - 1, failures + 1, fault)
                    return sent
                sent, failures = sent + 1, 0
                notices.put(rule.name, channel, part[-1].id)
            told = found[-1].id
        if told != kept.told:
            notices.put(rule.name, channel, told)
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

    def _deliver(self, rule: Notify, channel: str, events: Sequence[Event]) -> str | None:
        address = self.channels.get(channel)
        if address is None:
            return f"没有此渠道 / no such channel: {channel}; set it in [channels] of the settings"
        title = f"迁云通知 / Qianyun notice {rule.name}: {events[0].run}"
        fault = self.send(address, title, "\n".join(_line(event) for event in events))
        return f"{channel}: {fault}" if fault else None


def _line(event: Event) -> str:
    told = " ".join(
        str(event.body[k]) for k in ("by", "reason", "message", "note") if event.body.get(k)
    )
    told = " ".join(told.split())  # one line an event: what a host said must not look like another
    where = " ".join(part for part in (event.run, event.system, event.step) if part)
    return f"{event.at} {_said(event.kind)} {where} {told}".rstrip()


def _said(kind: str) -> str:
    """What happened, in both languages; the kind as it stands in rules comes last."""
    what, _, state = kind.partition(".")
    return f"{_WHAT.get(what, what)}{_STATE.get(state, '')} / {kind}"


_WHAT = {"run": "执行", "item": "系统", "step": "步骤", "command": "指令", "network": "网络方案"}
_STATE = {
    "done": "完成",
    "failed": "失败",
    "held": "待人处理",
    "paused": "暂停",
    "running": "开始",
    "skipped": "跳过",
    "rolling_back": "回退中",
    "rolled_back": "已回退",
    "aborted": "已放弃",
    "file": "登记",
    "approve": "批准",
    "reject": "否决",
    "withdraw": "撤回批准",
    "start": "开始下发",
    "waits": "等待",
    "back": "下令回退",
    "step.done": "一步完成",
    "step.failed": "一步失败",
}
