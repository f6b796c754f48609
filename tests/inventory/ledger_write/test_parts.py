"""Parts of an estate as ledgers: kinds, an organisation's, a county's."""

from dataclasses import replace
from pathlib import Path

import pytest

from inventory.errors import EstateError, LedgerError
from inventory.ledger import read_ledgers
from inventory.ledger.spelling import default_words
from inventory.ledger_write.columns import columns
from inventory.ledger_write.export import KINDS, comparable, export
from inventory.ledger_write.rows import Writer
from inventory.ledger_write.select import part_of
from inventory.model import (
    Dependency,
    Estate,
    Host,
    Line,
    Link,
    Node,
    Organisation,
    Placement,
    Room,
    Service,
    Site,
    System,
)

CITY = Estate(
    organisations=(
        Organisation(code="O-1", name="示例市交通运输局"),
        Organisation(code="O-2", name="示例市民政局"),
    ),
    sites=(
        Site(code="Y-1", name="东园", region="东湖区"),
        Site(code="Y-2", name="西园", region="西山区"),
    ),
    rooms=(
        Room(code="R-1", name="一号机房", organisation="O-1", site="Y-1"),
        Room(code="R-2", name="二号机房", organisation="O-2", site="Y-2"),
    ),
    lines=(
        Line(code="L-1", name="L-1", a_end="R-1", z_end="R-2", organisation="O-1"),
        Line(code="L-2", name="L-2", a_end="R-2", organisation="O-2", bandwidth_kbps=1544),
    ),
    systems=(
        System(code="S-1", name="甲", organisation="O-1", room="R-1"),
        System(code="S-2", name="乙", organisation="O-2", room="R-2"),
    ),
    hosts=(
        Host(code="h-1", name="h-1", system="S-1", place="R-2"),
        Host(code="h-2", name="h-2", place="R-1"),
        Host(code="h-3", name="h-3", system="S-2", place="R-1"),
    ),
    services=(Service(code="v-1", name="v-1", host="h-1", port=80),),
    nodes=(
        Node(code="N-1", name="N-1", organisation="O-1", place="R-1"),
        Node(code="N-2", name="N-2", organisation="O-2"),
    ),
    links=(Link(code="K-1", name="K-1", a_node="N-1", z_node="N-2"),),
    dependencies=(Dependency(system="S-1", needs="S-2"), Dependency(system="S-2", needs="S-1")),
)


def _codes(estate: Estate) -> dict[str, list[str]]:
    return {kind: [o.code for o in objects] for kind, objects in estate.collections() if objects}


@pytest.mark.parametrize("written", ["O-1", "示例市交通运输局", "市交通局"])
def test_what_is_an_organisations(written: str) -> None:
    assert _codes(part_of(CITY, default_words(), organisation=written)) == {
        "organisations": ["O-1"],
        "sites": ["Y-1"],
        "rooms": ["R-1"],
        "lines": ["L-1"],
        "links": ["K-1"],
        "nodes": ["N-1"],
        "hosts": ["h-1", "h-2"],
        "services": ["v-1"],
        "systems": ["S-1"],
        "dependencies": ["S-1>S-2"],
    }


def test_what_is_a_countys() -> None:
    lines = part_of(CITY, default_words(), kinds=("lines",), county="西山区")
    assert _codes(lines) == {"lines": ["L-1", "L-2"]}
    both = part_of(CITY, default_words(), organisation="O-2", county="西山区", kinds=("lines",))
    assert _codes(both) == {"lines": ["L-2"]}
    assert _codes(part_of(CITY, default_words(), county="东湖区"))["hosts"] == ["h-1", "h-2", "h-3"]


def test_unknown_names_say_so() -> None:
    with pytest.raises(EstateError, match=r"不在台账库中.*is unknown"):
        part_of(CITY, default_words(), organisation="审计局")
    with pytest.raises(EstateError, match=r"没有园区.*known: 东湖区、西山区"):
        part_of(CITY, default_words(), county="北区")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("to", ["a.xlsx", "csv"])
def test_each_kind_alone_reads_back_beside_the_rest(tmp_path: Path, kind: str, to: str) -> None:
    done = export(CITY, tmp_path / to, kinds=(kind,))
    assert (done.changed, done.inexact) == ((), ())
    report = read_ledgers(done.files, known=CITY)
    assert report.problems == ()
    assert report.estate.digest == Estate.model_validate({kind: getattr(CITY, kind)}).digest


def test_a_line_survey_of_one_department(tmp_path: Path) -> None:
    done = export(CITY, tmp_path / "线路清查", kinds=("lines",), organisation="示例市民政局")
    (path,) = done.files
    assert path.name == "线路.csv"
    header, row = path.read_text(encoding="utf-8-sig").splitlines()
    told = dict(zip(header.replace('"', "").split(","), row.split(","), strict=True))
    assert told["线路编号"] == '"L-2"'
    assert told["使用单位"] == '"示例市民政局"'
    assert told["A端"] == '"二号机房"'
    assert told["带宽(Mbps)"] == "1.544"


def test_where_our_own_moves_left_a_system_is_no_ledgers_word(tmp_path: Path) -> None:
    placed = Placement(place="R-2", hosts=("h-1",), run="r", since="2026-01-02T03:04:05+08:00")
    moved = CITY.model_copy(
        update={"systems": tuple(s.model_copy(update={"placement": placed}) for s in CITY.systems)}
    )
    done = export(moved, tmp_path / "a.xlsx")
    assert done.changed == ()
    assert done.digest == comparable(moved).digest == CITY.digest != moved.digest


def test_files_that_are_there_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"mine")
    with pytest.raises(LedgerError, match=r"文件已存在.*are there already"):
        export(CITY, path)
    assert path.read_bytes() == b"mine"
    assert export(CITY, path, replace=True).changed == ()
    with pytest.raises(LedgerError, match="can't write"):
        export(CITY, tmp_path / "a.xlsx" / "b.xlsx")
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_list_that_refers_is_told_by_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No field of a ledger is one today: the reader may learn one any day."""
    words = default_words()
    (aliases,) = [c for c in columns("organisations", words) if c.field == "aliases"]
    refers = replace(aliases, refers=("rooms", "systems"))
    written, exact = Writer(CITY, words)._cell(("R-1", "S-2", "R-9"), refers)
    assert (written, exact) == ("一号机房、乙、R-9", True)
