"""What rules, routes and inhibitions must call by the same name, and the form of a rule. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

UP = "qianyun_probe_up"
LINE_DOWN, NODE_DOWN = "QianyunLineDown", "QianyunNodeDown"
LINK_DOWN = "QianyunLinkDown"
FAMILY_DOWN, SERVICE_DOWN = "QianyunFamilyDown", "QianyunServiceDown"
LINE_CUT, PLATFORM_CUT = "qianyun:line:cut", "qianyun:platform:cut"
FLAPPING, LINE_FLAPPING = "qianyun:flapping", "qianyun:line:flapping"
CUT = "cut"
"""Label of an alert that other alerts hang on: the name of the label that both have (`line_1`)."""
SAME = "by (code, kind, organisation, zone, vantage)"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where probers stand: `home`, a place; `only`: a matcher of their vantage points, "" of all."""

    home: str | None = None
    only: str = ""

    def of(self, name: str, *matchers: str) -> str:
        inside = ",".join(one for one in (*matchers, self.only) if one)
        return f"{name}{{{inside}}}" if inside else name


def alert(
    name: str, expr: str, wait: int, steady: int, labels: Mapping[str, str], *told: str
) -> dict[str, Any]:
    """`wait`, `steady`: seconds before it fires and for which it goes on after its cause."""
    return {
        "alert": name,
        "expr": expr,
        "for": f"{wait}s",
        "keep_firing_for": f"{steady}s",
        "labels": dict(labels),
        "annotations": {"summary": " / ".join(told)},
    }


def told_apart(rules: list[dict[str, Any]], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """No two with one name and the same labels: those of another spot have `labels`, and those that
    differ in how long is waited alone have that as a label."""
    for rule in rules:
        if "alert" in rule:
            rule["labels"] |= labels
    known = Counter(map(_identity, rules))
    alike = [rule for rule in rules if "alert" in rule and known[_identity(rule)] > 1]
    for rule in alike:
        rule["labels"]["after"] = rule["for"]
    return rules


def _identity(rule: Mapping[str, Any]) -> tuple[object, ...]:
    return rule.get("alert"), rule.get("record"), *sorted(rule.get("labels", {}).items())


def any_of(codes: Iterable[str]) -> str:
    """Codes hold letters, digits and . _ - (and @): a dot alone means something in a pattern. Inside
    a quoted string of PromQL or of Alertmanager's matchers."""
    return "|".join(code.replace(".", "\\\\.") for code in codes)
