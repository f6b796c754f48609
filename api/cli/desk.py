"""What a command works with: the product, who acts, the language, and where answers go.

    @command(app, "show", help="…")
    def show(desk: Desk, code: Code) -> None:
        desk.answer(data, lambda: screen)

`command` gives every command the options --json, --as and --debug.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.errors import BadUsage
from api.words import Words
from inventory.text import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from api.bootstrap import Qianyun
    from api.settings import Settings
    from inventory.ledger import Progress
    from migrator.people.rights import Person

EVERY = 200
"""Rows of a ledger between two words about how far it is read."""
PIPED_WIDTH = 140
"""Columns of a screen that goes to a file or a pipe and says nothing of its width."""


@dataclass
class Flags:
    """The options that every command takes; the group's and the command's are joined."""

    actor: str | None = None
    json: bool = False
    debug: bool = False


class Desk:
    """Parts are made when they are first used, so that a bad ledger costs no engine."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags

    @cached_property
    def settings(self) -> "Settings":
        from api.settings import load  # noqa: PLC0415  pydantic: not for --help

        settings = load()
        if self.flags.actor is None:
            return settings
        try:
            return type(settings).model_validate(dict(settings) | {"actor": self.flags.actor})
        except ValueError as error:
            raise BadUsage(
                f"操作人应为登录名 / who acts: read {self.flags.actor!r}, expected a login name; --as"
            ) from error

    @cached_property
    def product(self) -> "Qianyun":
        from api.bootstrap import Qianyun  # noqa: PLC0415  the database and all below it

        return Qianyun(self.settings)

    @cached_property
    def actor(self) -> "Person":
        """Who sits at the terminal (`migrator.people.rights.local`)."""
        from migrator.people.rights import local  # noqa: PLC0415

        return local(self.settings.actor)

    @cached_property
    def words(self) -> Words:
        return Words(self.settings.lang)

    @cached_property
    def screen(self) -> "Console":
        from rich.console import Console  # noqa: PLC0415  not for --json

        # What people wrote is never markup, an emoji code or a thing to colour.
        console = Console(markup=False, emoji=False, highlight=False)
        if not console.is_terminal and console.width == 80:
            console.width = PIPED_WIDTH
        return console

    def answer(self, data: object, screen: Callable[[], Iterable["RenderableType"]]) -> None:
        """One JSON document, or the screen's parts one below the other."""
        if self.flags.json:
            write_json(data)
            return
        from rich.text import Text  # noqa: PLC0415  not for --json

        for part in screen():
            # a line stays one line, so that a command in it can be copied
            self.screen.print(part, soft_wrap=isinstance(part, Text))

    def tell(self, text: str) -> None:
        """A line for people that is no part of the answer."""
        print(text, file=sys.stderr, flush=True)

    @contextmanager
    def reading(self) -> "Iterator[Progress | None]":
        """Shows how far ledgers are read, on a terminal only, and leaves nothing behind."""
        if not sys.stderr.isatty():
            yield None
            return

        def show(done: int, total: int, what: str) -> None:
            if done % EVERY == 0:
                told = self.words("reading", what=printable(what), done=done, total=total)
                print(f"\r\x1b[K{told}", end="", file=sys.stderr, flush=True)

        try:
            yield show
        finally:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def write_json(data: object, *, line: bool = False) -> None:
    """`data` as UTF-8 whatever the locale; with `line` on one line, for streams."""
    for part in [_json(data)] if line else _parts(data, "\n"):
        sys.stdout.buffer.write(part.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def _parts(data: object, line: str) -> Iterator[str]:
    """`data` in parts, so that no large document is held whole: a mapping's values below each
    other, and those of a list on a line each; `line` begins a line at this depth."""
    inside = line + "  "
    if isinstance(data, Mapping) and data:
        for number, (key, value) in enumerate(data.items()):
            yield f"{',' if number else '{'}{inside}{_json(str(key))}: "
            yield from _parts(value, inside)
        yield line + "}"
    elif not isinstance(data, Sequence) or isinstance(data, str):
        yield _json(data)
    elif len(data):
        for number, value in enumerate(data):
            yield f"{',' if number else '['}{inside}{_json(value)}"
        yield line + "]"
    else:
        yield "[]"


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)


Json = Annotated[bool, typer.Option("--json", help="输出一份 JSON / answer as one JSON document")]
Actor = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="操作人 / who acts (QIANYUN_ACTOR)")
]
Debug = Annotated[bool, typer.Option("--debug", help="出错时显示调用栈 / show tracebacks")]

_COMMON = {"as_json": (Json, False), "as_actor": (Actor, None), "debug": (Debug, False)}


def command(app: typer.Typer, name: str, *, help: str) -> Callable[..., Callable[..., None]]:
    """Register a function that takes a Desk first as the command `name` of `app`."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(ctx: typer.Context, **given: Any) -> None:
            flags: Flags = ctx.find_object(Flags) or Flags()
            flags.json |= given.pop("as_json")
            flags.debug |= given.pop("debug")
            flags.actor = given.pop("as_actor") or flags.actor
            function(Desk(flags), **given)

        own = list(inspect.signature(function).parameters.values())[1:]
        kind = inspect.Parameter.KEYWORD_ONLY
        common = [
            inspect.Parameter(key, kind, default=default, annotation=annotation)
            for key, (annotation, default) in _COMMON.items()
        ]
        context = inspect.Parameter("ctx", kind, annotation=typer.Context)
        parameters = [context, *(p.replace(kind=kind) for p in own), *common]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        del run.__wrapped__
        app.command(name, help=help)(run)
        return function

    return register


def group(help: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)
