"""Which tone a state has: a badge's colour and sign, the same on every page. Never colour alone."""

from collections.abc import Mapping
from types import MappingProxyType

TONES: Mapping[str, str] = MappingProxyType(
    {
        # verdicts of policies
        "met": "good",
        "pending": "",
        "late": "bad",
        "early": "bad",
        "born_late": "",
        "disputed": "warn",
        "told": "",
        "unjudged": "warn",
        "not_in_force": "",
        # plans
        "draft": "busy",
        "approved": "good",
        "rejected": "bad",
        # dispositions
        "move": "busy",
        "done": "good",
        "blocked": "bad",
        "stay": "",
        # runs, items, steps, attempts
        "running": "busy",
        "paused": "warn",
        "failed": "bad",
        "held": "bad",
        "rolling_back": "warn",
        "rolled_back": "warn",
        "aborted": "warn",
        "ended": "warn",
        "waiting": "",
        "lost": "bad",
        "cancelled": "warn",
        # phases
        "open": "busy",
        "out_of_order": "bad",
        "skipped": "",
        # severity
        "error": "bad",
        "warning": "warn",
        "info": "",
        "declared": "warn",
        # probes
        "up": "good",
        "down": "bad",
        "unknown": "",
        "passed": "good",
    }
)


def tone(state: str) -> str:
    """The class of a badge; "" (neutral) for a state that nobody named."""
    return TONES.get(str(state), "")
