"""What holds the estate. `tests/inventory/store_contract.py` says what every store must do."""

from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from inventory.changes import ChangeSet
from inventory.model import Estate, Frozen


class Touch(Frozen):
    """The last change of a field by somebody else. `at`: ISO 8601; `by`: their login; `message`:
    what they wrote to it; `old` and `new`: plain JSON, None is "not told"."""

    at: str
    by: str
    message: str = ""
    old: JsonValue = None
    new: JsonValue = None


class LeftOut(Frozen):
    """An object of NetBox that is not in the estate, and why. `endpoint`: e.g. "dcim/sites".
    `field`: the object is there, only this field of it is left out."""

    endpoint: str
    id: int
    name: str
    reason: str
    field: str = ""


class Pulled(Frozen):
    """What a reading of NetBox brought. `requests`: how many it took; `full`: all was read, not
    only what changed."""

    estate: Estate
    left_out: tuple[LeftOut, ...] = ()
    requests: int = 0
    full: bool = True


class Verified(Frozen):
    """What a full reading says of what was put together from changes: `changes` is what was wrong
    with it, and nothing when it held."""

    changes: ChangeSet
    left_out: tuple[LeftOut, ...] = ()
    requests: int = 0


class EstateStore(Protocol):
    """The small interface behind which the embedded store and NetBox stand."""

    @property
    def dry_by_default(self) -> bool:
        """Whether others write here too, so that an apply first only shows what it would do."""
        ...

    def load(self) -> Estate:
        """The estate as it is; empty when nothing was ever stored. Raises StoreError."""
        ...

    def snapshot(self) -> Estate:
        """The estate as it was last accepted; for a store that nobody else writes, as it is.
        Raises StoreError."""
        ...

    def last_change(self, kind: str, code: str, field: str) -> Touch | None:
        """Who last changed a field of an object here and when, as far as that is known; `field` ""
        asks for when the object was made or deleted. Raises StoreError."""
        ...

    def apply(self, changes: ChangeSet, *, actor: str, confirmed: str | None = None) -> Estate:
        """Apply `changes` durably and return the estate afterwards.

        A second application of the same changes alters nothing. `actor` is who did it;
        `confirmed` the digest of `changes`, needed when they touch a large share
        (`ChangeSet.check_safety`). Raises StaleEstate, ChangeRefused, EstateError, StoreError;
        then nothing was written.
        """
        ...


@runtime_checkable
class LiveStore(EstateStore, Protocol):
    """A store that others write too: it is read anew."""

    def pull(self, actor: str, *, full: bool = False) -> Pulled:
        """Read what changed since the last time, or everything. Raises StoreError."""
        ...

    def verify(self) -> Verified:
        """Read everything and compare it with what is held. Changes nothing. Raises StoreError."""
        ...
