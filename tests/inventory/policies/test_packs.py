"""The packs that ship: whole, quoted word for word, and with nothing invented."""

from collections.abc import Iterator

import pytest

from inventory.policies.loader import load, shipped
from inventory.policies.pack import Pack
from tests.inventory.policies.texts import text_of

PACKS = tuple(shipped())


def quotes(pack: Pack) -> Iterator[tuple[str, str]]:
    """(what it is, quote) of everything in a pack that quotes."""
    for _, _, entry in pack.entries():
        yield from ((entry.id, quote) for quote in entry.quote)
        goal = getattr(entry, "goal_quote", None) or ()
        yield from ((f"{entry.id} goal", quote) for quote in goal)
    others = (*pack.consequences, *pack.defects, *pack.instruments, *pack.phases, *pack.waives)
    for thing in others:
        name = getattr(thing, "id", getattr(thing, "clause", ""))
        yield from ((name, quote) for quote in thing.quote or ())


@pytest.mark.parametrize("named", PACKS)
def test_a_pack_loads(named: str) -> None:
    pack = load(named)
    assert pack.id == named
    assert list(pack.entries())


@pytest.mark.parametrize("named", PACKS)
def test_every_quote_stands_in_the_text(named: str) -> None:
    pack = load(named)
    text = text_of(pack.source_file)
    assert [(what, quote) for what, quote in quotes(pack) if quote not in text] == []


@pytest.mark.parametrize("named", PACKS)
def test_the_document_s_number_and_organisations_are_its_own(named: str) -> None:
    pack = load(named)
    text = text_of(pack.source_file)
    assert pack.number in text
    names = [name for body in pack.organisations for name in (body.name, *body.also)]
    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("named", PACKS)
def test_notes_are_told_in_both_languages(named: str) -> None:
    pack = load(named)
    halves = [
        (entry.id, zh, en)
        for _, _, entry in pack.entries()
        for zh, en in ((entry.note, entry.note_en), (entry.wording_note, entry.wording_note_en))
    ]
    halves += [(phase.id, phase.note, phase.note_en) for phase in pack.phases]
    assert [name for name, zh, en in halves if bool(zh) != bool(en)] == []
