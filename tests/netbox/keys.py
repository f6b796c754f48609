"""What is secret about one installation: in files of mode 0600."""

import json
import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """Of one installation, made once. `token` is the admin's, as a client sends it."""

    user: str
    password: str
    token: str
    secret_key: str
    pepper: str

    @classmethod
    def at(cls, path: Path) -> "Keys":
        """Those in the file; new ones, written there, where there is none."""
        if path.exists():
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        made = cls(
            user="admin",
            password=_word(20),
            token=f"nbt_{_word(12)}.{_word(40)}",
            secret_key=_word(60),
            pepper=_word(60),
        )
        write_secret(path, json.dumps(asdict(made)))
        return made

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __repr__(self) -> str:
        return f"Keys(user={self.user!r}, …)"


def write_secret(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
