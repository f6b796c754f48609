"""How a write that did not come through as it should is told. Pure."""

from inventory.changes import ChangeSet
from inventory.errors import (
    InventoryError,
    NetBoxDenied,
    NetBoxRefused,
    NetBoxUnavailable,
    OutcomeUnknown,
    StaleEstate,
    StoreError,
)
from inventory.netbox.sending import Fault

NAMED = 5  # rows of one kind that it names
SHOWN = 20  # kinds of faults that a message names


def cut_off(error: NetBoxUnavailable | NetBoxDenied, done: int, count: int) -> StoreError:
    """The same fault, with what stands by now."""
    told = (
        f"{error}\n  中断前 NetBox 已确认 {done} / {count} 行；重新运行同一命令从那里继续 / rows that NetBox "
        f"had confirmed by then: {done} of {count}; the same command goes on from there"
    )
    if isinstance(error, OutcomeUnknown):
        return OutcomeUnknown(told, under_way=error.under_way)
    return type(error)(told)


def refused(faults: list[Fault], count: int) -> InventoryError:
    """The rows of `count` that were not written, each with its place and why."""
    stale = [fault for fault in faults if fault.stale]
    alike: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.endpoint, fault.reason), []).append(fault)
    shown = "\n".join(f"  {_line(held)}" for held in list(alike.values())[:SHOWN])
    more = f"\n  …（共 {len(alike)} 种 / {len(alike)} kinds）" if len(alike) > SHOWN else ""
    if len(stale) == len(faults):
        return StaleEstate(
            f"读取后被他人修改的行：{len(stale)}，保留他人的修改；请重新比对 / rows that somebody else "
            f"changed after they were read: {len(stale)}; their edits stand, make the change again:\n"
            f"{shown}{more}"
        )
    return NetBoxRefused(
        f"NetBox 拒绝了 {count} 行中的 {len(faults)} 行，其余已写入；更正后重新导入 / NetBox refused "
        f"{len(faults)} of {count} rows, the others are written; correct these and apply again:\n"
        f"{shown}{more}",
        tuple(str(fault) for fault in faults),
    )


def _line(alike: list[Fault]) -> str:
    """Faults of one endpoint and one reason: a single one whole, of many the first few by name."""
    first = alike[0]
    if len(alike) == 1:
        return str(first)
    named = "、".join(fault.whose for fault in alike[:NAMED])
    more = " …" if len(alike) > NAMED else ""
    return f"{first.endpoint} {len(alike)} 行 / rows: {first.reason}: {named}{more}"


def differs(changes: ChangeSet) -> str:
    """NetBox took every row and yet holds something else: it changed a value, or somebody did."""
    return (
        "写入后 NetBox 的内容与预期不符 / after the write NetBox holds something else than it was "
        f"told (it changed a value, or somebody did meanwhile):\n{changes.render_text()[:2000]}"
    )
