"""Errors of the probes: only for misuse and for our own exhaustion.

What a probe finds out there is a `ProbeResult`, never an error.

ProbeError
├── Misuse      the caller asked for something that cannot be looked at (a bug or a wrong argument)
├── Unreachable a prober elsewhere or Alertmanager does not answer as it should (outside)
└── Exhausted   this machine ran out of descriptors, ports or buffers: says nothing about the target
"""


class ProbeError(Exception):
    """Root of the package. The message says what was read, what was expected, what to do."""


class Misuse(ProbeError):
    """A deadline that is no deadline, a classified system, a node that is not the entrance."""


class Exhausted(ProbeError):
    """The prober itself has no descriptor or buffer left; a result would accuse the target."""


class Unreachable(ProbeError):
    """A service that we ask about looks, or tell of silences, does not answer as it should."""
