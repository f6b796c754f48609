"""What is left in a room once systems have gone: systems, devices, lines. Pure.

By Dalian 二(三)¶1 (V-42) a room keeps access devices and what serves the local network; by ¶2 the
lines that served it alone are given up.
"""

from dataclasses import dataclass
from enum import StrEnum

from inventory.model import Estate, Host, Line


class RoomState(StrEnum):
    IN_USE = "in_use"  # systems live there still
    DEVICES_LEFT = "devices_left"
    UNKNOWN = "unknown"  # of some device nobody said what it is for
    EMPTIED = "emptied"


@dataclass(frozen=True)
class RoomLeft:
    """`devices`: to be taken away; `untold`: devices whose use nobody told; `access`: they may stay;
    `lines`: those with an end there that are not cancelled."""

    room: str
    systems: tuple[str, ...]
    devices: tuple[Host, ...]
    untold: tuple[Host, ...]
    access: tuple[Host, ...]
    lines: tuple[Line, ...]

    @property
    def state(self) -> RoomState:
        if self.systems:
            return RoomState.IN_USE
        if self.devices:
            return RoomState.DEVICES_LEFT
        return RoomState.UNKNOWN if self.untold else RoomState.EMPTIED

    @property
    def rent_per_year(self) -> int:
        """Yuan, of the lines whose rent is known."""
        return sum(line.rent_per_year or 0 for line in self.lines)


def room_left(estate: Estate, room: str) -> RoomLeft:
    """A system counts where it lives now (our own record of a move before what was declared)."""
    hosts = [host for host in estate.hosts if host.place == room]
    lines = (one for one in estate.lines if room in (one.a_end, one.z_end))
    return RoomLeft(
        room=room,
        systems=tuple(one.code for one in estate.systems if one.place == room),
        devices=tuple(one for one in hosts if one.role not in (None, "access")),
        untold=tuple(one for one in hosts if one.role is None),
        access=tuple(one for one in hosts if one.role == "access"),
        lines=tuple(one for one in lines if one.cancelled_on is None),
    )
