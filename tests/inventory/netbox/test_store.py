"""NetBox is a store like any other: the contract of all stores, against a real NetBox."""

from tests.inventory.store_contract import StoreContract


class TestNetBoxStore(StoreContract):
    pass
