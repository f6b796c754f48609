"""The screens of readiness levels."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType

from api.show.parts import BAD, GOOD, rows, table, text
from api.words import Words
from probes.readiness import Readiness, Verdict


def level_screen(one: Readiness, say: Words) -> Iterator[RenderableType]:
    yield text(say("level_is", code=one.code, level=one.level), GOOD if one.level > 1 else BAD)
    styles = {Verdict.PASSED: GOOD, Verdict.FAILED: BAD, Verdict.UNKNOWN: ""}
    made = table(*(say(key) for key in ("check", "result", "message")))
    yield rows(
        made,
        (
            (f"#{f.number}", text(say(f"verdict.{f.verdict}"), styles[f.verdict]), f.told)
            for f in one.findings
        ),
    )
    for parity in one.parity:
        delay = "?" if parity.delay is None else f"{parity.delay:+.0%}"
        v4, v6 = f"{parity.success_v4:.2%}", f"{parity.success_v6:.2%}"
        yield text(say("parity", check=parity.check, delay=delay, v4=v4, v6=v6))
    for told in one.security:
        yield text(told, BAD)
    if one.blocks is not None:
        yield text(
            say("level_blocked", n=one.level + 1, number=one.blocks.number, why=one.blocks.told)
        )


def matrix_screen(
    found: Sequence[Readiness], counts: Mapping[str, int], say: Words
) -> Iterator[RenderableType]:
    made = table(*(say(key) for key in ("code", "level", "message")))
    yield rows(
        made,
        (
            (one.code, f"L{one.level}", "" if one.blocks is None else one.blocks.told)
            for one in found
        ),
    )
    yield text("  ".join(f"L{level}: {count}" for level, count in counts.items()))
    for one in found:
        for told in one.security:
            yield text(told, BAD)
