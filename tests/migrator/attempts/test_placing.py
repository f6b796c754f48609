"""Where systems live from now on: of many at once one change."""

import threading
from pathlib import Path

import pytest

from inventory.changes import diff
from inventory.model import Placement
from inventory.store_embedded import EmbeddedStore
from migrator.attempts import placing
from migrator.attempts.placing import Placer, gather
from migrator.store.truth import Truth
from tests.migrator.builders import CLOUD, city, system


def test_the_dearer_a_writing_the_more_wait_for_it() -> None:
    assert [gather(cost) for cost in (0.0, 0.01, 0.3, 9.0)] == [1.0, 1.0, 3.0, 5.0]


def test_those_who_commit_together_are_one_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "FEW", 2)
    monkeypatch.setattr(placing, "GATHER_SECONDS", 0.05)
    estate = EmbeddedStore(Truth.open(f"sqlite:///{tmp_path}/q.db").engine)
    changes = diff(estate.load(), city([system(0), system(1)]))
    estate.apply(changes, actor="zhang", confirmed=changes.digest)
    kept = [estate.load().digest]
    placer, second = Placer(estate, "engine"), list[threading.Thread]()

    def place(code: str) -> None:
        hosts = (f"{code}-new",)
        placer.place(code, Placement(place=CLOUD, hosts=hosts, run="R", since="t"), beat)

    def beat() -> None:
        if not second:  # while the first gathers
            second.append(threading.Thread(target=place, args=("S1",)))
            second[0].start()
            while len(placer._open["R"].placements) < 2:
                pass

    real = estate.apply

    def apply(*args: object, **named: object) -> object:
        kept.append("a change")
        return real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(estate, "apply", apply)
    place("S0")
    second[0].join()
    assert {s.code: s.place for s in estate.load().systems} == {"S0": CLOUD, "S1": CLOUD}
    assert len(kept) == 2
    place("S0")  # done twice, it changes nothing
    assert len(kept) == 2
