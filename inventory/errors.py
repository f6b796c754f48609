"""Errors of the inventory.

InventoryError
├── LedgerError        a file could not be read at all (rows that are refused are data, not errors)
├── EstateError        an estate contradicts itself (unknown reference, code told twice)
├── ChangeRefused      a ChangeSet is too large to pass without its exact digest
├── StaleEstate        the stored estate is no longer the one the ChangeSet was made from
└── StoreError         the database or NetBox failed (outside)
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
