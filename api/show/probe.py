"""The screen of looks."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import BAD, GOOD, rows, table, text
from api.words import Words
from probes.explain import explain
from probes.model import ProbeResult


def probe_screen(results: Sequence[ProbeResult], say: Words) -> Iterator[RenderableType]:
    heads = ("target", "check", "family", "address", "result", "ms", "message")
    made = table(*(say(key) for key in heads))
    made.columns[5].justify = "right"
    yield rows(
        made,
        (
            (
                r.target.code,
                r.target.check,
                f"IPv{r.target.family}",
                r.target.address,
                text(say("ok"), GOOD) if r.ok else text(say("bad"), BAD),
                f"{r.timings.get('total', 0.0):.1f}",
                "" if r.ok else explain(r),
            )
            for r in results
        ),
    )
    bad = sum(not r.ok for r in results)
    if bad:
        yield text(say("red", bad=bad, n=len(results)), BAD)
    else:
        yield text(say("green", n=len(results)), GOOD)
