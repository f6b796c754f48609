"""Availability and outages as a report and as plain rows. Pure; in Chinese, as it is handed in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from inventory.canonical import digest
from inventory.model import Estate
from inventory.reports.model import Cell, Column, Report, Section, Source, Table, Text
from probes.explain import WORDS
from probes.model import Failure
from probes.watch.availability import Available
from probes.watch.history import CHINA
from probes.watch.outages import Outage

HEADS = (
    *("code", "first", "last", "availability", "watched_s", "down_s", "outages", "longest_s"),
    *("success_v4", "success_v6", "delay_v4_ms", "delay_v6_ms"),
)
OUTAGE_HEADS = (
    *("id", "code", "check", "family", "began", "ended", "seconds", "reason", "cause"),
    *("acknowledged_by", "acknowledged_at", "prober"),
)


def rows(found: Iterable[Available]) -> Iterator[tuple[str | int | float | None, ...]]:
    """As HEADS say; shares 0 to 1."""
    for one in found:
        by = {family.family: family for family in one.families}
        shares = [by[f].share if f in by else None for f in (4, 6)]
        delays = [by[f].delay if f in by else None for f in (4, 6)]
        yield (
            *(one.code, one.first.isoformat(), one.last.isoformat(), _round(one.share, 6)),
            *(round(one.watched), round(one.down, 3), one.outages, round(one.longest, 3)),
            *(_round(share, 6) for share in shares),
            *(None if delay is None else round(delay * 1000, 3) for delay in delays),
        )


def outage_rows(outages: Iterable[Outage]) -> Iterator[tuple[str | int | float | None, ...]]:
    """As OUTAGE_HEADS say; times with their zone."""
    for one in outages:
        seconds = None if one.ended is None else round((one.ended - one.began) / 1e9, 3)
        yield (
            *(one.id, one.code, one.check, one.family, moment(one.began), moment(one.ended)),
            *(seconds, one.reason, one.note, one.acknowledged_by, moment(one.acknowledged_at)),
            one.prober,
        )


def moment(nanoseconds: int | None) -> str | None:
    """On China's clocks, ISO 8601 to the second."""
    if nanoseconds is None:
        return None
    at = datetime.fromtimestamp(nanoseconds // 10**9, UTC).astimezone(CHINA)
    return at.isoformat(timespec="seconds")


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def history_report(
    found: Sequence[Available],
    outages: Sequence[Outage],
    estate: Estate,
    made_on: date,
    names: Mapping[str, str],
) -> Report:
    """`found` and `outages` of one stretch of time; Misuse is the caller's to raise where it is empty."""
    first = min((one.first for one in found), default=made_on)
    last = max((one.last for one in found), default=made_on)
    return Report(
        form="probe-history",
        numbers=(),
        layout="letter",
        title="节点与线路可用率报告",
        subtitle=f"{first.isoformat()} 至 {last.isoformat()}",
        place="",
        period=f"{first.isoformat()}/{last.isoformat()}",
        made_on=made_on,
        cut_off=last,
        draft=last >= made_on,
        sections=(
            Section(
                heading="一、可用率", blocks=(Text(text=_summary(found)), _table(found, names))
            ),
            Section(heading="二、中断记录", blocks=(_outages(outages, names),)),
            Section(heading="三、口径", blocks=(Text(text=MEASURE),)),
        ),
        source=Source(policy="", number="无", estate=digest(estate)),
    )


MEASURE = (
    "可用率＝1－中断时间÷探测时间。节点在所探测的各协议族均不应答时为中断，线路、链路任一端中断即为中断；"
    "连续两次探测失败起算，首次应答止。未探测的时间不计入。成功率按次计，本机原因未测成的不计。"
)


def _summary(found: Sequence[Available]) -> str:
    shares = [one.share for one in found if one.share is not None]
    if not shares:
        return "所选期间没有探测记录。"
    full = sum(share == 1 for share in shares)
    return (
        f"所选期间有探测记录 {len(shares)} 项，其中无中断 {full} 项，最低可用率 {min(shares):.4%}，"
        f"中断共 {sum(one.outages for one in found)} 次、{sum(one.down for one in found) / 3600:.2f} 小时。"
    )


def _table(found: Sequence[Available], names: Mapping[str, str]) -> Table:
    def of(one: Available, family: int) -> tuple[Cell, Cell]:
        for each in one.families:
            if each.family == family:
                delay = "－" if each.delay is None else f"{each.delay * 1000:.2f}"
                return ("－" if each.share is None else f"{each.share:.3%}"), delay
        return "－", "－"

    return Table(
        title="可用率",
        columns=(
            Column(title="编号", width=9),
            Column(title="名称", width=10),
            Column(title="期间", width=10),
            Column(title="可用率", width=6),
            Column(title="中断次数", kind="number", width=4),
            Column(title="中断时长", width=6),
            Column(title="成功率", width=6, group="IPv4"),
            Column(title="时延", width=5, group="IPv4"),
            Column(title="成功率", width=6, group="IPv6"),
            Column(title="时延", width=5, group="IPv6"),
        ),
        rows=tuple(
            (
                *(one.code, names.get(one.code, ""), f"{one.first:%Y-%m-%d} 至 {one.last:%m-%d}"),
                "－" if one.share is None else f"{one.share:.4%}",
                *(one.outages, length(one.down), *of(one, 4), *of(one, 6)),
            )
            for one in found
        ),
        unit="时延单位：毫秒",
        empty="没有探测记录",
    )


def length(seconds: float) -> str:
    """A duration in Chinese."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}时{minutes}分"
    return f"{minutes}分{rest}秒" if minutes else f"{rest}秒"


def _outages(outages: Sequence[Outage], names: Mapping[str, str]) -> Table:
    return Table(
        title="中断记录",
        columns=(
            Column(title="编号", width=9),
            Column(title="检查", width=5),
            Column(title="族", kind="mark", width=3),
            Column(title="起", width=9),
            Column(title="止", width=9),
            Column(title="表现", width=7),
            Column(title="原因", width=10),
            Column(title="确认人", width=5),
        ),
        rows=tuple(
            (
                *(f"{one.code} {names.get(one.code.partition('@')[0], '')}".strip(), one.check),
                *(f"v{one.family}", _minute(one.began), _minute(one.ended) or "仍在中断"),
                *(reason(one.reason), one.note, one.acknowledged_by),
            )
            for one in outages
        ),
        empty="没有中断",
    )


def _minute(at: int | None) -> str:
    return (moment(at) or "")[:19].replace("T", " ")


def reason(name: str) -> str:
    """A reason's Chinese half."""
    try:
        return WORDS[Failure(name)][0].partition(" / ")[0]
    except (ValueError, KeyError):
        return name
