"""PSPLIB's files: read as they are meant, refused with file and line where they are broken."""

from pathlib import Path

import pytest

from migrator.schedule.project import Lag
from migrator.schedule.psplib import PsplibError, parse, read
from migrator.schedule.solve import Effort, solve
from tests.bench.rcpsp import main

FILE = """************************************************************************
file with basedata            : made up.bas
initial value random generator: 1
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  5
horizon                       :  9
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
************************************************************************
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      3      0        7        1        7
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          3           2   3   4
   2        1          1           5
   3        1          1           5
   4        1          1           5
   5        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     3       2    0
  3      1     4       2    1
  4      1     2       1    1
  5      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2
    3    1
************************************************************************
"""


def test_a_file_is_a_project() -> None:
    project = parse(FILE, "made.sm")
    assert [one.code for one in project.activities] == ["1", "2", "3", "4", "5"]
    assert [one.duration for one in project.activities] == [0, 3, 4, 2, 0]
    assert project.activities[2].needs == (("R1", 2), ("R2", 1))
    assert Lag("1", "4") in project.lags
    assert len(project.lags) == 6
    assert [one.capacity.at(5) for one in project.renewables] == [3, 1]
    assert project.horizon == 9


def test_its_optimum_is_found_and_proved() -> None:
    outcome = solve(parse(FILE, "made.sm"), Effort(seconds=60, work=0.05))
    assert outcome.optimal
    assert outcome.stages[0].value == 7


@pytest.mark.parametrize(
    ("was", "now", "line", "expected"),
    [
        ("jobs (incl. supersource/sink ):  5", "jobs: five", 37, "supersource"),
        ("   3        1          1           5", "   3        1          2           5", 21, "2"),
        (
            "   3        1          1           5",
            "   3        2          1           5",
            21,
            "one mode",
        ),
        ("   3        1          1           5", "   3        1          1           9", 21, "1…5"),
        (
            "   3        1          1           5",
            "   3        1          1           x",
            21,
            "successors",
        ),
        ("   4        1          1           5\n", "", 22, "job 4"),
        ("  3      1     4       2    1", "  3      1     4       2", 30, "2 × demand"),
        ("  3      1     4       2    1", "  3      1    -4       2    1", 30, "2 × demand"),
        ("    3    1\n", "    3\n", 36, "capacities"),
        ("RESOURCEAVAILABILITIES:", "RESOURCES AVAILABLE:", 37, "RESOURCEAVAILABILITIES"),
    ],
)
def test_what_is_broken_is_told_with_file_and_line(
    was: str, now: str, line: int, expected: str
) -> None:
    assert was in FILE
    with pytest.raises(PsplibError) as refused:
        parse(FILE.replace(was, now), "broken.sm")
    assert f"broken.sm:{line}:" in str(refused.value)
    assert expected in str(refused.value)


def test_an_empty_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PsplibError, match=r"empty\.sm:0: .*jobs"):
        parse("", "empty.sm")
    with pytest.raises(PsplibError, match="can't be read"):
        read(tmp_path / "none.sm")


def test_the_door_prints_a_line_a_file_sorted_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.sm", "a.sm"):
        (tmp_path / name).write_text(FILE)
    (tmp_path / "c.sm").write_text(FILE.replace("  3      1     4", "  3      2     4"))
    assert main([str(tmp_path), "--seconds", "30"]) == 2
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "instance,makespan,bound,seconds"
    assert [line.rsplit(",", 1)[0] for line in lines[1:]] == ["a,7,7", "b,7,7"]
    assert "c.sm:30:" in printed.err
    assert "2 个实例" in printed.err


def test_a_folder_without_files_is_a_mistake(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
