"""What a NetBox lacks of `schema` and `permissions`, as steps that `bootstrap` takes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inventory.netbox import tokens
from inventory.netbox.found import Found, Json
from inventory.netbox.permissions import GRANTS, GROUP, USER
from inventory.netbox.schema import (
    CHOICE_SETS,
    FIELDS,
    MANAGED,
    OBJECTS,
    SHARED,
    TAG,
    CustomField,
    Needed,
)
from inventory.netbox.schema import GROUP as SHOWN_GROUP

CUSTOM_FIELDS = "extras/custom-fields/"
CHOICES = "extras/custom-field-choice-sets/"
GROUPS, USERS = "users/groups/", "users/users/"
PERMISSIONS = "users/permissions/"
WEBHOOKS, EVENT_RULES = "extras/webhooks/", "extras/event-rules/"
HOOK = "迁云 / Qianyun"
EVENTS = ("object_created", "object_deleted", "object_updated")

Action = Literal["create", "change"]


@dataclass(frozen=True)
class Ref:
    """An object that another step makes: its id is known once that is done."""

    path: str
    name: str


@dataclass(frozen=True)
class Step:
    """One object to create, or to change (`id`, `etag`: as it was found)."""

    path: str
    name: str
    action: Action
    row: Mapping[str, Any] = field(repr=False)  # may hold a secret
    id: int = 0
    etag: str = "*"

    def as_json(self) -> Json:
        """What is done, without what may be secret."""
        return {"path": self.path, "name": self.name, "action": self.action}


@dataclass(frozen=True)
class Hook:
    """Where NetBox's events go, and the secret (HMAC-SHA512) with which they are signed."""

    url: str
    secret: str = field(repr=False)


def missing(found: Found, hook: Hook | None) -> tuple[tuple[Step, ...], list[str]]:
    """The steps in the order in which they can be taken, and what is there and cannot serve."""
    conflicts: list[str] = []
    steps = [
        *_choices(found),
        *_fields(found, conflicts),
        *_objects(found, conflicts),
        *_access(found, conflicts),
    ]
    if hook is not None:
        steps += _events(found, hook)
    return tuple(steps), conflicts


def _choices(found: Found) -> Iterator[Step]:
    for needed in CHOICE_SETS:
        row = found.one(needed)
        if row is None:
            yield Step(needed.path, needed.name, "create", needed.row)
            continue
        have = [list(choice) for choice in row["extra_choices"]]
        values = {value for value, _ in have}
        more = [list(c) for c in needed.more["extra_choices"] if c[0] not in values]
        if more:
            yield _changed(needed.path, needed.name, row, {"extra_choices": have + more})


def _fields(found: Found, conflicts: list[str]) -> Iterator[Step]:
    for at, needed in enumerate(FIELDS):
        row = found.named(CUSTOM_FIELDS, needed.name)
        if row is None:
            yield Step(CUSTOM_FIELDS, needed.name, "create", _field_row(needed, at))
            continue
        conflicts += _unfit(needed, row)
        if more := _types_lacking(needed.object_types, row):
            yield _changed(CUSTOM_FIELDS, needed.name, row, {"object_types": more})


def _field_row(needed: CustomField, at: int) -> Json:
    chosen = {"choice_set": {"name": needed.choice_set}} if needed.choice_set else {}
    return {
        "name": needed.name,
        "label": needed.label,
        "description": needed.description,
        "group_name": SHOWN_GROUP,
        "type": needed.type,
        "object_types": sorted(needed.object_types),
        "unique": needed.unique,
        "weight": 100 + at,
        "filter_logic": "exact",
        # a searched value costs a row in NetBox's index at each write
        "search_weight": 1000 if needed.searched else 0,
        "ui_visible": "if-set",  # other people's objects show nothing of ours
        **chosen,
    }


def _unfit(needed: CustomField, row: Json) -> Iterator[str]:
    kind = value_of(row["type"])
    if kind != needed.type:
        yield (
            f"自定义字段 {needed.name} 的类型为 {kind}，应为 {needed.type} / custom field "
            f"{needed.name}: read type {kind}, expected {needed.type}"
        )
    elif needed.unique and not row["unique"]:
        yield (
            f"自定义字段 {needed.name} 应为唯一 / custom field {needed.name}: read unique = false, "
            "expected true"
        )
    elif needed.choice_set and (row["choice_set"] or {}).get("name") != needed.choice_set:
        yield (
            f"自定义字段 {needed.name} 的选项集应为 {needed.choice_set} / custom field "
            f"{needed.name}: read choice set {(row['choice_set'] or {}).get('name')!r}, expected "
            f"{needed.choice_set!r}"
        )


