"""What every EstateStore must do. A store's own test module subclasses StoreContract and gives a
fixture `store`; every test starts with an empty store."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from inventory.changes import diff, merge_declared
from inventory.errors import ChangeRefused, EstateError, StaleEstate
from inventory.model import Estate, Host, Provenance, Room, System
from inventory.store import EstateStore
from tests.inventory.estates import small_estate


class StoreContract:
    def test_is_empty_at_first(self, store: EstateStore) -> None:
        assert store.load() == Estate()

    def test_gives_back_what_was_applied(self, store: EstateStore) -> None:
        wanted = small_estate()
        assert store.apply(diff(Estate(), wanted), actor="张三") == wanted
        assert store.load() == wanted
        assert store.load().digest == wanted.digest

    def test_keeps_provenance(self, store: EstateStore) -> None:
        told = (Provenance(field="name", source="a.xlsx", sheet="机房", row=3, raw="甲"),)
        estate = Estate(rooms=(Room(code="R-1", name="甲", provenance=told),))
        store.apply(diff(Estate(), estate), actor="张三")
        assert store.load().rooms[0].provenance == told

    def test_applies_creates_updates_and_deletes(self, store: EstateStore) -> None:
        first = small_estate(10)
        store.apply(diff(Estate(), first), actor="张三")
        hosts = (first.hosts[0].model_copy(update={"os": "Debian 12"}), *first.hosts[1:9])
        second = first.model_copy(update={"hosts": (*hosts, Host(code="h-new", name="新"))})
        changes = diff(first, second)
        assert changes.counts == {"creates": 1, "updates": 1, "deletes": 1}
        assert store.apply(changes, actor="李四") == second
        assert store.load() == second

    def test_the_same_change_twice_alters_nothing(self, store: EstateStore) -> None:
        changes = diff(Estate(), small_estate())
        once = store.apply(changes, actor="张三")
        assert store.apply(changes, actor="张三") == once == store.load()

    def test_what_was_applied_is_the_snapshot(self, store: EstateStore) -> None:
        assert store.snapshot() == Estate()
        assert store.last_change("rooms", "R-1", "name") is None
        first = Estate(rooms=(Room(code="R-1", name="甲"),))
        store.apply(diff(Estate(), first), actor="张三")
        second = Estate(rooms=(Room(code="R-1", name="乙"),))
        changes = diff(first, second)
        store.apply(changes, actor="李四", confirmed=changes.digest)
        assert store.snapshot() == store.load() == second
        named = store.last_change("rooms", "R-1", "name")
        assert named is None or "李四" in named.by + named.message  # "as far as that is known"

    def test_a_stale_change_is_refused_and_writes_nothing(self, store: EstateStore) -> None:
        changes = diff(Estate(), small_estate(3))
        store.apply(diff(Estate(), small_estate(2)), actor="张三")
        with pytest.raises(StaleEstate):
            store.apply(changes, actor="李四")
        assert store.load() == small_estate(2)

    def test_a_large_change_needs_its_digest(self, store: EstateStore) -> None:
        estate = small_estate()
        store.apply(diff(Estate(), estate), actor="张三")
        changes = diff(estate, Estate())
        with pytest.raises(ChangeRefused):
            store.apply(changes, actor="张三")
        with pytest.raises(ChangeRefused):
            store.apply(changes, actor="张三", confirmed="f" * 64)
        assert store.load() == estate
        assert store.apply(changes, actor="张三", confirmed=changes.digest) == Estate()
        assert store.load() == Estate()

    def test_an_estate_that_contradicts_itself_is_refused(self, store: EstateStore) -> None:
        estate = Estate(hosts=(Host(code="h", name="h", place="nowhere"),))
        with pytest.raises(EstateError, match=r"h\.place → nowhere"):
            store.apply(diff(Estate(), estate), actor="张三")
        assert store.load() == Estate()

    def test_people_s_text_comes_back_unchanged(self, store: EstateStore) -> None:
        names = [
            "{{ lookup('pipe','touch /tmp/pwned') }}",
            "$(rm -rf x); \"'",
            "=1+1",
            "\x1b[2J\n%s",
        ]
        estate = Estate(systems=tuple(System(code=f"S-{i}", name=n) for i, n in enumerate(names)))
        store.apply(diff(Estate(), estate), actor="'; DROP TABLE x; --")
        assert [s.name for s in store.load().systems] == names

    def test_of_writers_at_once_one_wins_and_the_others_are_stale(self, store: EstateStore) -> None:
        start = Barrier(4)
        rivals = [diff(Estate(), small_estate(n + 1)) for n in range(4)]

        def write(number: int) -> str:
            start.wait(timeout=30)
            try:
                store.apply(rivals[number], actor=f"w{number}")
            except StaleEstate:
                return "stale"
            return rivals[number].result

        with ThreadPoolExecutor(4) as pool:
            outcomes = sorted(pool.map(write, range(4)))
        assert outcomes.count("stale") == 3
        assert store.load().digest in outcomes

    def test_writers_that_try_again_lose_nothing(self, store: EstateStore) -> None:
        def add(number: int) -> None:
            room = Estate(rooms=(Room(code=f"R-{number}", name=str(number)),))
            for _ in range(50):
                current = store.load()
                try:
                    store.apply(diff(current, merge_declared(current, room)), actor="w")
                except StaleEstate:
                    continue
                return
            raise AssertionError("no progress in 50 tries")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(8)))
        assert {r.code for r in store.load().rooms} == {f"R-{n}" for n in range(8)}
