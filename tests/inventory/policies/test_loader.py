"""A file of a policy: every mistake with its line, what was read, what was expected."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from inventory.errors import PackError, PackFault, PackRefused
from inventory.policies.loader import available, load, load_file
from inventory.policies.measures import Share

GOOD = """\
id = "city"
title = "清河市实施方案"
title_en = "Qinghe"
number = "清政〔2020〕1号"
place = "清河市"
level = "city"

[validity]
signed = 2020-01-10
effective_from = 2020-01-10
source = "signed"

[[organisations]]
name = "市政务办"

[[consequences]]
id = "hold"
kind = "hold"
title = "不予安排运维经费"
title_en = "no money to run it"
clause = "二"
quote = "不予安排运维经费"
amount = "om_funds_per_year"

[[targets]]
id = "T-1"
title = "上云比例"
title_en = "share on the cloud"
clause = "一"
quote = "2020年12月底前,上云比例达到60%。"
wording = "底前"
set = "systems"
where = [
  { field = "live", is = true },
  { field = "migratable", is = true },
]
measure = { kind = "share", done = [{ field = "on_cloud", is = true }] }
threshold = { at_least = 0.6, words = "达到60%" }
deadline = 2020-12-31
roles = { lead = ["市政务办"] }
consequences = ["hold"]

[[rules]]
id = "R-1"
title = "不得新建机房"
title_en = "no new rooms"
clause = "二"
quote = "各部门不得新建机房"
wording = "不得"
set = "rooms"
breach = [{ field = "created", after = 2020-01-10 }]