def _objects(found: Found, conflicts: list[str]) -> Iterator[Step]:
    for needed in OBJECTS:
        rows = found.fitting(needed)
        if not rows:
            yield Step(needed.path, needed.name, "create", found.creating(needed))
        elif len(rows) > 1:
            ids = ", ".join(str(row["id"]) for row in rows)
            conflicts.append(
                f"{needed.path} 中有多个 {needed.name} / {needed.path} has {len(rows)} named "
                f"{needed.name} (ids {ids}), expected one"
            )
        elif more := _types_lacking(MANAGED, rows[0]) if _restricted(needed, rows[0]) else []:
            yield _changed(needed.path, needed.name, rows[0], {"object_types": more})


def _restricted(needed: Needed, row: Json) -> bool:
    """A tag that not every type may have."""
    return needed.slug == TAG and bool(row.get("object_types"))


def _access(found: Found, conflicts: list[str]) -> Iterator[Step]:
    group, user = found.named(GROUPS, GROUP), found.named(USERS, USER)
    if group is None:
        description = "迁云自己的令牌所需 / what Qianyun's own token needs"
        yield Step(GROUPS, GROUP, "create", {"name": GROUP, "description": description})
    holder = Ref(GROUPS, GROUP)
    for grant in GRANTS:
        rows = found.all_named(PERMISSIONS, grant.name)
        if not rows:
            yield Step(PERMISSIONS, grant.name, "create", {**grant.row, "groups": [holder]})
        for row in rows:
            have = {key: row[key] for key in grant.row}
            have |= {key: sorted(row[key]) for key in ("object_types", "actions")}
            holders = {one["id"] for one in row["groups"]}
            if have != grant.row or group is None or group["id"] not in holders:
                groups = [*sorted(holders), holder]
                yield _changed(PERMISSIONS, grant.name, row, {**grant.row, "groups": groups})
    if user is None:
        # nobody knows the password: the user is there for its token alone
        row = {"username": USER, "password": tokens.password(), "groups": [holder]}
        yield Step(USERS, USER, "create", row)
    elif group is None or group["id"] not in {one["id"] for one in user["groups"]}:
        conflicts.append(
            f"已有用户 {USER}，但不在用户组 {GROUP} 中 / there is a user {USER} outside the group "
            f"{GROUP}: put it into that group if it is Qianyun's, else rename it"
        )


def _events(found: Found, hook: Hook) -> Iterator[Step]:
    wanted = {"payload_url": hook.url, "http_method": "POST", "secret": hook.secret}
    row = found.named(WEBHOOKS, HOOK)
    if row is None:
        yield Step(WEBHOOKS, HOOK, "create", {"name": HOOK, **wanted})
    elif any(value_of(row[key]) != value for key, value in wanted.items()):
        yield _changed(WEBHOOKS, HOOK, row, wanted)
    rule = {
        "enabled": True,
        "object_types": sorted({*MANAGED, *SHARED}),
        "event_types": list(EVENTS),
        "action_type": "webhook",
        "action_object_type": "extras.webhook",
    }
    target = {"action_object_id": Ref(WEBHOOKS, HOOK)}
    have = found.named(EVENT_RULES, HOOK)
    if have is None:
        yield Step(EVENT_RULES, HOOK, "create", {"name": HOOK, **rule, **target})
        return
    told = {key: value_of(have[key]) for key in rule}
    told |= {key: sorted(have[key]) for key in ("object_types", "event_types")}
    if told != rule or row is None or have["action_object_id"] != row["id"]:
        yield _changed(EVENT_RULES, HOOK, have, {**rule, **target})


def _types_lacking(needed: Iterable[str], row: Json) -> list[str]:
    """The row's object types and those it lacks; empty when it lacks none."""
    have = set(row["object_types"])
    return sorted(have | set(needed)) if set(needed) - have else []


def _changed(path: str, name: str, row: Json, to: Mapping[str, Any]) -> Step:
    return Step(path, name, "change", to, row["id"], Found.etag(row))


def value_of(told: Any) -> Any:
    """NetBox tells a choice as `{"value": …, "label": …}`."""
    return told["value"] if isinstance(told, dict) and "value" in told else told
