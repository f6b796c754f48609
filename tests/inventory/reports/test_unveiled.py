"""What was shown through the veil and comes back as it was shown changes nothing."""

from pathlib import Path

from inventory.changes import diff
from inventory.ledger import read_ledgers
from inventory.ledger_write.export import export
from inventory.model import Estate
from inventory.reports.unveiled import unveiled, veiled
from inventory.reports.veil import Veil
from tests.inventory.reports.test_veil import CODE, HOST, NAME, SAYS, secret_city

CITY = secret_city("cangzhou-2017-157")


def changed(estate: Estate, kind: str, code: str, **values: object) -> Estate:
    several = tuple(
        one.model_copy(update=values) if one.code == code else one for one in getattr(estate, kind)
    )
    return estate.model_copy(update={kind: several})


def test_the_estate_as_it_is_shown_is_no_change() -> None:
    shown = Veil(CITY).shown
    assert diff(CITY, shown).updates  # as it stands it would overwrite names
    assert diff(CITY, unveiled(shown, CITY)).empty


def test_an_export_that_is_sent_again_keeps_what_was_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    export(Veil(CITY).shown, path, kinds=("systems",), replace=False)
    assert NAME not in path.read_bytes().decode("latin-1")
    told = unveiled(read_ledgers([path], known=CITY).estate, CITY)
    mine = next(one for one in told.systems if one.code == CODE)
    known = next(one for one in CITY.systems if one.code == CODE)
    assert (mine.name, mine.function) == (known.name, known.function)


def test_what_was_shown_is_changed_by_who_says_so() -> None:
    shown = changed(Veil(CITY).shown, "systems", "S-1", name="公开甲")
    (only,) = diff(CITY, unveiled(shown, CITY)).updates
    assert (only.code, [f.field for f in only.fields]) == ("S-1", ["name"])


def test_changes_are_shown_without_what_was_classified() -> None:
    other = changed(CITY, "systems", CODE, name="新名称")
    other = changed(other, "hosts", HOST, asset_tag="ZC-2")
    other = changed(other, "systems", "S-1", name="见别处")
    found = veiled(diff(changed(CITY, "systems", "S-1", name=SAYS), other), CITY)
    told = found.model_dump_json()
    assert "新名称" in told  # what was sent is the sender's
    assert all(word not in told for word in (NAME, "绝密会商"))
