"""Names that people give twice, where NetBox has one only once. Pure.

Every second organisation has a 中心机房. Where two objects of one name would stand at one site (or in
one cluster), NetBox's name gets the code behind it, which is taken off again when it is read.
"""

from collections import Counter
from collections.abc import Iterator

from inventory.model import Estate

type Named = tuple[str, str]  # collection, code


def shown(name: str, code: str) -> str:
    return f"{name}（{code}）"


def plain(name: str, code: str) -> str:
    """The name as people gave it, of one that may be `shown`."""
    return name.removesuffix(f"（{code}）")


def told_twice(estate: Estate) -> frozenset[Named]:
    """The objects whose name another one has where NetBox wants it once; and those whose name ends
    like a shown one."""
    keys = dict(_keys(estate))
    count = Counter(keys.values())
    return frozenset(
        named
        for named, key in keys.items()
        if count[key] > 1 or key[-1] != plain(key[-1], named[1].casefold())
    )


def _keys(estate: Estate) -> Iterator[tuple[Named, tuple[str, ...]]]:
    """Each named object and where its name must be the only one; NetBox compares without case."""
    sites = {room.code: room.site or "" for room in estate.rooms}
    sites |= {cloud.code: cloud.site or "" for cloud in estate.clouds}
    clouds = {cloud.code for cloud in estate.clouds}
    for organisation in estate.organisations:
        yield ("organisations", organisation.code), ("organisations", organisation.name.casefold())
    for site in estate.sites:
        yield ("sites", site.code), ("sites", site.name.casefold())
    for room in estate.rooms:
        yield ("rooms", room.code), ("rooms", room.site or "", room.name.casefold())
    for cloud in estate.clouds:
        yield ("clouds", cloud.code), ("clouds", cloud.name.casefold())
    for host in estate.hosts:
        if host.name:
            where = ("machines", host.place) if host.place in clouds else _at(sites, host.place)
            yield ("hosts", host.code), (*(w or "" for w in where), host.name.casefold())
    for node in estate.nodes:
        if node.name:
            yield ("nodes", node.code), (*_at(sites, node.place), node.name.casefold())


def _at(sites: dict[str, str], place: str | None) -> tuple[str, str]:
    return "devices", sites.get(place or "", "")
