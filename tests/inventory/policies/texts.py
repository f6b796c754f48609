"""The documents' own texts, where they are at hand; the packs themselves never need them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (ROOT.parent / "shared" / "policies-text", ROOT / "shared" / "policies-text")


def text_of(source_file: str) -> str:
    """The text of a document; the test is skipped where there is none."""
    for folder in FOLDERS:
        if (folder / source_file).exists():
            return (folder / source_file).read_text("utf-8")
    pytest.skip(f"../shared/policies-text/{source_file} is not here: quotes can't be compared")
