"""What a setting may be: addresses, folders, names, prefixes, each with the check that it needs."""

import os
import re
import ssl
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr


def _address(value: str) -> str:
    parts = urlsplit(f"//{value}")
    if not parts.hostname or not parts.port or parts.path or parts.username is not None:
        raise ValueError("host:port")
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("http(s) URL without a password in it")
    return value.rstrip("/")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("a zone of the IANA database") from error
    return value


def folder(value: Path) -> Path:
    """The whole path, `~` opened."""
    return Path(os.path.abspath(value.expanduser()))  # noqa: PTH100  (resolve() follows links)


def _name(value: str) -> str:
    if not re.fullmatch(r"[^\W_][\w.@+\\-]{0,63}", value):
        raise ValueError("a login name")
    return value


def _networks(value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    """From "10.0.0.0/8, fd00::/8", or a list of such."""
    told = value.split(",") if isinstance(value, str) else value
    if not isinstance(told, list | tuple):
        raise ValueError("prefixes")
    return tuple(ip_network(str(one).strip()) for one in told)


def _several(value: object) -> object:
    """From "a, b", or a list of such."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[\w.@+\\-]{1,64}$")], ...], BeforeValidator(_several)
]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]


def _vantages(value: object) -> object:
    """From "name=http://…, …", a table of such, or a list: in order of the names."""
    told = value.split(",") if isinstance(value, str) else value
    if isinstance(told, dict):
        told = [f"{name}={url}" for name, url in told.items()]
    if not isinstance(told, list | tuple):
        raise ValueError("name=URL")
    found: dict[str, str] = {}
    for one in told:
        name, equals, url = str(one).strip().partition("=")
        if not re.fullmatch(r"[\w.@+-]{1,64}", name) or not equals or name in found:
            raise ValueError("name=URL, each name once")
        found[name] = _http_url(url.strip())
    return tuple(sorted(found.items()))


Vantages = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_vantages)]


def _authorities(value: Path) -> Path:
    path = folder(value)
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one: there is no certificate in it
        raise ValueError("a file of certificates (PEM)") from error
    return path


def _header(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
        raise ValueError("letters, digits and signs of ASCII, no space")
    return value


Address = Annotated[str, AfterValidator(_address)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Folder = Annotated[Path, AfterValidator(folder)]
Authorities = Annotated[Path, AfterValidator(_authorities)]
HeaderSecret = Annotated[SecretStr, AfterValidator(_header)]
Timezone = Annotated[str, AfterValidator(_timezone)]
LoginName = Annotated[str, AfterValidator(_name)]
