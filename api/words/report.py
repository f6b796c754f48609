"""Texts of the screens of reports, Chinese and English."""

from collections.abc import Mapping

REPORT_TEXTS: Mapping[str, tuple[str, str]] = {
    "report.kind": ("报告", "report"),
    "report.entry": ("依据", "asked for by"),
    "report.cut_off": ("数据截止", "cut-off"),
    "report.reported": ("已报送", "reported"),
    "report.missing": ("未报送", "not reported"),
    "report.once": ("一次", "once"),
    "report.on_demand": ("按需", "on demand"),
    "report.forms": ("可生成的报告", "reports that can be made"),
    "report.dues": ("应报送的报告", "reports that are asked for"),
    "report.kept_title": ("定稿报告", "final reports"),
    "report.none_kept": ("还没有定稿报告", "no report was made final yet"),
    "report.revision": ("版次", "revision"),
    "report.scope": ("范围", "scope"),
    "report.files": ("文件", "files"),
    "report.sent": ("报送记录", "handed in"),
    "report.made": ("{title}（摘要 {digest}）", "{title} (digest {digest})"),
    "report.is_final": (
        "已定稿：第 {id} 号，第 {revision} 版",
        "final: number {id}, revision {revision}",
    ),
    "report.is_draft": ("草稿：未到截止日 {day}", "a draft: before its cut-off day {day}"),
    "report.not_kept": (
        "未定稿；加 --final 定稿留存",
        "not kept; --final makes it final and keeps it",
    ),
    "report.wrote": ("已写入 {path}", "written: {path}"),
    "report.more_rows": ("… 另有 {n} 行，见文件", "… {n} more rows: see the files"),
    "report.recorded": (
        "已登记：{what} {period}，{channel}，{on}",
        "on record: {what} {period}, {channel}, {on}",
    ),
    "report.received": ("收到的报送", "received"),
    "report.taken_back": (
        "记录 {id}；登记有误可用 qianyun policy withdraw {id} 撤回",
        "record {id}; `qianyun policy withdraw {id}` takes it back",
    ),
    "report.holds": (
        "定稿报告 {n} 份，均与定稿时一致",
        "final reports: {n}, all as they were made",
    ),
    "report.faulty": ("定稿报告有误 {n} 处", "faults of final reports: {n}"),
    "report.same_file": (
        "{file}：与第 {id} 号定稿报告（第 {revision} 版，.{kind}）一致",
        "{file}: the file of final report {id} (revision {revision}, .{kind})",
    ),
    "report.other_file": (
        "{file}：不是任何定稿报告的文件，可能被改动",
        "{file}: no file of any final report; it may have been changed",
    ),
    "report.channel": ("渠道", "channel"),
    "report.receiver": ("接收", "to"),
    "report.nobody": ("无", "none"),
}
