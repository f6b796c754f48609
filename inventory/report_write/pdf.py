"""The printable page as PDF, printed by Debian's chromium where it is installed.

What is printed is a report: it never lies where others read, and a print that was killed leaves
nothing for longer than until the next one begins.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from inventory.errors import Unprintable

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 120
_LOCK = "lock"


def pdf(page: bytes, scratch: Path) -> bytes:
    """The PDF of an HTML file of ours. It is printed in a folder of its own in `scratch`, which only
    this account can open. Raises Unprintable where there is no chromium or it fails."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise Unprintable(
            "没有 chromium，无法生成 PDF：请安装（apt-get install chromium），或存为 .html 后用浏览器打印 / "
            f"no chromium to print with: looked for {'、'.join(PROGRAMS)}; install it (apt-get install "
            "chromium), or write .html and print it with any browser"
        )
    with _folder(scratch) as folder:
        return _printed(program, page, folder)


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    """A folder that is locked as long as this process lives, and gone afterwards. Those of prints
    that were killed go first: nobody holds their locks."""
    scratch.mkdir(parents=True, mode=0o700, exist_ok=True)
    scratch.chmod(0o700)
    with ExitStack() as held:
        with (scratch / _LOCK).open("a") as door:  # one at a time until its folder is locked
            fcntl.flock(door, fcntl.LOCK_EX)
            _sweep(scratch)
            made = tempfile.TemporaryDirectory(
                prefix="print-", dir=scratch, ignore_cleanup_errors=True
            )
            folder = Path(held.enter_context(made))
            fcntl.flock(held.enter_context((folder / _LOCK).open("a")), fcntl.LOCK_EX)
        yield folder


def _sweep(scratch: Path) -> None:
    for left in scratch.glob("print-*"):
        with suppress(OSError), (left / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)


def _printed(program: str, page: bytes, folder: Path) -> bytes:
    source, made = folder / "report.html", folder / "report.pdf"
    source.write_bytes(page)
    argv = [
        program,
        "--headless",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={folder}/profile",
        f"--print-to-pdf={made}",
        source.as_uri(),
    ]
    if os.geteuid() == 0:  # chromium refuses root otherwise; the page has no script and no link
        argv.insert(1, "--no-sandbox")
    try:
        done = subprocess.run(argv, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(program, str(error)) from error
    if done.returncode or not made.exists():
        raise _failed(program, done.stderr.decode("utf-8", "replace")[-300:])
    return made.read_bytes()


def _failed(program: str, told: str) -> Unprintable:
    return Unprintable(
        f"PDF 打印失败，可存为 .html 后用浏览器打印 / {program} could not print: "
        f"{' '.join(told.split())}; write .html and print it with any browser"
    )
