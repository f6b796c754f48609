"""The list of what is run on hosts, as Markdown, from the files that are run.

    python -m probes.census.document docs/discovery.md

writes it anew between its two marks; `tests/probes/census/test_document.py` finds a list that is old.
"""

import sys
from pathlib import Path

from probes.census.script import FOLDER, sections

BEGIN, END = "<!-- commands: begin -->", "<!-- commands: end -->"


def listing() -> str:
    """Every section of the Linux script with its commands, then the script for Windows."""
    parts = [BEGIN, ""]
    for section in sections():
        root = "; uses `sudo -n` where it is allowed" if section.root else ""
        facts = ", ".join(f"`{fact}`" for fact in section.facts)
        parts += [
            f"### {section.name}: {section.en}",
            "",
            f"{section.zh}。Facts: {facts}{root}.",
            "",
            "```sh",
            section.script.strip(),
            "```",
            "",
        ]
    shell = (FOLDER / "linux.sh").read_text(encoding="utf-8").strip()
    power = (FOLDER / "windows.ps1").read_text(encoding="utf-8").strip()
    parts += ["### Functions that the sections use", "", "```sh", shell, "```", ""]
    parts += ["### Windows", "", "```powershell", power, "```", "", END]
    return "\n".join(parts)


def renewed(document: str) -> str:
    """`document` with the list of now between the marks. ValueError without the marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected the marks {BEGIN} and {END}")
    return f"{before}{listing()}{after}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
