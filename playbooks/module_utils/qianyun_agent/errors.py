"""Errors of the agent.

AgentError
├── BadMove        the move (or another argument) is not of the strict form
├── Fenced         a lower token, a held lock or the wrong role: somebody else is in charge
└── Unreachable    another host did not answer, so what happened there is unknown
"""

from __future__ import annotations


class AgentError(Exception):
    """What was read, what was expected, what to do; `what` is in Chinese and English."""

    def __init__(self, what: str, *, read: object, expected: str, do: str) -> None:
        self.what, self.read, self.expected, self.do = what, str(read)[:2000], expected, do
        super().__init__(
            f"{what}; 读到 / read: {self.read}; 应为 / expected: {expected}; 处理 / do: {do}"
        )

    def plain(self) -> dict[str, str]:
        """As data: kind, what, read, expected, do."""
        return {
            "kind": type(self).__name__,
            "what": self.what,
            "read": self.read,
            "expected": self.expected,
            "do": self.do,
        }


class BadMove(AgentError):
    """An argument is refused before anything is touched."""


class Fenced(AgentError):
    """The right to act was lost, or never held."""


class Unreachable(AgentError):
    """No answer in time; what was asked for may or may not have happened."""


KINDS = {kind.__name__: kind for kind in (AgentError, BadMove, Fenced, Unreachable)}


def from_plain(raw: dict[str, str]) -> AgentError:
    """The error that `plain` described on another host."""
    kind = KINDS.get(raw.get("kind", ""), AgentError)
    return kind(
        raw.get("what", "?"),
        read=raw.get("read", "?"),
        expected=raw.get("expected", "?"),
        do=raw.get("do", "?"),
    )
