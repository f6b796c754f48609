"""Ledgers through the command line."""

from pathlib import Path

import pytest

from tests.api.conftest import HOST_KEYS, Run
from tests.inventory.ledger.books import write_book
from tests.lab.ledger import with_faults, write_ledger


def test_a_good_ledger(run: Run, ledger: Path) -> None:
    assert run("inventory", "check", ledger).code == 0
    told = run("inventory", "check", ledger, "--json").json
    assert set(told) == {"objects", "problems", "ignored", "counts"}
    assert told["problems"] == []
    assert told["counts"]["systems"] == len(told["objects"]["systems"]) == 5


def test_a_city_s_own_words(run: Run, tmp_path: Path) -> None:
    ledger = write_book(
        tmp_path / "a.xlsx", {"机房": [["机房名称", "面积", "风水柜"], ["甲机房", 9, 3]]}
    )
    own = tmp_path / "own.toml"
    own.write_text('[kinds.rooms.headers]\nracks = ["风水柜"]\n', "utf-8")
    assert run("inventory", "check", ledger).code == 1
    told = run("inventory", "check", ledger, "--words", own, "--json")
    assert told.code == 0
    assert told.json["objects"]["rooms"][0]["racks"] == 3
    own.write_text('[kinds.rooms.headers]\nrakcs = ["风水柜"]\n', "utf-8")
    wrong = run("inventory", "check", ledger, "--words", own)
    assert wrong.code == 2
    assert "rakcs" in wrong.err


def test_every_fault_is_shown_with_its_place(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    faults = with_faults(path, host_keys=HOST_KEYS)
    told = run("inventory", "check", path, "--json")
    assert told.code == 1
    found = {(p["sheet"], p["row"], p["column"], p["code"]) for p in told.json["problems"]}
    assert {(f.sheet, f.row, f.column, f.code) for f in faults} <= found
    shown = run("inventory", "check", path)
    assert shown.code == 1
    for fault in faults:
        assert fault.column in shown.out


def test_missing_and_unreadable_ledgers_are_2(run: Run, tmp_path: Path) -> None:
    missing = run("inventory", "check", tmp_path / "none.xlsx")
    assert missing.code == 2
    assert "none.xlsx" in missing.err
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 no workbook")
    assert run("inventory", "apply", bad).code == 2


def test_apply_twice_changes_nothing(run: Run, ledger: Path) -> None:
    assert run("inventory", "diff", ledger).code == 1
    first = run("inventory", "apply", ledger, "--json").json
    assert first["applied"] is True
    assert first["counts"]["creates"] == 29
    second = run("inventory", "apply", ledger, "--json").json
    assert second["estate"] == first["estate"]
    assert second["counts"] == {"creates": 0, "updates": 0, "deletes": 0}
    assert run("inventory", "diff", ledger).code == 0
    entries = run("audit", "list", "--json").json["entries"]
    applied = [e for e in entries if e["action"] == "inventory.apply"]
    assert [e["detail"]["digest"] for e in applied] == [first["digest"]]
    assert applied[0]["actor"] == "zhang"


def test_faulty_rows_are_taken_only_when_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with_faults(path, host_keys=HOST_KEYS)
    refused = run("inventory", "apply", path)
    assert refused.code == 1
    assert run("inventory", "export", "--json").json["systems"] == []
    assert run("inventory", "apply", path, "--partial").code == 0
    assert len(run("inventory", "export", "--json").json["systems"]) == 5


def test_a_large_change_needs_its_digest(run: Run, ledger: Path, tmp_path: Path) -> None:
    assert run("inventory", "apply", ledger).code == 0
    other = write_ledger(
        tmp_path / "other.xlsx",
        host_keys={name: key[:-4] + "bbbb" for name, key in HOST_KEYS.items()},
        window="01:00-02:00",
    )
    refused = run("inventory", "apply", other)
    assert refused.code == 1
    digest = run("inventory", "diff", other, "--json").json["digest"]
    assert digest in refused.err
    wrong = run("inventory", "apply", other, "--yes-digest", "0" * 64)
    assert wrong.code == 1
    assert run("inventory", "apply", other, "--yes-digest", digest).code == 0


def test_show(run: Run, ledger: Path) -> None:
    assert run("inventory", "apply", ledger).code == 0
    (system,) = run("inventory", "show", "LJ-S-002", "--json").json["objects"]
    assert system["facts"]["name"] == "就业登记系统"
    assert system["place_now"] == "LJ-RM-RS"
    assert {p["field"] for p in system["provenance"]} >= {"name", "room"}
    shown = run("inventory", "show", "LJ-S-002").out
    assert "就业登记系统" in shown
    assert "澜江市.xlsx 信息系统" in shown
    assert run("inventory", "show", "LJ-S-999").code == 2


def test_names_stay_text_on_the_screen(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = "[bold red]{{ lookup('pipe','id') }}[/] :smile: $(id)"
    path = write_ledger(tmp_path / "wild.xlsx", host_keys=HOST_KEYS, names={"LJ-S-001": wild})
    monkeypatch.setenv("COLUMNS", "240")  # no line is folded
    assert run("inventory", "apply", path).code == 0
    for argv in (("inventory", "show", "LJ-S-001"), ("plan", "make")):
        assert wild in run(*argv).out


def test_export_in_figures(run: Run, ledger: Path) -> None:
    assert run("inventory", "apply", ledger).code == 0
    shown = run("inventory", "export").out
    assert run("inventory", "export", "--json").json["digest"] in shown


def test_one_fault_in_many_rows_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "服务器.csv"
    good = [f"H-{n},主机{n},10.20.{n // 250}.{n % 250}" for n in range(1, 801)]
    bad = [f"B-{n},主机{n},10.20.300.5" for n in range(200)]
    rows = [row for n in range(200) for row in (bad[n], *good[4 * n : 4 * n + 4])]
    ledger.write_text("\n".join(["服务器编号,服务器名称,IPv4地址", *rows]) + "\n", "utf-8")
    shown = run("inventory", "check", ledger)
    assert shown.code == 1
    assert shown.out.count("10.20.300.5") < 5
    assert "2 等 200 行" in shown.out
    assert "expected" not in shown.out
    assert len(run("inventory", "check", ledger, "--json").json["problems"]) == 200
    monkeypatch.setenv("QIANYUN_LANG", "en")
    english = run("inventory", "check", ledger).out
    assert "2 and others, 200 rows" in english
    assert "应为" not in english
