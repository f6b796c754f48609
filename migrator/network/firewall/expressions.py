"""One rule of nftables said of IPv6: its expressions as libnftables-json(5) has them.

What has no word in IPv6, or none known here, is refused: a firewall that lets in more or less than
was meant is worse than none.
"""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from migrator.network.firewall.address_map import AddressMap

type Json = Any

FIELDS = {"saddr": "saddr", "daddr": "daddr", "dscp": "dscp", "ttl": "hoplimit"}
PROTOCOLS = {"icmp": "ipv6-icmp", "igmp": None, "ip": "ip6", "ipv4": "ipv6", "ipv6-icmp": None}
ICMP_TYPES = {
    "echo-request": "echo-request",
    "echo-reply": "echo-reply",
    "destination-unreachable": "destination-unreachable",
    "time-exceeded": "time-exceeded",
    "parameter-problem": "parameter-problem",
    "redirect": "nd-redirect",
    "router-advertisement": "nd-router-advert",
    "router-solicitation": "nd-router-solicit",
}
REJECTIONS = {
    "net-unreachable": "no-route",
    "host-unreachable": "addr-unreachable",
    "port-unreachable": "port-unreachable",
    "net-prohibited": "admin-prohibited",
    "host-prohibited": "admin-prohibited",
    "admin-prohibited": "admin-prohibited",
}
NAT = frozenset({"dnat", "snat", "masquerade", "redirect"})
_FAMILY = {"nfproto": "ipv4", "protocol": "ip"}  # what `meta` calls IPv4


class NoTwin(Exception):
    """The rule speaks of what has no IPv6: none is needed."""


class NoWord(Exception):
    """IPv6 has no word for it, or none is known here."""


def is_four(rule: Json, sets: Mapping[str, Json]) -> bool:
    """Whether only IPv4 packets can fit it. `sets`: of its table, by name."""
    if isinstance(rule, list):
        return any(is_four(one, sets) for one in rule)
    if isinstance(rule, str):
        return rule.startswith("@") and _holds_four(sets.get(rule[1:], {}))
    if not isinstance(rule, dict):
        return False
    return _says_four(rule) or any(is_four(one, sets) for one in rule.values())


def _says_four(expression: Mapping[str, Json]) -> bool:
    match expression:
        case {"payload": {"protocol": "ip" | "icmp" | "igmp"}} | {"reject": {"type": "icmp"}}:
            said = True
        case {"match": {"left": {"meta": {"key": "l4proto"}}, "right": "icmp" | "igmp"}}:
            said = True
        case {"dnat": {"family": "ip"}} | {"snat": {"family": "ip"}}:
            said = True
        case {"ct": {"key": str(key)}}:
            said = key.startswith("ip ")
        case {"match": {"left": {"meta": {"key": str(key)}}, "right": right}}:
            said = right == _FAMILY.get(key)
        case _:
            said = False
    return said


def _holds_four(one: Mapping[str, Json]) -> bool:
    kind = one.get("type")
    return kind == "ipv4_addr" or (isinstance(kind, list) and "ipv4_addr" in kind)


def is_nat(rule: Json) -> bool:
    if isinstance(rule, list):
        return any(is_nat(one) for one in rule)
    return isinstance(rule, dict) and (
        bool(NAT & rule.keys()) or any(is_nat(one) for one in rule.values())
    )


