"""What Qianyun's own token can do in a real NetBox: all that the product does, and no more."""

import json
from pathlib import Path
from typing import Any

import pytest

from inventory.errors import NetBoxDenied, ObjectGone, RowsRefused
from inventory.netbox.client import Client
from inventory.netbox.permissions import GRANTS, GROUP, HANGING, ON_IT, PARTS, USER
from inventory.netbox.schema import FIELDS, MADE_ON_DEMAND, MANAGED, SHARED
from inventory.netbox.tokens import issue
from tests.netbox.server import NetBox

SLOW = pytest.mark.slow  # make chaos runs them

Json = dict[str, Any]


@pytest.fixture
def admin(ready: NetBox) -> Client:
    return Client(ready.url, ready.token)


@pytest.fixture
def own(ready: NetBox, admin: Client, tmp_path: Path) -> Client:
    """The client with the token that bootstrap writes."""
    path = tmp_path / "token"
    issue(admin, path, USER)
    return Client(ready.url, path.read_text().strip())


def slugged(name: str) -> Json:
    return {"name": name, "slug": name}


class City:
    """One object of every managed type, made by `client`; `code`: whether they are Qianyun's."""

    def __init__(self, client: Client, mark: str, *, code: bool) -> None:
        self.client, self.mark, self.code = client, mark, code
        self.ids: dict[str, int] = {}

    def add(self, object_type: str, /, **row: Any) -> int:
        if self.code:
            code = {"qianyun_code": f"{self.mark}-{object_type}"}
            own = {"custom_fields": code, "tags": [{"slug": "qianyun"}]}
        else:
            own = {}
        (made,) = self.client.create(MANAGED[object_type], [{**row, **own}])
        self.ids[object_type] = made["id"]
        return int(made["id"])

    def build(self) -> "City":
        m = self.mark
        tenant = self.add("tenancy.tenant", **slugged(m), group={"slug": "qianyun"})
        site = self.add("dcim.site", **slugged(m))
        room = self.add("dcim.location", **slugged(m), site=site, tenant=tenant)
        cloud = self.add("virtualization.cluster", name=m, type={"slug": "gov-cloud"})
        line = self.add(
            "circuits.circuit",
            cid=m,
            provider={"slug": "qy-unspecified"},
            type={"slug": "qy-unspecified"},
        )
        self.add(
            "circuits.circuittermination",
            circuit=line,
            term_side="A",
            termination_type="dcim.location",
            termination_id=room,
        )
        host = self.add(
            "dcim.device",
            name=m,
            site=site,
            location=room,
            role={"slug": "server"},
            device_type={"slug": "qy-unspecified"},
        )
        machine = self.add("virtualization.virtualmachine", name=m, cluster=cloud)
        port = self.add("dcim.interface", name="mgmt", type="other", device=host)
        self.add("virtualization.vminterface", name="mgmt", virtual_machine=machine)
        self.add(
            "ipam.ipaddress",
            address=f"10.0.{len(m)}.1/32",
            vrf={"name": "内网"},
            assigned_object_type="dcim.interface",
            assigned_object_id=port,
        )
        self.add(
            "ipam.service",
            name=m,
            parent_object_type="dcim.device",
            parent_object_id=host,
            port_mappings=["tcp/443"],
        )
        person = self.add("tenancy.contact", name=m)
        self.add(
            "tenancy.contactassignment",
            object_type="tenancy.tenant",
            object_id=tenant,
            contact=person,
            role={"slug": "duty"},
        )
        return self

    def leaves_first(self) -> list[str]:
        """Object types in an order in which one can be deleted when those before it are gone."""
        return list(reversed(self.ids))


@pytest.fixture
def duty(admin: Client) -> None:
    admin.create("tenancy/contact-roles/", [slugged("duty")])


@SLOW
def test_every_managed_type_can_be_made_changed_and_deleted(own: Client, duty: None) -> None:
    city = City(own, "a", code=True).build()
    assert city.ids.keys() == MANAGED.keys()
    for object_type, id in city.ids.items():
        path = MANAGED[object_type]
        row = own.get(f"{path}{id}/")
        tags = [{"slug": "qianyun"}]
        own.update(path, id, {"tags": tags, "changelog_message": "迁云 zhang 0123456789ab"}, "*")
        assert row["custom_fields"]["qianyun_code"] == f"a-{object_type}"
    for object_type in city.leaves_first():
        own.delete(MANAGED[object_type], city.ids[object_type], "*", "迁云 zhang 0123456789ab")
    for object_type, id in city.ids.items():
        assert own.by_ids(MANAGED[object_type], "id", [id]) == []


