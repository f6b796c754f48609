"""NetBox is a store like any other: the contract of all stores, against a real NetBox."""

import pytest

from inventory.store import EstateStore
from tests.inventory.store_contract import StoreContract


class TestNetBoxStore(StoreContract):
    @pytest.mark.slow  # that one of them wins is asked in `make test`
    def test_writers_that_try_again_lose_nothing(self, store: EstateStore) -> None:
        super().test_writers_that_try_again_lose_nothing(store)

    @pytest.mark.slow  # the same code of every store; the embedded one asks it in `make test`
    def test_a_large_change_needs_its_digest(self, store: EstateStore) -> None:
        super().test_a_large_change_needs_its_digest(store)
