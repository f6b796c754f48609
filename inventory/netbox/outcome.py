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

SHOWN = 20  # faults that a message names


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
    shown = "\n".join(f"  {fault}" for fault in faults[:SHOWN])
    more = f"\n  …（共 {len(faults)} / of {len(faults)}）" if len(faults) > SHOWN else ""
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


def differs(changes: ChangeSet) -> str:
    """NetBox took every row and yet holds something else: it changed a value, or somebody did."""
    return (
        "写入后 NetBox 的内容与预期不符 / after the write NetBox holds something else than it was "
        f"told (it changed a value, or somebody did meanwhile):\n{changes.render_text()[:2000]}"
    )
