"""Passwords and secret texts: argon2id for what people choose, SHA-256 for what we drew ourselves.

A token of 256 random bits needs no slow hash; a password does (RFC 9106, section 4: the second
recommended option, 64 MiB, 3 passes, 4 lanes).
"""

import hashlib
import secrets
import threading
from unicodedata import normalize

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from migrator.errors import Refused

SHORTEST, LONGEST = 12, 256
"""Characters of a password."""

MOST_WEIGHED = 72
"""Characters that strength is told by: the time grows with their square."""
WEAKEST = 2

_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, type=Type.ID)
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 64 MiB: a crowd that knocks must not take the machine's memory."""


def hashed(password: str, name: str = "") -> str:
    """The argon2id text to keep. Raises Refused for a password that is too short, too long or the
    name itself."""
    told = normalize("NFKC", password)
    if not SHORTEST <= len(told) <= LONGEST or (name and name.casefold() in told.casefold()):
        raise Refused(
            f"密码须 {SHORTEST} 至 {LONGEST} 字符，且不含用户名 / a password has {SHORTEST} to {LONGEST} "
            f"characters and not the name in it: read {len(told)} characters"
        )
    if _guessed_soon(told, name):
        raise Refused(
            "密码太容易猜到（重复、连续或常见），请换一个 / the password is guessed too soon (repeated, in a "
            "row, or common): choose another"
        )
    with _AT_ONCE:
        return _HASHER.hash(told)


def _guessed_soon(told: str, name: str) -> bool:
    """Within some 10^6 guesses (Wheeler, zxcvbn, USENIX Security 2016): NIST SP 800-63B-4, 3.1.1.2, asks
    that what is common or expected is refused."""
    from zxcvbn import zxcvbn  # noqa: PLC0415  its lists are read for this alone

    score: int = zxcvbn(told[:MOST_WEIGHED], user_inputs=[name, "qianyun", "迁云"])["score"]
    return score < WEAKEST


def fits(kept: str | None, password: str) -> bool:
    """Whether a password is the one that is kept; as slow where none is kept, so that the time does
    not tell who has an account."""
    told = normalize("NFKC", password[: 4 * LONGEST])
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _nobody(), told) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether it was made with less than what we use now."""
    return _HASHER.check_needs_rehash(kept)


def drawn(prefix: str = "") -> str:
    """A secret text of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def drawn_password(name: str) -> str:
    """A drawn text that `hashed` takes for this name: a short name may stand in one by chance."""
    while name.casefold() in (told := drawn()).casefold():
        pass
    return told


def digest_of(secret: str) -> str:
    """What is kept of a secret that we drew: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Equal, in a time that does not tell how far."""
    return secrets.compare_digest(one.encode(), other.encode())


_NOBODY: list[str] = []


def _nobody() -> str:
    """A hash that no password fits, made when it is first needed."""
    if not _NOBODY:
        _NOBODY.append(_HASHER.hash(drawn()))
    return _NOBODY[0]
