"""The way in: what cannot be looked at is a bad_target that says why."""

import asyncio
import dataclasses
import math

import pytest

from probes.errors import Misuse
from probes.model import Failure, Target
from probes.table import CHECKS, probe

GOOD = Target(code="x", check="tcp", family=4, address="127.0.0.1", port=80)


def test_the_table_names_every_check() -> None:
    assert sorted(CHECKS) == [
        *("banner", "dns", "http", "icmp", "mysql", "oracle", "pmtu", "postgresql", "redis"),
        *("ssh", "tcp", "tls"),
    ]


def test_unknown_check_names_what_was_read_and_what_is_known() -> None:
    result = asyncio.run(probe(dataclasses.replace(GOOD, check="gopher"), 1))
    assert result.failure is Failure.BAD_TARGET
    assert "gopher" in result.evidence["read"]
    assert "http, icmp, mysql" in result.evidence["expected"]


@pytest.mark.parametrize("check", sorted(CHECKS))
@pytest.mark.parametrize(
    ("family", "address", "told"),
    [
        (4, "::1", "IPv6"),
        (6, "127.0.0.1", "IPv4"),
        (6, "::ffff:127.0.0.1", "v4-mapped"),
        (4, "localhost", "no IP address"),
        (4, "127.0.0.1; reboot", "no IP address"),
        (4, "", "none declared"),
        (4, "0.0.0.0", "not one host"),
        (6, "::", "not one host"),
        (4, "224.0.0.1", "not one host"),
        (4, "255.255.255.255", "not one host"),
        (6, "ff02::1", "not one host"),
        (6, "fe80::1", "one link"),
        (6, "fd00::1%eth0", "one link"),
    ],
)
def test_address_that_is_no_literal_of_the_family(
    check: str, family: int, address: str, told: str
) -> None:
    target = dataclasses.replace(GOOD, check=check, family=family, address=address)  # type: ignore[arg-type]
    result = asyncio.run(probe(target, 1))
    assert result.failure is Failure.BAD_TARGET
    assert told in result.evidence["read"]


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_impossible_port(port: int) -> None:
    result = asyncio.run(probe(dataclasses.replace(GOOD, port=port), 1))
    assert result.failure is Failure.BAD_TARGET
    assert str(port) in result.evidence["read"]


@pytest.mark.parametrize("deadline", [0, -1, math.inf, math.nan])
def test_no_deadline_is_misuse(deadline: float) -> None:
    with pytest.raises(Misuse, match="deadline"):
        asyncio.run(probe(GOOD, deadline))
