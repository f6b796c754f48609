"""The screens of network devices' commands and of network plans."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import DIM, lines, rows, table, text
from api.times import local
from api.words import Words
from migrator.network.files import DNS, NFTABLES, VRRP, Checked
from migrator.runs.network_plan import NetworkPlan, NetworkRecord


def network_screen(found: Sequence[Checked], out: str, say: Words) -> Iterator[RenderableType]:
    heads = (
        "network_device",
        "network_vendor",
        "network_changes",
        "network_check",
        "network_sent_by",
    )
    yield rows(
        table(*(say(key) for key in heads)),
        (
            (one.name, one.kind, one.changes, _found(one, say), one.sent_by or say("network_hands"))
            for one in found
        ),
    )
    for one in found:
        for note in one.notes:
            where, _, told = note.partition(": ")
            yield text(f"{one.name} {say.half(where)}: {say.half(told)}")
    yield text(say("network_written", out=out))


def _found(one: Checked, say: Words) -> str:
    if one.kind in (DNS, NFTABLES, VRRP):
        return say("network_compared")
    return ", ".join(one.left) or say("network_whole")


def network_list(found: Sequence[NetworkRecord], say: Words, zone: str) -> Iterator[RenderableType]:
    if not found:
        yield text(say("network_none"), DIM)
        return
    heads = (
        "network_plan",
        "network_title",
        "state",
        "author",
        "made_at",
        "approvals",
        "network_note",
    )
    yield rows(table(*(say(head) for head in heads)), (_row(one, say, zone) for one in found))


def _row(one: NetworkRecord, say: Words, zone: str) -> tuple[object, ...]:
    state = say(f"network.{one.state}")
    names = ", ".join(one.approvals)
    return one.code, one.title, state, one.author, local(one.made_at, zone), names, one.note


def network_plan_screen(
    record: NetworkRecord, plan: NetworkPlan, reasons: Sequence[str], say: Words, zone: str
) -> Iterator[RenderableType]:
    """All of it: a person approves what stands here."""
    yield from network_list([record], say, zone)
    window = (plan.opens.isoformat(" ", "minutes"), plan.closes.isoformat(" ", "minutes"))
    yield text(say("network_window", opens=window[0], closes=window[1], zone=plan.timezone))
    systems = ", ".join(sorted({one.code for one in plan.touches if one.code})) or "—"
    yield text(say("network_touches", systems=systems))
    heads = ("network_change", "network_vendor", "network_hosts", "network_sent_by")
    yield rows(
        table(*(say(key) for key in heads)),
        (
            (
                one.name,
                one.kind,
                ", ".join(host.code for host in one.hosts.values()),
                one.playbook or say("network_hands"),
            )
            for one in plan.changes
        ),
    )
    for change in plan.changes:
        for name, told in change.files.items():
            yield text(f"── {name}", DIM)
            yield lines(told.rstrip())
    yield from _steps(record, plan, say, zone)
    for reason in reasons:
        yield text(say.half(reason), DIM)
    yield text(say("network_digest", digest=record.digest))


def _steps(
    record: NetworkRecord, plan: NetworkPlan, say: Words, zone: str
) -> Iterator[RenderableType]:
    if not record.steps:
        return
    heads = ("network_change", "step", "state", "at", "network_note")
    yield rows(
        table(*(say(head) for head in heads)),
        (
            (
                plan.change(one.number).name,
                say.known(one.step.value),
                say.known(f"step.{one.state}"),
                local(one.ended_at or one.started_at, zone),
                say.half(one.message),
            )
            for one in record.steps
        ),
    )
