"""Who is woken, as data: a TOML file (`QIANYUN_PAGING`).

    default = "duty"                     # takes what no route takes
    [receivers.duty]
    webhooks = ["http://10.0.0.8/page"]  # and emails = ["a@b.gov.cn"], token_file = "/etc/…"
    [[routes]]
    organisations = ["ORG-JYJ"]          # those that answer for it; all when empty
    severities = ["critical"]            # all when empty
    receiver = "jyj"
    [severities]
    "核心节点" = "critical"
    [homes]
    city = "ROOM-1"                      # vantage point = the room or cloud where it stands

`docs/probes.md` tells every key. A file is checked whole against the estate.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from inventory.errors import PackError, PackFault, PackRefused
from inventory.frozen import Frozen
from inventory.model import Estate
from inventory.policies.faults import dotted, line_of, of_validation
from inventory.policies.loader import read_toml
from probes.errors import Misuse

Severity = Literal["critical", "warning", "info"]
Name = Annotated[str, StringConstraints(pattern=r"^[\w.@+-]{1,64}$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s{}]+@[^@\s{}]+$", max_length=200)]


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("应为 http(s) 地址 / expected an http(s) URL")
    return value


class Receiver(Frozen):
    """`token_file`: a file of Alertmanager's machine with the bearer token of the webhooks."""

    webhooks: tuple[Annotated[str, AfterValidator(_url)], ...] = ()
    token_file: str | None = None
    emails: tuple[Mail, ...] = ()


class Mailing(Frozen):
    sender: Mail
    smarthost: Annotated[str, StringConstraints(pattern=r"^[^\s{}]+:\d+$")]
    starttls: bool = True


class Route(Frozen):
    organisations: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    receiver: Name
    further: bool = False  # whether routes after it may take the same alert as well


class Timing(Frozen):
    """Seconds. `steady`: so long after its cause is gone an alert goes on (a flap is told once);
    what hangs on something is given `margin` more on both ends."""

    wait: int = Field(default=10, ge=0)
    interval: int = Field(default=60, ge=1)
    repeat: int = Field(default=14400, ge=60)
    steady: int = Field(default=60, ge=1)
    margin: int = Field(default=15, ge=1)


class Paging(Frozen):
    """The whole file. `severities`: node kind → severity, `severity` for the others; `homes`: vantage
    point → the place where it stands, `home` for the others."""

    default: Name = "default"
    receivers: dict[Name, Receiver] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    severities: dict[str, Severity] = Field(default_factory=dict)
    severity: Severity = "warning"
    homes: dict[Name, str] = Field(default_factory=dict)
    home: str | None = None
    mail: Mailing | None = None
    timing: Timing = Timing()

    @model_validator(mode="after")
    def _someone(self) -> Self:
        named = {route.receiver for route in self.routes}
        if self.receivers:
            named.add(self.default)
        if missing := sorted(named - self.receivers.keys()):
            raise ValueError(
                f"没有这样的接收方 / no such receiver: {', '.join(missing)}; 应为 / expected one of "
                f"{', '.join(sorted(self.receivers)) or '[receivers.NAME]'}"
            )
        if self.mail is None and any(r.emails for r in self.receivers.values()):
            raise ValueError("发邮件须填 [mail] / emails need [mail] with sender and smarthost")
        return self

    def of(self, kind: str | None) -> Severity:
        return self.severities.get(kind or "", self.severity)

    def named(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        """(place in the file, what, code) of everything that the inventory must hold."""
        for number, route in enumerate(self.routes):
            yield from (
                (("routes", number, "organisations"), "organisations", code)
                for code in route.organisations
            )
        yield from ((("homes", name), "places", code) for name, code in self.homes.items())
        if self.home is not None:
            yield ("home",), "places", self.home


def read_paging(path: Path, estate: Estate) -> Paging:
    """Raises Misuse with every mistake: line, what was read, what was expected."""
    try:
        raw, places = read_toml(path)
    except PackRefused as refused:
        raise _misuse(path, refused.faults) from refused
    except PackError as error:
        raise Misuse(f"{path}: 无法读取 / cannot be read: {error.__cause__}") from error
    try:
        paging = Paging.model_validate(raw)
    except ValidationError as error:
        raise _misuse(path, of_validation(error, Paging, path, places)) from error
    faults = []
    for at, what, code in paging.named():
        if code not in _known(estate, what):
            wanted = f"台账中没有此编号 / the inventory has none of {what} with that code"
            faults.append(PackFault(path.name, line_of(places, at), dotted(at), code, wanted))
    if faults:
        raise _misuse(path, faults)
    return paging


def _known(estate: Estate, what: str) -> set[str]:
    if what == "organisations":
        return {one.code for one in estate.organisations}
    return {one.code for one in (*estate.rooms, *estate.clouds)}


def _misuse(path: Path, faults: tuple[PackFault, ...] | list[PackFault]) -> Misuse:
    told = "\n".join(f"  {fault}" for fault in faults)
    return Misuse(f"{path}: 值班文件有误，什么也没有写 / refused, nothing was written:\n{told}")
