"""Errors of the ways in, and the one map from every error to an exit code.

ApiError
├── AlreadyUp     another `qianyun up` works on the same state folder (exit 1)
├── Discovering   another `discover` works on the same state folder (exit 1)
├── Exposed       an address is not loopback, and there is no sign-in yet (exit 2)
├── Unauthenticated  nobody is signed in, or the token is none (exit 1; HTTP 401)
├── Unfit         a request with a cookie that did not come from our own page (HTTP 403)
├── PasswordIssued  who came in by a password that another gave chooses their own first (HTTP 403)
├── BadUsage      an option is missing or does not fit (exit 2)
└── NotStarted    a part could not be started: port taken, program missing (outside, exit 3)

Exit codes: 0 done · 1 the answer is no · 2 bad input or usage · 3 something outside failed.
"""

from collections.abc import Mapping
from enum import IntEnum

from inventory import errors as inventory
from migrator import errors as migrator
from probes import errors as probes


class ApiError(Exception):
    """Root of the package. The message says what was read, what was expected, what to do."""


class AlreadyUp(ApiError):
    """Another `qianyun up` works on the same state folder."""


class Discovering(ApiError):
    """Another `qianyun inventory discover` works on the same state folder."""


class Exposed(ApiError):
    """An address to listen on is not loopback."""


class Unauthenticated(ApiError):
    """Nobody is signed in, or the token is none of ours, has ended or was revoked."""


class Unfit(ApiError):
    """A request that changes something came by cookie and not from our own page."""


class PasswordIssued(ApiError):
    """Who came in by a password that another gave must choose their own first."""


class BadUsage(ApiError):
    """An option is missing or does not fit."""


class NotStarted(ApiError):
    """A part could not be started."""


class Exit(IntEnum):
    DONE = 0
    NO = 1
    USAGE = 2
    OUTSIDE = 3


EXITS: Mapping[type[Exception], Exit] = {
    AlreadyUp: Exit.NO,
    Discovering: Exit.NO,
    Exposed: Exit.USAGE,
    BadUsage: Exit.USAGE,
    Unauthenticated: Exit.NO,
    Unfit: Exit.NO,
    PasswordIssued: Exit.NO,
    NotStarted: Exit.OUTSIDE,
    inventory.LedgerError: Exit.USAGE,
    inventory.EstateError: Exit.USAGE,
    inventory.PackError: Exit.USAGE,
    inventory.PackRefused: Exit.USAGE,
    inventory.RecordRefused: Exit.USAGE,
    inventory.ReportError: Exit.USAGE,
    inventory.Unprintable: Exit.OUTSIDE,
    inventory.CalendarUnknown: Exit.USAGE,
    inventory.ChangeRefused: Exit.NO,
    inventory.StaleEstate: Exit.NO,
    inventory.StoreError: Exit.OUTSIDE,
    inventory.NetBoxUnavailable: Exit.OUTSIDE,
    inventory.NetBoxDenied: Exit.OUTSIDE,
    inventory.NetBoxUnknown: Exit.OUTSIDE,
    inventory.NetBoxMalformed: Exit.OUTSIDE,
    inventory.OutcomeUnknown: Exit.OUTSIDE,
    inventory.RowsRefused: Exit.NO,
    inventory.ObjectChanged: Exit.NO,
    inventory.ObjectGone: Exit.NO,
    inventory.NetBoxRefused: Exit.NO,
    inventory.TokenFileRefused: Exit.USAGE,
    migrator.Refused: Exit.NO,
    migrator.NothingMoves: Exit.NO,
    migrator.Forbidden: Exit.NO,
    migrator.SignInRefused: Exit.NO,
    migrator.NotFound: Exit.USAGE,
    migrator.MeansRefused: Exit.USAGE,
    migrator.ProjectError: Exit.USAGE,
    migrator.StepFailed: Exit.NO,
    migrator.AttemptAlive: Exit.OUTSIDE,
    migrator.EngineDown: Exit.OUTSIDE,
    migrator.AlertmanagerDown: Exit.OUTSIDE,
    migrator.StoreDown: Exit.OUTSIDE,
    probes.Misuse: Exit.USAGE,
    probes.Exhausted: Exit.OUTSIDE,
    probes.Unreachable: Exit.OUTSIDE,
}
"""Every error that a user can meet; `tests/api/test_errors.py` finds one that is missing."""


def exit_of(error: Exception) -> Exit | None:
    """The exit code of `error`, or None for one that nobody foresaw."""
    if type(error).__name__ == "SettingsError":  # api.settings is heavy and loaded only when used
        return Exit.USAGE
    return next((EXITS[kind] for kind in type(error).__mro__ if kind in EXITS), None)
