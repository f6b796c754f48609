"""Errors of the inventory.

InventoryError
├── LedgerError        a file could not be read at all (rows that are refused are data, not errors)
├── EstateError        an estate contradicts itself (unknown reference, code told twice)
├── ChangeRefused      a ChangeSet is too large to pass without its exact digest
├── StaleEstate        the stored estate is no longer the one the ChangeSet was made from
└── StoreError         the database or NetBox failed (outside)
    ├── NetBoxUnavailable   no answer, a time-out, a 5xx
    ├── NetBoxDenied        401 or 403: the token lacks a permission
    ├── NetBoxUnknown       a version that we don't know, or what bootstrap makes is missing
    ├── NetBoxMalformed     an answer that is cut off or is not what was asked for
    └── NetBoxRefused       NetBox refused rows: each with its reason and its place in a ledger
"""


class InventoryError(Exception):
    """Root of the package. The message says what was read, what was expected, what to do."""


class LedgerError(InventoryError):
    """A ledger is missing or unreadable."""


class EstateError(InventoryError):
    """An estate contradicts itself."""


class ChangeRefused(InventoryError):
    """A ChangeSet changes more than the set share and its digest was not given."""


class StaleEstate(InventoryError):
    """The stored estate changed since the ChangeSet was made."""


class StoreError(InventoryError):
    """The store could not be reached or written."""


class NetBoxUnavailable(StoreError):
    """NetBox did not answer in time, or answered that it failed."""


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
