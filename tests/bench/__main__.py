"""`make bench`: one JSON object a line: name, value, unit, bar, ok, beside, and what `beside` is.

Names are `group.figure`; `ONLY=PREFIX` (`--only`) runs those that begin so. Compare within
one run only: the machine is shared and noisy.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from tests.bench import (
    census,
    cutover,
    cutover_stores,
    cutover_vip,
    demo,
    discover,
    engine,
    engine_scale,
    lab,
    line,
    line_database,
    netbox,
    outputs,
    overhead,
    paging,
    planner,
    policies,
    probes,
    strategies,
    web,
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`ok`: whether the value keeps the bar; `beside`: the peer or limit of the same run."""

    name: str
    value: float
    unit: str
    bar: str
    ok: bool
    beside: float | None = None
    beside_is: str = ""


BENCHES: tuple[tuple[str, Callable[[], Iterator[dict[str, object]]]], ...] = (
    ("lab", lab.figures),
    ("line", line.figures),
    ("line.database", line_database.figures),
    ("netbox", outputs.figures),
    ("netbox", netbox.figures),
    ("census", census.figures),
    ("census", discover.figures),
    ("policies", policies.figures),
    ("planner", planner.figures),
    ("probes", probes.figures),
    ("probes", paging.figures),
    ("probes.tenminutes", probes.ten_minutes),
    ("engine", engine.figures),
    ("overhead", overhead.figures),
    ("scale.items", engine_scale.items_figures),
    ("scale.log", engine_scale.log_figures),
    ("engine", strategies.figures),
    ("cutover", cutover.figures),
    ("cutover.static", cutover.static),
    ("cutover.files", cutover.files),
    ("cutover.no_proxy", cutover.no_proxy),
    ("cutover.mariadb", cutover_stores.mariadb),
    ("cutover.redis", cutover_stores.redis),
    ("cutover.vip", cutover_vip.figures),
    ("demo", demo.figures),
    ("web", web.figures),
)
"""Groups of figures; a group may be measured in several places."""


ALONE = frozenset({"probes.tenminutes"})
"""What takes so long that it is measured only where it is asked for."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--only", default="", help="figures whose names begin so")
    only = parser.parse_args().only
    good = True
    nearest = max((g for g, _ in BENCHES if only.startswith(g)), key=len, default="")
    for group, figures in BENCHES:
        asked = only.startswith(group) if group in ALONE else group.startswith(only)
        if not asked and group != nearest:
            continue
        for raw in figures():
            figure = Figure(**raw)  # type: ignore[arg-type]
            if figure.name.startswith(only):
                print(json.dumps(asdict(figure), ensure_ascii=False), flush=True)
                good = good and figure.ok
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
