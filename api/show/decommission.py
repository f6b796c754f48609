"""The screen of an old host after the trial."""

from collections.abc import Iterator

from rich.console import RenderableType

from api.show.parts import BAD, DIM, GOOD, rows, table, text
from api.times import local
from api.words import Words
from inventory.emptied import RoomState
from migrator.use_cases.decommissioning import OldHost

_STATE = {
    RoomState.IN_USE: DIM,
    RoomState.DEVICES_LEFT: BAD,
    RoomState.UNKNOWN: "yellow",
    RoomState.EMPTIED: GOOD,
}


def old_host_screen(old: OldHost, say: Words, zone: str) -> Iterator[RenderableType]:
    item = old.item
    yield text(
        f"{item.code} {item.system.name} · {item.source.code} → {item.target.code} · {old.run}"
    )
    yield text(
        say("old_trial", at=local(old.committed_at, zone), day=old.trial_until.isoformat()), DIM
    )
    yield text(_archive(old, say), GOOD if old.archive else DIM)
    yield text(_wipe(old, say), GOOD if old.wipe else DIM)
    left = old.room
    yield text(
        f"{say('old_room')} {left.room}: {say(f'old_room.{left.state}')}", _STATE[left.state]
    )
    if left.devices or left.untold:
        told = [(one, "old_device") for one in left.devices]
        told += [(one, "old_untold") for one in left.untold]
        yield rows(
            table(say("old_host"), say("old_name"), say("old_do")),
            ((one.code, one.name, say(key)) for one, key in told),
        )
    if left.lines:
        yield rows(
            table(say("line"), say("old_name"), say("old_rent"), say("old_contract")),
            ((one.code, one.name, one.rent_per_year, one.contract_end) for one in left.lines),
        )
        yield text(say("old_lines_kept" if left.systems else "old_lines_go"), DIM)


def _archive(old: OldHost, say: Words) -> str:
    if old.archive is None:
        return say("old_not_archived")
    many = sum(one["entries"] for one in old.archive["parts"])
    return say("old_archived", who=old.archived_by, n=many, digest=old.archive["digest"])


def _wipe(old: OldHost, say: Words) -> str:
    if old.wipe is None:
        return say("old_not_wiped")
    files = sum(one["files"] for one in old.wipe["wiped"].values())
    reached = all(one["reached"] for one in old.wipe["media"].values())
    told = say("old_wiped", who=old.wiped_by, n=files)
    return told if reached else f"{told} {say('old_medium')}"
