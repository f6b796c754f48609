"""The shipped words, and a city's own over them."""

from pathlib import Path

import pytest

from inventory.errors import LedgerError
from inventory.ledger import read_ledgers
from inventory.ledger.spelling import default_words, load_words, spelt_out
from tests.inventory.ledger.books import write_book

DOCUMENT = Path(__file__).parents[3] / "docs" / "ledgers.md"


def _own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_patterns_spell_words_out() -> None:
    groups = {"date": ["时间", "日期"]}
    assert spelt_out("{批复|立项}[通过]<date>", groups) == [
        "批复时间", "批复日期", "批复通过时间", "批复通过日期",
        "立项时间", "立项日期", "立项通过时间", "立项通过日期",
    ]  # fmt: skip
    assert spelt_out("机房", groups) == ["机房"]


def test_a_city_says_what_it_calls_things(tmp_path: Path) -> None:
    own = """
[kinds.rooms.headers]
racks = ["柜位"]
[choices.network_domain]
extranet = ["业务专网"]
[units.size]
"个G" = "1"
[bureaux]
"数字经济发展局" = ["数经局"]
"""
    rooms = [["机房名称", "单位", "柜位"], ["甲机房", "市数经局", 3]]
    systems = [["系统名称", "单位", "所在网络", "存储"], ["甲", "云州市民政局", "业务专网", "5个G"]]
    path = write_book(tmp_path / "a.xlsx", {"机房": rooms, "信息系统": systems})
    report = read_ledgers([path], words=load_words(_own(tmp_path, own)))
    assert not report.problems
    (room,), (system,) = report.objects["rooms"], report.objects["systems"]
    assert (room["racks"], room["organisation"]) == (3, "云州市数字经济发展局")
    assert (system["network_domain"], system["storage_gib"]) == ("extranet", 5)
    assert default_words().choices["network_domain"]["业务专网"] == "private"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[kinds.room.headers]\nracks = ["柜位"]\n', "kinds.room"),
        ('[kinds.rooms.headers]\nrakcs = ["柜位"]\n', "kinds.rooms.headers.rakcs"),
        ('[choices.network_domain]\nextra = ["x"]\n', "choices.network_domain.extra"),
        ('[units.weight]\nkg = "1"\n', "units.weight"),
        ('[kinds.rooms.headers]\nracks = "柜位"\n', "a list of texts"),
        ('[units.size]\n"个G" = 1\n', "a text"),
        ('[units.size]\n"个G" = "一"\n', "InvalidOperation"),
        ('[kinds.rooms.headers]\nracks = ["<nobody>"]\n', "nobody"),
        ('[like.rooms]\nracks = ["(柜"]\n', "(?:error|PatternError)"),
        ("kinds = \n", "no TOML"),
    ],
)
def test_a_slip_of_the_pen_is_told(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(LedgerError, match=expected) as caught:
        load_words(_own(tmp_path, text))
    assert " / " in str(caught.value)
    assert "own.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="can't be read"):
        load_words(tmp_path / "none.toml")


def test_the_example_of_the_document_is_one(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    words = load_words(_own(tmp_path, example))
    assert words.kinds["rooms"].headers["柜位数"] == "racks"
