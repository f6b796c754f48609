"""What a page links to and is made of, and how like two pages are. Pure; text in, values out."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

LINKS = {"a": "href", "area": "href", "frame": "src", "iframe": "src"}
THINGS = {"img": "src", "script": "src", "link": "href", "source": "src", "embed": "src"}
MOST = 2000  # links taken of one page
PATH = re.compile(r"/[!-~]{0,2000}")


@dataclass(frozen=True, slots=True)
class Page:
    """`links`: paths (with query) of the same site; `things`: the same of pictures, scripts, styles;
    `hosts`: names and literal addresses of other sites that the page is made of or leads to."""

    links: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.links: list[str] = []
        self.things: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "base" and not self.base:
            self.base = told.get("href") or ""
        for table, found in ((LINKS, self.links), (THINGS, self.things)):
            wanted = table.get(tag)
            value = told.get(wanted) if wanted else None
            if value and len(found) < MOST:
                found.append(value.strip())


def read(text: str, url: str, own: Iterable[str]) -> Page:
    """`url`: where the page was; `own`: the names and addresses (with a port that is not the
    scheme's) under which the site itself is reached. Never raises for what a page holds."""
    reader = _Reader()
    with contextlib.suppress(ValueError, AssertionError):  # said of some broken declarations
        reader.feed(text)
    base = _joined(url, reader.base) or url
    ours = {name.lower() for name in own}
    hosts: dict[str, None] = {}
    inside: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for values, found in ((reader.links, inside[0]), (reader.things, inside[1])):
        for value in values:
            whole = _joined(base, value)
            parts = urlsplit(whole) if whole else None
            if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
                continue
            if parts.netloc.lower() in ours:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                if PATH.fullmatch(path):
                    found[path] = None
            else:
                hosts[parts.hostname.lower()] = None
    return Page(tuple(inside[0]), tuple(inside[1]), tuple(hosts))


def _joined(base: str, value: str) -> str:
    """ "" for what is no address."""
    try:
        whole = urljoin(base, value)
        parts = urlsplit(whole)
        _ = parts.port, parts.hostname
    except ValueError:
        return ""
    return whole


def is_address(host: str) -> int:
    """4 or 6 of a literal address, 0 of a name."""
    try:
        return ip_address(host.partition("%")[0]).version
    except ValueError:
        return 0


_CHANGING = re.compile(r"\b[0-9a-f]{16,}\b|\b\d+\b", re.IGNORECASE)
_SECRET = re.compile(r"nonce|csrf|token|viewstate", re.IGNORECASE)
_LINES = re.compile(r"[\n<>]+")


def similarity(one: str, other: str) -> float:
    """0 to 1: the share of pieces (lines, tags) that both have, with what changes at each answer
    (numbers, nonces, tokens) left out. 1 of two empty pages."""
    a, b = (Counter(_pieces(text)) for text in (one, other))
    whole = (a | b).total()
    return (a & b).total() / whole if whole else 1.0


def _pieces(text: str) -> list[str]:
    plain = _CHANGING.sub("", text)
    return [
        piece
        for part in _LINES.split(plain)
        if (piece := " ".join(part.split())) and not _SECRET.search(piece)
    ]
