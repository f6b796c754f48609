"""What is to be added to a device's nftables so that IPv6 meets the firewall that IPv4 meets.

In a table of both families (`inet`) every rule of IPv4 alone gets a twin right after it; a table of IPv4
(`ip`) gets a table `ip6` of the same name. Both let in the ICMPv6 without which IPv6 does not work
(RFC 4890, 4.3 and 4.4), since IPv6 has its neighbours, its routers and its path MTU by it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrator.errors import Refused
from migrator.network.firewall.address_map import AddressMap, Unmapped
from migrator.network.firewall.expressions import Expressions, NoTwin, NoWord, is_four, is_nat

type Json = Any
type Row = Mapping[str, Json]

_TABLES = frozenset({"inet", "ip"})
_FILTERS = frozenset({"input", "forward", "output"})
_NOT_FILTERS = frozenset({"nat", "route"})
_OTHERS = frozenset({"counter", "limit", "quota"})  # objects that know no family
_ERRORS = ("destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem")
_NEIGHBOURS = ("nd-neighbor-solicit", "nd-neighbor-advert", "nd-router-solicit", "nd-router-advert")
_LISTENERS = (
    "mld-listener-query",
    "mld-listener-report",
    "mld-listener-done",
    "mld2-listener-report",
)


@dataclass(frozen=True)
class Twin:
    """A rule of ours. `after`: its place is after that rule of its chain (0 the first), -1 before all."""

    family: str
    table: str
    chain: str
    after: int
    expr: tuple[Json, ...]

    def as_json(self) -> dict[str, Json]:
        return {
            **{"family": self.family, "table": self.table, "chain": self.chain},
            **{"after": self.after, "expr": list(self.expr)},
        }


@dataclass(frozen=True)
class Additions:
    """`objects`: tables, sets and chains that are added, in their order, as nftables' JSON has them.
    `left`: what has no twin, and why, for a person to look at."""

    objects: tuple[Json, ...]
    twins: tuple[Twin, ...]
    left: tuple[str, ...]


@dataclass
class _Found:
    """A listing, by table."""

    tables: list[tuple[str, str]] = field(default_factory=list)
    sets: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)
    chains: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)
    rules: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)
    others: list[tuple[str, Row]] = field(default_factory=list)


def additions(listing: Sequence[Row], addresses: AddressMap) -> Additions:
    """`listing`: the list `nftables` of `nft -j list ruleset`. Raises Refused with all that stands in the
    way: addresses that nobody mapped, words that IPv6 has not."""
    found = _read(listing)
    made = _Making(found, addresses)
    for table in found.tables:
        made.table(table)
    if made.faults:
        raise Refused(
            "防火墙无法照搬到 IPv6 / the firewall can't be said of IPv6: "
            + "; ".join(dict.fromkeys(made.faults))
            + "; 补全地址对照表，或先改该规则 / complete the map of addresses, or change the rule first"
        )
    return Additions(tuple(made.objects), tuple(made.twins), tuple(dict.fromkeys(made.left)))


def _read(listing: Sequence[Row]) -> _Found:
    found = _Found()
    for one in listing:
        ((kind, row),) = one.items()
        if kind == "table":
            found.tables.append((row["family"], row["name"]))
        elif kind == "chain":
            found.chains.setdefault((row["family"], row["table"]), {})[row["name"]] = row
        elif kind in {"set", "map"}:
            found.sets.setdefault((row["family"], row["table"]), {})[row["name"]] = row
        elif kind == "rule":
            found.rules.setdefault((row["family"], row["table"], row["chain"]), []).append(row)
        elif kind != "metainfo":
            found.others.append((kind, row))
    return found


class _Making:
    def __init__(self, found: _Found, addresses: AddressMap) -> None:
        self._found = found
        self._addresses = addresses
        self.objects: list[Json] = []
        self.twins: list[Twin] = []
        self.left: list[str] = []
        self.faults: list[str] = []

    def table(self, table: tuple[str, str]) -> None:
        family, name = table
        if family == "ip6":
            return  # IPv6's own; a table of IPv4 of that name is refused below
        if family not in _TABLES:
            self.left.append(f"{family} {name}: 不涉及 IP 地址族 / not of an address family")
            return
        both = family == "inet"
        if not both and ("ip6", name) in self._found.tables:
            self.faults.append(f"table ip6 {name}: 已存在 / is there already")
            return
        chains = self._chains(table)
        if not both and chains:
            self.objects.append({"table": {"family": "ip6", "name": name}})
        self._objects(table, wanted=bool(chains))
        names = self._sets(table)
        speech = Expressions(self._addresses, lambda one: names.get(one, one))
        for chain in chains:
            self._chain(table, chain)
        for chain in chains:
            self._rules(table, chain["name"], speech)

    def _objects(self, table: tuple[str, str], *, wanted: bool) -> None:
        family, name = table
        for kind, row in self._found.others:
            if (row["family"], row["table"]) != table or family == "inet" or not wanted:
                continue
            if kind in _OTHERS:
                self.objects.append({kind: {**_bare(row), "family": "ip6"}})
            else:
                self.faults.append(f"{kind} {name} {row['name']}")

    def _sets(self, table: tuple[str, str]) -> dict[str, str]:
        """Sets of addresses said of IPv6; their names there by those here."""
        family, _ = table
        names: dict[str, str] = {}
        for name, row in self._found.sets.get(table, {}).items():
            kinds = row["type"] if isinstance(row["type"], list) else [row["type"]]
            if family == "inet" and "ipv4_addr" not in kinds:
                continue
            where = f"set {' '.join(table)} {name}"
            names[name] = name if family == "ip" else f"{name}_6"
            if names[name] in self._found.sets.get(table, {}) and family == "inet":
                self.faults.append(f"{where}: {names[name]} 已存在 / is there already")
            if {"timeout", "dynamic"} & set(row.get("flags", ())) or "map" in row:
                self.faults.append(f"{where}: 动态集合或映射 / filled by packets, or a map")
                continue
            try:
                said = Expressions(self._addresses, str).elements(row.get("elem", []))
            except (Unmapped, NoWord) as error:
                self.faults.append(f"{where}: {error}")
                continue
            kinds = ["ipv6_addr" if one == "ipv4_addr" else one for one in kinds]
            told = {**_bare(row), "family": "ip6" if family == "ip" else family}
            told |= {"name": names[name], "type": kinds if len(kinds) > 1 else kinds[0]}
            self.objects.append({"set": told | ({"elem": said} if said else {})})
        return names

    def _chains(self, table: tuple[str, str]) -> list[Row]:
        """Those that get a twin."""
        chains = self._found.chains.get(table, {}).values()
        for row in chains:
            if row.get("type") in _NOT_FILTERS:
                self.left.append(
                    f"{' '.join(table)} {row['name']}: 地址转换不照搬，IPv6 用真实地址 / NAT has no "
                    "twin: IPv6 has addresses of its own"
                )
        return [row for row in chains if row.get("type") not in _NOT_FILTERS]

    def _chain(self, table: tuple[str, str], row: Row) -> None:
        family, name = table
        if family == "ip":
            self.objects.append({"chain": {**_bare(row), "family": "ip6"}})
        if row.get("hook") in _FILTERS:
            self._needed("ip6" if family == "ip" else family, name, row)

    def _needed(self, family: str, table: str, chain: Row) -> None:
        """RFC 4890: errors pass through (4.3.1) and come in (4.4.1); neighbours and routers, and who
        listens to which group, only from the link itself (4.4.1: hop limit 255; MLD's is 1)."""
        twins = [_icmp(_ERRORS)]
        if chain["hook"] != "forward":
            twins += [_icmp(_NEIGHBOURS, hops=255), _icmp(_LISTENERS, hops=1)]
        for expr in twins:
            self.twins.append(Twin(family, table, chain["name"], -1, expr))

    def _rules(self, table: tuple[str, str], chain: str, speech: Expressions) -> None:
        family, name = table
        sets = self._found.sets.get(table, {})
        for place, row in enumerate(self._found.rules.get((family, name, chain), [])):
            if family == "inet" and not is_four(row["expr"], sets):
                continue
            where = f"{family} {name} {chain}, 第 {place + 1} 条 / rule {place + 1}"
            try:
                said = tuple(speech.rule(row["expr"]))
            except NoTwin:
                self.left.append(f"{where}: 所涉地址没有 IPv6 / of addresses without IPv6")
                continue
            except (Unmapped, NoWord) as error:
                self.faults.append(f"{where}: {error}")
                continue
            if is_four(list(said), {}) or is_nat(list(said)):
                self.faults.append(f"{where}: 该写法尚不支持 / said in a way that isn't known here")
                continue
            at = place if family == "inet" else _END
            self.twins.append(Twin("ip6" if family == "ip" else family, name, chain, at, said))


_END = -2
"""`after` of a rule in a chain of ours: behind those that were put there before."""


def _bare(row: Row) -> dict[str, Json]:
    return {key: value for key, value in row.items() if key not in {"handle", "elem"}}


def _icmp(types: Iterable[str], hops: int = 0) -> tuple[Json, ...]:
    of_type = {"payload": {"protocol": "icmpv6", "field": "type"}}
    only = {"payload": {"protocol": "ip6", "field": "hoplimit"}}
    match = {"match": {"op": "==", "left": of_type, "right": {"set": list(types)}}}
    near = [{"match": {"op": "==", "left": only, "right": hops}}] if hops else []
    return (*near, match, {"accept": None})


def count(made: Additions) -> Counter[str]:
    """How many twins each chain gets."""
    return Counter(f"{one.family} {one.table} {one.chain}" for one in made.twins)
