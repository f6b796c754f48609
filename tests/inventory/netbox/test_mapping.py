"""The estate and NetBox: every field there and back, with the token that bootstrap makes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory.changes import diff
from inventory.errors import NetBoxRefused
from inventory.labels import VALUES, value_label
from inventory.model import Cloud, Estate, Host, Node, Organisation, Room, Site
from inventory.netbox.client import Client
from inventory.netbox.permissions import USER
from inventory.netbox.reading import HELD
from inventory.netbox.schema import SHARED, slug
from inventory.netbox.store import NetBoxStore
from inventory.netbox.tokens import issue
from migrator.store.truth import Truth
from tests.inventory.netbox.city import altered, changed, codes, emptied, rich, twice, without
from tests.netbox.server import NetBox


@pytest.fixture
def opened(ready: NetBox, truth: Truth, tmp_path: Path) -> Callable[[], NetBoxStore]:
    """A further store without a file, with Qianyun's own token."""
    file = tmp_path / "token"
    issue(Client(ready.url, ready.token), file, USER)
    token = file.read_text().strip()
    return lambda: NetBoxStore(Client(ready.url, token, connections=2), truth.engine)


def lead(store: NetBoxStore, before: Estate, after: Estate) -> None:
    changes = diff(before, after)
    assert store.apply(changes, actor="张三", confirmed=changes.digest) == after
    assert store.load() == after


def test_the_estate_of_these_tests_tells_every_field_of_every_collection() -> None:
    estate = rich()
    for kind in HELD:
        objects = getattr(estate, kind)
        for name, field in type(objects[0]).model_fields.items():
            if name == "provenance":
                continue
            assert any(getattr(o, name) != field.default for o in objects), f"{kind}.{name}"
            if name != "code":
                other = {o.code: getattr(o, name) for o in getattr(altered(), kind)}
                assert any(getattr(o, name) != other[o.code] for o in objects), f"{kind}.{name}"


@pytest.mark.slow
def test_every_field_comes_back_and_can_be_changed_and_emptied(
    ready: NetBox, opened: Callable[[], NetBoxStore]
) -> None:
    store = opened()
    before = Estate()
    for after in (rich(), altered(), emptied(), rich()):
        lead(store, before, after)
        assert opened().load() == after
        before = after
    with pytest.raises(NetBoxRefused, match=r"rooms R-1: dcim/locations/ R-1: .* dcim/racks/1/"):
        lead(store, before, Estate())
    assert [room.code for room in store.load().rooms] == ["R-1", "R-2"]  # racks are people's
    ready.shell("from dcim.models import Rack; Rack.objects.all().delete()")
    lead(store, store.load(), Estate())
    left = codes(ready)
    assert all(not held for path, held in left.items() if path not in SHARED.values())
    assert opened().load() == Estate()


@pytest.mark.slow
def test_a_host_moves_between_room_and_cloud_with_all_that_hangs_on_it(
    ready: NetBox, opened: Callable[[], NetBoxStore]
) -> None:
    store = opened()
    lead(store, Estate(), rich())
    moved = changed(rich(), "H-1", place="CL-1")
    lead(store, rich(), moved)
    found = codes(ready)
    assert "H-1" in found["virtualization/virtual-machines/"]
    assert "H-1" not in found["dcim/devices/"]
    assert "SV-1" in found["ipam/services/"]
    assert not twice(found)
    lead(store, moved, rich())
    assert codes(ready)["virtualization/virtual-machines/"] == ["H-2"]


@pytest.mark.slow
def test_what_follows_from_an_object_changes_with_it(
    ready: NetBox, opened: Callable[[], NetBoxStore]
) -> None:
    """The ends in a cloud stand at its site; the end of a link where its node stands."""
    store = opened()
    lead(store, Estate(), rich())
    moved = changed(changed(rich(), "CL-1", site="SITE-1"), "N-1", place="R-2")
    lead(store, rich(), moved)
    told = ready.shell(
        "from circuits.models import CircuitTermination as T\n"
        "ends = {t.custom_field_data['qianyun_code']: str(t.termination) for t in T.objects.all()}\n"
        "print(ends['L-1:Z'], ends['link:K-1:A'], ends['link:K-1:Z'])"
    )
    assert told.split() == ["行政中心", "二号机房", "行政中心"]


@pytest.mark.slow
def test_names_are_chinese_and_slugs_ascii(
    ready: NetBox, opened: Callable[[], NetBoxStore]
) -> None:
    lead(opened(), Estate(), rich())
    client = Client(ready.url, ready.token)
    paths = ("tenancy/tenants/", "dcim/sites/", "dcim/locations/", "dcim/regions/")
    shared = ("circuits/providers/", "circuits/circuit-types/", "dcim/platforms/")
    for path in (*paths, *shared, "tenancy/contact-roles/"):
        for rows in client.pages(path, "id,name,slug"):
            assert rows, path
            assert all(re.fullmatch(r"[-A-Za-z0-9_]{1,100}", row["slug"]) for row in rows)
    (region,) = client.page("dcim/regions/", {"name": "江北区", "fields": "id,slug"})["results"]
    assert region["slug"] == slug("江北区")
    types = {row["name"] for rows in client.pages(shared[1], "id,name") for row in rows}
    lines = {value_label("lines", "type", line.type) for line in rich().lines if line.type}
    assert lines <= types, types
    assert not types & set(VALUES["lines.type"])


@pytest.mark.slow
def test_names_that_people_give_twice_come_back_as_they_gave_them(
    ready: NetBox, opened: Callable[[], NetBoxStore]
) -> None:
    """NetBox wants a name once a site, and once a cluster."""
    estate = Estate(
        organisations=(Organisation(code="O-1", name="档案馆"),),
        sites=(Site(code="SITE-1", name="大院"),),
        rooms=(
            Room(code="R-1", name="中心机房", organisation="O-1"),
            Room(code="R-2", name="中心机房"),
            Room(code="R-3", name="中心机房", site="SITE-1"),
            Room(code="R-4", name="二号（R-4）"),
        ),
        clouds=(Cloud(code="CL-1", name="云"),),
        nodes=(Node(code="N-1", name="web", place="R-1"),),
        hosts=(
            Host(code="H-1", name="Web", place="R-1"),
            Host(code="H-2", name="web", place="R-2"),
            Host(code="H-3", name="web", place="CL-1"),
            Host(code="H-4", name="web", place="CL-1"),
            Host(code="H-5", name=""),
        ),
    )
    store = opened()
    lead(store, Estate(), estate)
    assert opened().load() == estate
    told = (
        "from dcim.models import Location as L; print([x.name for x in L.objects.order_by('id')])"
    )
    assert "中心机房（R-1）" in ready.shell(told)
    assert "'中心机房'," in ready.shell(told)  # at a site of its own
    alone = changed(without(estate, "R-2", "H-2"), "R-1", building="甲")
    lead(store, estate, alone)
    assert "中心机房（R-1）" in ready.shell(told)  # nobody renames it for that


@pytest.mark.slow
def test_a_deleted_object_takes_only_its_own_with_it(
    ready: NetBox, opened: Callable[[], NetBoxStore]
) -> None:
    store = opened()
    lead(store, Estate(), rich())
    less = without(rich(), "H-1", "SV-1", "L-2", "K-1", "N-2", "S-2", "S-1>S-2")
    lead(store, rich(), less)
    found = codes(ready)
    assert found["ipam/services/"] == ["SV-2", "SV-3"]
    assert found["dcim/interfaces/"] == ["node:N-1:mgmt"]
    assert found["circuits/circuit-terminations/"] == ["L-1:A", "L-1:Z"]
