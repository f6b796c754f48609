"""Every error of every tree has an exit code."""

from collections.abc import Iterator

import pytest

from api import supervisor, up, working  # noqa: F401  all error classes exist
from api.cli import main  # noqa: F401
from api.errors import EXITS, ApiError, Exit, exit_of
from api.http import app, serving  # noqa: F401
from api.settings import SettingsError
from inventory.errors import InventoryError
from migrator.errors import Forbidden, MigratorError
from probes.errors import ProbeError

ROOTS = (InventoryError, ProbeError, MigratorError, ApiError)


def tree(root: type[Exception]) -> Iterator[type[Exception]]:
    for child in root.__subclasses__():
        yield child
        yield from tree(child)


@pytest.mark.parametrize("kind", [kind for root in ROOTS for kind in tree(root)])
def test_every_error_has_an_exit_code_of_its_own(kind: type[Exception]) -> None:
    assert kind in EXITS


def test_settings_are_bad_usage() -> None:
    assert exit_of(SettingsError("x")) is Exit.USAGE


def test_a_subclass_falls_back_on_its_parent() -> None:
    class Special(Forbidden):
        pass

    assert exit_of(Special("x")) is Exit.NO


def test_what_nobody_foresaw_has_none() -> None:
    assert exit_of(KeyError("x")) is None
