"""A city's own packs and records in a folder."""

import json
from datetime import date
from pathlib import Path

import pytest

from inventory.errors import PackError, PackRefused
from inventory.policies.shelf import Shelf
from tests.inventory.policies.builder import City
from tests.inventory.policies.test_loader import GOOD

RECORDS = """\
[[declarations]]
policy = "cangzhou-2017-157"
entry = "CZ-03"
on = 2018-06-20
by = "领导小组办公室"
evidence = "报告.pdf"

[[exceptions]]
policy = "cangzhou-2017-157"
entry = "V-25"
code = "L-1"
reason = "部委要求"
approver = "领导小组"
document = "批复1号"
approved_on = 2018-12-01
review_on = 2019-06-30
"""


def shelf(tmp_path: Path, records: str = RECORDS) -> Shelf:
    folder = tmp_path / "records"
    folder.mkdir(exist_ok=True)
    (folder / "2018.toml").write_text(records, "utf-8")
    return Shelf(tmp_path)


def test_own_packs_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(GOOD, "utf-8")
    own = Shelf(tmp_path)
    assert {"city", "cangzhou-2017-157"} <= set(own.names())
    assert own.pack("city").place == "清河市"


def test_a_shelf_that_is_not_there(tmp_path: Path) -> None:
    none = Shelf(tmp_path / "none")
    assert none.records().declarations == ()
    assert "dalian-2017-135" in none.names()


def test_records_are_read(tmp_path: Path) -> None:
    records = shelf(tmp_path).records()
    assert (records.declarations[0].on, records.exceptions[0].code) == (date(2018, 6, 20), "L-1")


@pytest.mark.parametrize(
    ("old", "new", "line", "at"),
    [
        ('entry = "CZ-03"', 'entry = "CZ-99"', 3, "declarations[1].entry"),
        ('policy = "cangzhou-2017-157"', 'policy = "cangzhou"', 2, "declarations[1].policy"),
        ("on = 2018-06-20\n", "", 1, "declarations[1].on"),
        ('evidence = "报告.pdf"', 'evidence = " "', 6, "declarations[1].evidence"),
        ("review_on = 2019-06-30", "review_on = 2018-06-30", 8, "exceptions[1]"),
        ("review_on = 2019-06-30", "", 8, "exceptions[1].review_on"),
    ],
)
def test_a_mistake_in_records_has_its_line(
    old: str, new: str, line: int, at: str, tmp_path: Path
) -> None:
    with pytest.raises(PackRefused) as caught:
        shelf(tmp_path, RECORDS.replace(old, new, 1)).records()
    assert [(f.line, f.at) for f in caught.value.faults] == [(line, at)]


@pytest.mark.parametrize(
    ("entry", "more", "at", "expected"),
    [
        ("CZ-10a", "", "declarations[1].item", "安全审查"),
        ("CZ-10a", 'item = "审查"', "declarations[1].item", "安全审查"),
        ("CZ-03", 'item = "审查"', "declarations[1].item", "no items"),
        ("CZ-08", "", "declarations[1]", "object by object"),
        ("V-49", "", "declarations[1]", "object by object"),
        ("CZ-12", "", "declarations[1].entry", "judged by the facts"),
    ],
)
def test_a_declaration_fits_its_entry(
    entry: str, more: str, at: str, expected: str, tmp_path: Path
) -> None:
    text = RECORDS.replace('entry = "CZ-03"', f'entry = "{entry}"\n{more}', 1)
    with pytest.raises(PackRefused) as caught:
        shelf(tmp_path, text).records()
    assert [(f.at, expected in f.expected) for f in caught.value.faults] == [(at, True)]


def baseline(tmp_path: Path, digest: str, on: str = "2018-01-01") -> Shelf:
    text = f'[[baselines]]\npolicy = "cangzhou-2017-157"\non = {on}\nfile = "then.json"\n'
    return shelf(tmp_path, text + f'digest = "{digest}"\n')


def test_a_baseline_is_the_estate_of_its_day(tmp_path: Path) -> None:
    city = City()
    city.system(None, moved=True)
    estate = city.estate()
    own = baseline(tmp_path, estate.digest)
    exported = {"digest": estate.digest} | estate.model_dump(mode="json", exclude_none=True)
    (tmp_path / "records" / "then.json").write_text(json.dumps(exported), "utf-8")
    records = own.records()
    found = own.baseline(records, "cangzhou-2017-157", date(2018, 6, 1))
    assert found is not None
    assert (found[0], found[1].digest) == (date(2018, 1, 1), estate.digest)
    assert own.baseline(records, "cangzhou-2017-157", date(2017, 12, 31)) is None
    assert own.baseline(records, "dalian-2017-135", date(2018, 6, 1)) is None


def test_a_baseline_that_was_changed_is_refused(tmp_path: Path) -> None:
    own = baseline(tmp_path, "0" * 64)
    (tmp_path / "records" / "then.json").write_text("{}", "utf-8")
    with pytest.raises(PackError, match="another than it was"):
        own.baseline(own.records(), "cangzhou-2017-157", date(2018, 6, 1))


def test_a_baseline_that_is_no_estate(tmp_path: Path) -> None:
    own = baseline(tmp_path, "0" * 64)
    (tmp_path / "records" / "then.json").write_text('{"system": []}', "utf-8")
    with pytest.raises(PackError, match="no export"):
        own.baseline(own.records(), "cangzhou-2017-157", date(2018, 6, 1))
