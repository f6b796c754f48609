"""The estate as Prometheus's target groups."""

import json
import re

import pytest
from hypothesis import given

from inventory.model import (
    Cloud,
    Entrance,
    Estate,
    Host,
    Line,
    Node,
    Organisation,
    Room,
    Secrecy,
    Service,
    System,
)
from probes.discovery import PREFIX, VIEWS, TargetGroup, lines_of, nodes_of, services_of
from tests.inventory.estates import ESTATES

ENTRANCE = Entrance(node="n-1", port=443, backend_port=8080)


def city() -> Estate:
    return Estate(
        organisations=(Organisation(code="O-1", name="大数据局"),),
        rooms=(Room(code="R-1", name="机房"),),
        clouds=(Cloud(code="C-1", name="政务云"),),
        systems=(
            System(code="S-1", name="门户", organisation="O-1", room="R-1", entrance=ENTRANCE),
            System(code="S-2", name="档案", room="R-1", entrance=ENTRANCE),
            System(code="S-9", name="密", secrecy=Secrecy.CLASSIFIED, entrance=ENTRANCE),
        ),
        hosts=(
            Host(
                code="a-1",
                name="a",
                place="R-1",
                system="S-1",
                zone="extranet",
                ipv4="10.0.0.1",
                ipv6="2001:db8::1",
            ),
            Host(code="b-1", name="b"),
            Host(code="m-1", name="密", system="S-9", ipv4="10.9.9.1"),
            Host(code="m-2", name="与密同机", ipv4="10.9.9.2"),
        ),
        nodes=(
            Node(
                code="n-1",
                name="交换\u201c节点\u201d",
                kind="接入节点",
                organisation="O-1",
                place="R-1",
                zone="extranet",
                ipv4="10.1.0.1",
                ipv6="2001:db8:1::1",
                ports=(443, 8443),
                host="a-1",
            ),
            Node(code="n-2", name="无端口", ipv6="2001:db8:1::2"),
            Node(code="n-3", name="无地址"),
            Node(code="n-9", name="密节点", ipv4="10.9.9.9", host="m-1"),
        ),
        services=(
            Service(code="v-1", name="网页", host="a-1", port=443),
            Service(code="v-2", name="无地址", host="b-1", port=80),
            Service(code="v-8", name="密一", host="m-2", port=1, system="S-9"),
            Service(code="v-9", name="密二", host="m-1", port=2),
            Service(code="v-7", name="同机", host="m-2", port=3, system="S-1"),
        ),
        lines=(
            Line(
                code="L-1",
                name="专线",
                type="MSTP",
                provider="电信",
                a_end="R-1",
                z_end="C-1",
                bandwidth_kbps=100000,
                contract_end="2027-06-30",
                organisation="O-1",
            ),
            Line(code="L-2", name="无人知晓"),
        ),
    )


def plain(group: TargetGroup) -> tuple[tuple[str, ...], dict[str, str]]:
    assert all(name.startswith(PREFIX) for name in group.labels)
    return group.targets, {name.removeprefix(PREFIX): v for name, v in group.labels.items()}


def test_nodes_each_family_apart_and_v6_in_brackets() -> None:
    groups = [plain(group) for group in nodes_of(city())]
    about = {
        "code": "n-1",
        "name": "交换\u201c节点\u201d",
        "kind": "接入节点",
        "zone": "extranet",
        "host": "a-1",
        "ports": ",443,8443,",
        "systems": ",S-1,S-2,",
        "organisation": "O-1",
        "organisation_name": "大数据局",
        "place": "R-1",
        "place_name": "机房",
    }
    v4 = about | {"family": "v4", "address": "10.1.0.1"}
    v6 = about | {"family": "v6", "address": "2001:db8:1::1"}
    assert groups == [
        (("10.1.0.1:443", "10.1.0.1:8443"), v4),
        (("[2001:db8:1::1]:443", "[2001:db8:1::1]:8443"), v6),
        (
            ("2001:db8:1::2",),
            {"code": "n-2", "name": "无端口", "family": "v6", "address": "2001:db8:1::2"},
        ),
    ]


def test_services() -> None:
    groups = [plain(group) for group in services_of(city())]
    assert [targets for targets, _ in groups] == [("10.0.0.1:443",), ("[2001:db8::1]:443",)]
    assert groups[0][1] == {
        "code": "v-1",
        "name": "网页",
        "kind": "tcp",
        "zone": "extranet",
        "host": "a-1",
        "port": "443",
        "system": "S-1",
        "system_name": "门户",
        "organisation": "O-1",
        "organisation_name": "大数据局",
        "place": "R-1",
        "place_name": "机房",
        "family": "v4",
        "address": "10.0.0.1",
    }


def test_lines_are_told_by_code() -> None:
    one, other = (plain(group) for group in lines_of(city()))
    assert one == (
        ("L-1",),
        {
            "code": "L-1",
            "name": "专线",
            "kind": "MSTP",
            "provider": "电信",
            "bandwidth_kbps": "100000",
            "contract_end": "2027-06-30",
            "organisation": "O-1",
            "organisation_name": "大数据局",
            "a_end": "R-1",
            "a_end_name": "机房",
            "z_end": "C-1",
            "z_end_name": "政务云",
        },
    )
    assert other == (("L-2",), {"code": "L-2", "name": "无人知晓"})


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_classified(view: str) -> None:
    text = json.dumps([g.as_json() for g in VIEWS[view](city())], ensure_ascii=False)
    assert not re.findall(r"S-9|m-1|m-2|n-9|v-[789]|密|10\.9\.9", text)


@pytest.mark.parametrize("view", VIEWS)
@given(estate=ESTATES)
def test_labels_are_texts_under_names_that_prometheus_takes(view: str, estate: Estate) -> None:
    for group in VIEWS[view](estate):
        assert group.targets
        for name, value in group.labels.items():
            assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name)
            assert isinstance(value, str)
            assert value
