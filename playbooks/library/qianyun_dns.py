#!/usr/bin/python
"""Turns a name to other addresses by one dynamic update (RFC 2136), signed with TSIG (RFC 8945).

The update's prerequisites are the addresses that are to be there before, so it is compare-and-set:
the server changes A and AAAA together or neither, and a name that somebody else has changed meanwhile
is left alone. Going back is the same with the two sets exchanged. Runs where dnspython is.
"""

from __future__ import annotations

import ipaddress
import re
import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: qianyun_dns
short_description: Turns a name from one set of addresses to another, or looks where it points
options:
  server: {type: str, required: true, description: address of the zone's primary}
  port: {type: int, default: 53}
  zone: {type: str, required: true}
  name: {type: str, required: true, description: whole name, within the zone}
  before: {type: list, elements: str, required: true, description: its IPv4 and IPv6 addresses now}
  after: {type: list, elements: str, required: true, description: those that it is to have}
  ttl: {type: int, default: 60, description: seconds, of the records written}
  key_name: {type: str, required: true}
  key_algorithm: {type: str, default: hmac-sha256}
  key_secret: {type: str, required: true, no_log: true, description: base64}
"""
RETURN = """
qianyun: {type: dict, description: verb, name, found (addresses and TTLs by type), outcome}
"""
KEY_NAME = r"[A-Za-z0-9_.-]{1,253}"
NAME = r"(?=.{1,253}\.?$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{1,63}\.?"
ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
SECONDS = 10.0
Sets = dict[str, set[str]]


class Refused(Exception):
    """What was read, what was expected, what to do."""

    def __init__(self, what: str, *, read: object, expected: object, do: str) -> None:
        super().__init__(
            f"{what}; 读到 / read: {read}; 应为 / expected: {expected}; 处理 / do: {do}"
        )


def sets(addresses: list[str]) -> Sets:
    """Addresses by type of record; raises Refused."""
    found: Sets = {"A": set(), "AAAA": set()}
    for text in addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise Refused(
                "地址不合规 / not an address",
                read=repr(text),
                expected="IPv4 | IPv6",
                do="更正 / correct it",
            ) from None
        found["A" if address.version == 4 else "AAAA"].add(str(address))
    return found


def checked(p: dict[str, Any]) -> None:
    """Raises Refused for a name that is not one, or not of the zone."""
    for field, form in (("zone", NAME), ("name", NAME), ("key_name", KEY_NAME)):
        if not re.fullmatch(form, p[field]):
            raise Refused(
                f"域名不合规 / not a name: {field}",
                read=repr(p[field]),
                expected="a DNS name",
                do="更正 / correct it",
            )
    zone, name = (p[field].rstrip(".").lower() for field in ("zone", "name"))
    if name != zone and not name.endswith(f".{zone}"):
        raise Refused(
            "域名不属于该区 / the name is not of the zone",
            read=name,
            expected=f"….{zone}",
            do="更正 / correct it",
        )
    if p["key_algorithm"] not in ALGORITHMS:
        raise Refused(
            "签名算法不合规 / not an algorithm we take",
            read=p["key_algorithm"],
            expected=" | ".join(ALGORITHMS),
            do="更换密钥 / use another key",
        )
    if not p["after"]:
        raise Refused(
            "没有新地址 / no addresses to turn to",
            read="[]",
            expected="one or more",
            do="补全 / tell them",
        )


def look(p: dict[str, Any]) -> tuple[Sets, dict[str, int]]:
    """What the zone's primary itself answers: addresses and TTL by type. Raises Refused."""
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode

    found: Sets = {"A": set(), "AAAA": set()}
    ttls: dict[str, int] = {}
    for kind, values in found.items():
        query = dns.message.make_query(p["name"], kind)
        query.flags &= ~dns.flags.RD
        answer = dns.query.tcp(query, p["server"], SECONDS, p["port"])
        if (
            answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
            or not answer.flags & dns.flags.AA
        ):
            raise Refused(
                "该服务器不是此区的主服务器 / the server is not the zone's primary",
                read=dns.rcode.to_text(answer.rcode()),
                expected="an authoritative answer",
                do="核对 server 与 zone / look at server and zone",
            )
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.from_text(kind):
                ttls[kind] = rrset.ttl
                values.update(str(ipaddress.ip_address(one.address)) for one in rrset)
    return found, ttls


def turn(p: dict[str, Any], before: Sets, after: Sets) -> None:
    """One signed update, done whole or not at all. Raises Refused."""
    import dns.query
    import dns.rcode
    import dns.tsigkeyring
    import dns.update

    key = {p["key_name"]: (p["key_algorithm"], p["key_secret"])}
    update = dns.update.UpdateMessage(p["zone"], keyring=dns.tsigkeyring.from_text(key))
    name = p["name"].rstrip(".") + "."
    for kind in ("A", "AAAA"):
        if before[kind]:
            update.present(name, kind, *sorted(before[kind]))
        else:
            update.absent(name, kind)
        if after[kind]:
            update.replace(name, p["ttl"], kind, *sorted(after[kind]))
        elif before[kind]:
            update.delete(name, kind)
    answer = dns.query.tcp(update, p["server"], SECONDS, p["port"])
    if answer.rcode() != dns.rcode.NOERROR:
        raise Refused(
            "DNS 更新被拒绝 / the update was refused",
            read=dns.rcode.to_text(answer.rcode()),
            expected="NOERROR",
            do="核对密钥、update-policy 与当前地址 / look at the key, update-policy and the addresses there",
        )


def work(p: dict[str, Any], check: bool) -> tuple[bool, dict[str, Any]]:
    """(changed, evidence); raises Refused."""
    checked(p)
    before, after = sets(p["before"]), sets(p["after"])
    found, ttls = look(p)
    told: dict[str, Any] = {"verb": "dns", "name": p["name"], "ttls": ttls}
    told["found"] = {kind: sorted(values) for kind, values in found.items()}
    if found == after and set(ttls.values()) <= {p["ttl"]}:
        return False, {**told, "outcome": "there already"}
    if found not in (before, after):
        raise Refused(
            f"当前地址与预期不符，未改动 / the name has other addresses, nothing was changed: {p['name']}",
            read=told["found"],
            expected=sorted(p["before"]),
            do="查明谁改了解析再重试 / find out who changed it, then retry",
        )
    if check:
        return True, {**told, "outcome": "would be turned"}
    turn(p, found, after)
    now, _ = look(p)
    if now != after:
        raise Refused(
            "更新后解析不符 / the name is not as it was told to be",
            read=now,
            expected=after,
            do="查看 DNS 日志 / read the server's log",
        )
    return True, {**told, "outcome": "turned", "now": {k: sorted(v) for k, v in now.items()}}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "server": {"type": "str", "required": True},
            "port": {"type": "int", "default": 53},
            "zone": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "before": {"type": "list", "elements": "str", "required": True},
            "after": {"type": "list", "elements": "str", "required": True},
            "ttl": {"type": "int", "default": 60},
            "key_name": {"type": "str", "required": True, "no_log": False},
            "key_algorithm": {"type": "str", "default": "hmac-sha256", "no_log": False},
            "key_secret": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    try:
        changed, told = work(module.params, module.check_mode)
    except Refused as error:
        module.fail_json(msg=str(error), qianyun={"verb": "dns"})
    except Exception as error:
        module.fail_json(
            msg=f"无法更新 DNS / the name could not be turned: {type(error).__name__}: {error}",
            exception=traceback.format_exc(),
            qianyun={"verb": "dns"},
        )
    else:
        module.exit_json(changed=changed, qianyun=told)


if __name__ == "__main__":
    main()
