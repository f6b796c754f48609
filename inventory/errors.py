"""Errors of the inventory.

InventoryError
├── LedgerError        a file could not be read at all (rows that are refused are data, not errors)
├── EstateError        an estate contradicts itself (unknown reference, code told twice)
├── ChangeRefused      a ChangeSet is too large to pass without its exact digest
├── PackError          there is no such policy, or its file can't be read
│   ├── PackRefused    it has mistakes, each with file and line
│   └── RecordRefused  what was to be put on record fits no policy, entry or object
├── ReportError        a report can't be made from what was asked for
│   └── Unprintable    a program or a font that a file needs is not on this machine (outside)
├── CalendarUnknown    a working-day clock runs in a year whose calendar is not known
├── StaleEstate        the stored estate is no longer the one the ChangeSet was made from
└── StoreError         the database or NetBox failed (outside)
    ├── NetBoxUnavailable   no answer, a time-out, a 5xx
    │   └── OutcomeUnknown      … to a write: it may have been done
    ├── NetBoxDenied        401 or 403: the token lacks a permission
    ├── NetBoxUnknown       a version that we don't know, or what bootstrap makes is missing
    ├── NetBoxMalformed     an answer that is cut off or is not what was asked for
    ├── RowsRefused         NetBox refused rows of one request; nothing of it was written
    ├── ObjectChanged       an object is no longer what it was when we read it (412)
    ├── ObjectGone          there is no such object any more (404)
    ├── NetBoxRefused       rows that were refused: each with its place in a ledger
    └── TokenFileRefused    the file for the service token is another's, or can't be written
"""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.halves import together


class InventoryError(Exception):
    """Root of the package. The message says what was read, what was expected, what to do."""


class LedgerError(InventoryError):
    """A ledger is missing or unreadable."""


class EstateError(InventoryError):
    """An estate contradicts itself."""


class ChangeRefused(InventoryError):
    """A ChangeSet changes more than the set share and its digest was not given."""


class PackError(InventoryError):
    """There is no such policy, or its file can't be read."""


@dataclass(frozen=True, order=True)
class PackFault:
    """One mistake in a policy's file. `at` is the path of the key in the file; `read` the text as it
    stands there, "" for what is missing."""

    file: str
    line: int
    at: str
    read: str
    expected: str

    def __str__(self) -> str:
        told = self.expected
        if self.read:
            told = together(f"读到 {self.read} / read {self.read}", told)
        return f"{self.file}:{self.line}: {self.at}: {told}"


class PackRefused(PackError):
    """A file of policies has mistakes; `faults` holds all that were found."""

    def __init__(self, faults: Iterable[PackFault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class RecordRefused(PackError):
    """A record fits no policy, no entry, no object or no day; nothing was written."""


class ReportError(InventoryError):
    """A report can't be made: no such period, scope or form, or its cut-off day has not come."""


class Unprintable(ReportError):
    """What a file is made with is not on this machine, or failed."""


class CalendarUnknown(InventoryError):
    """The working days of a year are not known."""


class StaleEstate(InventoryError):
    """The stored estate changed since the ChangeSet was made."""


class StoreError(InventoryError):
    """The store could not be reached or written."""


class NetBoxUnavailable(StoreError):
    """NetBox did not answer in time, or answered that it failed."""


class OutcomeUnknown(NetBoxUnavailable):
    """A write was sent and its answer was lost. `under_way`: NetBox may still be at it."""

    def __init__(self, message: str, *, under_way: bool = False) -> None:
        super().__init__(message)
        self.under_way = under_way


ALL = -1


@dataclass(frozen=True)
class RowFault:
    """Why NetBox refused one row: its position in what was sent, or its id; ALL: it named none."""

    at: int
    reason: str


class RowsRefused(StoreError):
    """A write of which rows were refused; nothing of it was written."""

    def __init__(self, faults: tuple[RowFault, ...]) -> None:
        super().__init__("；".join(fault.reason for fault in faults))
        self.faults = faults


class ObjectChanged(StoreError):
    """The object is no longer what it was when we read it (412)."""


class ObjectGone(StoreError):
    """There is no such object any more (404)."""


class NetBoxDenied(StoreError):
    """The token may not do this."""


class NetBoxUnknown(StoreError):
    """A NetBox that this program doesn't know, or one that was not made ready."""


class NetBoxMalformed(StoreError):
    """An answer that cannot be what NetBox holds: taking it would make the inventory shorter."""


class NetBoxRefused(StoreError):
    """NetBox refused some rows; the others are written. `rows` says which and why."""

    def __init__(self, message: str, rows: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.rows = rows


class TokenFileRefused(StoreError):
    """The file is there and holds no token that NetBox knows, or can't be written."""
