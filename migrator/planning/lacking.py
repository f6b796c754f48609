"""Systems that are to move and have no host where they are to go: what a cloud's operator is asked for."""

from inventory.model import Estate, System
from inventory.secrecy import hidden
from migrator.planning.dispositions import dispose
from migrator.planning.orders import NO_ORDERS
from migrator.planning.plan import Disposition


def lacking(estate: Estate) -> tuple[System, ...]:
    """In order of their codes; nothing classified is among them."""
    clouds = frozenset(one.code for one in estate.clouds)
    secret = hidden(estate).systems
    standing = {(host.system, host.place) for host in estate.hosts}
    return tuple(
        one
        for one in sorted(estate.systems, key=lambda system: system.code)
        if one.code not in secret
        and one.target is not None
        and (one.code, one.target) not in standing
        and dispose(one, clouds, NO_ORDERS).disposition is Disposition.MOVE
    )