[[clocks]]
id = "C-1"
title = "合同公告"
title_en = "notice of the contract"
clause = "三"
quote = "合同签订后二个工作日内公告"
wording = "工作日内"
set = "projects"
starts = "contract_signed_on"
ends = "contract_published_on"
working_days = 2
words = "二个工作日内"
"""

type Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str, name: str = "city") -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    return make


def faults(path: Path) -> tuple[PackFault, ...]:
    with pytest.raises(PackRefused) as caught:
        load_file(path)
    return caught.value.faults


def line_of(part: str) -> int:
    return GOOD[: GOOD.index(part)].count("\n") + 1


def test_a_new_city_needs_no_code(write: Write) -> None:
    pack = load_file(write(GOOD))
    assert pack.targets[0].deadline == date(2020, 12, 31)
    assert isinstance(pack.targets[0].measure, Share)
    assert pack.targets[0].of == "city"


# what is replaced, by what, the line and the key of the fault, and a word of what is expected
BAD = {
    "no TOML": ("[[clocks]]", "[[clocks]", None, "—", "TOML"),
    "a key missing": ('number = "清政〔2020〕1号"\n', "", 1, "number", "missing"),
    "a key spelt wrongly": (
        "deadline =",
        "dedline =",
        "deadline =",
        "targets[1].dedline",
        "deadline",
    ),
    "a date that is text": (
        "deadline = 2020-12-31",
        'deadline = "年底"',
        "deadline =",
        "targets[1].deadline",
        "2018-12-31",
    ),
    "a level that is none": ('level = "city"', 'level = "town"', "level =", "level", "county"),
    "a set that is none": ('set = "systems"', 'set = "apps"', "set =", "targets[1].set", "systems"),
    "a field that is none": (
        '{ field = "migratable", is = true }',
        '{ field = "migrateable", is = true }',
        '{ field = "migratable"',
        "targets[1].where[2].field",
        "migratable",
    ),
    "a value that doesn't fit": (
        '{ field = "live", is = true }',
        '{ field = "live", is = "yes" }',
        '{ field = "live"',
        "targets[1].where[1]",
        "bool",
    ),
    "an operator that doesn't fit": (
        "after = 2020-01-10",
        "over = 5",
        "breach =",
        "rules[1].breach[1]",
        "after",
    ),
    "two operators": (
        "after = 2020-01-10",
        "after = 2020-01-10, known = true",
        "breach =",
        "rules[1].breach[1]",
        "one operator",
    ),
    "a measure that is none": (
        'kind = "share"',
        'kind = "ratio"',
        "measure =",
        "targets[1].measure",
        "share",
    ),
    "a word that the quote lacks": (
        'wording = "底前"',
        'wording = "必须"',
        "wording =",
        "targets[1].wording",
        "quote",
    ),
    "a word that the table lacks": (
        'wording = "底前"',
        'wording = "达到"',
        "wording =",
        "targets[1].wording",
        "原则上",
    ),
    "a threshold of one's own": (
        "at_least = 0.6",
        "at_least = 0.7",
        "threshold =",
        "targets[1].threshold",
        "0.6",
    ),
    "a threshold without words for it": (
        'words = "达到60%"',
        'words = "上云比例"',
        "threshold =",
        "targets[1].threshold.words",
        "invented",
    ),
    "a day that the quote lacks": (
        "deadline = 2020-12-31",
        "deadline = 2020-11-30",
        "deadline =",
        "targets[1].deadline",
        "2020-12-31",
    ),
    "a consequence that is none": (
        'consequences = ["hold"]',
        'consequences = ["stop"]',
        "consequences = [",
        "targets[1].consequences[1]",
        "hold",
    ),
    "an organisation that is none": (
        'lead = ["市政务办"]',
        'lead = ["市政务局"]',
        "roles =",
        "targets[1].roles.lead[1]",
        "organisations",
    ),
    "a clock that says another number": (
        "working_days = 2",
        "working_days = 5",
        "[[clocks]]",
        "clocks[1]",
        "2",
    ),
    "a clock over what is no date": (
        'starts = "contract_signed_on"',
        'starts = "winner"',
        "starts =",
        "clocks[1].starts",
        "date",
    ),
    "basically complete, computed": (
        "deadline = 2020-12-31",
        'deadline = 2020-12-31\nseverity = "declared"\nwording_note = "a"\nwording_note_en = "a"',
        "threshold =",
        "targets[1].threshold",
        "never computed",
    ),
    "an id told twice": ('id = "R-1"', 'id = "T-1"', 'id = "T-1"', "targets[1].id", "twice"),
    "in principle, taken as hard": (
        'quote = "各部门不得新建机房"',
        'quote = "各部门原则上不得新建机房"',
        'wording = "不得"',
        "rules[1].wording",
        "in principle",
    ),
    "a validity of another day": (
        "effective_from = 2020-01-10",
        "effective_from = 2020-02-10",
        "effective_from",
        "validity.effective_from",
        "2020-01-10",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_mistake_is_explained(fault: str, write: Write) -> None:
    old, new, where, at, expected = BAD[fault]
    assert GOOD.count(old) >= 1
    found = faults(write(GOOD.replace(old, new, 1)))
    line = where if isinstance(where, int) else line_of(where or old)
    told = [f for f in found if f.at == at and f.line == line and expected in f.expected]
    assert told, "\n".join(map(str, found))


def test_all_mistakes_are_told_at_once(write: Write) -> None:
    text = GOOD.replace('wording = "不得"', 'wording = "必须"').replace(
        "= 2020-12-31", "= 2020-10-31"
    )
    text = text.replace('{ field = "live"', '{ field = "alive"')
    assert {f.at for f in faults(write(text))} == {
        "rules[1].wording",
        "targets[1].deadline",
        "targets[1].where[1].field",
    }


def test_an_entry_with_a_wrong_key_hides_no_other(write: Write) -> None:
    text = GOOD.replace("deadline = 2020", "dedline = 2020").replace(
        'wording = "不得"', 'wording = "必须"'
    )
    found = faults(write(text))
    assert {f.at for f in found} == {"targets[1].dedline", "rules[1].wording"}
    (wording,) = (f for f in found if f.at == "rules[1].wording")
    assert wording.line == line_of('wording = "不得"')


def test_the_file_is_named_after_the_policy(write: Write) -> None:
    (fault,) = faults(write(GOOD, "other"))
    assert (fault.line, fault.at, fault.read) == (1, "id", "city")


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_bytes(b'id = "city"\ntitle = "' + "清河".encode("gb18030") + b'"\n')
    (fault,) = faults(path)
    assert fault.line == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="can't be read"):
        load_file(tmp_path / "none.toml")


COUNTY = """\
id = "county"
title = "青石县实施方案"
title_en = "Qingshi county"
number = "青政〔2020〕9号"
place = "青石县"
level = "county"
inherits = "city"

[validity]
signed = 2020-03-01
effective_from = 2020-03-01
source = "signed"

[[targets]]
id = "T-1"
clause = "四"
quote = "2021年6月底前,上云比例达到60%"
deadline = 2021-06-30

[[targets]]
id = "T-2"
title = "目录"
title_en = "catalogue"
clause = "五"
quote = "逐步编制目录"
wording = "逐步"
measure = { kind = "declared" }

