"""The screens of readiness levels."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from api.show.parts import BAD, DIM, GOOD, HEAD, rows, table, text
from api.words import Words
from probes.readiness.evidence import Readiness, Verdict
from probes.readiness.levels import HIGHEST, City
from probes.readiness.report import CHECKS, signs

STYLES = {Verdict.PASSED: GOOD, Verdict.FAILED: BAD, Verdict.UNKNOWN: "yellow", Verdict.NONE: DIM}
SIGN_STYLES = {"√": GOOD, "×": BAD, "？": "yellow", "－": DIM}
NARROW = {"？": "?", "－": "-"}  # one column wide in every terminal
LEVEL_STYLES = (BAD, "yellow", "yellow", "cyan", "cyan", GOOD, GOOD)


def level_screen(one: Readiness, say: Words) -> Iterator[RenderableType]:
    yield text(say("level_is", code=one.code, level=one.level), GOOD if one.level > 1 else BAD)
    made = table(*(say(key) for key in ("check", "result", "message")))
    yield rows(
        made,
        (
            (
                f"#{f.number} {say(f'level_check.{f.number}')}",
                text(say(f"verdict.{f.verdict}"), STYLES[f.verdict]),
                say.half(f.told),
            )
            for f in one.findings
        ),
    )
    for parity in one.parity:
        delay = "?" if parity.delay is None else f"{parity.delay:+.0%}"
        v4, v6 = f"{parity.success_v4:.2%}", f"{parity.success_v6:.2%}"
        yield text(say("parity", check=parity.check, delay=delay, v4=v4, v6=v6))
    yield from _warnings(one, say)
    if one.blocks is not None:
        why = say.half(one.blocks.told)
        yield text(say("level_blocked", n=one.level + 1, number=one.blocks.number, why=why))


def _warnings(one: Readiness, say: Words) -> Iterator[RenderableType]:
    for told in one.security:
        yield text(say.half(told), BAD)
    if one.skylights:
        yield text(say("skylight", told=", ".join(one.skylights)), BAD)


def matrix_screen(city: City, say: Words) -> Iterator[RenderableType]:
    """A row a thing, a sign a check: eleven columns would leave eighty no room for the rest."""
    for kind, found in (("node", city.nodes), ("link", city.links), ("system", city.systems)):
        if found:
            yield _matrix(say(f"kind.{kind}"), found, say)
    yield text(say("signs"), DIM)
    for kind, levels in city.levels.items():
        counts = "  ".join(f"L{n}: {levels[n]}" for n in range(HIGHEST + 1))
        yield text(f"{say(f'kind.{kind}')}  {counts}")
    yield text(say("city_level", level=city.level), HEAD)
    for one in city.nodes:
        yield from _warnings(one, say)


def _matrix(title: str, found: Sequence[Readiness], say: Words) -> RenderableType:
    heads = (say("code"), say("level"), " ".join(map(str, CHECKS)), say("blocks"))
    made = table(*heads, title=title)
    for column in made.columns[1:-1]:
        column.no_wrap = True
    return rows(made, (_row(one, say) for one in found))


def _row(one: Readiness, say: Words) -> tuple[object, ...]:
    cells = Text()
    for number, sign in signs(one).items():  # each below the first digit of its number
        cells.append(f"{NARROW.get(sign, sign):<{len(str(number)) + 1}}", SIGN_STYLES[sign])
    blocks = f"#{one.blocks.number} {say.half(one.blocks.told)}" if one.blocks else ""
    return one.code, text(f"L{one.level}", LEVEL_STYLES[one.level]), cells, blocks