@SLOW
def test_every_custom_field_takes_its_kind_of_value(own: Client, duty: None) -> None:
    values = {
        "text": "未说明\n<b>{{ x }}</b>",
        "integer": 2**53,
        "json": ["甲", 443],
        "date": "2026-01-31",
        "boolean": False,
        "select": "private",
    }
    city = City(own, "a", code=True).build()
    for object_type, id in city.ids.items():
        told = {
            f.name: values[f.type]
            for f in FIELDS
            if object_type in f.object_types and f.name != "qianyun_code"
        }
        own.update(MANAGED[object_type], id, {"custom_fields": told}, "*")
        held = own.get(f"{MANAGED[object_type]}{id}/")["custom_fields"]
        if "zone" in told:
            assert held["zone"] == {"value": "private", "label": "业务专网"}
            held["zone"] = "private"
        assert told.items() <= held.items()


@SLOW
def test_what_has_no_code_can_be_neither_made_nor_changed_nor_deleted(
    own: Client, admin: Client, duty: None
) -> None:
    theirs = City(admin, "theirs", code=False).build()
    ours = City(own, "ours", code=True).build()
    for object_type, id in theirs.ids.items():
        path = MANAGED[object_type]
        before = own.get(f"{path}{id}/")
        for row in ({"tags": []}, {"custom_fields": {"qianyun_code": "mine"}}):
            with pytest.raises((ObjectGone, RowsRefused)):
                own.update(path, id, row, "*")
        with pytest.raises((ObjectGone, RowsRefused)):
            own.delete(path, id, "*", "no")
        assert own.get(f"{path}{id}/") == before
        for code in (None, ""):  # ours can't be let go of either
            with pytest.raises(NetBoxDenied):
                own.update(
                    path, ours.ids[object_type], {"custom_fields": {"qianyun_code": code}}, "*"
                )
    with pytest.raises(NetBoxDenied):
        City(own, "uncoded", code=False).build()
    assert own.count("tenancy/tenants/") == 2


@SLOW
def test_what_others_hung_on_ours_keeps_it(own: Client, admin: Client, duty: None) -> None:
    city = City(own, "a", code=True).build()
    ids = city.ids
    hung: tuple[tuple[str, str, Json], ...] = (
        ("dcim.site", "dcim/locations/", {**slugged("b"), "site": ids["dcim.site"]}),
        (
            "dcim.location",
            "ipam/prefixes/",
            {
                "prefix": "10.9.0.0/16",
                "scope_type": "dcim.location",
                "scope_id": ids["dcim.location"],
            },
        ),
        ("dcim.device", "dcim/console-ports/", {"name": "c", "device": ids["dcim.device"]}),
        (
            "virtualization.virtualmachine",
            "virtualization/virtual-disks/",
            {"name": "d", "size": 1, "virtual_machine": ids["virtualization.virtualmachine"]},
        ),
        (
            "virtualization.vminterface",
            "ipam/ip-addresses/",
            {
                "address": "10.9.9.9/32",
                "assigned_object_type": "virtualization.vminterface",
                "assigned_object_id": ids["virtualization.vminterface"],
            },
        ),
        (
            "circuits.circuit",
            "circuits/circuit-terminations/",
            {
                "circuit": ids["circuits.circuit"],
                "term_side": "Z",
                "termination_type": "dcim.site",
                "termination_id": ids["dcim.site"],
            },
        ),
        (
            "ipam.service",
            "tenancy/contact-assignments/",
            {
                "object_type": "ipam.service",
                "object_id": ids["ipam.service"],
                "contact": ids["tenancy.contact"],
                "role": {"slug": "duty"},
            },
        ),
    )
    made = [(path, admin.create(path, [row])[0]["id"]) for _, path, row in hung]
    # and what NetBox keeps because something points at it that is kept
    kept = {"tenancy.tenant", "tenancy.contact", "virtualization.cluster"}
    kept |= {object_type for object_type, _, _ in hung}
    for object_type in city.leaves_first():
        try:
            own.delete(MANAGED[object_type], ids[object_type], "*", "迁云")
        except (ObjectGone, RowsRefused):
            assert object_type in kept
    for path, id in made:
        assert admin.get(f"{path}{id}/")["id"] == id
    for object_type, _, _ in hung:
        assert admin.get(f"{MANAGED[object_type]}{ids[object_type]}/")
    for object_type in ids.keys() - kept:
        assert own.by_ids(MANAGED[object_type], "id", [ids[object_type]]) == []


