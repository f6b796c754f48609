"""ChangeSet: what turns one estate into another, as data that judges its own safety.

`diff(old, new)` makes one, `check_safety` refuses one that is too large, `apply_to` applies one to
an estate in memory. Stores apply it durably (`inventory/store.py`). Provenance travels with a
change and is kept out of its digest, as it is kept out of the estate's.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import JsonValue, ValidationError

from inventory.canonical import digest
from inventory.errors import ChangeRefused, EstateError, StaleEstate
from inventory.labels import field_label, value_label
from inventory.model import Estate, Frozen, Provenance, content
from inventory.text import printable

Lang = Literal["zh", "en"]
SAFE_SHARE = 0.3

# collection name → class of its objects, read off the Estate so that the two can't drift apart
MODELS: Mapping[str, type[Any]] = {
    kind: get_args(field.annotation)[0] for kind, field in Estate.model_fields.items()
}
WORDS: Mapping[str, str] = {
    "organisations": "单位",
    "sites": "园区",
    "rooms": "机房",
    "clouds": "政务云",
    "lines": "线路",
    "links": "链路",
    "nodes": "交换节点",
    "hosts": "服务器",
    "services": "服务",
    "systems": "信息系统",
    "dependencies": "依赖关系",
    "projects": "项目",
    "resources": "信息资源",
}


class Create(Frozen):
    """A new object; `facts` is its plain JSON without provenance."""

    kind: str
    code: str
    facts: dict[str, JsonValue]
    provenance: tuple[Provenance, ...] = ()


class FieldChange(Frozen):
    """One field, old → new; None is "not told"."""

    field: str
    old: JsonValue = None
    new: JsonValue = None


class Update(Frozen):
    """The fields of one object that change; `provenance` is what the object has afterwards."""

    kind: str
    code: str
    fields: tuple[FieldChange, ...]
    provenance: tuple[Provenance, ...] = ()


class Delete(Frozen):
    """An object that goes; `facts` is what was known of it."""

    kind: str
    code: str
    facts: dict[str, JsonValue]


class ChangeSet(Frozen):
    """Creates, updates and deletes between the estates with digests `base` and `result`."""

    base: str
    result: str
    creates: tuple[Create, ...] = ()
    updates: tuple[Update, ...] = ()
    deletes: tuple[Delete, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON without provenance: what a person confirms."""
        keep = self.model_dump(
            mode="json",
            exclude={
                "creates": {"__all__": {"provenance"}},
                "updates": {"__all__": {"provenance"}},
            },
        )
        return digest(keep)

    @property
    def empty(self) -> bool:
        return not (self.creates or self.updates or self.deletes)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "creates": len(self.creates),
            "updates": len(self.updates),
            "deletes": len(self.deletes),
        }

    def check_safety(
        self, estate: Estate, share: float = SAFE_SHARE, confirmed: str | None = None
    ) -> None:
        """Refuse a change of too much at once.

        `share`: the largest part of the objects of `estate` that may be updated or deleted without
        a confirmation. `confirmed`: this ChangeSet's exact digest; another digest is refused
        whatever the size, since its owner confirmed something else. Raises ChangeRefused.
        """
        if confirmed is not None:
            if confirmed != self.digest:
                raise ChangeRefused(
                    f"确认的摘要 {confirmed} 不是本次变更的摘要 {self.digest}，请重新核对后确认 / "
                    f"confirmed digest {confirmed} is not that of this change, {self.digest}: "
                    "look at the change again and confirm its own digest"
                )
            return
        existing = sum(len(objects) for _, objects in estate.collections())
        touched = len(self.updates) + len(self.deletes)
        if existing and touched > share * existing:
            raise ChangeRefused(
                f"变更将修改 {len(self.updates)} 个、删除 {len(self.deletes)} 个，"
                f"超过现有 {existing} 个对象的 {share:.0%}；如确认无误，请指定摘要 {self.digest} / "
                f"would update {len(self.updates)} and delete {len(self.deletes)} of {existing} "
                f"objects, more than {share:.0%}: if that is meant, confirm digest {self.digest}"
            )

    def apply_to(self, estate: Estate) -> Estate:
        """The estate afterwards; `estate` itself when it is already there.

        Raises StaleEstate when `estate` is neither the base nor the result, EstateError when the
        ChangeSet doesn't lead to its stated result (it was altered).
        """
        if estate.digest == self.result:
            return estate
        if estate.digest != self.base:
            raise StaleEstate(
                f"变更基于摘要 {self.base[:12]}…，当前资产摘要为 {estate.digest[:12]}…，"
                "请重新比对 / "
                f"the change was made from estate {self.base[:12]}…, the estate is now "
                f"{estate.digest[:12]}…: make the change again"
            )
        found = _applied(self, estate)
        if found.digest != self.result:
            raise EstateError(
                f"变更应得到摘要 {self.result[:12]}…，实际为 {found.digest[:12]}…，"
                "变更可能被改动 / "
                f"the change should lead to {self.result[:12]}…, it leads to "
                f"{found.digest[:12]}…: it was altered; make it again"
            )
        return found

    def base_of(self, partial: Estate) -> Estate | None:
        """The estate that `partial` was before a part of this ChangeSet was applied to it.

        None when `partial` is no such state: something else was changed too. A field may have its
        old value, its new one, or none, since a store may hold it apart from its object.
        """
        objects = {kind: {o.code: o for o in held} for kind, held in partial.collections()}
        try:
            for create in self.creates:
                made = objects[create.kind].pop(create.code, None)
                if made is not None and not _between(content(made), {}, create.facts):
                    return None
            for update in self.updates:
                held = content(objects[update.kind][update.code])
                old = {f.field: f.old for f in update.fields}
                new = {f.field: f.new for f in update.fields}
                if not _between({name: held.get(name) for name in old}, old, new):
                    return None
                facts = {**held, **old}
                objects[update.kind][update.code] = _object(update.kind, facts, ())
            for delete in self.deletes:
                objects[delete.kind][delete.code] = _object(delete.kind, delete.facts, ())
        except (KeyError, ValidationError):
            return None
        base = Estate(**{kind: tuple(held.values()) for kind, held in objects.items()})
        return base if base.digest == self.base else None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON of everything, with digest and counts."""
        return {
            "digest": self.digest,
            "empty": self.empty,
            "counts": self.counts,
            **self.model_dump(mode="json"),
        }

    def render_text(self, lang: Lang = "zh") -> str:
        """For people: one line per object, one per changed field; ends with the digest."""
        return "\n".join(_render(self, zh=lang == "zh"))


def diff(old: Estate, new: Estate) -> ChangeSet:
    """What turns `old` into `new`; provenance alone is no change."""
    if old is new:
        return ChangeSet(base=old.digest, result=new.digest)
    creates: list[Create] = []
    updates: list[Update] = []
    deletes: list[Delete] = []
    for kind, objects in new.collections():
        before = {o.code: o for o in getattr(old, kind)}
        for obj in objects:
            was = before.pop(obj.code, None)
            if was is None:
                creates.append(
                    Create(kind=kind, code=obj.code, facts=content(obj), provenance=obj.provenance)
                )
            elif was is not obj and (fields := _fields(content(was), content(obj))):
                updates.append(
                    Update(kind=kind, code=obj.code, fields=fields, provenance=obj.provenance)
                )
        deletes += [Delete(kind=kind, code=c, facts=content(o)) for c, o in before.items()]
    return ChangeSet(
        base=old.digest,
        result=new.digest,
        creates=_sorted(creates),
        updates=_sorted(updates),
        deletes=_sorted(deletes),
    )


def merge_declared(current: Estate, declared: Estate) -> Estate:
    """What `current` becomes when ledgers are imported.

    A declared object replaces the one with its code or is added; objects that the ledgers don't
    name stay, since ledgers are partial. Where a system lives after a finished move is our own
    record: a ledger neither sets nor undoes it.
    """
    placements = {s.code: s.placement for s in current.systems}
    merged: dict[str, tuple[Any, ...]] = {}
    for kind, objects in current.collections():
        by_code = {o.code: o for o in objects}
        for obj in getattr(declared, kind):
            if kind == "systems":
                kept = {"placement": placements.get(obj.code)}
                by_code[obj.code] = obj.model_copy(update=kept)
            else:
                by_code[obj.code] = obj
        merged[kind] = tuple(by_code.values())
    return Estate(**merged)


def _fields(was: dict[str, Any], now: dict[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(field=name, old=was.get(name), new=now.get(name))
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    )


def _sorted[T: (Create, Update, Delete)](changes: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(changes, key=lambda c: (c.kind, c.code)))


def _applied(changes: ChangeSet, estate: Estate) -> Estate:
    objects = {kind: {o.code: o for o in held} for kind, held in estate.collections()}
    try:
        for delete in changes.deletes:
            del objects[delete.kind][delete.code]
        for update in changes.updates:
            facts = content(objects[update.kind][update.code])
            facts |= {f.field: f.new for f in update.fields}
            objects[update.kind][update.code] = _object(update.kind, facts, update.provenance)
        for create in changes.creates:
            objects[create.kind][create.code] = _object(
                create.kind, create.facts, create.provenance
            )
    except (KeyError, ValidationError) as error:
        raise EstateError(
            f"变更内容与资产模型不符，请重新生成 / the change doesn't fit the estate's model, "
            f"make it again: {error}"
        ) from error
    return Estate(**{kind: tuple(held.values()) for kind, held in objects.items()})


def _between(held: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether every field has its old value, its new one, or none; of a list, parts of these."""
    return all(
        v in (old.get(n), new.get(n), None, [], ())
        or (isinstance(v, list) and all(_in(one, old.get(n), new.get(n)) for one in v))
        for n, v in held.items()
    )


