"""Screens of what the looks say: differences, unknown hosts and services, dependencies, signs."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from api.show.inventory import field_name, thing
from api.show.parts import BAD, DIM, GOOD, rows, table, text
from api.times import local
from api.words import Words
from inventory.difference import Difference, How
from inventory.facts import Evidence
from inventory.idle import IdleSigns, Sign
from inventory.seen import Seen, SeenDependency, Standing, Stranger
from inventory.unknown import UnknownService
from inventory.verification import Notice, Verification

_STANDING = {Standing.BOTH: GOOD, Standing.NOT_LOOKED: DIM}
_EDGES = 4
_CODES = 20


def found_screen(
    checked: Verification,
    services: Sequence[UnknownService],
    strangers: Sequence[Stranger],
    say: Words,
) -> Iterator[RenderableType]:
    """Differences, then what nobody declared, then what is good to know."""
    if checked.differences:
        yield _differences(checked.differences, say)
    if services:
        yield _services(services, say)
    if strangers:
        yield _strangers(strangers, say)
    if checked.notices:
        yield _notices(checked.notices, say)
    if not (checked.differences or services or strangers):
        yield (
            text(say("differences_none_of_read"), DIM)
            if checked.unread
            else text(say("differences_none"), GOOD)
        )
    if checked.unclear:
        told = "、".join(_unclear(d, say) for d in checked.unclear)
        yield text(f"{say('unclear_n', n=len(checked.unclear))}: {told}", DIM)
    if checked.unread:
        yield text(say("hosts_unread_n", n=len(checked.unread), codes=_codes(checked.unread)), DIM)


def _differences(found: Sequence[Difference], say: Words) -> RenderableType:
    heads = ("object", "field", "declared", "found", "how", "evidence")
    return rows(
        table(*(say(head) for head in heads), title=say("differences_n", n=len(found))),
        (
            (
                Text.assemble(text(f"{thing(d.kind, say)} {d.code}"), "\n", text(d.name, DIM)),
                _field(d, say),
                _declared(d),
                text(_shown(d.found), BAD if d.how is not How.ABSENT else DIM),
                say.known(f"how.{d.how}"),
                text(_evidence(d.evidence, say), DIM),
            )
            for d in found
        ),
    )


def _unclear(found: Difference, say: Words) -> str:
    return f"{found.code} {_field(found, say)} “{_shown(found.declared)}”"


def _field(found: Difference, say: Words) -> str:
    """As the ledger's column is called; databases and services are no field of a host's."""
    if found.field in {"databases", "services"}:
        return say(found.field) if found.field == "services" else say("fact.databases")
    return field_name(found.kind, found.field, say)


def _declared(found: Difference) -> Text:
    shown = text(_shown(found.declared), "" if found.declared is not None else DIM)
    if found.source is None:
        return shown
    where = " ".join(str(part) for part in (found.source.sheet, found.source.row or "") if part)
    return Text.assemble(shown, "\n", text(where, DIM)) if where else shown


def _shown(value: JsonValue) -> str:
    if value is None:
        return "∅"
    return value if isinstance(value, str) else str(value)


def _evidence(found: Iterable[Evidence], say: Words) -> str:
    parts = [f"{say('look_n', look=e.look)} {say.known(f'fact.{e.fact}')}" for e in found]
    return "; ".join(parts[:_EDGES]) + (" …" if len(parts) > _EDGES else "")


def _services(found: Sequence[UnknownService], say: Words) -> RenderableType:
    heads = (say(key) for key in ("host", "port", "process", "evidence"))
    return rows(
        table(*heads, title=say("unknown_services_n", n=len(found))),
        (
            (
                one.code,
                f"{one.port}/{one.protocol}",
                one.process or "?",
                text(_evidence([one.evidence], say), DIM),
            )
            for one in found
        ),
    )


def _strangers(found: Sequence[Stranger], say: Words) -> RenderableType:
    heads = (say(key) for key in ("address", "talks_to", "serves", "uses", "evidence"))
    return rows(
        table(*heads, title=say("strangers_n", n=len(found))),
        (
            (
                one.address,
                ", ".join(one.talks_to),
                ", ".join(map(str, one.serves)),
                ", ".join(map(str, one.uses)),
                text(_evidence(one.evidence, say), DIM),
            )
            for one in found
        ),
    )


def _notices(found: Sequence[Notice], say: Words) -> RenderableType:
    heads = (say(key) for key in ("host", "reason", "value", "object"))
    return rows(
        table(*heads, title=say("notices_n", n=len(found))),
        (
            (n.code, say.known(f"notice.{n.what}"), _shown(n.value).partition("T")[0], n.about)
            for n in found
        ),
    )


def _codes(codes: Iterable[str]) -> str:
    listed = sorted(codes)
    return ", ".join(listed[:_CODES]) + (" …" if len(listed) > _CODES else "")


def seen_screen(found: Seen, say: Words) -> Iterator[RenderableType]:
    """Dependencies, those that differ first; then strangers and what lies outside."""
    if not found.dependencies:
        yield text(say("no_dependencies"), DIM)
    else:
        order = (Standing.SEEN_ONLY, Standing.DECLARED_ONLY, Standing.BOTH, Standing.NOT_LOOKED)
        ordered = sorted(found.dependencies, key=lambda d: order.index(d.standing))
        heads = ("system", "needs", "standing", "confidence", "connections", "evidence")
        yield rows(table(*(say(head) for head in heads)), (_dependency(d, say) for d in ordered))
    if found.strangers:
        yield _strangers(found.strangers, say)
    if found.outside:
        listed = ", ".join(found.outside[:_CODES]) + (" …" if len(found.outside) > _CODES else "")
        yield text(f"{say('outside_n', n=len(found.outside))}: {listed}", DIM)
    if found.ambiguous:
        yield text(say("ambiguous_n", addresses=", ".join(found.ambiguous[:_CODES])), DIM)


def _dependency(one: SeenDependency, say: Words) -> tuple[object, ...]:
    lines = [
        f"{e.client} → {e.server}:{e.port}" + (f" ({e.server_process})" if e.server_process else "")
        for e in one.edges
    ]
    more = [f"… ({len(lines)})"] if len(lines) > _EDGES else []
    edges = Text("\n").join(text(line) for line in lines[:_EDGES] + more)
    told = [e for edge in one.edges for e in edge.evidence]
    return (
        one.system,
        one.needs,
        text(say.known(f"standing.{one.standing}"), _STANDING.get(one.standing, BAD)),
        say.known(f"confidence.{one.confidence}") if one.confidence else "",
        edges,
        text(_evidence(told, say), DIM),
    )


def idle_screen(found: Sequence[IdleSigns], say: Words, zone: str) -> Iterator[RenderableType]:
    """A table per system, and that this is no verdict."""
    for one in found:
        made = table(
            say("criterion"), say("sign"), say("host"), say("value"), title=f"{one.code} {one.name}"
        )
        last = None
        for sign in one.signs:
            head = say.known(f"criterion.{sign.criterion}") if sign.criterion != last else ""
            last = sign.criterion
            made.add_row(
                text(head),
                text(say.known(f"sign.{sign.what}")),
                text(sign.host or ""),
                _sign(sign, say, zone),
            )
        yield made
        if one.not_read:
            yield text(say("not_read_yet", codes=_codes(one.not_read)), DIM)
    yield text(say("idle_note"), DIM)


def _sign(sign: Sign, say: Words, zone: str) -> Text:
    value = sign.value
    if value is None:
        return text(say("sign_unread"), DIM)
    if isinstance(value, list):
        return text(", ".join(map(str, value)) or say("sign_none"))
    if sign.what.endswith("_permille") and isinstance(value, int):
        return text(f"{value / 10:.1f} %")
    if sign.what == "package_update":
        return text(local(str(value), zone, date=True))
    if value == "":
        return text(say("sign_never"))
    return text(str(value).replace("T", " ") if sign.what == "last_login" else value)
