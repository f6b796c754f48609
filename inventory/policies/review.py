"""Checks of a pack that its models can't make alone: that words are in the quote, that numbers and
dates are those of the words, that fields exist, that names lead somewhere."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from inventory.errors import PackFault
from inventory.policies.conditions import Conditions, declared_in, faults_of, inner
from inventory.policies.faults import dotted, line_of, shown
from inventory.policies.fields import UnknownField, field_type
from inventory.policies.measures import COMPUTED, NEEDS_SET, PARTS, Items, Per, Share, Threshold
from inventory.policies.pack import Clock, Entry, Pack, Report, Rule, Target
from inventory.policies.places import Place
from inventory.policies.review_phases import review_phases
from inventory.policies.wording import (
    SOFTENER,
    WORDS,
    Severity,
    all_or_none,
    date_in,
    number_in,
    severity_of,
)

type Found = Iterator[tuple[Place, object, str]]


def review(
    pack: Pack,
    file: Path,
    places: Mapping[Place, int],
    numbers: Mapping[str, Sequence[int]] | None = None,
) -> list[PackFault]:
    """Every mistake that is left, with its line. `numbers`: where an entry stands in the file, for a
    pack that was made without the broken ones."""
    found = []
    for place, read, why in _all(pack):
        at = _in_file(place, numbers or {})
        shown_as = "" if read is None else shown(read)
        found.append(PackFault(file.name, line_of(places, at), dotted(at), shown_as, why))
    return found


def _in_file(at: Place, numbers: Mapping[str, Sequence[int]]) -> Place:
    if len(at) > 1 and isinstance(at[1], int) and at[0] in numbers:
        return (at[0], numbers[str(at[0])][at[1]], *at[2:])
    return at


def _all(pack: Pack) -> Found:
    yield from _validity(pack)
    ids = Counter(entry.id for _, _, entry in pack.entries())
    names = {name for body in pack.organisations for name in (body.name, *body.also)}
    sanctions = {c.id for c in pack.consequences}
    yield from _consequences(pack, names)
    yield from review_phases(pack, names)
    for kind, index, entry in pack.entries():
        at: Place = (kind, index)
        if ids[entry.id] > 1:
            yield (
                (*at, "id"),
                entry.id,
                "编号重复，每条应各有编号 / id told twice, expected one each",
            )
        yield from _wording(entry, at)
        for role, number, name in entry.roles.named():
            if name not in names:
                yield (
                    (*at, "roles", role, number),
                    name,
                    "未列入 organisations，请补充 / not in [[organisations]], add it there",
                )
        for number, named in enumerate(entry.consequences):
            if named not in sanctions:
                known = "、".join(sorted(sanctions)) or "—"
                yield (
                    (*at, "consequences", number),
                    named,
                    f"没有此后果，应为 / no such consequence, expected one of: {known}",
                )
        yield from _soft_money(pack, entry, at)
        yield from _bodies(entry, at, names)
        yield from _conditions(entry, at)
        for place, named in _asked(entry, at):
            if named not in ids:
                yield place, named, "没有此条目 / no such entry in this policy"
        yield from _own(entry, at)


def _soft_money(pack: Pack, entry: Entry, at: Place) -> Found:
    """Money that a clause stops in principle is stopped by nothing that can't be excepted: else a
    recorded exception of the one is undone by the other (R0-2)."""
    exceptable = isinstance(entry, Rule) and entry.exceptable
    if exceptable or entry.severity is not Severity.ERROR:
        return
    for number, named in enumerate(entry.consequences):
        soft = (c for c in pack.consequences if c.id == named and c.kind == "hold")
        if any(SOFTENER in "".join(consequence.quote) for consequence in soft):
            yield (
                (*at, "consequences", number),
                named,
                "该后果的条文有“原则上”，不得由不许例外的条目引出 / its own clause says “in principle”: an "
                "entry that allows no exception may not lead to it",
            )


def _bodies(entry: Entry, at: Place, names: set[str]) -> Found:
    """The bodies that conditions ask for by name are bodies of the document."""
    for key, conditions in _lists(entry):
        for named in _body_names(conditions):
            if named not in names:
                yield (
                    (*at, key),
                    named,
                    "未列入 organisations，请补充 / not in [[organisations]], add it there",
                )


def _body_names(conditions: Conditions) -> Iterator[str]:
    for condition in conditions:
        if condition.field and condition.field.rpartition(".")[2] == "body":
            values = condition.one_of or (condition.is_, condition.is_not)
            yield from (value for value in values if isinstance(value, str))
        yield from _body_names(inner(condition))


def _asked(entry: Entry, at: Place) -> Iterator[tuple[Place, str]]:
    """Entries whose declarations an entry asks for, and where."""
    for key, conditions in _lists(entry):
        for named in declared_in(conditions):
            yield (*at, key), named


def _lists(entry: Entry) -> Iterator[tuple[str, Conditions]]:
    yield "where", entry.where
    if isinstance(entry, Rule):
        yield "breach", entry.breach
    if isinstance(entry, Target) and isinstance(entry.measure, Share):
        yield "measure", entry.measure.done


def _validity(pack: Pack) -> Found:
    validity = pack.validity
    at: Place = ("validity",)
    named = {"signed": validity.signed, "issued": validity.issued, "published": validity.published}
    if validity.source != "chosen" and named[validity.source] != validity.effective_from:
        yield (
            (*at, "effective_from"),
            validity.effective_from,
            f"应为 {validity.source} 所列日期 / expected the date of {validity.source}: "
            f"{named[validity.source]}",
        )
    if validity.source == "chosen" and not (validity.source_note and validity.source_note_en):
        yield (*at, "source"), "chosen", "请说明理由 source_note / say why in source_note(_en)"
    if validity.expires_on and validity.expires_on <= validity.effective_from:
        yield (
            (*at, "expires_on"),
            validity.expires_on,
            "应晚于 effective_from / expected after effective_from",
        )


def _consequences(pack: Pack, names: set[str]) -> Found:
    for index, consequence in enumerate(pack.consequences):
        for number, name in enumerate(consequence.by):
            if name not in names:
                yield (
                    ("consequences", index, "by", number),
                    name,
                    "未列入 organisations，请补充 / not in [[organisations]], add it there",
                )


def _wording(entry: Entry, at: Place) -> Found:
    said = "".join(entry.quote)
    known = severity_of(entry.wording)
    noted = bool(entry.wording_note and entry.wording_note_en)
    if not entry.wording:
        if entry.severity_set is None or not noted:
            yield (
                at,
                None,
                "条款无措辞时应写 severity 和 wording_note(_en) / without a wording: expected "
                "severity, and why in wording_note(_en)",
            )
        return
    if known is None:
        words = "、".join(WORDS)
        yield (
            (*at, "wording"),
            entry.wording,
            f"措辞表中没有此词，应为 / no such word, expected one of: {words}",
        )
    if entry.wording not in said:
        yield (
            (*at, "wording"),
            entry.wording,
            "引文中没有此词 / the quote has no such word",
        )
    if entry.severity_set is not None and not noted:
        yield (
            (*at, "severity"),
            entry.severity_set,
            "与措辞并列时请说明理由 wording_note(_en) / beside a wording: say why in wording_note(_en)",
        )
    if SOFTENER in said and entry.severity is Severity.ERROR and not noted:
        yield (
            (*at, "wording"),
            entry.wording,
            "引文有“原则上”，不能为硬性，或说明理由 wording_note(_en) / the quote says “in principle”: "
            "not hard, or say why in wording_note(_en)",
        )


def _conditions(entry: Entry, at: Place) -> Found:
    if entry.set is None:
        if entry.where:
            yield (*at, "where"), None, "缺少 set / set is missing"
        return
    for key, conditions in _lists(entry):
        below = (*at, key, "done") if key == "measure" else (*at, key)
        for place, why in faults_of(conditions, entry.set, below):
            yield place, None, why
    if isinstance(entry, Target) and isinstance(entry.measure, Per):
        yield from _per(entry.set, entry.measure, at)


def _per(of: str, measure: Per, at: Place) -> Found:
    for place, why in faults_of(measure.per_where, measure.per, (*at, "measure", "per_where")):
        yield place, None, why
    try:
        field_type(of, measure.by)
    except UnknownField as unknown:
        near = "、".join(unknown.near)
        yield (
            (*at, "measure", "by"),
            measure.by,
            f"没有此字段，相近的有 / no such field, near: {near}",
        )


def _own(entry: Entry, at: Place) -> Found:
    if isinstance(entry, Target):
        yield from _target(entry, at)
    elif isinstance(entry, Clock):
        yield from _clock(entry, at)
    elif isinstance(entry, Report):
        if entry.every == "year" and entry.month is None:
            yield at, None, "缺少 month / month is missing"
    elif isinstance(entry, Rule):
        words = entry.exception_words
        if words and words not in "".join(entry.quote):
            yield (*at, "exception_words"), words, "引文中没有 / not in the quote"


def _target(target: Target, at: Place) -> Found:
    kind = target.measure.kind
    if kind in NEEDS_SET and target.set is None:
        yield at, None, "缺少 set / set is missing"
    if isinstance(target.measure, Items):
        for number, item in enumerate(target.measure.items):
            if item not in "".join(target.quote):
                yield (*at, "measure", "items", number), item, "引文中没有 / not in the quote"
    if target.threshold is not None and target.severity is Severity.DECLARED and kind in COMPUTED:
        yield (
            (*at, "threshold"),
            target.threshold.value,
            "措辞为“基本完成”一类，须由牵头部门申报，不得计算 / such a wording is declared by the lead "
            "unit and never computed",
        )
    if target.threshold is not None:
        yield from _threshold(target.threshold, target, (*at, "threshold"))
        if kind in PARTS and target.threshold.value > 1:
            yield (*at, "threshold"), target.threshold.value, "应在 0 与 1 之间 / expected 0 to 1"
    if target.deadline is not None:
        read = {date_in(quote) for quote in target.quote} - {None}
        noted = bool(target.deadline_note and target.deadline_note_en)
        if target.deadline not in read and not noted:
            told = "、".join(sorted(map(str, read))) or "—"
            yield (
                (*at, "deadline"),
                target.deadline,
                f"引文所见日期为 {told}，不一致请说明 deadline_note(_en) / the quote says {told}; "
                "otherwise say why in deadline_note(_en)",
            )
    if target.goal is not None and not (target.goal_clause and target.goal_quote):
        yield (*at, "goal"), target.goal, "缺少 goal_clause 或 goal_quote / one of them is missing"


def _threshold(threshold: Threshold, entry: Entry, at: Place) -> Found:
    words = threshold.words
    if words not in "".join(entry.quote):
        yield (*at, "words"), words, "引文中没有 / not in the quote"
    number = number_in(words)
    if number is not None and number != threshold.value:
        yield (
            at,
            threshold.value,
            f"引文所见为 {number} / expected what the words say: {number}",
        )
    if number is None and not (all_or_none(words) and threshold.value in (0, 1)):
        yield (
            (*at, "words"),
            words,
            "没有数字，也没有“全部”一类的词：不得自定阈值 / neither a figure nor a word for all or "
            "none: a threshold may not be invented",
        )


def _clock(clock: Clock, at: Place) -> Found:
    limits = [n for n in (clock.working_days, clock.months) if n is not None]
    if len(limits) != 1:
        yield at, None, "应为 working_days 或 months 之一 / expected one of working_days, months"
        return
    if clock.words not in "".join(clock.quote):
        yield (*at, "words"), clock.words, "引文中没有 / not in the quote"
    if number_in(clock.words) != limits[0]:
        yield at, limits[0], f"引文所见为 / the words say {number_in(clock.words)}"
    if (clock.starts is None) != (clock.ends is None):
        yield at, None, "starts 与 ends 应同时有 / expected both starts and ends, or neither"
    if clock.starts is None or clock.ends is None:
        return
    if clock.set is None:
        yield at, None, "缺少 set / set is missing"
        return
    for key, path in (("starts", clock.starts), ("ends", clock.ends)):
        try:
            if field_type(clock.set, path).type == "date":
                continue
            why = "应为日期字段 / expected a field that holds a date"
        except UnknownField as unknown:
            why = f"没有此字段，相近的有 / no such field, near: {'、'.join(unknown.near)}"
        yield (*at, key), path, why
