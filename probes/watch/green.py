"""Green for N minutes: what the running probers have seen of a few targets. Pure.

What nobody looks at, what was looked at too long ago and what was not watched for so long is not
green; that no prober runs is a question for a person, never a yes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from probes.watch.picture import Picture, Prober, Sight
from probes.watch.watched import Watch

SECOND = 1_000_000_000
GRACE = 10.0  # seconds that a look may take and be told of, beside three of its intervals


class Answer(StrEnum):
    GREEN = "green"
    WAIT = "wait"  # time will tell
    ASK = "ask"  # a person must look


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: both languages; `seconds`: when asking again makes sense."""

    answer: Answer
    reason: str = ""
    seconds: float = 0.0


def green(expected: Iterable[Watch], seen: Picture, now: int, minutes: int) -> Verdict:
    """`now`: ns since 1970. `expected`: what a prober that knows the inventory looks at."""
    if seen.missing or not seen.probers:
        told = "; ".join(f"{name}: {why}" for name, why in seen.missing)
        return Verdict(
            Answer.ASK,
            "探测进程没有运行或不应答，无法确认系统正常；请启动 `qianyun probe serve` / no prober runs or "
            f"answers, so nobody knows whether all is well: start `qianyun probe serve`; {told or '—'}",
            60.0,
        )
    watches = list(expected)
    if not watches:
        return Verdict(
            Answer.ASK,
            "没有可询问的探测目标 / nothing of this system is looked at: declare addresses of its "
            "entrance",
            60.0,
        )
    by_key = seen.by_key()
    faults = [
        fault
        for watch in watches
        for fault in _faults(watch, by_key.get(_key(watch), []), now, minutes)
    ]
    if not faults:
        return Verdict(Answer.GREEN)
    seconds, worst = max(faults)
    others = f" (+{len(faults) - 1})" if len(faults) > 1 else ""
    return Verdict(
        Answer.WAIT,
        f"等待探测连续 {minutes} 分钟正常：{worst[0]}{others} / waiting for {minutes} min of green "
        f"probes: {worst[1]}{others}",
        seconds,
    )


def _faults(
    watch: Watch, sights: list[tuple[Prober, Sight]], now: int, minutes: int
) -> Iterable[tuple[float, tuple[str, str]]]:
    """(seconds until it may be well, what is the matter in Chinese and English)."""
    name = f"{watch.target.code} {watch.check} v{watch.target.family}"
    whole = minutes * 60.0
    if not sights:
        yield whole + 60, (f"{name} 尚未被探测", f"{name} has not been looked at yet")
    for prober, sight in sights:
        at = f"{name}@{prober.vantage}"
        old = (now - sight.last) / SECOND
        good = (now - max(sight.since, prober.started)) / SECOND
        if not sight.up:
            yield whole + 30, (f"{at} 中断", f"{at} is down")
        elif old > 3 * watch.interval + GRACE:
            yield whole + 20, (f"{at} 已 {old:.0f} 秒没有结果", f"{at}: no look for {old:.0f} s")
        elif good < whole:
            seen = f"{good / 60:.1f}"
            yield whole - good, (f"{at} 仅 {seen} 分钟", f"{at} has been for {seen} min only")


def _key(watch: Watch) -> tuple[str, str, int]:
    return watch.target.code, watch.check, watch.target.family
