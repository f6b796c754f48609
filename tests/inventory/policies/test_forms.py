"""Forms, and the entries of policies that they answer."""

from inventory.policies.forms import FORMS, NAMES, form_of
from inventory.policies.loader import load, shipped
from inventory.policies.pack import Report


def test_a_form_has_one_name_and_a_number_one_form() -> None:
    assert len(set(NAMES)) == len(NAMES)
    numbers = [number for form in FORMS for number in form.numbers]
    assert len(set(numbers)) == len(numbers)
    assert form_of("annual").numbers == ("F-04", "F-05")


def test_what_is_handed_in_again_and_again_has_a_form() -> None:
    """But for the joint meeting, which is held and not written."""
    formless = {
        entry.id for named in shipped() for entry in load(named).reports if entry.form is None
    }
    assert formless == {"XN-01"}


def test_who_reads_a_report_is_named_by_the_document() -> None:
    for named in shipped():
        for _, _, entry in load(named).entries():
            if isinstance(entry, Report):
                said = "".join(entry.quote)
                assert [name for name in entry.to if name not in said and entry.id != "XN-11"] == []
