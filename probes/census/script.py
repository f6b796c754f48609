"""The one script that a visit runs on a Linux host, and how its answer is taken apart. Pure.

Each section is framed by lines that begin with a boundary drawn anew for every run, so that no
text on a host, whoever wrote it, can end a section or begin another.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from inventory.facts import Unread, Why

FOLDER = Path(__file__).parent
_LONGEST = 1_000
SHELL = "/bin/sh -s"
"""What is run; the script itself goes to its standard input, so no process list shows it."""


@dataclass(frozen=True)
class Section:
    """A part of the script: which facts come of it, what it is in both languages, its commands."""

    name: str
    facts: tuple[str, ...]
    zh: str
    en: str
    script: str
    root: bool = False


@dataclass
class Answer:
    """What one section said: its parts by name ("" before the first), and what it lacks; `late`:
    parts in which a command was ended after its time."""

    parts: dict[str, str] = field(default_factory=dict)
    lacks: list[Unread] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    whole: bool = False

    def named(self, prefix: str) -> dict[str, str]:
        """The parts whose names begin with `prefix`."""
        return {name: text for name, text in self.parts.items() if name.startswith(prefix)}


@cache
def sections() -> tuple[Section, ...]:
    """The sections of linux.toml, in order."""
    told = tomllib.loads((FOLDER / "linux.toml").read_text(encoding="utf-8"))
    return tuple(Section(**{**s, "facts": tuple(s["facts"])}) for s in told["section"])


def script(boundary: str) -> str:
    """The script for one run; `boundary` is hexadecimal."""
    if not boundary or set(boundary) - set("0123456789abcdef"):
        raise ValueError(f"a boundary is hexadecimal, read {boundary!r}")
    return f"B={boundary}\n{_body()}"


@cache
def _body() -> str:
    parts = [(FOLDER / "linux.sh").read_text(encoding="utf-8")]
    parts += [f"s_{s.name}() {{\n{s.script.strip()}\n}}\n" for s in sections()]
    calls = "".join(f"mark begin {s.name}; s_{s.name}; mark end {s.name}\n" for s in sections())
    # In a function, so that the whole is read before anything runs, and nothing reads the script.
    parts.append(
        f'all() {{\nmark power "$power"\n{calls}mark done\n}}\nall </dev/null 2>/dev/null\n'
    )
    return "".join(parts)


def answers(raw: str, boundary: str) -> dict[str, Answer]:
    """The answer of each section by name; a section that never ended has `whole` False.

    What stands before the first mark (a banner, a profile's chatter) is nobody's.
    """
    found: dict[str, Answer] = {}
    at: Answer | None = None
    for chunk in raw.split(f"\n{boundary} ")[1:]:
        head, _, body = chunk.partition("\n")
        word, _, rest = head.partition(" ")
        if word == "begin":
            at = found.setdefault(rest, Answer())
            at.parts.setdefault("", body)
        elif word == "end" and at is not None:
            at.whole, at = True, None
        elif at is not None:
            if word == "lack":
                at.lacks.append(_lack(rest))
            elif word == "late":
                at.late.add(_last(at))
            _keep(at, rest if word == "part" else _last(at), body)
    return found


def power_of(raw: str, boundary: str) -> str:
    """root, all, some or "": what sudo lets us do there."""
    _, _, rest = raw.partition(f"\n{boundary} power ")
    return rest.partition("\n")[0].strip()


def _last(at: Answer) -> str:
    return next(reversed(at.parts), "")


def _keep(at: Answer, name: str, body: str) -> None:
    if len(body) > _LONGEST:  # no line that tells us something is so long, and a hostile one costs
        body = "\n".join(line[:_LONGEST] for line in body.split("\n"))
    at.parts[name] = at.parts.get(name, "") + body


def _lack(rest: str) -> Unread:
    fact, _, why = rest.partition(" ")
    try:
        return Unread(fact=fact, why=Why(why.strip()))
    except ValueError:
        return Unread(fact=fact, why=Why.FAILED)