class Expressions:
    """Says expressions of IPv4 of IPv6. `named`: what a set of addresses is called there."""

    def __init__(self, addresses: AddressMap, named: Callable[[str], str]) -> None:
        self._addresses = addresses
        self._named = named

    def rule(self, expressions: Sequence[Json]) -> list[Json]:
        """Raises NoTwin, NoWord, Unmapped."""
        return [self._one(one) for one in expressions]

    def elements(self, values: Sequence[Json]) -> list[Json]:
        """Of a set; those without IPv6 are left out. Raises NoWord, Unmapped."""
        said = []
        for one in values:
            try:
                said.append(self._value(one))
            except NoTwin:
                continue
        return said

    def _one(self, told: Json) -> Json:
        match told:
            case {"match": dict(told_match)}:
                return {"match": self._match(told_match)}
            case {"vmap": {"key": key, "data": data}}:
                return {"vmap": {"key": self._left(key), "data": self._value(data)}}
            case {"reject": {"type": "icmp", "expr": str(code)}}:
                return {"reject": {"type": "icmpv6", "expr": _word(REJECTIONS, code)}}
            case {"counter": dict()}:
                return {"counter": None}  # of the twin's own
            case dict() if NAT & told.keys():
                raise NoWord(f"nat: {next(iter(NAT & told.keys()))}")
            case {"set": _} | {"map": _} | {"mangle": _} | {"tproxy": _} | {"dup": _} | {"fwd": _}:
                raise NoWord(next(iter(told)))
        return told

    def _match(self, told: Mapping[str, Json]) -> Json:
        left, right, op = told["left"], told["right"], told["op"]
        said = self._left(left)
        match left:
            case {"payload": {"protocol": "icmp", "field": "type"}}:
                return {"op": op, "left": said, "right": _each(right, ICMP_TYPES)}
            case {"payload": {"protocol": "icmp"}}:
                raise NoWord("icmp code")
            case {"payload": {"protocol": "ip", "field": "protocol"}}:
                return {"op": op, "left": said, "right": _each(right, PROTOCOLS, same=True)}
            case {"meta": {"key": "l4proto" | "nfproto" | "protocol"}}:
                return {"op": op, "left": said, "right": _each(right, PROTOCOLS, same=True)}
        try:
            return {"op": op, "left": said, "right": self._value(right)}
        except NoTwin:
            if op == "!=":
                raise NoWord("!= …") from None  # all but nothing is not nothing
            raise

    def _left(self, told: Json) -> Json:
        match told:
            case {"payload": {"protocol": "ip", "field": "protocol"}}:
                return {"meta": {"key": "l4proto"}}
            case {"payload": {"protocol": "ip", "field": str(field)}}:
                return {"payload": {"protocol": "ip6", "field": _word(FIELDS, field)}}
            case {"payload": {"protocol": "icmp", "field": str(field)}}:
                return {"payload": {"protocol": "icmpv6", "field": field}}
            case {"payload": {"protocol": "igmp" as protocol}}:
                raise NoWord(protocol)
            case {"ct": {"key": str(key), **more}} if key.startswith("ip "):
                return {"ct": {**more, "key": f"ip6 {key.removeprefix('ip ')}"}}
            case {"concat": list(parts)}:
                return {"concat": [self._left(one) for one in parts]}
        return told

    def _value(self, told: Json) -> Json:
        """A value with addresses in it, or none. Of a set, elements without IPv6 are left out."""
        if isinstance(told, str):
            return self._text(told)
        if isinstance(told, list):  # of a map: what for, and the verdict
            return [self._value(told[0]), *told[1:]]
        if isinstance(told, dict):
            return self._composed(told)
        return told

    def _text(self, told: str) -> str:
        if told.startswith("@"):
            return f"@{self._named(told[1:])}"
        address = _address(told)
        return told if address is None else str(self._there(self._addresses.host(address)))

    def _composed(self, told: Mapping[str, Json]) -> Json:
        match told:
            case {"prefix": {"addr": str(first), "len": int(length)}} if _address(first):
                six = self._there(self._addresses.of(IPv4Network((first, length))))
                said: Json = {"prefix": {"addr": str(six.network_address), "len": six.prefixlen}}
            case {"range": [str(first), str(last)]} if _address(first):
                said = {"range": self._range(IPv4Address(first), IPv4Address(last))}
            case {"concat": list(parts)}:
                said = {"concat": [self._value(one) for one in parts]}
            case {"elem": {"val": value}}:
                said = {"elem": {"val": self._value(value)}}
            case {"set": list(values)}:
                said = {"set": self.elements(values)}
                if not said["set"]:
                    raise NoTwin
            case _:
                said = told
        return said

    def _range(self, first: IPv4Address, last: IPv4Address) -> list[str]:
        ends = [self._there(self._addresses.host(one)) for one in (first, last)]
        if int(ends[1]) - int(ends[0]) != int(last) - int(first):
            raise NoWord(f"{first}-{last}")  # its ends lie in networks that are apart there
        return [str(one) for one in ends]

    @staticmethod
    def _there[T](six: T | None) -> T:
        if six is None:
            raise NoTwin
        return six


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def _word(words: Mapping[str, str], word: str) -> str:
    if word not in words:
        raise NoWord(word)
    return words[word]


def _each(
    told: Json, words: Mapping[str, str] | Mapping[str, str | None], *, same: bool = False
) -> Json:
    """A word or a set of words; `same`: what is not among them stays as it is."""
    if isinstance(told, dict) and isinstance(told.get("set"), list):
        return {"set": [_each(one, words, same=same) for one in told["set"]]}
    if not isinstance(told, str) or (same and told not in words):
        if same:
            return told
        raise NoWord(str(told))
    said = words.get(told)
    if said is None:
        raise NoWord(told)
    return said
