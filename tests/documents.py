"""Examples of our documents, as tests run them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def example(document: str, under: str, language: str) -> str:
    """The first code block of `language` below the heading or file name `under`."""
    text = (ROOT / document).read_text(encoding="utf-8")
    start = re.search(rf"^(#+ |`){re.escape(under)}(`:)?$", text, re.MULTILINE)
    assert start, f"{document}: {under}"
    found = re.search(rf"^```{language}\n(.*?)^```$", text[start.end() :], re.MULTILINE | re.DOTALL)
    assert found, f"{document}: {under}: {language}"
    return found[1]
