"""Policies: all five packs on a large city, in time and memory, and one changed system judged again.

The city: 5,000 systems, 8,000 lines, 2,000 organisations, with records, on a day on which all five
hold, against a baseline of the year before. Each run is a process of its own.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

ROUNDS = 3
CHANGES = 20
RUN = """
import json, resource, sys, time
from tests.bench.policies_city import DAY, PACKS, city, records
from inventory.policies.assess import assess
from inventory.policies.loader import load
estate, before = city()
told = records(estate)
packs = [load(named) for named in PACKS]
begun, busy = time.perf_counter(), time.process_time()
found = [assess(pack, estate, told, DAY, before) for pack in packs]
took, busy = time.perf_counter() - begun, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
sums = [(a.policy, len(a.targets), len(a.violations), len(a.timed), a.alarms) for a in found]
print(json.dumps([took, peak, sums, busy]))
"""
AGAIN = """
import gc, json, time
from tests.bench.policies_city import DAY, PACKS, changes, city, records
from inventory.policies.assess import assess
from inventory.policies.loader import load
from inventory.policies.reassess import Reassessment
estate, before = city()
told = records(estate)
packs = [load(named) for named in PACKS]
kept = Reassessment(packs, estate, told, DAY, {pack.id: before for pack in packs})
gc.freeze()  # as whoever keeps an estate: what was read is no garbage to look for at each change
spent, busy = [], []
for system in changes(estate, %d):
    begun, before_it = time.perf_counter(), time.process_time()
    found = kept.change(system)
    spent.append(time.perf_counter() - begun)
    busy.append(time.process_time() - before_it)
whole = [assess(pack, kept.estate, told, DAY, before) for pack in packs]
print(json.dumps([sorted(spent), list(found) == whole, max(busy)]))
"""


def figures() -> Iterator[dict[str, object]]:
    runs = [_python(RUN) for _ in range(ROUNDS)]
    assert all(run[2] == runs[0][2] for run in runs)
    took, peak = min(run[0] for run in runs), max(run[1] for run in runs)
    said = sum(one[2] for one in runs[0][2])
    yield {
        "name": "policies.assess",
        "value": round(took, 2),
        "unit": f"s, best of {ROUNDS}: five packs on 5,000 systems, 8,000 lines, 2,000 organisations; "
        f"{said} violations told",
        "bar": "≤ 3",
        "ok": took <= 3,
        "beside": round(min(run[3] for run in runs), 2),
        "beside_is": "s of processor time: what it takes where nothing else runs",
    }
    yield {
        "name": "policies.assess_memory",
        "value": round(peak),
        "unit": f"MiB, largest of {ROUNDS}",
        "bar": "≤ 500",
        "ok": peak <= 500,
    }
    spent, same, busy = _python(AGAIN % CHANGES)
    middle, slowest = spent[len(spent) // 2] * 1000, spent[-1] * 1000
    yield {
        "name": "policies.change",
        "value": round(slowest, 1),
        "unit": f"ms, the slowest of {CHANGES} changes of one system, all five packs; "
        f"{'the same as anew' if same else 'NOT THE SAME as anew'}",
        "bar": "≤ 50",
        "ok": slowest <= 50 and same,
        "beside": round(busy * 1000, 1),
        "beside_is": f"ms of processor time, the slowest of them; {round(middle, 1)} the middle one",
    }


def _python(code: str) -> Any:
    argv = [sys.executable, "-c", code]
    told = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return json.loads(told)
