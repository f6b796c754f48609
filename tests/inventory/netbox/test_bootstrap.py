"""Bootstrap against a real NetBox: all that is needed, once, beside what others made."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inventory.errors import NetBoxDenied, NetBoxRefused, NetBoxUnknown, TokenFileRefused
from inventory.netbox.bootstrap import Hook, Step, bootstrap, netbox_ready, plan
from inventory.netbox.client import Client
from inventory.netbox.schema import FIELDS, MANAGED, OBJECTS, ZONES, slug
from tests.netbox.server import NetBox

HOOK = Hook("https://qianyun.example/netbox/webhook", "a-secret-of-thirty-two-characters")


@pytest.fixture
def admin(netbox: NetBox) -> Client:
    return Client(netbox.url, netbox.token)


@pytest.fixture
def prepared(ready: NetBox) -> Client:
    """As the admin, of a NetBox where bootstrap was run."""
    return Client(ready.url, ready.token)


def run(client: Client, **more: Any) -> tuple[Step, ...]:
    return bootstrap(client, actor="zhang", **more).steps


def everything(netbox: NetBox) -> str:
    """How many rows each table of NetBox has, but for tokens."""
    return netbox.shell(
        "from django.apps import apps\n"
        "for m in apps.get_models():\n"
        "    if m._meta.managed and not m._meta.proxy and m._meta.label != 'users.Token':\n"
        "        print(m._meta.label, m._base_manager.count())\n"
    )


def add(client: Client, path: str, **row: Any) -> dict[str, Any]:
    (made,) = client.create(path, [row])
    return made


def test_a_second_run_makes_nothing(netbox: NetBox, admin: Client) -> None:
    with pytest.raises(NetBoxUnknown, match="qianyun netbox bootstrap"):
        netbox_ready(admin)
    made = run(admin, hook=HOOK)
    assert {step.action for step in made} == {"create"}
    assert len(made) > len(FIELDS) + len(OBJECTS)
    before, writes, reads = everything(netbox), admin.writes, admin.reads
    netbox_ready(admin)
    assert admin.reads == reads + 1
    assert run(admin, hook=HOOK) == ()
    assert admin.writes == writes
    assert everything(netbox) == before


def test_everything_is_named_in_chinese(prepared: Client) -> None:
    admin = prepared
    for row in admin.page("extras/custom-fields/", {"limit": 1000})["results"]:
        assert not row["label"].isascii(), row["name"]
        assert row["description"].isascii()
        assert row["group_name"] == "迁云"
        assert set(row["object_types"]) <= set(MANAGED)
    (chosen,) = admin.page("extras/custom-field-choice-sets/", {})["results"]
    assert chosen["extra_choices"] == [[zone.value, label] for zone, label in ZONES.items()]


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    "after",
    [1, pytest.param(30, marks=pytest.mark.slow), 44, pytest.param(62, marks=pytest.mark.slow)],
)
@pytest.mark.slow
def test_killed_half_way_it_goes_on(netbox: NetBox, admin: Client, after: int) -> None:
    done: list[Step] = []

    def progress(step: Step) -> None:
        done.append(step)
        if len(done) == after:
            raise Killed

    with pytest.raises(Killed):
        run(admin, hook=HOOK, progress=progress)
    run(admin, hook=HOOK)
    assert plan(admin, hook=HOOK) == ()
    for path in ("extras/custom-fields/", "users/permissions/", "users/users/", "ipam/vrfs/"):
        names = [r["display"] for r in admin.page(path, {"limit": 1000})["results"]]
        assert len(names) == len(set(names))


@pytest.mark.slow
def test_what_cannot_serve_refuses_the_whole(netbox: NetBox, admin: Client) -> None:
    add(admin, "extras/custom-fields/", name="zone", type="text", object_types=["dcim.rack"])
    add(
        admin, "extras/custom-fields/", name="qianyun_code", type="text", object_types=["dcim.site"]
    )
    add(admin, "users/users/", username="qianyun", password="A-pass-word-1")
    for _ in range(2):
        add(admin, "ipam/vrfs/", name="外网")
    before = everything(netbox)
    with pytest.raises(NetBoxUnknown) as refused:
        run(admin)
    told = str(refused.value)
    assert "zone: read type text, expected select" in told
    assert "qianyun_code: read unique = false" in told
    assert "a user qianyun outside the group" in told
    assert "has 2 named 外网" in told
    assert everything(netbox) == before


@pytest.mark.slow
def test_a_field_of_others_gets_our_object_types_and_keeps_theirs(admin: Client) -> None:
    made = add(
        admin,
        "extras/custom-fields/",
        name="system_code",
        label="业务系统",
        type="text",
        object_types=["dcim.rack", "dcim.device"],
    )
    (changed,) = [step for step in run(admin) if step.action == "change"]
    assert changed.name == "system_code"
    row = admin.get(f"extras/custom-fields/{made['id']}/")
    assert row["label"] == "业务系统"
    assert set(row["object_types"]) == {
        "dcim.rack",
        "dcim.device",
        "virtualization.virtualmachine",
        "ipam.ipaddress",
        "ipam.service",
    }
    netbox_ready(admin)


@pytest.mark.slow
def test_a_field_that_lost_an_object_type_is_seen_and_mended(prepared: Client) -> None:
    admin = prepared
    (row,) = admin.page("extras/custom-fields/", {"name": "qianyun_code"})["results"]
    less = [t for t in row["object_types"] if t != "dcim.site"]
    admin.update("extras/custom-fields/", row["id"], {"object_types": less}, "*")
    with pytest.raises(NetBoxUnknown, match="qianyun_code"):
        netbox_ready(admin)
    assert [step.name for step in run(admin)] == ["qianyun_code"]
    netbox_ready(admin)


@pytest.mark.slow
def test_names_and_slugs_that_others_took(admin: Client) -> None:
    role = add(admin, "dcim/device-roles/", name="服务器", slug="fuwuqi")
    site = add(admin, "dcim/sites/", name="迁云未说明园区", slug="theirs")
    provider = add(admin, "circuits/providers/", name="Other", slug="egov-network")
    run(admin)
    assert plan(admin) == ()
    for path, theirs, ours in (
        ("dcim/device-roles/", role, {"slug": "server", "name": "服务器（迁云）"}),
        ("dcim/sites/", site, {"slug": "qy-unspecified", "name": "迁云未说明园区（迁云）"}),
        ("circuits/providers/", provider, {"name": "政务网络", "slug": slug("政务网络")}),
    ):
        rows = admin.page(path, {"limit": 1000})["results"]
        (kept,) = [row for row in rows if row["id"] == theirs["id"]]
        assert kept == admin.get(f"{path}{theirs['id']}/")
        assert (kept["name"], kept["slug"]) == (theirs["name"], theirs["slug"])
        assert any(ours.items() <= row.items() for row in rows)


@pytest.mark.slow
def test_choices_and_a_tag_of_others_are_kept(admin: Client) -> None:
    chosen = add(
        admin,
        "extras/custom-field-choice-sets/",
        name="迁云网络域",
        extra_choices=[["lab", "实验网"], ["intranet", "政务内网"]],
    )
    tag = add(admin, "extras/tags/", name="迁云", slug="qianyun", object_types=["dcim.rack"])
    run(admin)
    after = admin.get(f"extras/custom-field-choice-sets/{chosen['id']}/")["extra_choices"]
    assert after[:2] == [["lab", "实验网"], ["intranet", "政务内网"]]
    assert [value for value, _ in after[2:]] == ["extranet", "internet", "private"]
    types = admin.get(f"extras/tags/{tag['id']}/")["object_types"]
    assert set(types) == {"dcim.rack", *MANAGED}


@pytest.mark.slow
def test_permissions_that_somebody_widened_are_as_listed_again(prepared: Client) -> None:
    admin = prepared
    rows = admin.page("users/permissions/", {"limit": 1000})["results"]
    (row,) = [row for row in rows if row["name"].startswith("迁云写入")]
    admin.update("users/permissions/", row["id"], {"constraints": None}, "*")
    assert [step.name for step in run(admin)] == [row["name"]]
    assert admin.get(f"users/permissions/{row['id']}/")["constraints"] == row["constraints"]


@pytest.mark.slow
def test_the_webhook_follows_its_address_and_secret(prepared: Client) -> None:
    admin = prepared
    run(admin, hook=HOOK)
    (rule,) = admin.page("extras/event-rules/", {})["results"]
    assert set(rule["event_types"]) == {"object_created", "object_updated", "object_deleted"}
    assert set(MANAGED) <= set(rule["object_types"])
    other = Hook("https://other.example/netbox/webhook", "another-secret-of-thirty-two-chars")
    steps = run(admin, hook=other)
    assert [(step.action, step.path) for step in steps] == [("change", "extras/webhooks/")]
    (row,) = admin.page("extras/webhooks/", {})["results"]
    assert (row["payload_url"], row["secret"]) == (other.url, other.secret)
    assert row["id"] == rule["action_object_id"]
    assert other.secret not in repr(steps) + repr(other) + str([s.as_json() for s in steps])
    assert run(admin) == ()  # not asked for, it is left as it is


@pytest.mark.slow
def test_a_token_for_a_file(prepared: Client, tmp_path: Path) -> None:
    admin, path = prepared, tmp_path / "token"
    assert bootstrap(admin, actor="zhang", token_file=path).token == "written"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    own = Client(admin.url, text.strip())
    netbox_ready(own)
    assert own.get("authentication-check/")["username"] == "qianyun"
    assert bootstrap(admin, actor="zhang", token_file=path).token == "kept"
    assert path.read_text() == text
    path.write_text("")  # what a call leaves that was killed before NetBox answered
    path.chmod(0o644)
    assert bootstrap(admin, actor="zhang", token_file=path).token == "written"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(NetBoxDenied, match="administrator"):
        run(own)


def _other_file(folder: Path) -> Path:
    (folder / "notes").write_text("机房钥匙在门卫")
    return folder / "notes"


def _stale_token(folder: Path) -> Path:
    (folder / "old").write_text(f"nbt_{'a' * 12}.{'b' * 40}\n")
    return folder / "old"


def _link(folder: Path) -> Path:
    (folder / "aim").write_text("")
    (folder / "link").symlink_to(folder / "aim")
    return folder / "link"


@pytest.mark.parametrize(
    "file",
    [_other_file, _stale_token, _link, lambda folder: folder, lambda f: f / "none" / "token"],
)
@pytest.mark.slow
def test_a_file_that_is_no_place_for_a_token(
    netbox: NetBox, admin: Client, tmp_path: Path, file: Callable[[Path], Path]
) -> None:
    before, path = everything(netbox), file(tmp_path)
    held = path.read_bytes() if path.is_file() else None
    with pytest.raises(TokenFileRefused):
        run(admin, token_file=path)
    assert everything(netbox) == before
    assert held is None or path.read_bytes() == held


@pytest.mark.slow
def test_a_token_that_may_only_read(netbox: NetBox) -> None:
    netbox.shell(
        "from users.models import Token, User\nToken.objects.update(write_enabled=False)\n"
    )
    before = everything(netbox)
    with pytest.raises(NetBoxDenied, match="QIANYUN_NETBOX_TOKEN"):
        run(Client(netbox.url, netbox.token))
    assert everything(netbox) == before


@pytest.mark.slow
def test_what_netbox_itself_refuses_is_named(admin: Client) -> None:
    add(admin, "extras/tags/", name="迁云", slug="other")
    add(admin, "extras/tags/", name="迁云（迁云）", slug="third")
    with pytest.raises(NetBoxRefused, match="extras/tags/ 迁云: name") as refused:
        run(admin)
    assert len(refused.value.rows) == 1
