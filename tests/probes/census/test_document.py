"""The document says what is run, word for word, and nothing that is run changes a host."""

import re
from pathlib import Path

from probes.census.document import renewed
from probes.census.script import FOLDER, script, sections

READERS = set(
    [
        "apk",
        "awk",
        "cat",
        "chronyc",
        "date",
        "df",
        "dpkg-query",
        "du",
        "grep",
        "id",
        "ifconfig",
        "initctl",
        "ip",
        "last",
        "ls",
        "netstat",
        "ntpq",
        "ps",
        "psql",
        "read",
        "rpm",
        "runuser",
        "sed",
        "ss",
        "stat",
        "sudo",
        "systemctl",
        "timedatectl",
        "timeout",
        "uname",
    ]
)
KEYWORDS = set(
    [
        "as",
        "break",
        "case",
        "command",
        "continue",
        "do",
        "done",
        "elif",
        "else",
        "export",
        "fi",
        "folders",
        "for",
        "gsub",
        "have",
        "if",
        "lack",
        "mark",
        "n",
        "named",
        "part",
        "pg",
        "power",
        "print",
        "printf",
        "root",
        "rt",
        "set",
        "shift",
        "t",
        "then",
        "umask",
        "user",
        "usual",
        "while",
        "all",
        "d",
        "data_length",
        "esac",
        "from",
        "processes",
    ]  # of a case, an assignment, the SQL
)
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "discovery.md"


def test_the_list_is_what_is_run() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert renewed(text) == text, "run: python -m probes.census.document docs/discovery.md"
    whole = script("00ff")
    assert all(section.script.strip() in whole for section in sections())


def test_no_command_changes_anything() -> None:
    """A guard against a slip: no program that writes, and output goes to nowhere but to us."""
    text = "\n".join(section.script for section in sections())
    text += (FOLDER / "linux.sh").read_text()
    text = re.sub(r"(?s)'[^']*'|\"[^\"$(]*\"", "''", re.sub(r"(?m)^\s*#.*$", "", text))
    place = r"(?:^|[;&|({]|\b(?:do|then|else|if|while)\b|\$\(|\b(?:t|rt) [\d\"$n]+ |\bas \w+ \d+ )"
    met = set(re.findall(rf"{place}[ \t]*([a-z][\w-]*)", text, re.M))
    assert met <= READERS | KEYWORDS, met - READERS - KEYWORDS
    targets = re.findall(r"(?<![<&\d])[12]?>+\s*([^\s;)|}]+)", text)
    assert set(targets) <= {"/dev/null", "&1"}
    power = (FOLDER / "windows.ps1").read_text()
    verbs = set(re.findall(r"\b([A-Z][a-z]+)-[A-Z]\w+", power))
    assert verbs <= {
        "Get",
        "Where",
        "Select",
        "Measure",
        "Join",
        "Split",
        "New",
        "Convert",
        "ConvertTo",
        "For",
    }
    assert re.findall(r"New-Object (\S+)", power) == ["System.Text.UTF8Encoding"]
