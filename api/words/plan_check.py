"""Texts of `plan check` and of the drawing of a timetable."""

from collections.abc import Mapping

PLAN_CHECK_TEXTS: Mapping[str, tuple[str, str]] = {
    "check_missed": (
        "已错过排定的夜晚，请重新编制",
        "nights are over that nobody began: make the plan again",
    ),
    "check_there": ("方案中已在目标云的系统", "planned systems that are at their target already"),
    "check_broken": ("按今日事实，时间表不再成立", "the timetable does not hold by today's facts"),
    "check_edited": ("改后的时间表违反", "the edited timetable breaks"),
    "check_down": ("此刻中断", "down now"),
    "check_since": ("自", "since"),
    "check_missing": ("文件中缺少", "left out of the file"),
    "check_unknown": ("时间表中没有", "not in the timetable"),
    "edited_good": ("改后的时间表各项约束均可守住", "the edited timetable keeps every constraint"),
    "edited_late": ("改后迟于期限的系统", "systems that would be late"),
    "edited_moved": (
        "改动的系统: {changed}，其中割接夜: {moved}",
        "systems that were changed: {changed}, their night: {moved}",
    ),
    "gantt.title": ("方案 {code} 时间表", "Timetable of plan {code}"),
    "gantt.span": ("{first} 至 {last}，{n} 个系统", "{first} to {last}, {n} systems"),
    "gantt.copy": ("复制", "copy"),
    "gantt.night": ("割接", "cutover"),
    "gantt.late": ("迟于期限", "late"),
    "gantt.row": (
        "{system}：{copy} 起复制，{night} 割接",
        "{system}: copied from {copy}, cutover {night}",
    ),
}
