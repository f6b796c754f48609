"""Movers for the systems of the lab; each test module begins with hosts as they were first."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.attempts.strategy import Strategy
from tests.lab.addresses import ENTRIES, FILES, GATEWAY, PORTAL, SystemFact
from tests.lab.lab import Lab
from tests.playbooks import vip_pair
from tests.playbooks.ansible import PLAYBOOKS, Mover
from tests.playbooks.vip_pair import NEAR, NEW, OLD, Pair

sys.path.append(str(PLAYBOOKS / "module_utils"))  # where hosts have qianyun_agent from


def _mover(lab: Lab, folder: Path, system: SystemFact) -> Iterator[Mover]:
    hosts = (system.source, system.target, GATEWAY.name)
    lab.reset(*hosts)
    yield Mover(lab, system, folder)
    lab.reset(*hosts)


@pytest.fixture(scope="module")
def entries(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    """The application with PostgreSQL."""
    yield from _mover(lab, tmp_path_factory.mktemp("entries"), ENTRIES)


@pytest.fixture(scope="module")
def files(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    """The file service: nothing but a tree that is written."""
    yield from _mover(lab, tmp_path_factory.mktemp("files"), FILES)


@pytest.fixture(scope="module")
def portal(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    """The static site: nothing is written, so nothing is held."""
    yield from _mover(lab, tmp_path_factory.mktemp("portal"), PORTAL)


@pytest.fixture(scope="module")
def vip_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two hosts of one room for a virtual address, one lab for all tests of a module."""
    folder = tmp_path_factory.mktemp("vip")
    with vip_pair.lab(folder / "lab") as lab:
        yield Pair(lab, folder)


@pytest.fixture
def pair(vip_hosts: Pair) -> Pair:
    """Hosts that nobody touched."""
    vip_hosts.lab.reset(OLD.name, NEW.name, NEAR.name)
    vip_hosts.changes, vip_hosts.strategy = {}, Strategy.PLAIN
    return vip_hosts


@pytest.fixture
def prepared(pair: Pair) -> Pair:
    """The old host holds the address by VRRP."""
    pair.done("vip_prepare")
    assert pair.holders() == [f"{OLD.name} 2"]
    return pair


@pytest.fixture
def moved(prepared: Pair) -> Pair:
    """The new host has it."""
    prepared.done("vip")
    assert prepared.holders() == [f"{NEW.name} 2"]
    return prepared
