"""The screen of looks: v4 beside v6, how long each phase took as a bar, what is wrong in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.text import Text

from api.show.parts import BAD, DIM, GOOD, HEAD, table, text
from api.words import Words
from probes.explain import WORDS, explain
from probes.model import ProbeResult

PHASES: Mapping[str, str] = {
    **{"connect": "cyan", "tls": "magenta", "handshake": "magenta", "first_byte": "yellow"},
    **{"answer": "blue", "body": "green", "mtu": "green"},
}
"""Phase → its colour; what else was timed (best, worst, jitter) is no stretch of the look."""
WIDTH, NARROWEST = 30, 12  # columns of the longest bar, and where there is little room
TOLD = ("addresses", "loss", "not_after", "mtu", "told_by", "records", "status", "version")
"""Evidence that is worth a place beside the times."""


def probe_screen(results: Sequence[ProbeResult], say: Words) -> Iterator[RenderableType]:
    pairs: dict[tuple[str, str, int], dict[int, list[ProbeResult]]] = {}
    for r in results:
        key = (r.target.code, r.target.check, r.target.port)
        pairs.setdefault(key, {}).setdefault(r.target.family, []).append(r)
    made = table(say("target"), "IPv4", "IPv6")
    for (code, check, port), by in pairs.items():
        longest = max(_stretch(r) for several in by.values() for r in several)
        name = Text.assemble(text(code), "\n", text(f"{check}/{port}" if port else check, DIM))
        for four, six in zip_longest(by.get(4, ()), by.get(6, ())):  # a name's addresses
            made.add_row(name, *(_cell(one, longest, say) for one in (four, six)))
            name = Text()  # further addresses of the same
    yield made
    yield _legend(results, say)
    for r in results:
        if not r.ok:
            yield text(explain(r, say.lang), BAD)
    bad = sum(not r.ok for r in results)
    if bad:
        yield text(say("red", bad=bad, n=len(results)), BAD)
    else:
        yield text(say("green", n=len(results)), GOOD)


def _cell(result: ProbeResult | None, longest: float, say: Words) -> RenderableType:
    if result is None:
        return text("-", DIM)
    where = result.target.address or result.target.host
    whole = result.timings.get("total", 0.0)
    several = result.target.count > 1  # then the middle one is what is meant, not all of them
    total = f"{result.timings.get('answer', whole) if several else whole:.1f} ms"
    if result.failure is None:
        head = text(f"✓ {say('ok')} {total}", GOOD)
    else:
        head = text(f"✗ {say.half(WORDS[result.failure][0])} {total}", BAD)
    lines: list[RenderableType] = [head, text(where, DIM)]
    if longest > 0 and _stretch(result):
        lines.append(_Bar(result, longest))
    told = [
        f"{say(f'look_phase.{name}')} {result.timings[name]:.1f}"
        for name in PHASES
        if name in result.timings
    ]
    if told:
        lines.append(text(" · ".join(told), DIM))
    for key in TOLD:
        if value := result.evidence.get(key):
            lines.append(text(f"{say(f'told.{key}')} {_short(key, value)}", DIM))
    return Group(*lines, Text())


def _short(key: str, value: str) -> str:
    return value[:10] if key == "not_after" else value


def _stretch(result: ProbeResult) -> float:
    return sum(ms for name, ms in result.timings.items() if name in PHASES)


@dataclass(frozen=True)
class _Bar:
    """A stretch a phase, the longest of both families as wide as there is room (WIDTH at most); what
    took any time is seen."""

    result: ProbeResult
    longest: float

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(NARROWEST, WIDTH).clamp(max_width=options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = min(WIDTH, options.max_width)
        bar, elapsed, drawn = Text(no_wrap=True), 0.0, 0
        for name, colour in PHASES.items():
            if name in self.result.timings:
                elapsed += self.result.timings[name]
                columns = max(1, round(elapsed / self.longest * wide) - drawn)
                bar.append("█" * columns, style=colour)
                drawn += columns
        yield bar


def _legend(results: Sequence[ProbeResult], say: Words) -> Text:
    used = [name for name in PHASES if any(name in r.timings for r in results)]
    parts = [Text(say("look_phases") + " ", style=HEAD)] if used else []
    for name in used:
        parts.append(Text.assemble(("█ ", PHASES[name]), say(f"look_phase.{name}"), "  "))
    return Text().join(parts)
