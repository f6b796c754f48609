"""Canonical JSON and digests: equal content, equal bytes, equal digest (RFC 8785, SHA-256)."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel


def canonical_json(value: Any) -> bytes:
    """Bytes of `value` with sorted keys, no white space, UTF-8.

    Numbers in our models are integers, booleans and strings (money in yuan, rates in kbit/s), so
    the float rules of RFC 8785 never apply; a float is refused rather than written two ways.
    """
    return plain_json(_plain(value))


def plain_json(value: Any) -> bytes:
    """The same of what is known to be plain already: what `model.content` gives."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


class RunningDigest:
    """The digest of {name: [value, …], …} that is kept up when one value becomes another: equal to
    `digest` of the whole. Values of a list are plain JSON, named by a key, and keep their order."""

    def __init__(self, lists: Iterable[tuple[str, Iterable[tuple[str, Any]]]]) -> None:
        self._lists = {
            name: {key: plain_json(value) for key, value in values} for name, values in lists
        }
        self._names = sorted(self._lists)
        self._joined: dict[str, bytes] = {}
        self._before = {name: hashlib.sha256() for name in self._names[:1]}  # up to that list

    def replace(self, name: str, key: str, value: Any) -> None:
        """Raises KeyError where there is no such value."""
        self._lists[name][key]  # only what is there can become another
        self._lists[name][key] = plain_json(value)
        self._joined.pop(name, None)
        self._before = {other: made for other, made in self._before.items() if other <= name}

    @property
    def value(self) -> str:
        """SHA-256 of the canonical JSON, 64 hex digits."""
        made = hashlib.sha256()
        first = len(self._before) - 1 if self._names else 0
        for at, name in enumerate(self._names[first:], first):
            if at == first:
                made = self._before[name].copy()
            self._before[name] = made.copy()
            if name not in self._joined:
                self._joined[name] = b",".join(self._lists[name].values())
            made.update((b"," if at else b"{") + canonical_json(name) + b":[")
            made.update(self._joined[name])
            made.update(b"]")
        made.update(b"}" if self._names else b"{}")
        return made.hexdigest()


_LEAVES = {str, int, bool}


def _plain(value: Any) -> Any:
    if value is None or type(value) in _LEAVES:  # most values are: asked first
        return value
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json", exclude_none=True))
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        raise TypeError(f"canonical JSON has no floats, read {value!r}: use int or str")
    return value
