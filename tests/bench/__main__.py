"""`make bench`: one JSON object a line: name, value, unit, bar, ok, beside, and what `beside` is.

Names are `group.figure`; `ONLY=PREFIX` (or an argument) runs those that begin so. Compare within
one run only: the machine is shared and noisy.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from tests.bench import demo, engine, lab


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


BENCHES: dict[str, Callable[[], Iterator[dict[str, object]]]] = {
    "lab": lab.figures,
    "engine": engine.figures,
    "demo": demo.figures,
}


def main() -> int:
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    good = True
    for group, figures in BENCHES.items():
        if not (group.startswith(only.partition(".")[0]) or only.startswith(group)):
            continue
        for raw in figures():
            figure = Figure(**raw)  # type: ignore[arg-type]
            if figure.name.startswith(only):
                print(json.dumps(asdict(figure), ensure_ascii=False), flush=True)
                good = good and figure.ok
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
