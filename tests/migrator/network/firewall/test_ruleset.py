"""A firewall of IPv4 said of IPv6: what gets a twin, what is left, what is refused. Rulesets are read by
the kernel's own nft in a namespace, and what is added is loaded there."""

import json
import subprocess
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import pytest

from migrator.errors import Refused
from migrator.network.firewall.address_map import AddressMap
from migrator.network.firewall.ruleset import Additions, additions
from migrator.network.firewall.words import words

CITY = AddressMap(
    (
        (IPv4Network("10.1.0.0/16"), IPv6Network("2001:db8:1::/48")),
        (IPv4Network("10.1.3.0/24"), IPv6Network("2001:db8:1:3::/96")),
        (IPv4Network("10.8.0.0/16"), None),
        (IPv4Network("10.9.0.0/16"), IPv6Network("2001:db8:9::/48")),
    )
)
TABLE = """
table {family} filter {{
  set admins {{ type ipv4_addr; flags interval; elements = {{ 10.9.0.0/16, 10.1.3.5 }} }}
  chain input {{
    type filter hook input priority filter; policy drop;
    {rule}
  }}
}}
"""


def listed(text: str) -> list[dict[str, Any]]:
    """What nft makes of it."""
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", "nft -f - && nft -j list ruleset"],
        input=text, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(done.stdout)["nftables"]
    return [one for one in found if "metainfo" not in one]


def said(rule: str, family: str = "inet") -> Additions:
    text = TABLE.format(family=family, rule=rule)
    if "@admins" not in rule:
        text = text.replace("set admins { type ipv4_addr; flags interval; elements = "
                            "{ 10.9.0.0/16, 10.1.3.5 } }", "")  # fmt: skip
    return additions(listed(text), CITY)


def twins(made: Additions) -> list[str]:
    """Without those that RFC 4890 wants."""
    return [words(one.expr) for one in made.twins if one.after != -1]


@pytest.mark.parametrize(
    ("rule", "twin"),
    [
        ("ip saddr 10.1.0.0/16 tcp dport 22 accept", "ip6 saddr 2001:db8:1::/48 tcp dport 22 accept"),
        ("ip daddr 10.1.3.4 drop", "ip6 daddr 2001:db8:1:3::a01:304 drop"),
        ("ip saddr != 10.9.0.0/16 drop", "ip6 saddr != 2001:db8:9::/48 drop"),
        ("ip saddr { 10.1.3.4, 10.8.1.1 } accept", "ip6 saddr { 2001:db8:1:3::a01:304 } accept"),
        ("ip saddr 10.1.3.9-10.1.3.20 accept",
         "ip6 saddr 2001:db8:1:3::a01:309-2001:db8:1:3::a01:314 accept"),
        ("ip saddr @admins tcp dport 22 accept", "ip6 saddr @admins_6 tcp dport 22 accept"),
        ("ip saddr . tcp dport { 10.1.3.4 . 80 } accept",
         "ip6 saddr . tcp dport { 2001:db8:1:3::a01:304 . 80 } accept"),
        ("icmp type echo-request limit rate 10/second accept",
         "icmpv6 type echo-request limit rate 10/second accept"),
        ("ip protocol icmp accept", "l4proto ipv6-icmp accept"),
        ("tcp dport 9 reject with icmp type admin-prohibited",
         "tcp dport 9 reject with icmpv6 admin-prohibited"),
        ("ct original ip saddr 10.1.3.4 accept",
         "ct original ip6 saddr 2001:db8:1:3::a01:304 accept"),
        ("ip ttl < 5 drop", "ip6 hoplimit < 5 drop"),
    ],
)  # fmt: skip
def test_a_rule_of_ipv4_gets_a_twin_behind_it(rule: str, twin: str) -> None:
    made = said(rule)
    assert twins(made) == [twin]
    assert made.twins[-1].after == 0


@pytest.mark.parametrize(
    "rule",
    ["tcp dport 80 accept", "ct state established accept", "iif lo accept", "reject",
     "meta nfproto ipv6 accept", "ip6 saddr 2001:db8::/32 accept"],
)  # fmt: skip
def test_a_rule_of_both_families_or_of_ipv6_gets_none(rule: str) -> None:
    assert twins(said(rule)) == []


def test_a_rule_of_networks_without_ipv6_is_left_and_told() -> None:
    made = said("ip saddr 10.8.0.0/16 accept")
    assert twins(made) == []
    assert made.left == ("inet filter input, 第 1 条 / rule 1: 所涉地址没有 IPv6 / of addresses "
                         "without IPv6",)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("ip saddr 10.2.0.0/16 accept", "10.2.0.0/16"),
        ("ip saddr 10.1.4.4 accept", "10.1.4.4/32"),
        ("ip saddr != 10.8.0.0/16 accept", "!="),
        ("ip frag-off & 0x1fff != 0 drop", "isn't known"),
        ("ip id 7 drop", "id"),
        ("icmp type timestamp-request accept", "timestamp-request"),
        ("ip protocol igmp accept", "igmp"),
    ],
)
def test_what_cannot_be_said_is_refused(rule: str, told: str) -> None:
    text = listed(TABLE.format(family="inet", rule=rule))
    with pytest.raises(Refused, match=told):
        additions(text, CITY)


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        said("ip saddr 10.2.0.1 accept\n ip id 7 drop\n ip saddr 10.3.0.1 accept")
    assert all(word in str(refused.value) for word in ("10.2.0.1/32", "10.3.0.1/32", "rule 2: id"))


def test_a_table_of_ipv4_gets_one_of_ipv6() -> None:
    made = said("ip saddr @admins tcp dport 22 accept\n tcp dport 80 accept", "ip")
    kinds = [(kind, row["family"]) for one in made.objects for kind, row in one.items()]
    assert kinds == [("table", "ip6"), ("set", "ip6"), ("chain", "ip6")]
    assert made.objects[-1]["chain"]["policy"] == "drop"
    assert [words(one.expr) for one in made.twins if one.after == -2] == [
        "ip6 saddr @admins tcp dport 22 accept", "tcp dport 80 accept",
    ]  # fmt: skip


def test_nat_is_left_and_told() -> None:
    text = "table ip nat { chain post {\n type nat hook postrouting priority srcnat;\n masquerade\n }\n }\n"
    made = additions(listed(text), CITY)
    assert (made.objects, made.twins) == ((), ())
    assert "NAT has no twin" in made.left[0]


def test_icmpv6_without_which_ipv6_does_not_work_comes_in() -> None:
    """RFC 4890, 4.4.1; neighbours from the link itself alone."""
    first = [words(one.expr) for one in said("reject").twins]
    assert first == [
        "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept",
        "ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, "
        "nd-router-advert } accept",
        "ip6 hoplimit 1 icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, "
        "mld2-listener-report } accept",
    ]


def test_a_table_that_is_there_already_is_not_overwritten() -> None:
    both = TABLE.format(family="ip", rule="reject") + TABLE.format(family="ip6", rule="reject")
    with pytest.raises(Refused, match="ip6 filter"):
        additions(listed(both), CITY)


def test_a_set_that_packets_fill_is_refused() -> None:
    text = (
        "table inet filter {\n set seen { type ipv4_addr; flags dynamic,timeout; timeout 1m; }\n"
        " chain input {\n type filter hook input priority 0;\n ip saddr @seen drop\n }\n }\n"
    )
    with pytest.raises(Refused, match="filled by packets"):
        additions(listed(text), CITY)
