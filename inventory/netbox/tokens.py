"""The token of Qianyun's own user: made by NetBox, written to one file, shown nowhere."""

import os
import secrets
import stat
from pathlib import Path
from typing import Literal

from inventory.errors import NetBoxDenied, NetBoxUnknown, TokenFileRefused
from inventory.netbox.client import Client

DESCRIPTION = "迁云服务令牌 / Qianyun's service token"


def password() -> str:
    """One that nobody knows, of all kinds of characters that NetBox may demand."""
    return f"aA1-{secrets.token_urlsafe(48)}"


def check(client: Client, path: Path) -> None:
    """Before anything is made: whether `issue` can write there. Raises TokenFileRefused."""
    if not path.parent.is_dir():
        raise TokenFileRefused(
            f"文件夹不存在 / no such folder: read {path.parent}, expected the folder of the token's "
            "file; make it first"
        )
    _held(client, path)


def issue(client: Client, path: Path, user: str) -> Literal["written", "kept"]:
    """A new token of `user`, for whose `path` is made with mode 0600 before NetBox is asked; one
    that is there and works is kept."""
    if _held(client, path):
        return "kept"
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error
    with os.fdopen(opened, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        row = {"user": {"username": user}, "version": 2, "description": DESCRIPTION}
        (made,) = client.create("users/tokens/", [row])
        try:
            file.write(f"nbt_{made['key']}.{made['token']}\n")
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(path, error) from error
    return "written"


def _held(client: Client, path: Path) -> bool:
    """Whether the file holds a token that works; an empty one is left from a call that was killed.

    Raises TokenFileRefused for any other file: it is somebody's."""
    try:
        found = path.lstat()
        told = path.read_text(encoding="ascii").strip() if stat.S_ISREG(found.st_mode) else None
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError):
        told = None
    if told == "":
        return False
    if told is not None and told.startswith("nbt_") and _works(client, told):
        return True
    raise TokenFileRefused(
        f"文件已存在，且其中没有可用的令牌 / {path} exists and holds no token that {client.url} knows; "
        "expected a file that is not there yet: name another, or remove it"
    )


def _works(client: Client, token: str) -> bool:
    other = Client(client.url, token, ca=client.ca)
    try:
        return bool(other.get("authentication-check/").get("username"))
    except (NetBoxDenied, NetBoxUnknown):
        return False


def _unwritable(path: Path, error: OSError) -> TokenFileRefused:
    return TokenFileRefused(
        f"令牌文件无法写入 / the token's file can't be written: {path}: {error.strerror}; choose "
        "another --token-file"
    )
