"""Mitogen's linear strategy, for several attempts side by side on one machine.

Mitogen ties its multiplexer to CPU 0 and its workers to the others, a scheme for one run on a big
machine (ansible_mitogen/affinity.py). Attempts run together, so that all their multiplexers would
share that one CPU: here the kernel places them, like every other process.
"""

from __future__ import annotations

from ansible_mitogen import affinity

affinity.policy = affinity.Policy()

from ansible_mitogen.plugins.strategy.mitogen_linear import StrategyModule  # noqa: E402

__all__ = ["StrategyModule"]
