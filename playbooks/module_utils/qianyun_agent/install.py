"""Puts the agent onto this host: /usr/local/lib/qianyun/<digest>/qianyun_agent, and `agent`.

A new version goes beside the old one, so a program that runs keeps its own files.
"""

from __future__ import annotations

import compileall
import hashlib
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from .files import STATE, ensure_folder, locked, write

LIB = Path("/usr/local/lib/qianyun")
PACKAGE = "qianyun_agent"
LAUNCHER = """#!/usr/bin/python3 -IS
import sys

sys.path.insert(0, "{folder}")
from qianyun_agent.app import main

sys.exit(main(sys.argv[1:]))
"""


def sources() -> dict[str, str]:
    """Every file of this package by name, wherever it was loaded from (a zip, or Mitogen)."""
    package = __name__.rpartition(".")[0]
    found = {}
    for name, module in sorted(sys.modules.items()):
        if name == package or name.startswith(package + "."):
            leaf = "__init__" if name == package else name[len(package) + 1 :]
            found[leaf + ".py"] = _source(name, module)
    return found


def _source(name: str, module: ModuleType) -> str:
    """A file's text. Mitogen's loader has no get_source (PEP 302), but still holds what it sent."""
    loader: Any = getattr(module, "__loader__", None)
    if hasattr(loader, "get_source"):
        return str(loader.get_source(name))
    path, _ = loader._by_fullname[name]
    sent: bytes = sys.modules["ansible_mitogen.target"].get_small_file(loader._context, path)
    return sent.decode()


def install(files: dict[str, str]) -> bool:
    """Installs the files unless they are there; returns whether anything changed."""
    whole = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    folder = LIB / whole
    with locked(STATE / "install.lock", 30, "install"):
        launcher = LAUNCHER.format(folder=folder)
        agent = LIB / "agent"
        if agent.exists() and agent.read_text() == launcher and (folder / "complete").exists():
            return False
        shutil.rmtree(folder, ignore_errors=True)
        ensure_folder(LIB, 0o755)
        ensure_folder(folder, 0o755)
        package = ensure_folder(folder / PACKAGE, 0o755)
        for name, text in files.items():
            write(package / name, text)
        compileall.compile_dir(str(package), quiet=2)
        write(folder / "complete", "")
        write(agent, launcher, 0o755)
    return True