def _in(one: Any, *lists: Any) -> bool:
    return any(one in told for told in lists if isinstance(told, list))


def _object(kind: str, facts: Mapping[str, Any], provenance: tuple[Provenance, ...]) -> Any:
    told = {name: value for name, value in facts.items() if value is not None}
    return MODELS[kind].model_validate({**told, "provenance": provenance})


def _render(changes: ChangeSet, *, zh: bool) -> Iterable[str]:
    if changes.empty:
        yield "没有变更" if zh else "no changes"
        return
    for create in changes.creates:
        yield f"+ {noun(create.kind, zh=zh)} {create.code} {_name(create.facts)}".rstrip()
    for update in changes.updates:
        yield f"~ {noun(update.kind, zh=zh)} {update.code}"
        for f in update.fields:
            yield f"    {_field(update.kind, f, zh=zh)}"
    for delete in changes.deletes:
        yield f"- {noun(delete.kind, zh=zh)} {delete.code} {_name(delete.facts)}".rstrip()
    n = changes.counts
    if zh:
        yield (
            f"新增 {n['creates']}，修改 {n['updates']}，删除 {n['deletes']}；变更摘要 {changes.digest}"
        )
    else:
        yield (
            f"{n['creates']} to create, {n['updates']} to update, {n['deletes']} to delete; "
            f"digest {changes.digest}"
        )


def _field(kind: str, f: FieldChange, *, zh: bool) -> str:
    if not zh:
        return f"{f.field}: {_shown(f.old)} → {_shown(f.new)}"
    old, new = (_shown(value_label(kind, f.field, value)) for value in (f.old, f.new))
    return f"{field_label(kind, f.field)}：{old} → {new}"


def noun(kind: str, *, zh: bool) -> str:
    """What one object of collection `kind` is called."""
    return WORDS[kind] if zh else ("dependency" if kind == "dependencies" else kind[:-1])


def _name(facts: Mapping[str, JsonValue]) -> str:
    name = facts.get("name")
    return "" if name is None else _shown(name)


def _shown(value: JsonValue) -> str:
    """JSON text without control or format characters: what a name holds can't drive a terminal."""
    if value is None:
        return "∅"
    return printable(json.dumps(value, ensure_ascii=False, sort_keys=True))