[[waives]]
id = "C-1"
clause = "六"
quote = "合同公告按省规定"
"""


def test_a_county_inherits_overrides_and_waives(write: Write) -> None:
    write(GOOD)
    pack = load_file(write(COUNTY, "county"))
    assert [(t.id, t.of) for t in pack.targets] == [("T-1", "county"), ("T-2", "county")]
    (first, _) = pack.targets
    assert (first.deadline, first.title, first.clause) == (date(2021, 6, 30), "上云比例", "四")
    assert [(r.id, r.of) for r in pack.rules] == [("R-1", "city")]
    assert pack.clocks == ()
    assert pack.validity.effective_from == date(2020, 3, 1)


def test_four_levels_inherit(write: Write) -> None:
    nation = GOOD.replace('id = "city"', 'id = "nation"').replace(
        'level = "city"', 'level = "nation"'
    )
    write(nation, "nation")
    chain = (("province", "nation"), ("city", "province"), ("county", "city"))
    for level, above in chain:
        head = COUNTY.split("[[targets]]", maxsplit=1)[0].replace('"county"', f'"{level}"')
        path = write(head.replace('inherits = "city"', f'inherits = "{above}"'), level)
    pack = load_file(path)
    assert (pack.level, [t.id for t in pack.targets]) == ("county", ["T-1"])
    assert pack.targets[0].of == "nation"


def test_a_mistake_in_an_override_has_its_own_line(write: Write) -> None:
    write(GOOD)
    path = write(COUNTY.replace("deadline = 2021-06-30", "deadline = 2021-07-31"), "county")
    (fault,) = faults(path)
    assert (fault.file, fault.at) == ("county.toml", "targets[1].deadline")
    assert fault.line == COUNTY[: COUNTY.index("deadline =")].count("\n") + 1


def test_an_override_told_twice(write: Write) -> None:
    write(GOOD)
    twice = COUNTY.replace('id = "T-2"', 'id = "T-1"')
    found = faults(write(twice, "county"))
    assert any("twice" in f.expected for f in found), "\n".join(map(str, found))


def test_policies_that_inherit_from_each_other(write: Write) -> None:
    write(GOOD.replace('level = "city"', 'level = "city"\ninherits = "county"'))
    (fault,) = faults(write(COUNTY, "county"))
    assert "inherit from each other" in fault.expected


def test_a_policy_above_that_is_not_there(write: Write) -> None:
    (fault,) = faults(write(COUNTY, "county"))
    assert (fault.at, fault.read) == ("inherits", "city")


def test_no_such_policy() -> None:
    with pytest.raises(PackError, match="cangzhou-2017-157"):
        load("beijing")


def test_every_mistake_is_told_in_one_round(tmp_path: Path) -> None:
    """What is broken at the head of the file hides nothing that stands below."""
    text = GOOD.replace("at_least = 0.6", "at_least = 0.7").replace(
        'level = "city"', 'level = "town"'
    )
    text = text.replace("signed = 2020-01-01", 'signed = "soon"').replace(
        "signed = 2", "signd = 2", 1
    )
    path = tmp_path / "city.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(PackRefused) as caught:
        load_file(path)
    at = {fault.at.split(".")[0] for fault in caught.value.faults}
    assert {"level", "targets[1]"} <= at


def test_what_is_taken_back_must_be_there(tmp_path: Path) -> None:
    own = GOOD.replace('level = "city"', 'level = "county"\ninherits = "xianning-2019-5"')
    own += '\n[[waives]]\nid = "XN-99"\nclause = "三"\nquote = "不适用"\n'
    path = tmp_path / "city.toml"
    path.write_text(own, "utf-8")
    with pytest.raises(PackRefused) as caught:
        load_file(path)
    assert ("waives[1].id", "XN-99") in {(f.at, f.read) for f in caught.value.faults}
    path.write_text(own.replace("XN-99", "XN-36"), "utf-8")
    assert "XN-36" not in {e.id for _, _, e in load_file(path).entries()}


def test_quotes_are_compared_with_the_text_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    text = GOOD.replace('level = "city"', 'level = "city"\nsource_file = "city.txt"')
    path.write_text(text, "utf-8")
    with pytest.raises(PackRefused) as missing:
        load_file(path, compare=True)
    assert [f.at for f in missing.value.faults] == ["source_file"]
    load_file(path)
    pack = load_file(path)
    quotes = [q for _, _, e in pack.entries() for q in e.quote]
    quotes += [q for c in pack.consequences for q in c.quote]
    whole = "\n".join(quote[:3] + "\n  " + quote[3:] for quote in quotes)
    (tmp_path / "city.txt").write_text(whole, "utf-8")
    load_file(path, compare=True)
    (tmp_path / "city.txt").write_text("别的文字", "utf-8")
    with pytest.raises(PackRefused) as other:
        load_file(path, compare=True)
    assert {f.read[:10] for f in other.value.faults} >= {quote[:10] for quote in quotes}
    path.write_text(text.replace("city.txt", "../city.txt"), "utf-8")
    with pytest.raises(PackRefused) as away:
        load_file(path, compare=True)
    assert [f.at for f in away.value.faults] == ["source_file"]


def test_money_of_a_soft_clause_follows_from_nothing_hard(tmp_path: Path) -> None:
    shipped = available()["xianning-2019-5"].read_text("utf-8")
    head, mark, tail = shipped.partition('id = "XN-28"\n')
    hard = tail.replace('consequences = ["XN-notice"]', 'consequences = ["XN-no-om"]', 1)
    path = tmp_path / "xianning-2019-5.toml"
    path.write_text(head + mark + hard, "utf-8")
    with pytest.raises(PackRefused) as caught:
        load_file(path)
    assert [(f.read, "in principle" in f.expected) for f in caught.value.faults] == [
        ("XN-no-om", True)
    ]


def test_what_is_inherited_is_not_looked_for_in_the_own_text(tmp_path: Path) -> None:
    """Consequences, defects, instruments and phases of Xianning are no words of a county's text."""
    own = GOOD.replace('level = "city"', 'level = "county"\ninherits = "xianning-2019-5"')
    own = own.replace("\n\n[validity]", '\nsource_file = "city.txt"\n\n[validity]', 1)
    path = tmp_path / "city.toml"
    path.write_text(own, "utf-8")
    quotes = [
        line.partition("= ")[2].strip('"') for line in GOOD.splitlines() if "quote = " in line
    ]
    (tmp_path / "city.txt").write_text("\n".join(quotes), "utf-8")
    pack = load_file(path, compare=True)
    assert pack.consequence("XN-notice").quote
    (tmp_path / "city.txt").write_text("\n".join(quotes[1:]), "utf-8")
    with pytest.raises(PackRefused) as caught:
        load_file(path, compare=True)
    assert [f.read for f in caught.value.faults] == [quotes[0]]
    over = '\n[[consequences]]\nid = "XN-notice"\nquote = "本县另行通报"\n'
    path.write_text(own + over, "utf-8")
    with pytest.raises(PackRefused) as overridden:
        load_file(path, compare=True)
    assert {f.read for f in overridden.value.faults} == {quotes[0], "本县另行通报"}


