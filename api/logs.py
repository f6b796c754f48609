"""Logs: one line an event on standard error, JSON for machines or coloured text for a terminal.

    configure(secrets=settings.secrets())
    structlog.get_logger("migrator").info("step started", item="LJ-S-001")

Lines of the libraries (uvicorn, temporalio, paramiko) take the same form; start uvicorn with
`log_config=None` so that it leaves them to us. The last thing done to a line before it is written
is to take every known secret out of it.
"""

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import IO, Any, Literal

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor

MASK = "******"

type Form = Literal["json", "console"]


class Redactor:
    """Takes known secrets out of texts and of anything made of texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Longest first, so that a secret that begins like another leaves no tail behind.
        self._secrets = tuple(sorted({s for s in secrets if s}, key=len, reverse=True))

    def text(self, value: str) -> str:
        for secret in self._secrets:
            value = value.replace(secret, MASK)
        return value

    def clean(self, value: Any) -> Any:
        """`value` as plain data without secrets; a SecretStr is masked even when unknown."""
        if isinstance(value, SecretStr):
            return MASK
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(k)): self.clean(v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(v) for v in value]
        return self.text(value if isinstance(value, str) else str(value))

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        """The structlog processor."""
        return {key: value if key[0] == "_" else self.clean(value) for key, value in event.items()}


def configure(
    *,
    secrets: Iterable[str] = (),
    form: Form | None = None,
    level: int = logging.INFO,
    stream: IO[str] | None = None,
) -> None:
    """Set up logging of this process. `form` by default: console on a terminal, else JSON."""
    stream = stream or sys.stderr
    form = form or ("console" if stream.isatty() else "json")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # to text first: tracebacks hold secrets too
            Redactor(secrets),
            _renderer(form, colours=stream.isatty()),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These two set up handlers of their own, whose lines would pass by the redactor.
    for name in ("uvicorn", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # settings may come after the first logger
    )


def _renderer(form: Form, *, colours: bool) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    plain = structlog.dev.plain_traceback  # the rich one prints the values of local variables
    return structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)
