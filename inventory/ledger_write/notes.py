"""The note at a template's header: what it means, what goes in, whether it must, an example."""

from datetime import date

from inventory.labels import field_label
from inventory.ledger.words import Words
from inventory.ledger_write.columns import Column, Shape, sheet_name
from inventory.ledger_write.reader import Cell

_FORMS = {
    Shape.TEXT: ("文字", "text"),
    Shape.LIST: ("可填多个，以、分隔", "several may be given, with 、 between"),
    Shape.NUMBER: ("数字", "a number"),
    Shape.DATE: ("日期，如 2020-06-01、2020年6月", "a date such as 2020-06-01 or 2020年6月"),
    Shape.CHOICE: ("从下拉列表中选择", "pick one of the list"),
}
_PEOPLE = {
    "name": ("姓名，可填多人，以、分隔", "name; several people with 、 between"),
    "phone": ("电话，与姓名依次对应", "telephone, in the order of the names"),
    "email": ("电子邮箱，与姓名依次对应", "e-mail address, in the order of the names"),
}


def note(column: Column, example: Cell, words: Words) -> str:
    """Both languages, a line each."""
    meaning = f"含义：{field_label(column.kind, column.field)} / {column.field.replace('_', ' ')}"
    zh, en = _form(column, words)
    must = "必填 / must be filled in" if column.required else "选填 / may be left empty"
    lines = [meaning, f"格式：{zh}", f"Form: {en}", must]
    if column.choices:
        lines.append(f"可选 / one of: {'、'.join(column.choices)}")
    if column.known:
        lines.append(f"常见 / such as: {'、'.join(column.known)}")
    if example not in ("", None):
        shown = example.isoformat() if isinstance(example, date) else example
        lines.append(f"示例 / example: {shown}")
    return "\n".join(lines)


def people_note(part: str, example: str) -> str:
    """For the columns of people."""
    zh, en = _PEOPLE[part]
    return f"格式：{zh}\nForm: {en}\n选填 / may be left empty\n示例 / example: {example}"


def _form(column: Column, words: Words) -> tuple[str, str]:
    if column.shape is Shape.REFERENCE:
        sheets = "或".join(sheet_name(kind, words) for kind in column.refers)
        kinds = " or ".join(column.refers)
        return f"“{sheets}”表中的名称或编号", f"a name or code of the table of {kinds}"
    if column.shape is Shape.NUMBER and column.unit:
        unit = column.title[len(column.title) - len(column.unit) - 1 : -1]
        return f"数字，单位 {unit}；也可连同单位填写", f"a number in {unit}, or with its own unit"
    zh, _, en = column.expected.partition(" / ")
    if zh and en and column.shape in (Shape.TEXT, Shape.LIST):
        many = "；可填多个" if column.shape is Shape.LIST else ""
        return zh + many, en
    return _FORMS[column.shape]