def test_a_shipped_policy_by_its_relative_path(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = available()["cangzhou-2017-157"]
    monkeypatch.chdir(shipped.parents[1])
    load_file(Path("policies") / shipped.name, compare=True)


def test_a_policy_inherits_from_no_level_below(write: Write) -> None:
    write(
        GOOD.replace('"city"', '"county"').replace('level = "county"', 'level = "county"'), "county"
    )
    up = GOOD.replace('id = "city"', 'id = "up"')
    up = up.replace('level = "city"', 'level = "nation"\ninherits = "county"')
    (fault,) = faults(write(up, "up"))
    assert (fault.at, fault.read, "of a county" in fault.expected) == ("inherits", "county", True)


def test_a_wrong_key_hides_no_other_mistake_of_its_entry(write: Write) -> None:
    text = GOOD.replace('set = "systems"', 'set = "sytems"', 1)
    text = text.replace('wording = "底前"', 'wording = "底钱"', 1)
    text = text.replace("at_least = 0.6", "at_least = 0.7").replace("2020-12-31", "2020-12-30")
    text = text.replace('lead = ["市政务办"]', 'lead = ["市政办"]')
    text = text.replace('consequences = ["hold"]', 'consequences = ["hodl"]')
    assert {f.at for f in faults(write(text))} == {
        "targets[1].set",
        "targets[1].wording",
        "targets[1].threshold",
        "targets[1].deadline",
        "targets[1].roles.lead[1]",
        "targets[1].consequences[1]",
    }
