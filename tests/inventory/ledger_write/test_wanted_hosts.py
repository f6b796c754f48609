"""A request list goes out to a cloud's operator and comes back filled in, as any ledger."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from inventory.ledger import read_ledgers
from inventory.ledger_write.wanted_hosts import wanted_hosts
from inventory.model import Cloud, Estate, Host, Organisation, Room, Secrecy, System
from migrator.planning.lacking import lacking

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExam"
OWNER = Organisation(code="U-1", name="市商务局")


def system(code: str, **told: object) -> System:
    facts = {"room": "R-1", "target": "C-1", "secrecy": Secrecy.NONE, "organisation": "U-1"}
    return System.model_validate({"code": code, "name": f"系统{code}", **facts, **told})


ESTATE = Estate(
    organisations=(OWNER,),
    rooms=(Room(code="R-1", name="甲机房", organisation="U-1"),),
    clouds=(Cloud(code="C-1", name="政务云"),),
    systems=(
        system("S-1", cpu_cores=8, memory_gib=32, storage_gib=500, os="麒麟 V10"),
        system("S-2"),
        system("S-3", target=None),
    ),
    hosts=(
        Host(code="H-1", name="old-1", place="R-1", system="S-1"),
        Host(code="H-2", name="cloud-2", place="C-1", system="S-2"),
    ),
)


def test_who_wants_a_host() -> None:
    assert [one.code for one in lacking(ESTATE)] == ["S-1"]


def test_it_comes_back_filled_in(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(BytesIO(wanted_hosts(ESTATE, lacking(ESTATE))))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[3]]
    filled = {"IPv4": "10.1.2.3", "IPv6": "2001:db8::3", "公钥": KEY, "操作系统": "麒麟 V10"}
    for word, value in filled.items():
        (column,) = [n for n, title in enumerate(titles, 1) if word in str(title)]
        sheet.cell(4, column).value = value
    assert "8 核，32 GiB 内存，500 GiB 存储" in [c.value for row in book.worksheets[1] for c in row]
    path = tmp_path / "filled.xlsx"
    book.save(path)
    read = read_ledgers([path], known=ESTATE)
    assert read.problems == ()
    (host,) = read.estate.hosts
    assert (host.system, host.place, str(host.ipv4)) == ("S-1", "C-1", "10.1.2.3")
    assert str(host.ssh_host_key) == KEY
    assert read.estate.systems == ()  # the second sheet is no ledger


def test_nobody_is_asked_about_what_is_classified() -> None:
    secret = system("S-9", secrecy=Secrecy.CLASSIFIED)
    with pytest.raises(ValueError, match="S-9"):
        wanted_hosts(ESTATE, [secret])
    assert lacking(ESTATE.model_copy(update={"systems": (secret,)})) == ()