@SLOW
def test_everything_that_netbox_deletes_along_is_listed(ready: NetBox) -> None:
    """Read off NetBox's own models, so that a new version's relation is not overlooked."""
    told = ready.shell(
        "import json\n"
        "from django.apps import apps\n"
        "from django.db.models import CASCADE\n"
        "from django.contrib.contenttypes.fields import GenericRelation\n"
        "found = {}\n"
        f"for label in {list(MANAGED)!r}:\n"
        "    found[label] = [\n"
        "        f.name for f in apps.get_model(label)._meta.get_fields()\n"
        "        if isinstance(f, GenericRelation)\n"
        "        or f.auto_created and not f.concrete and f.on_delete is CASCADE\n"
        "    ]\n"
        "print(json.dumps(found))\n"
    )
    for object_type, relations in json.loads(told).items():
        assert set(relations) - PARTS == set(ON_IT.get(object_type, ())), object_type


@SLOW
def test_all_that_is_mapped_can_be_read(own: Client) -> None:
    paths = [*MANAGED.values(), *SHARED.values(), "core/object-changes/", "extras/journal-entries/"]
    paths += ["dcim/modules/", "dcim/inventory-items/", "virtualization/virtual-disks/"]
    for path in (*paths, "extras/custom-fields/", "extras/tags/"):
        own.count(path)
    assert len(HANGING) == 3


@SLOW
def test_shared_objects_can_be_made_and_no_more(own: Client, admin: Client) -> None:
    site = own.create("dcim/sites/", [{**slugged("s"), "custom_fields": {"qianyun_code": "s"}}])[0][
        "id"
    ]
    rows = {kind: slugged("甲".encode().hex()) for kind in MADE_ON_DEMAND}
    rows["dcim.rack"] = {"name": "A-01", "site": site}
    for object_type, row in rows.items():
        (made,) = own.create(SHARED[object_type], [row])
        with pytest.raises(NetBoxDenied):
            own.update(SHARED[object_type], made["id"], {"description": "x"}, "*")
        with pytest.raises(NetBoxDenied):
            own.delete(SHARED[object_type], made["id"], "*", "no")
    note = {"assigned_object_type": "dcim.site", "assigned_object_id": site, "comments": "已迁出"}
    (made,) = own.create("extras/journal-entries/", [note])
    with pytest.raises(NetBoxDenied):
        own.delete("extras/journal-entries/", made["id"], "*", "no")
    for object_type in set(SHARED) - set(MADE_ON_DEMAND):
        with pytest.raises(NetBoxDenied):
            own.create(SHARED[object_type], [slugged("x")])


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("users/users/", {"username": "x", "password": "A-pass-word-1"}),
        ("users/groups/", {"name": "x"}),
        ("users/permissions/", {"name": "x", "object_types": ["dcim.site"], "actions": ["delete"]}),
        ("extras/custom-fields/", {"name": "x", "type": "text", "object_types": ["dcim.site"]}),
        ("extras/tags/", slugged("x")),
        ("extras/webhooks/", {"name": "x", "payload_url": "https://x.example"}),
        ("ipam/prefixes/", {"prefix": "10.0.0.0/8"}),
        ("dcim/cables/", {}),
    ],
)
@pytest.mark.slow
def test_nothing_else_can_be_made(own: Client, path: str, row: Json) -> None:
    with pytest.raises(NetBoxDenied, match="qianyun netbox permissions"):
        own.create(path, [row])


@pytest.mark.slow
def test_the_token_sees_no_user_and_no_secret(own: Client, admin: Client) -> None:
    for path in ("users/users/", "users/permissions/", "users/groups/", "extras/webhooks/"):
        with pytest.raises(NetBoxDenied):
            own.count(path)
    with pytest.raises(RowsRefused):  # NetBox lets a user have tokens, but its own alone
        own.create("users/tokens/", [{"user": {"username": "admin"}}])


def test_grants_are_what_netbox_holds_for_the_group(admin: Client) -> None:
    rows = {r["name"]: r for r in admin.page("users/permissions/", {"limit": 1000})["results"]}
    assert rows.keys() == {grant.name for grant in GRANTS}
    for grant in GRANTS:
        row = rows[grant.name]
        assert [g["name"] for g in row["groups"]] == [GROUP]
        assert row["users"] == []
        assert row["constraints"] == grant.row["constraints"]
    deleting = [grant for grant in GRANTS if "delete" in grant.actions]
    assert all("custom_field_data__qianyun_code__regex" in g.constraint for g in deleting)
