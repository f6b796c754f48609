"""What pydantic found wrong, in both languages: what was expected there.

Types of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
"""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

_KINDS: Mapping[str, str] = {
    "date_type": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "date_from_datetime_parsing": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "date_from_datetime_inexact": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "date_parsing": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "datetime_type": "带时区的时刻，如 2018-12-31T08:00:00+08:00 / a time with its zone, such as "
    "2018-12-31T08:00:00+08:00",
    "datetime_parsing": "带时区的时刻，如 2018-12-31T08:00:00+08:00 / a time with its zone, such as "
    "2018-12-31T08:00:00+08:00",
    "datetime_from_date_parsing": "带时区的时刻，如 2018-12-31T08:00:00+08:00 / a time with its zone, "
    "such as 2018-12-31T08:00:00+08:00",
    "timezone_aware": "带时区的时刻 / a time with its zone",
    "string_type": "文字 / text",
    "string_too_short": "非空文字 / text that is not empty",
    "string_unicode": "合法的 Unicode 文字 / text that is valid Unicode",
    "bool_type": "true 或 false / true or false",
    "bool_parsing": "true 或 false / true or false",
    "bool_strict": "true 或 false / true or false",
    "int_type": "整数 / a whole number",
    "int_parsing": "整数 / a whole number",
    "int_parsing_size": "不过大的整数 / a whole number that is not too large",
    "int_from_float": "整数 / a whole number",
    "float_type": "数字 / a number",
    "float_parsing": "数字 / a number",
    "decimal_type": "数字 / a number",
    "decimal_parsing": "数字 / a number",
    "finite_number": "数字 / a number",
    "tuple_type": "列表 […] / a list […]",
    "list_type": "列表 […] / a list […]",
    "model_type": "表 {…} / a table {…}",
    "dict_type": "表 {…} / a table {…}",
    "model_attributes_type": "表 {…} / a table {…}",
    "json_invalid": "JSON / JSON",
}


_TOLD: Mapping[str, str] = {
    "missing": "缺少 {key} / {key} is missing",
    "extra_forbidden": "不认识的键 {key} / no such key: {key}",
    "literal_error": "应为 {choices} 之一 / expected {expected}",
    "enum": "应为 {choices} 之一 / expected {expected}",
    "string_pattern_mismatch": "应符合 {pattern} / expected to match {pattern}",
    "value_error": "{error}",
    "too_short": "至少 {min_length} 项 / expected at least {min_length} of them",
    "too_long": "至多 {max_length} 项 / expected at most {max_length} of them",
    "string_too_long": "至多 {max_length} 字 / expected at most {max_length} characters",
    "less_than_equal": "应不大于 {le} / expected at most {le}",
    "less_than": "应小于 {lt} / expected less than {lt}",
    "greater_than_equal": "应不小于 {ge} / expected at least {ge}",
    "greater_than": "应大于 {gt} / expected more than {gt}",
    "multiple_of": "应为 {multiple_of} 的倍数 / expected a multiple of {multiple_of}",
}
"""With what pydantic tells beside the type."""


def expected(detail: ErrorDetails) -> str:
    """Of one error, on one line; what pydantic alone can say stays in its English words."""
    kind = detail["type"]
    if kind in _KINDS:
        zh, en = _KINDS[kind].split(" / ")
        return f"应为{zh} / expected {en}"
    if kind not in _TOLD:
        return f"值不符合要求 / not what is expected here: {detail['msg']}"
    told: dict[str, Any] = dict(detail.get("ctx", {}))
    told["key"] = detail["loc"][-1] if detail["loc"] else ""
    told["choices"] = str(told.get("expected", "")).replace(" or ", "、").replace(", ", "、")
    return _TOLD[kind].format_map(told)
