"""Secrets that lie in files of their own: whose they are, and what they hold."""

import stat
import tomllib
from pathlib import Path
from typing import Any


def open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def secret_text(value: Any) -> Any:
    """The secret itself, or what the file holds that `file:/PATH` names."""
    if not isinstance(value, str) or not value.startswith("file:"):
        return value
    path = Path(value.removeprefix("file:"))
    if not path.is_absolute():
        raise ValueError("file: 后应为绝对路径 / expected an absolute path after file:")
    try:
        if open_to_others(path):
            raise ValueError(
                f"他人可读 / others can read {path}; 应为仅本人可读的文件（600） / "
                "expected a file of your own with mode 600"
            )
        text = path.read_text().strip("\r\n")
    except OSError as error:
        raise ValueError(f"无法读取 / cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ValueError(f"{path}: 应为 UTF-8 文本 / expected text in UTF-8") from None
    if not text:
        raise ValueError(f"{path}: 文件为空 / is empty, expected the secret")
    return text


def channels(path: Path) -> dict[str, str]:
    """Channels of notices by name, of a TOML file `name = "apprise URL"`. Raises OSError, ValueError
    without what the file holds."""
    if open_to_others(path):
        raise ValueError(f"他人可读 / others can read it: {path}; 请执行 / run: chmod 600 {path}")
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ValueError(f"不是 UTF-8 的 TOML / not TOML in UTF-8: {path}") from None
    if wrong := [name for name, address in told.items() if not isinstance(address, str)]:
        raise ValueError(f'应为 名称 = "地址" / expected name = "URL": {path}: {", ".join(wrong)}')
    return told
