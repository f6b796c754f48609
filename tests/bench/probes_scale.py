"""The prober at a city's size: losses, processor time, memory, start, reload, and its page."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from probes.watch.slots import read
from probes.watch.table import Head
from probes.watch.watched import write
from tests.bench.probes_running import TARGETS, cpu, echoes, prober, resident, shares, until

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
TEN_MINUTES = 600.0


def scale(made: Path) -> Iterator[dict[str, object]]:
    with prober(made / "one", echoes(1)) as one:
        time.sleep(2)
        bare = resident(one.process.pid)
    with prober(made / "many", echoes(TARGETS)) as many:
        pid = many.process.pid
        time.sleep(3)
        before, spent, late = many.sums(), cpu(pid), many.lateness()
        begun = time.monotonic()
        trips: list[float] = []
        while time.monotonic() - begun < SECONDS:
            time.sleep(2)
            trips += many.round_trips()
        took = time.monotonic() - begun
        after, spent = many.sums(), cpu(pid) - spent
        lateness = [b - a for a, b in zip(late, many.lateness(), strict=True)]
        size = (resident(pid) - bare) / TARGETS
        sent = after["SENT"] - before["SENT"]
        trips.sort()
        p99 = trips[int(len(trips) * 0.99)]
        lost = after["FAILED"] - before["FAILED"]
        load = f"load {os.getloadavg()[0]:.1f}"
        yield {
            "name": "probes.scale_10000",
            "value": lost,
            "unit": f"false losses of {sent} probes in {took:.0f} s ({sent / took:.0f}/s); "
            f"unmeasured {after['UNMEASURED'] - before['UNMEASURED']}, "
            f"left out {after['SKIPPED'] - before['SKIPPED']}; {load}",
            "bar": "0",
            "ok": lost == 0 and sent / took > 2 * TARGETS * 0.99,
            "beside": 2 * TARGETS,
            "beside_is": "probes/s asked for",
        }
        yield {
            "name": "probes.scale_cores",
            "value": round(spent / took, 3),
            "unit": f"cores; {spent / sent * 1e6:.1f} µs a probe; {load}",
            "bar": "≤ 1",
            "ok": spent / took <= 1,
        }
        yield {
            "name": "probes.scale_delay_p99",
            "value": round(p99, 4),
            "unit": f"ms, round trip as measured over veth (middle {trips[len(trips) // 2]:.4f}); "
            f"begun within 1/2/5/10 ms of when due: {shares(lateness)}",
            "bar": "< 1",
            "ok": p99 < 1,
        }
        yield {
            "name": "probes.scale_memory",
            "value": round(size, 2),
            "unit": "KiB a dual-stack target, resident",
            "bar": "≤ 8",
            "ok": size <= 8,
        }
        yield {
            "name": "probes.start_10000",
            "value": round(many.start, 2),
            "unit": f"s from exec to the first look, {many.start_cpu:.2f} of processor; {load}",
            "bar": "≤ 3",
            "ok": many.start <= 3,
        }
        counted = many.sums()["ANSWERED"]
        changed = echoes(TARGETS)[2:] + echoes(TARGETS + 1)[-2:]
        reloads = many.head(Head.RELOADS)
        write(many.folder.targets, changed)
        reload = until(lambda: many.head(Head.RELOADS) > reloads)
        seats = {seat.key for seat in read(many.folder.slots) if not seat.gone}
        whole = many.sums()["ANSWERED"] >= counted - 2 * 2 * SECONDS - 100
        yield {
            "name": "probes.reload_10000",
            "value": round(reload, 2),
            "unit": f"s from the changed list to the looks, the wait for it included; {load}",
            "bar": "≤ 1",
            "ok": reload <= 1 and whole and f"N-{TARGETS}|icmp|6" in seats,
        }


def ten_minutes(made: Path) -> Iterator[dict[str, object]]:
    with prober(made / "long", echoes(TARGETS)) as running:
        time.sleep(3)
        before, spent, late = running.sums(), cpu(running.process.pid), running.lateness()
        begun = time.monotonic()
        time.sleep(float(os.environ.get("BENCH_SECONDS", TEN_MINUTES)))
        took = time.monotonic() - begun
        after, spent = running.sums(), cpu(running.process.pid) - spent
        lateness = [b - a for a, b in zip(late, running.lateness(), strict=True)]
    grown = {name: after[name] - before[name] for name in after}
    yield {
        "name": "probes.tenminutes",
        "value": grown["FAILED"],
        "unit": f"false losses of {grown['SENT']} probes in {took:.0f} s ({grown['SENT'] / took:.0f}/s); "
        f"unmeasured {grown['UNMEASURED']}, left out {grown['SKIPPED']}; {spent / took:.2f} cores; begun "
        f"within 1/2/5/10 ms of when due: {shares(lateness)}; load {os.getloadavg()[0]:.1f}",
        "bar": "0, at 20,000/s, on one core at most",
        "ok": grown["FAILED"] == 0
        and grown["SENT"] / took > 2 * TARGETS * 0.99
        and spent / took <= 1,
        "beside": 2 * TARGETS,
        "beside_is": "probes/s asked for",
    }


def render(made: Path) -> Iterator[dict[str, object]]:
    from probes.watch.exporter import View

    with prober(made / "render", echoes(3125)) as running:
        time.sleep(3)
        view = View(running.folder)
        view.metrics()
        late, took, spent = running.lateness(), [], []
        for _ in range(10):
            begun, used = time.monotonic(), time.process_time()
            text = view.metrics()
            took.append(time.monotonic() - begun)
            spent.append(time.process_time() - used)
            time.sleep(0.2)
        during = [b - a for a, b in zip(late, running.lateness(), strict=True)]
        yield {
            "name": "probes.render_100000",
            "value": round(min(took) * 1000, 1),
            "unit": f"ms, {text.count(10)} lines, best of 10 (worst {max(took) * 1000:.0f}); "
            f"processor {min(spent) * 1000:.0f} to {max(spent) * 1000:.0f} ms; meanwhile looks were "
            f"begun within 1/2/5/10 ms of when due: {shares(during)}",
            "bar": "≤ 150",
            "ok": min(took) <= 0.15,
        }
