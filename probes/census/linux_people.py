"""Last logins and certificates as a Linux host tells them. Pure. Owner of cryptography.

Sources: last(1) of util-linux, sysvinit and busybox; RFC 5280 and RFC 7468.
"""

import re
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from inventory.facts import Certificate, Login, Unread, Why
from probes.census.reading import NotRead, clean
from probes.census.script import Answer

_FULL = re.compile(
    r"^(?P<user>\S{1,60})\s{1,30}(?P<tty>\S{1,30}(?: boot)?)\s{1,30}(?P<source>\S{0,120})\s{0,60}"
    r"(?P<at>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d(?::\d\d)?(?: \d{4})?)"
)
_NOBODY = frozenset({"reboot", "shutdown", "runlevel", "wtmp", "btmp"})
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def logins(answer: Answer, now: datetime) -> tuple[Login, ...]:
    """Who logged in, the newest first; times are the host's own clock, without a zone.

    `now`, our own time, gives the year where `last` tells none: no login lies ahead of it.
    """
    text = answer.parts.get("last")
    if text is None:
        raise NotRead(Why.FAILED)
    lines = [line[:300] for line in text.splitlines()]
    rows = [_FULL.match(line) for line in lines]
    if text.strip() and not any(rows) and not any("tmp begins " in line for line in lines):
        raise NotRead(Why.NOT_UNDERSTOOD, text)
    found = []
    for row in rows:
        if row and row["user"] not in _NOBODY and (at := _at(row["at"], now)):
            found.append(
                Login(user=clean(row["user"], 60), source=clean(row["source"], 100), at=at)
            )
    return tuple(found)


def _at(text: str, now: datetime) -> str | None:
    words = " ".join(text.split())
    for pattern in ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M %Y"):
        try:
            return datetime.strptime(words, pattern).isoformat()
        except ValueError:
            continue
    try:
        told = datetime.strptime(f"{words} {now.year}", "%a %b %d %H:%M %Y")
    except ValueError:
        return None
    ahead = told - now.replace(tzinfo=None) > timedelta(days=2)
    return (told.replace(year=now.year - 1) if ahead else told).isoformat()


def certificates(parts: Mapping[str, str]) -> tuple[tuple[Certificate, ...], list[Unread]]:
    """The first certificate of each file. One that cannot be parsed is told, and no other hurt."""
    found, unread = [], []
    for path, text in parts.items():
        _, _, rest = text.partition(_BEGIN)
        body, end, _ = rest.partition(_END)
        if not path.startswith("/") or not end:
            continue
        try:
            found.append(_certificate(path, f"{_BEGIN}{body}{_END}\n"))
        except ValueError as error:
            said = clean(f"{path}: {error}", 200)
            unread.append(Unread(fact="certificates.file", why=Why.NOT_UNDERSTOOD, said=said))
    return tuple(found), unread


def _certificate(path: str, pem: str) -> Certificate:
    with warnings.catch_warnings():
        # old certificates bend RFC 5280 (a serial number of 0, say); they expire all the same
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        read = x509.load_pem_x509_certificate(pem.encode("ascii", "replace"))
        names: tuple[str, ...] = ()
        try:
            told = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names = tuple(clean(str(name.value), 253) for name in told)[:50]
        except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            names = ()
        return Certificate(
            path=clean(path),
            subject=clean(read.subject.rfc4514_string(), 300),
            issuer=clean(read.issuer.rfc4514_string(), 300),
            names=names,
            begins=read.not_valid_before_utc.isoformat(),
            ends=read.not_valid_after_utc.isoformat(),
            self_signed=read.subject == read.issuer,
        )
