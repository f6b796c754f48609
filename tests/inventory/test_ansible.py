"""The estate as Ansible's inventory: what is in it, under which names, and what never is."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.ansible import NO_ADDRESS, group_name, host_of, inventory_of, os_family, unsafe
from inventory.model import (
    Cloud,
    Estate,
    Host,
    Node,
    Organisation,
    Placement,
    Room,
    Secrecy,
    Service,
    Site,
    System,
)
from tests.inventory.estates import ESTATES

HOSTILE = "{{ lookup('pipe','touch /tmp/pwned') }}"
MOVED = Placement(place="C-1", hosts=("c-1",), run="R-1", since="2026-01-02T03:04:05+08:00")


def city() -> Estate:
    """A system that has moved, one that has not, one that is classified."""
    return Estate(
        organisations=(Organisation(code="O-1", name=HOSTILE), Organisation(code="O-2", name="二")),
        sites=(Site(code="T-1", name="园区"),),
        rooms=(Room(code="R-1", name="机房", organisation="O-2", site="T-1"),),
        clouds=(Cloud(code="C-1", name="政务云"),),
        systems=(
            System(code="S-1", name="门户", organisation="O-1", room="R-1", placement=MOVED),
            System(code="S-2", name="档案", room="R-1"),
            System(code="S-9", name="密", room="R-1", secrecy=Secrecy.CLASSIFIED),
        ),
        hosts=(
            Host(
                code="a-1",
                name=HOSTILE,
                place="R-1",
                system="S-1",
                ipv4="10.0.0.1",
                ipv6="2001:db8::1",
                ssh_port=2222,
                zone="extranet",
                os="银河麒麟 V10",
                rack=HOSTILE,
                purchased="2020-03-04",
            ),
            Host(code="b-1", name="b", place="R-1", system="S-2", ipv6="2001:db8::2"),
            Host(code="c-1", name="c", place="C-1"),
            Host(code="m-1", name="密一", place="R-1", system="S-9", ipv4="10.9.9.1"),
            Host(code="m-2", name="密二", place="R-1", ipv4="10.9.9.2"),
        ),
        nodes=(Node(code="n-1", name="节点", host="c-1"),),
        services=(
            Service(code="v-1", name="网页", host="a-1", port=443, protocol="{{ 7 * 7 }}"),
            Service(code="v-9", name="密服务", host="m-2", port=443, system="S-9"),
        ),
    )


@pytest.fixture
def told() -> dict[str, Any]:
    """As a program reads it."""
    return json.loads(json.dumps(inventory_of(city())))  # type: ignore[no-any-return]


def test_variables_of_a_host(told: dict[str, Any]) -> None:
    assert told["_meta"]["hostvars"]["a-1"] == {
        "ansible_host": "10.0.0.1",
        "ansible_port": 2222,
        "qianyun_live": False,
        "qianyun_place": "R-1",
        "qianyun_system": "S-1",
        "qianyun_organisation": "O-1",
        "qianyun_zone": "extranet",
        "qianyun_ipv4": "10.0.0.1",
        "qianyun_ipv6": "2001:db8::1",
        "qianyun_purchased": "2020-03-04",
        "qianyun_services": [{"code": "v-1", "port": 443, "protocol": unsafe("{{ 7 * 7 }}")}],
        "qianyun_name": unsafe(HOSTILE),
        "qianyun_rack": unsafe(HOSTILE),
        "qianyun_os": unsafe("银河麒麟 V10"),
    }


def test_address_is_v4_else_v6_else_one_that_leads_nowhere(told: dict[str, Any]) -> None:
    addresses = {code: v["ansible_host"] for code, v in told["_meta"]["hostvars"].items()}
    assert addresses == {"a-1": "10.0.0.1", "b-1": "2001:db8::2", "c-1": NO_ADDRESS}


def test_groups(told: dict[str, Any]) -> None:
    hosts = {name: group.get("hosts") for name, group in told.items() if name != "_meta"}
    assert hosts == {
        "qianyun": ["a-1", "b-1", "c-1"],
        "place_R_1": ["a-1", "b-1"],
        "place_C_1": ["c-1"],
        "site_T_1": None,
        "system_S_1": ["a-1", "c-1"],
        "system_S_2": ["b-1"],
        "organisation_O_1": ["a-1", "c-1"],  # of the system's, though the place has another
        "organisation_O_2": ["b-1"],
        "zone_extranet": ["a-1"],
        "os_kylin": ["a-1"],
        "qianyun_live": ["b-1", "c-1"],  # S-1 left a-1
        "qianyun_gateway": ["c-1"],
    }
    assert told["site_T_1"]["children"] == ["place_R_1"]


def test_a_group_keeps_its_code_and_name(told: dict[str, Any]) -> None:
    assert told["organisation_O_1"]["vars"] == {
        "qianyun_organisation_group": "O-1",
        "qianyun_organisation_name": unsafe(HOSTILE),
    }


def test_nothing_of_a_classified_system_is_in_it(told: dict[str, Any]) -> None:
    text = json.dumps(told, ensure_ascii=False)
    assert not re.findall(r"S-9|m-1|m-2|v-9|密|10\.9\.9", text)
    assert host_of(city(), "m-1") is None
    assert host_of(city(), "m-2") is None


def test_hosts_of_a_classified_systems_placement_are_left_out() -> None:
    (classified,) = (s for s in city().systems if s.secrecy is Secrecy.CLASSIFIED)
    others = tuple(s for s in city().systems if s.code not in {"S-1", "S-9"})
    moved = classified.model_copy(update={"placement": MOVED})
    estate = city().model_copy(update={"systems": (*others, moved), "hosts": city().hosts[1:]})
    assert "c-1" not in inventory_of(estate)["_meta"]["hostvars"]


def test_one_host(told: dict[str, Any]) -> None:
    assert host_of(city(), "a-1") == told["_meta"]["hostvars"]["a-1"]
    assert host_of(city(), "nobody") is None


@given(ESTATES)
def test_all_hosts_are_there_and_every_group_is_whole(estate: Estate) -> None:
    told = inventory_of(estate)
    hostvars = told["_meta"]["hostvars"]
    codes = {host.code for host in estate.hosts}
    assert set(hostvars) == codes == set(told.get("qianyun", {"hosts": []})["hosts"])
    for name, group in told.items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        if name != "_meta":
            assert set(group.get("hosts", [])) <= codes
            assert set(group.get("children", [])) <= told.keys()


@given(st.text(alphabet="{}%# '\"a机", min_size=1))
def test_what_people_write_is_marked_wherever_it_stands(text: str) -> None:
    host = {"name": text, "asset_tag": text, "rack": text, "os": text, "cpu_arch": text}
    estate = Estate(
        organisations=(Organisation(code="O-1", name=text),),
        sites=(Site(code="T-1", name=text),),
        rooms=(Room(code="R-1", name=text, organisation="O-1", site="T-1"),),
        systems=(System(code="S-1", name=text, room="R-1"),),
        hosts=(Host(code="h", place="R-1", system="S-1", **host),),
        services=(Service(code="v", name=text, host="h", port=1, protocol=text),),
    )
    bare = list(_bare(inventory_of(estate)))
    assert not [t for t in bare if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/+= -]*|_meta", t)]


def _bare(value: Any) -> Iterator[str]:
    """Every text that Ansible may take for a template; keys are texts as well."""
    if isinstance(value, dict) and set(value) != {"__ansible_unsafe"}:
        for key, inner in value.items():
            yield key
            yield from _bare(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _bare(inner)
    elif isinstance(value, str):
        yield value


CODES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,5}\Z") | st.text("a-_.", min_size=1).map(
    lambda tail: f"a{tail}"
)


@given(CODES, CODES)
def test_group_names_are_ansibles_and_never_the_same_for_two(one: str, other: str) -> None:
    names = group_name("place", one), group_name("place", other)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names)
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("银河麒麟高级服务器操作系统 V10", "kylin"),
        ("UnionTech OS Server 20", "uos"),
        ("openEuler 22.03", "openeuler"),
        ("Red Hat Enterprise Linux 7.9", "redhat"),
        ("CentOS 7", "centos"),
        ("Windows Server 2012 R2", "windows"),
        ("某自研系统", "other"),
    ],
)
def test_os_family(text: str, family: str) -> None:
    assert os_family(text) == family
