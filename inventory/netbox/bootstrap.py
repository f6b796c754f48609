"""Makes in a NetBox what `schema` and `permissions` say is needed. Run again, it changes nothing.

Everything is looked at first: what is there and cannot serve (a custom field of our name and
another type) refuses the whole before anything is written. Needs an administrator's token.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from inventory.errors import NetBoxDenied, NetBoxRefused, NetBoxUnknown, ObjectChanged, RowsRefused
from inventory.netbox import tokens
from inventory.netbox.client import Client
from inventory.netbox.found import Found, Json
from inventory.netbox.missing import CUSTOM_FIELDS, Hook, Ref, Step, missing, value_of
from inventory.netbox.permissions import USER
from inventory.netbox.schema import FIELDS

__all__ = ["Hook", "Report", "Step", "bootstrap", "netbox_ready", "plan"]


@dataclass(frozen=True)
class Report:
    """What was done; `token` says of the token's file: written, kept, or not asked for."""

    steps: tuple[Step, ...]
    token: Literal["written", "kept"] | None = None


def netbox_ready(client: Client) -> str:
    """One request: raises NetBoxUnknown when bootstrap has not been run here, or by an older
    Qianyun, so that what is not there is never taken for empty. What tells this NetBox from
    another at its address, and from itself before a field was deleted and made anew, its values
    lost: when each of the fields was made."""
    fields = "id,name,type,object_types,created"
    asked = {"name": [f.name for f in FIELDS], "limit": 1000, "fields": fields}
    page = client.page(CUSTOM_FIELDS, asked)
    rows = {row["name"]: row for row in page["results"]}
    lacking = [
        needed.name
        for needed in FIELDS
        if (row := rows.get(needed.name)) is None
        or value_of(row["type"]) != needed.type
        or set(needed.object_types) - set(row["object_types"])
    ]
    if lacking:
        raise NetBoxUnknown(
            f"NetBox 缺少自定义字段 {'、'.join(lacking)}，请由管理员运行 qianyun netbox bootstrap / "
            f"{client.url} lacks {len(lacking)} custom fields (or object types of them): an "
            "administrator has to run qianyun netbox bootstrap; nothing was read"
        )
    made = sorted((name, str(row["id"]), str(row.get("created"))) for name, row in rows.items())
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()


def plan(client: Client, *, hook: Hook | None = None) -> tuple[Step, ...]:
    """What is missing, in the order in which it can be made; empty when all is there.

    Raises NetBoxUnknown for what is there and cannot serve, NetBoxDenied, NetBoxUnavailable.
    """
    with _as_administrator():
        steps, conflicts = missing(Found.read(client), hook)
    if conflicts:
        told = "\n".join(f"  {conflict}" for conflict in conflicts)
        raise NetBoxUnknown(
            f"NetBox 中已有的对象与迁云所需不符，未作任何改动 / {client.url} holds what cannot serve "
            f"Qianyun; nothing was changed. Rename or correct it, then run bootstrap again:\n{told}"
        )
    return steps


def bootstrap(
    client: Client,
    *,
    actor: str,
    hook: Hook | None = None,
    token_file: Path | None = None,
    progress: Callable[[Step], None] = lambda _: None,
) -> Report:
    """Makes what is missing; `token_file` (mode 0600) gets a new token of the user `qianyun`.

    Killed half-way and run again, it goes on where it was. Raises what `plan` raises, NetBoxRefused
    with the refused rows, and TokenFileRefused.
    """
    _ = client.version
    if token_file is not None:
        tokens.check(client, token_file)
    steps = plan(client, hook=hook)
    with _as_administrator():
        _make(client, steps, f"迁云 {actor} bootstrap", progress)
        issued = None if token_file is None else tokens.issue(client, token_file, USER)
    return Report(steps, issued)


# ── making it ───────────────────────────────────────────────────────────────────────────────────


def _make(
    client: Client, steps: tuple[Step, ...], message: str, progress: Callable[[Step], None]
) -> None:
    ids: dict[Ref, int] = {}
    for (path, action), group in groupby(steps, key=lambda s: (s.path, s.action)):
        part = list(group)
        rows = [_resolved(client, step.row, ids, message) for step in part]
        try:
            if action == "create":
                made = client.create(path, rows)
                ids |= {Ref(path, s.name): row["id"] for s, row in zip(part, made, strict=True)}
            else:
                for step, row in zip(part, rows, strict=True):
                    client.update(path, step.id, row, step.etag)
        except ObjectChanged as error:
            raise NetBoxRefused(
                f"{path} 刚被他人修改，请重新运行 bootstrap / {path} was changed by someone else just "
                "now: run bootstrap again; what was made before stands"
            ) from error
        except RowsRefused as refused:
            raise _refused(path, part, refused) from refused
        for step in part:
            progress(step)


def _resolved(client: Client, row: Mapping[str, Any], ids: dict[Ref, int], message: str) -> Json:
    def known(value: Any) -> Any:
        if isinstance(value, list):
            return [known(one) for one in value]
        if not isinstance(value, Ref):
            return value
        if value not in ids:
            found = Found.one_named(client, value.path, value.name)
            ids[value] = found
        return ids[value]

    return {**{key: known(value) for key, value in row.items()}, "changelog_message": message}


def _refused(path: str, part: list[Step], refused: RowsRefused) -> NetBoxRefused:
    rows = tuple(
        f"{path} {part[fault.at].name if 0 <= fault.at < len(part) else fault.at}: {fault.reason}"
        for fault in refused.faults
    )
    return NetBoxRefused(
        "NetBox 拒绝建立以下对象，请更正后重新运行 bootstrap / NetBox refused these, correct them and "
        "run bootstrap again; what was made before them stands:\n" + "\n".join(rows),
        rows,
    )


@contextmanager
def _as_administrator() -> Iterator[None]:
    try:
        yield
    except NetBoxDenied as error:
        raise NetBoxDenied(
            "bootstrap 需要 NetBox 管理员的令牌，请仅为此次运行设置 QIANYUN_NETBOX_TOKEN / bootstrap "
            "needs a NetBox administrator's token with writing enabled: set QIANYUN_NETBOX_TOKEN to "
            f"one for this call alone ({str(error).split('；', maxsplit=1)[0]})"
        ) from error
