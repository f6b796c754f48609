"""The document says what is run, word for word, and nothing that is run changes a host."""

import re
from pathlib import Path

from probes.census.document import renewed
from probes.census.script import FOLDER, script, sections

READERS = """apk awk cat chronyc date df dpkg-query du grep id ifconfig initctl ip last ls netstat ntpq
ps psql read rpm runuser sed ss stat sudo systemctl test timedatectl timeout uname"""
SHELL = """all as break case command continue d do done elif else ended esac exec export fi folders for have
if lack limit mark n some true named part pg power print printf processes return root rt set shift t then
umask user usual while"""
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "discovery.md"
VERBS = {"Get", "Where", "Select", "Measure", "Join", "Split", "New", "ConvertTo", "For"}


def test_the_list_is_what_is_run() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert renewed(text) == text, "run: python -m probes.census.document docs/discovery.md"
    whole = script("00ff")
    assert all(section.script.strip() in whole for section in sections())


def test_no_command_changes_anything() -> None:
    """A guard against a slip: programs that only read, and output that goes to us or nowhere."""
    text = "\n".join(section.script for section in sections())
    text += (FOLDER / "linux.sh").read_text()
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    strings = r"(?s)'[^']*'|\"(?:\\.|[^\"\\])*\""  # SQL, sed, awk, names of files
    bare = re.sub(strings, "''", text)
    place = r"(?:^|[;&|({]|\b(?:do|then|else|if|while)\b|\$\(|\b(?:t|rt) [\d\"$n]+ |\bas \w+ \d+ )[ \t]*"
    met = set(re.findall(rf"{place}([a-z][\w-]*)", bare, re.M))
    assert met <= {*READERS.split(), *SHELL.split()}
    targets = re.findall(r"(?<![<&\d])[12]?>+\s*([^\s;)|}]+)", bare)
    assert set(targets) <= {"/dev/null", "&1", "&3"}
    assert re.findall(r"\bexec\b.*", bare) == ["exec 3>&1"]  # ours under another number
    power = (FOLDER / "windows.ps1").read_text()
    assert set(re.findall(r"\b([A-Z][A-Za-z]+)-[A-Z]\w+", power)) <= VERBS | {"ForEach"}
    assert re.findall(r"New-Object (\S+)", power) == ["System.Text.UTF8Encoding"]
