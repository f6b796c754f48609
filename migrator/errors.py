"""Errors of the migrator.

MigratorError
├── Refused            the answer is no: wrong digest, own plan, wrong state, drift (exit 1)
│   └── NothingMoves   no system is left to move; carries why of each
├── NotFound           no plan, run, item or step of that name (exit 2)
├── MeansRefused       a city's means are not what they should be, each mistake by line (exit 2)
├── ProjectError       a project of the scheduling core contradicts itself (exit 2)
├── Forbidden          this person may not do this (exit 1)
├── SignInRefused      a name and a password that do not fit, or an account that is locked (exit 1)
├── StepFailed         an attempt ended badly; carries what was read, expected, to do
├── AttemptAlive       processes of an attempt could not be seen to be gone (outside, exit 3)
├── AlertmanagerDown   Alertmanager does not answer as it should (outside, exit 3)
├── EngineDown         Temporal does not answer (outside, exit 3)
└── StoreDown          the database does not answer (outside, exit 3)
"""

from collections.abc import Sequence
from typing import Any

from inventory.errors import PackFault


class MigratorError(Exception):
    """Root of the package. The message says what was read, what was expected, what to do."""


class Refused(MigratorError):
    """The answer is no, and nothing was changed."""


class NotFound(MigratorError):
    """There is no such plan, run, item or step."""


class MeansRefused(MigratorError):
    """A file of means, or a value set beside it, or a list of changes of network devices, is not
    what it should be."""

    def __init__(self, faults: Sequence[PackFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class ProjectError(MigratorError):
    """A project contradicts itself: an unknown code, one told twice, a number that can't be."""


class Forbidden(Refused):
    """This person may not do this."""


class SignInRefused(Refused):
    """Nobody was signed in; why is not told."""


class StepFailed(MigratorError):
    """An attempt of a step ended badly."""


class AttemptAlive(MigratorError):
    """Processes of an earlier attempt could not be seen to be gone."""


class NothingMoves(Refused):
    """No system can be moved; `verdicts` say of each why."""

    def __init__(self, said: str, verdicts: Sequence[Any]) -> None:
        super().__init__(said)
        self.verdicts = verdicts


class AlertmanagerDown(MigratorError):
    """Alertmanager does not answer, or not as its API v2 does."""


class EngineDown(MigratorError):
    """The Temporal server does not answer."""


class StoreDown(MigratorError):
    """The database does not answer."""
