"""A list for a cloud's operator: a row for each host that is wanted, its sizes beside, what they fill in red.

The first sheet is a ledger of hosts: filled in, it is applied as any other. The second tells what each is to
be like; no reader takes it for a ledger.
"""

from collections.abc import Sequence
from dataclasses import replace

from inventory.ledger.spelling import default_words
from inventory.ledger.words import Words
from inventory.ledger_write.book import Head, Page, write_book
from inventory.ledger_write.columns import Column, sheet_name
from inventory.ledger_write.export import number_format
from inventory.ledger_write.notes import note
from inventory.ledger_write.reader import Cell
from inventory.ledger_write.rows import NUMBER, Writer
from inventory.model import Estate, Host, System
from inventory.secrecy import is_classified

GIVEN = ("ipv4", "ipv6", "ssh_host_key", "os", "cpu_arch")
"""What only the operator of the cloud can tell."""

_HINT = (
    "红色表头由云方填写，编号与名称可改；规格见第二张表。填好后：qianyun inventory apply --partial 本文件"
    " / Red headers are the cloud operator's; sizes are on the second sheet."
)
_SIZES = "拟申请规格"


def wanted_hosts(estate: Estate, systems: Sequence[System], *, words: Words | None = None) -> bytes:
    """A workbook with a host for each of `systems` at its target.

    Raises ValueError for a classified system, which is never sent about, or one without a target.
    """
    words = words or default_words()
    if wrong := [s.code for s in systems if is_classified(s) or s.target is None]:
        raise ValueError(f"no host is asked for: {wrong}")
    hosts = [_host(system) for system in systems]
    known = estate.model_copy(update={"hosts": (*estate.hosts, *hosts)})
    table = Writer(known, words).fill("hosts", hosts)
    name = sheet_name("hosts", words)
    heads = [Head(NUMBER), *(_head(column, words) for column in table.columns)]
    heads += [Head(title, "@") for title in table.people]
    return write_book(
        [
            Page(name, f"{name}台账（待云方填写）", heads, table.rows, hint=_HINT),
            _sizes(systems, hosts),
        ]
    )


def _host(system: System) -> Host:
    return Host(
        code=f"{system.code}-M1",
        name=f"{system.name}目标服务器",
        place=system.target,
        system=system.code,
        role="server",
    )


def _head(column: Column, words: Words) -> Head:
    plain = Head(column.title, number_format(column))
    if column.field not in GIVEN:
        return plain
    return replace(plain, note=note(column, "", words), required=True)


def _sizes(systems: Sequence[System], hosts: Sequence[Host]) -> Page:
    heads = [Head(text, "@") for text in ("给", "用于", "规格要求 / sizes", "软件要求 / software")]
    rows: list[list[Cell]] = [
        [host.code, system.name, _size(system), _software(system)]
        for host, system in zip(hosts, systems, strict=True)
    ]
    return Page(_SIZES, f"{_SIZES}（仅供参考，不导入 / for reading only）", heads, rows)


def _size(system: System) -> str:
    told = (
        (system.cpu_cores, "核"),
        (system.memory_gib, "GiB 内存"),
        (system.storage_gib, "GiB 存储"),
    )
    return "，".join(f"{value} {unit}" for value, unit in told if value is not None) or "未申报"


def _software(system: System) -> str:
    told = (system.cpu_arch, system.os, *(system.database_products or ()))
    return "，".join(one for one in told if one) or "未申报"
