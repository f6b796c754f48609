"""`qianyun inventory template` and `export`, and how far reading is."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from inventory.ledger import read_ledgers
from inventory.ledger_write.export import KINDS
from tests.api.conftest import Run


def test_a_template_is_written_where_one_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "台账模板.xlsx" in run("inventory", "template").out
    assert run("inventory", "check", "台账模板.xlsx").code == 0
    again = run("inventory", "template")
    assert again.code == 2
    assert "文件已存在" in again.err
    assert run("inventory", "template", "--replace").code == 0


def test_templates_in_a_folder_and_of_some_kinds(run: Run, tmp_path: Path) -> None:
    told = run("inventory", "template", tmp_path / "空白", "--json").json
    assert len(told["files"]) == len(KINDS)
    assert run("inventory", "check", *told["files"]).code == 0
    some = run("inventory", "template", tmp_path / "a.xlsx", "--kind", "机房", "--kind", "lines")
    assert some.code == 0
    estate = read_ledgers([tmp_path / "a.xlsx"]).estate
    assert {k for k, found in estate.collections() if found} >= {"rooms", "lines"}
    assert not estate.systems
    wrong = run("inventory", "template", tmp_path / "b.xlsx", "--kind", "花盆")
    assert wrong.code == 2
    assert "unknown kind: read '花盆'" in wrong.err


@pytest.mark.parametrize("to", ["台账.xlsx", "台账"])
def test_an_export_taken_again_changes_nothing(
    run: Run, ledger: Path, tmp_path: Path, to: str
) -> None:
    assert run("inventory", "apply", ledger).code == 0
    told = run("inventory", "export", tmp_path / to, "--json")
    assert told.code == 0
    assert (told.json["reads_back"], told.json["inexact"]) == (True, [])
    assert told.json["digest"] == run("inventory", "export", "--json").json["digest"]
    assert run("inventory", "diff", *told.json["files"]).code == 0
    shown = run("inventory", "export", tmp_path / to, "--replace").out
    assert "重新读入结果相同" in shown


def test_one_organisations_lines(run: Run, ledger: Path, tmp_path: Path) -> None:
    assert run("inventory", "apply", ledger).code == 0
    owner = run("inventory", "export", "--json").json["lines"][0]["organisation"]
    args = ("inventory", "export", tmp_path / "清查", "--kind", "线路", "--organisation", owner)
    told = run(*args, "--json").json
    assert [Path(f).name for f in told["files"]] == ["线路.csv"]
    assert told["counts"] == {"lines": 1}
    figures = run("inventory", "export", "--organisation", owner, "--kind", "lines", "--json").json
    assert [line["organisation"] for line in figures["lines"]] == [owner]
    assert run("inventory", "export", "--organisation", "无此单位").code == 2
    assert run("inventory", "export", tmp_path / "x.xlsx", "--county", "无此区").code == 2


def test_what_an_export_cannot_tell_is_1(
    run: Run, ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inventory import store_embedded

    assert run("inventory", "apply", ledger).code == 0
    load = store_embedded.EmbeddedStore.load

    def hidden(self: store_embedded.EmbeddedStore) -> object:
        estate = load(self)
        first, *rest = estate.systems
        return estate.model_copy(
            update={"systems": (first.model_copy(update={"function": "甲\u200b"}), *rest)}
        )

    monkeypatch.setattr(store_embedded.EmbeddedStore, "load", hidden)
    told = run("inventory", "export", tmp_path / "a.xlsx")
    assert told.code == 1
    assert "主要功能" in told.out
    assert "重新读入后有变化" in told.out


def test_progress_is_for_terminals_only(ledger: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "api.cli.main", "inventory", "check", str(ledger)]
    env = {**os.environ, "QIANYUN_STATE": str(tmp_path / "state"), "QIANYUN_LANG": "zh"}
    piped = subprocess.run(argv, env=env, capture_output=True, check=True)
    assert b"\r" not in piped.stderr
    assert "正在读取" not in piped.stderr.decode()
    outer, inner = pty.openpty()
    with subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=inner) as child:
        os.close(inner)
        seen = io.BytesIO()
        while True:
            try:
                part = os.read(outer, 4096)
            except OSError:  # the child has let go of it
                break
            if not part:
                break
            seen.write(part)
        assert child.wait() == 0
    os.close(outer)
    said = seen.getvalue().decode()
    assert f"正在读取 {ledger.name} 0/" in said
    assert said.endswith("\r\x1b[K")  # nothing is left behind
