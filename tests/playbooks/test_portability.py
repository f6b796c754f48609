"""What of a system's trees does not run on another machine: found by what files are, not by names."""

import struct
import zipfile
from pathlib import Path

import pytest

from tests.playbooks.test_agent import raw

from qianyun_agent import move, portability  # isort: skip  (test_agent knows where it is)
from qianyun_agent.proc import Done  # isort: skip

X86, ARM = 62, 183


def elf(number: int, *, big: bool = False) -> bytes:
    """The first 64 bytes of an ELF file for that machine."""
    head = b"\x7fELF" + bytes([2, 2 if big else 1, 1]) + bytes(9)
    return (head + struct.pack(">HH" if big else "<HH", 2, number)).ljust(64, b"\0")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (elf(X86), "x86_64"),
        (elf(ARM), "aarch64"),
        (elf(258), "loongarch64"),
        (elf(8, big=True), "mips64"),
        (elf(0x4321), "e_machine 17185"),
        (elf(X86)[:19], None),
        (b"#!/bin/sh\n".ljust(64), None),
    ],
)
def test_machine_by_the_header(head: bytes, expected: str | None) -> None:
    assert portability.machine(head) == expected


def test_this_machines_own_shell_is_for_it() -> None:
    here = portability.held(move.parse(raw()))["arch"]
    with Path("/bin/sh").open("rb") as stream:
        assert portability.machine(stream.read(20)) == here


def test_interpreters_and_what_env_is_given() -> None:
    assert portability.interpreter(b"#!/usr/bin/perl -w\n") == "/usr/bin/perl"
    assert portability.interpreter(b"#! /usr/bin/env python3\nx") == "python3"
    assert portability.interpreter(b"plain") is None


def built(top: Path) -> portability.Look:
    """A tree with a bit of everything, looked over."""
    (top / "bin").mkdir(parents=True)
    (top / "bin/report").write_bytes(elf(X86))
    (top / "lib.so.1").write_bytes(elf(X86))
    (top / "old.exe").write_bytes(elf(3))
    (top / "notes.sh").write_text("#!/opt/nowhere/ksh\n")
    (top / "run.sh").write_text("#!/bin/sh\n")
    (top / "venv").mkdir()
    (top / "venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 2.99.1\n")
    (top / "link").symlink_to("/bin/sh")
    (top / "broken.jar").write_bytes(b"PK\x03\x04 and no more")
    with zipfile.ZipFile(top / "app.jar", "w") as jar:
        jar.writestr("linux-x86-64/libj.so", elf(X86))
        jar.writestr("linux-aarch64/libj.so", elf(ARM))
        jar.writestr("A.class", b"\xca\xfe")
    return portability.Look().over([str(top)])


def test_a_look_counts_by_kind_and_reads_on(tmp_path: Path) -> None:
    top = tmp_path / "srv"
    look = built(top).plain()
    counts = {kind: one["count"] for kind, one in look["machines"].items()}
    assert counts == {"x86_64": 3, "i386": 1, "aarch64": 1}
    assert f"{top}/app.jar!linux-aarch64/libj.so" in look["machines"]["aarch64"]["examples"]
    assert set(look["interpreters"]) == {"/opt/nowhere/ksh", "/bin/sh"}
    assert list(look["pythons"]) == ["2.99"]
    assert (look["files"], look["unread"], look["whole"]) == (8, 1, True)


def test_findings_for_a_machine_of_another_kind(tmp_path: Path) -> None:
    """On ARM the programs block; what an archive brings for both does not; on x86 nothing does but
    the interpreters that are nowhere."""
    told = built(tmp_path / "srv").plain() | {"arch": "x86_64"}
    one = move.parse(raw(trees=[{"path": "/srv/x"}]))

    def of(arch: str) -> dict[str, str]:
        return {
            f["what"].split(": ")[-1]: f["severity"] for f in portability.findings(told, one, arch)
        }

    missing = {"/opt/nowhere/ksh": "blocks", "2.99": "blocks"}
    assert of("aarch64") == {"x86_64": "blocks", "i386": "check", **missing}
    assert of("x86_64") == {"i386": "check", "aarch64": "check", **missing}
    assert portability.findings({}, one) == []


def test_a_tree_that_takes_too_long_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    look = portability.Look().over([str(tmp_path)], seconds=-1).plain()
    assert not look["whole"]
    found = portability.findings(look, move.parse(raw()))
    assert [one["severity"] for one in found] == ["check"]
    assert portability.shown(found[0]) == "0"


def test_classes_tell_the_java_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A war of Java 21 blocks where Java 17 is; classes for later versions, which lie apart, do not."""
    with zipfile.ZipFile(tmp_path / "app.war", "w") as war:
        war.writestr("WEB-INF/classes/A.class", b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 65))
        war.writestr(
            "META-INF/versions/23/A.class", b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 67)
        )
        war.writestr("WEB-INF/classes/B.class", b"no class")
    told = portability.Look().over([str(tmp_path)]).plain()
    assert list(told["javas"]) == ["21"]
    one = move.parse(raw(trees=[{"path": "/srv/x"}]))

    def on(version: str, program: str | None = "/usr/bin/java") -> list[str]:
        monkeypatch.setattr(portability.shutil, "which", lambda *_, **__: program)
        done = Done(0, f'openjdk version "{version}" 2026-01-20')
        monkeypatch.setattr(portability, "run", lambda *_, **__: done)
        return [found["severity"] for found in portability.findings(told, one)]

    assert on("17.0.15") == on("1.8.0_392") == ["blocks"]
    assert on("21.0.1") == on("25") == []
    assert on("", None) == ["check"]
