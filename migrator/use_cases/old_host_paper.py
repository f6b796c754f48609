"""信息系统下线与专线注销表: what an office signs once an old host is archived and wiped. Pure.

Its parts are those of the lifecycle's last phase (requirements 17: asset list closed, line termination
paper, room check V-42; Dalian 二(三)¶1–2). What only people know is left blank to be filled in.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from inventory.emptied import RoomState
from inventory.model import Estate
from inventory.reports.model import (
    Blank,
    Block,
    Cell,
    Column,
    Line,
    Report,
    Section,
    Source,
    Table,
    Text,
)
from migrator.use_cases.decommissioning import OldHost

STATES: Mapping[RoomState, str] = {
    RoomState.IN_USE: "机房内仍有信息系统，暂不核减设备",
    RoomState.DEVICES_LEFT: "系统已全部迁出，机房内仍有非接入设备，须清退",
    RoomState.UNKNOWN: "系统已全部迁出，部分设备用途未申报，须核实",
    RoomState.EMPTIED: "系统已全部迁出，机房仅保留网络接入设备",
}


def paper(old: OldHost, estate: Estate, today: date) -> Report:
    """The form of one system's old host, ready for a writer."""
    names = {one.code: one.name for one in (*estate.organisations, *estate.rooms)}
    owner = names.get(old.item.system.organisation or "", "")
    return Report(
        form="decommission",
        numbers=(),
        layout="form",
        title="信息系统下线与专线注销表",
        place="",
        period="",
        issuer=owner,
        made_on=today,
        cut_off=today,
        draft=old.wipe is None,
        head=(Line(label="填报单位（盖章）", value=owner),),
        sections=(
            Section(heading="一、系统与割接", blocks=(_facts(old, names),)),
            Section(heading="二、归档", blocks=tuple(_archive(old))),
            Section(heading="三、数据清除", blocks=tuple(_wipe(old))),
            Section(heading="四、机房核查", blocks=tuple(_room(old))),
            Section(heading="五、专线", blocks=tuple(_lines(old))),
        ),
        foot=(
            Line(label="单位负责人"),
            Line(label="监督人"),
            Line(label="经办人"),
        ),
        source=Source(
            policy="",
            number="大政办发〔2017〕135号",
            clause="二(三)",
            estate=estate.digest,
        ),
    )


def _table(title: str, columns: tuple[tuple[str, int], ...], *rows: tuple[Cell, ...]) -> Table:
    heads = tuple(Column(title=name, width=width) for name, width in columns)
    return Table(title=title, columns=heads, rows=rows)


def _facts(old: OldHost, names: Mapping[str, str]) -> Table:
    source, target = old.item.source, old.item.target
    rows: tuple[tuple[Cell, ...], ...] = (
        ("信息系统", f"{old.item.system.name}（{old.item.code}）"),
        (
            "原主机",
            f"{source.name}（{source.code}），{names.get(source.place or '', source.place or '')}",
        ),
        ("现主机", f"{target.name}（{target.code}），{target.place or ''}"),
        ("提交时间", _time(old.committed_at)),
        ("试运行至", old.trial_until.isoformat()),
        ("执行", old.run),
        ("方案摘要", old.plan_digest),
        ("归档清单摘要", old.archive["digest"] if old.archive else ""),
    )
    numbered = ((number, *row) for number, row in enumerate(rows, start=1))
    return _table("表一　系统与割接", (("序号", 3), ("事项", 8), ("内容", 40)), *numbered)


def _time(at: str) -> str:
    """To the minute, in China."""
    return (
        datetime.fromisoformat(at).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")
    )


def _archive(old: OldHost) -> Iterator[Block]:
    if old.archive is None:
        yield Text(text="尚未归档。")
        return
    yield Text(text=f"{old.archived_by}于{_time(old.archive['at'])}归档，清单摘要见表一。")
    rows: list[tuple[Cell, ...]] = [
        (one["of"], one["entries"], one["bytes"], one["sha256"]) for one in old.archive["parts"]
    ]
    heads = (("目录", 14), ("条目", 5), ("字节", 8), ("SHA-256", 30))
    yield _table("归档文件", heads, *rows)
    yield Blank(label="归档介质与保管人", lines=1)


def _wipe(old: OldHost) -> Iterator[Block]:
    if old.wipe is None:
        yield Text(text="尚未清除。")
        return
    yield Text(
        text=f"{old.wiped_by}于{_time(old.wipe['begun'])}开始清除，{_time(old.wipe['ended'])}完成。"
        "方法：以零覆写一遍、落盘、删除（NIST SP 800-88 Rev. 1 “清除”级）。"
    )
    media: Mapping[str, Any] = old.wipe["media"]
    rows: list[tuple[Cell, ...]] = [
        (path, one["files"], one["bytes"], media.get(path, {}).get("file_system", ""),
         "是" if media.get(path, {}).get("reached") else "否，须另行消磁或销毁")
        for path, one in old.wipe["wiped"].items()
    ]  # fmt: skip
    heads = (("目录", 14), ("文件", 5), ("字节", 8), ("文件系统", 6), ("覆写可达介质", 10))
    yield _table("清除结果", heads, *rows)
    yield Blank(label="介质处置（消磁、销毁凭证编号）", lines=1)


def _room(old: OldHost) -> Iterator[Block]:
    left = old.room
    yield Text(text=f"{left.room}：{STATES[left.state]}。")
    told = (("须清退", left.devices), ("用途待核实", left.untold), ("接入，可保留", left.access))
    rows: list[tuple[Cell, ...]] = [
        (one.code, one.name or "", one.asset_tag or "", kind)
        for kind, found in told
        for one in found
    ]
    heads = (("编号", 10), ("名称", 14), ("资产编号", 10), ("处置", 8))
    yield _table("机房内设备", heads, *rows)


def _lines(old: OldHost) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = [
        (one.code, one.name or "", one.provider or "", one.rent_per_year,
         one.contract_end.isoformat() if one.contract_end else "")
        for one in old.room.lines
    ]  # fmt: skip
    heads = (("线路号", 10), ("名称", 14), ("运营商", 8), ("年租金（元）", 8), ("合同截止", 8))
    if old.room.systems:
        yield Text(text="机房内仍有信息系统，线路暂不注销。")
    yield _table("以该机房为一端、尚未注销的线路", heads, *rows)
    yield Blank(label="注销申请与运营商回执编号", lines=2)
