"""What other tools read from the estate: Ansible's dynamic inventory, Prometheus's targets.

    qianyun inventory ansible --list | --host CODE
    qianyun probe sd nodes | lines | services

`qianyun-inventory` is the first of them under a name of its own, for `ansible-inventory -i`.
"""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from api.cli.desk import Desk, command
from api.errors import BadUsage
from api.http.collector import paused

if TYPE_CHECKING:
    from inventory.model import Estate


class View(StrEnum):
    NODES = "nodes"
    LINES = "lines"
    SERVICES = "services"


def register(inventory: typer.Typer, probe: typer.Typer) -> None:
    """Add the commands to the groups that they belong to."""
    command(
        inventory,
        "ansible",
        help="Ansible 动态清单（JSON） / Ansible's dynamic inventory, as JSON; no classified hosts",
    )(_ansible)
    command(
        probe,
        "sd",
        help="Prometheus 目标（JSON），同 /sd/… / Prometheus targets as JSON, as /sd/… serves them",
    )(_sd)


def inventory_entry() -> NoReturn:
    """The command `qianyun-inventory`, which Ansible calls with --list or --host."""
    from api.cli.main import entry

    sys.argv[1:1] = ["inventory", "ansible"]
    entry()


def _ansible(
    desk: Desk,
    all_hosts: Annotated[
        bool, typer.Option("--list", help="全部主机与组 / all hosts and groups")
    ] = False,
    host: Annotated[
        str | None, typer.Option("--host", metavar="CODE", help="一台主机的变量 / one host")
    ] = None,
) -> None:
    from inventory.ansible import host_of, inventory_of
    from migrator.errors import NotFound

    if all_hosts == (host is not None):
        raise BadUsage(
            "应为 --list 或 --host CODE 之一 / expected one of --list and --host CODE, read "
            f"{'both' if all_hosts else 'neither'}"
        )
    with paused():
        estate = _estate(desk)
        told = inventory_of(estate) if host is None else host_of(estate, host)
        if told is None:
            raise NotFound(
                f"台账库中没有可寻址的主机 / the inventory has no such host to address: {host}; "
                "see `qianyun inventory ansible --list`"
            )
        _write(told)


def _sd(
    desk: Desk,
    view: Annotated[View, typer.Argument(help="节点、线路或服务 / which targets")],
) -> None:
    from probes.discovery import VIEWS

    with paused():
        groups = VIEWS[view](_estate(desk))
        _write([group.as_json() for group in groups])


def _estate(desk: Desk) -> "Estate":
    from api.http.estate_cache import filled

    return filled(desk.product.estate.load())


def _write(data: object) -> None:
    """One line of JSON, for programs."""
    from pydantic_core import to_json

    sys.stdout.buffer.write(to_json(data) + b"\n")
    sys.stdout.buffer.flush()
