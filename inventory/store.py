"""What holds the estate. `tests/inventory/store_contract.py` says what every store must do."""

from typing import Protocol

from inventory.changes import ChangeSet
from inventory.model import Estate


class EstateStore(Protocol):
    """The small interface behind which the embedded store and NetBox stand."""

    def load(self) -> Estate:
        """The estate as it is; empty when nothing was ever stored. Raises StoreError."""
        ...

    def apply(self, changes: ChangeSet, *, actor: str, confirmed: str | None = None) -> Estate:
        """Apply `changes` durably and return the estate afterwards.

        A second application of the same changes alters nothing. `actor` is who did it;
        `confirmed` the digest of `changes`, needed when they touch a large share
        (`ChangeSet.check_safety`). Raises StaleEstate, ChangeRefused, EstateError, StoreError;
        then nothing was written.
        """
        ...
