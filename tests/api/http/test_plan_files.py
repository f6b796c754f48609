"""A timetable's files over HTTP: in the language asked for, of the systems that one sees."""

import io
from datetime import date

import openpyxl
import pytest

from api.bootstrap import Qianyun
from inventory.changes import diff
from migrator.people.rights import Role
from migrator.planning.plan import Means
from tests.api.http.client import LOCAL, Client, token_of
from tests.api.http.test_page_deeds import Browser
from tests.migrator.timing.cities import FIRST, estate, means, system

SHEETS = {"zh": "时间表", "en": "Timetable"}


@pytest.fixture
def code(product: Qianyun) -> str:
    city = estate([system("S1"), system("S2", organisation="O2")])
    changes = diff(product.estate.load(), city)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    record, _ = product.planning.make(
        LOCAL, Means(city=means()), today=date(FIRST.year, FIRST.month, FIRST.day)
    )
    return record.code


def systems_in(body: bytes, lang: str) -> set[str]:
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert SHEETS[lang] in book.sheetnames
    cells = {str(cell) for row in book[SHEETS[lang]].iter_rows(values_only=True) for cell in row}
    return cells & {"S1", "S2"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_program_gets_the_language_that_it_asks_for(
    code: str, product: Qianyun, lang: str
) -> None:
    client = Client(product, token_of(product, Role.VIEWER))
    book = client.get(f"/api/v1/plans/{code}/timetable.xlsx", {"Accept-Language": lang})
    assert book.headers["content-language"] == lang
    assert systems_in(book.content, lang) == {"S1", "S2"}


def test_a_person_takes_the_files_from_the_page(code: str, product: Qianyun) -> None:
    look = Browser(product, Role.VIEWER)
    page = look.page(f"/plans/{code}").text
    for kind, begins in (("xlsx", b"PK"), ("ics", b"BEGIN:VCALENDAR"), ("svg", b"<svg")):
        assert f"/plans/{code}/timetable.{kind}" in page
        assert begins in look.page(f"/plans/{code}/timetable.{kind}").content[:200]
    assert look.page(f"/plans/{code}/timetable.exe").status_code == 422


def test_who_is_bound_gets_their_own_systems_alone(code: str, product: Qianyun) -> None:
    client = Client(product, token_of(product, Role.VIEWER, organisations=("O2",)))
    book = client.get(f"/api/v1/plans/{code}/timetable.xlsx", {"Accept-Language": "zh"})
    assert systems_in(book.content, "zh") == {"S2"}
