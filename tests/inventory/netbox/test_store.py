"""NetBox is a store like any other: the contract of all stores, against a real NetBox."""

import pytest

from inventory.store import EstateStore
from tests.inventory.store_contract import StoreContract


class TestNetBoxStore(StoreContract):
    @pytest.mark.slow  # that one of them wins is asked in `make test`
    def test_writers_that_try_again_lose_nothing(self, store: EstateStore) -> None:
        super().test_writers_that_try_again_lose_nothing(store)
