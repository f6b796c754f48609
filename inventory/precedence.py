"""Who is right where a ledger and NetBox both changed a field: a table, as data.

The shipped table is `precedence.toml`; a city's own file says only what it wants otherwise.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from inventory.changes import MODELS
from inventory.errors import LedgerError
from inventory.text import printable

Rule = Literal["netbox", "ledger", "ask"]
RULES: tuple[Rule, ...] = get_args(Rule)
DEFAULT = "default"

# not for anybody to decide: the code is who the object is, the placement is our own record
_OURS = {"code", "provenance", "placement"}


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a collection's objects that a ledger and NetBox may tell differently."""
    return tuple(name for name in MODELS[kind].model_fields if name not in _OURS)


@dataclass(frozen=True)
class Precedence:
    """`rules`: collection → field → rule; `defaults`: collection → rule for its other fields."""

    default: Rule = "ask"
    defaults: Mapping[str, Rule] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Rule]] = field(default_factory=dict)

    def rule(self, kind: str, field: str) -> Rule:
        """Who wins for `field` of an object in collection `kind`."""
        own = self.rules.get(kind, {}).get(field)
        return own or self.defaults.get(kind, self.default)

    def with_rules(self, other: "Precedence", *, default: Rule | None = None) -> "Precedence":
        """This table with what `other` says replaced; `default` where `other` has one on top."""
        kinds = self.rules.keys() | other.rules.keys()
        return Precedence(
            default=default or self.default,
            defaults={**self.defaults, **other.defaults},
            rules={k: {**self.rules.get(k, {}), **other.rules.get(k, {})} for k in kinds},
        )


@cache
def default_precedence() -> Precedence:
    """The shipped table."""
    text = files("inventory").joinpath("precedence.toml").read_text(encoding="utf-8")
    return _table(text, "precedence.toml", Precedence())


def read_precedence(path: Path) -> Precedence:
    """The shipped table with what the city's file says instead.

    Raises LedgerError when the file can't be read, is no TOML, or names a collection, a field or
    a rule that doesn't exist.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(
            f"优先级表无法读取 / the precedence table can't be read: {path}: {error}; expected a "
            "TOML file in UTF-8"
        ) from error
    return _table(text, str(path), default_precedence())


def _table(text: str, source: str, base: Precedence) -> Precedence:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(
            f"优先级表不是有效的 TOML / the precedence table is no TOML: {source}: {error}"
        ) from error
    if faults := list(_faults(told)):
        raise LedgerError(
            f"优先级表有误，请更正 / the precedence table is wrong, correct it: {source}: "
            + "；".join(faults)
        )
    top = told.pop(DEFAULT, None)
    own = Precedence(
        defaults={kind: rules[DEFAULT] for kind, rules in told.items() if DEFAULT in rules},
        rules={
            kind: {name: rule for name, rule in rules.items() if name != DEFAULT}
            for kind, rules in told.items()
        },
    )
    return base.with_rules(own, default=top)


def _faults(told: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong, not only the first."""
    for kind, rules in told.items():
        if kind == DEFAULT:
            yield from _wrong_rule(DEFAULT, rules)
        elif kind not in MODELS:
            yield _unknown("类别", "kind", kind, tuple(MODELS))
        elif not isinstance(rules, dict):
            yield (
                f"{kind} 应为一张表，如 [{kind}] / {kind} should be a table: [{kind}], then lines "
                f'such as name = "ask"'
            )
        else:
            for name, rule in rules.items():
                if name != DEFAULT and name not in fields_of(kind):
                    yield _unknown(f"{kind} 的字段", f"field of {kind}", name, fields_of(kind))
                yield from _wrong_rule(f"{kind}.{name}", rule)


def _wrong_rule(where: str, rule: object) -> Iterator[str]:
    if rule not in RULES:
        yield (
            f"{printable(where)} 读到 {printable(repr(rule))}，应为 {'、'.join(RULES)} / "
            f"expected one of {', '.join(RULES)}"
        )


def _unknown(zh: str, en: str, name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.4) or known
    shown = ", ".join(near)
    return f"没有{zh} {printable(name)}，可用 {shown} / no such {en}; did you mean: {shown}"
