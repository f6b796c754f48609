"""The one place that knows numba: it turns a function of numbers and arrays into machine code.

A schedule for 120 activities takes a few thousand steps of plain loops with data-dependent jumps,
which numpy cannot express; see docs/schedule.md for what compiling gains and costs. Code is kept
beside the source (or in numba's own cache folder), so that only the first start compiles.
"""

from collections.abc import Callable
from typing import cast

import numba


def compiled[F: Callable[..., object]](function: F) -> F:
    """`function` in machine code, without the interpreter's lock while it runs."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
