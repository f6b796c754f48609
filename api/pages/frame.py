"""Templates, what every template has at hand, and who looks at a page.

Templates only lay out: they are given frozen views. Autoescape is always on; text from people is data
and is never rendered as a template.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.capacities import capacity
from api.pages.assets import url_of
from api.times import local
from api.words import Lang, Words
from migrator.people.rights import Deed, Person, may
from probes.explain import meaning

TEMPLATES = Path(__file__).resolve().parent / "templates"
Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")

NAVIGATION = (
    ("overview", "/"),
    ("systems", "/systems"),
    ("network", "/network"),
    ("plans", "/plans"),
    ("runs", "/runs"),
    ("probes", "/probes"),
    ("policies", "/policies"),
    ("reports", "/reports"),
    ("ledgers", "/ledgers"),
    ("admin", "/admin"),
)
"""The rail, in the order of the day's work."""


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks, and how. `csrf`: what every form sends back; `known`: signed in."""

    person: Person
    lang: Lang = "zh"
    theme: Theme = "auto"
    csrf: str = ""
    zone: str = "Asia/Shanghai"
    known: bool = False

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def say(self) -> Words:
        return Words(self.lang)

    def may(self, deed: str) -> bool:
        """Whether they may do it at all: what a page shows or leaves out. The use case asks again."""
        return may(self.person, Deed(deed))


@dataclass(frozen=True)
class Crumb:
    """One step of the way to a page; the last has no address."""

    name: str
    to: str = ""


@dataclass(frozen=True)
class Shell:
    """What surrounds a page: `at` is its entry of the rail; `scripts` what it loads besides."""

    title: str
    at: str = ""
    crumbs: tuple[Crumb, ...] = ()
    scripts: tuple[str, ...] = ()
    wide: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)


@cache
def environment() -> Environment:
    """Made once for each process: compiled templates are kept."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"asset": url_of, "navigation": NAVIGATION, "themes": THEMES, "url": url}
    made.filters |= {
        "number": number,
        "percent": percent,
        "yuan": yuan,
        "day": day,
        "moment": moment,
        "capacity": capacity,
        "took": duration,
        "ns": nanoseconds,
        "meaning": meaning,
    }
    return made


def render(template: str, viewer: Viewer, shell: Shell, path: str, **context: Any) -> str:
    """A whole page, or a part of one, as HTML. `path`: its own address, for the way back."""
    given = {"say": viewer.say, "viewer": viewer, "shell": shell, "path": path}
    return environment().get_template(template).render(given | context)


def url(path: str, **query: object) -> str:
    """An address with a query; what is None or empty is left out."""
    told = {key: value for key, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(told)}" if told else path


def number(value: int | float | None) -> str:
    """12,345; a dash for what is not known, which never looks like zero."""
    return "—" if value is None else f"{value:,}"


def percent(value: Fraction | float | None) -> str:
    """66.7%; cut rather than rounded up, so that 99.97 % is never shown as all of it."""
    if value is None:
        return "—"
    thousandths = int(value * 1000)
    whole, part = divmod(thousandths, 10)
    return f"{whole}%" if part == 0 else f"{whole}.{part}%"


def yuan(value: int | None, lang: Lang = "zh") -> str:
    """Money as an office writes it: 12.35 万元; in English with the yuan sign, in full."""
    if value is None:
        return "—"
    if lang == "en":
        return f"¥{value:,}"
    if abs(value) < 10_000:
        return f"{value:,} 元"
    wan = value / 10_000
    return f"{wan:,.0f} 万元" if wan == int(wan) else f"{wan:,.2f} 万元"


def day(value: date | str | None) -> str:
    """ISO, the same in both languages."""
    if not value:
        return "—"
    return value if isinstance(value, str) else value.isoformat()


def moment(value: str | datetime | None, zone: str) -> str:
    """A stored moment on the city's clock, to the second."""
    if isinstance(value, datetime):
        value = value.isoformat()
    return local(value, zone) or "—"


def nanoseconds(value: int | None, zone: str) -> str:
    """A moment in ns since 1970 on the city's clock."""
    return "—" if value is None else moment(datetime.fromtimestamp(value / 1e9, UTC), zone)


def duration(seconds: float | None) -> str:
    """42 s, 3 min 20 s, 5 h 20 min, 3 d 4 h."""
    if seconds is None:
        return "—"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
