"""The printable page as PDF, printed by Debian's chromium where it is installed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from inventory.errors import Unprintable

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 120


def pdf(page: bytes) -> bytes:
    """The PDF of an HTML file of ours. Raises Unprintable where there is no chromium or it fails."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise Unprintable(
            "没有 chromium，无法生成 PDF：请安装（apt-get install chromium），或存为 .html 后用浏览器打印 / "
            f"no chromium to print with: looked for {'、'.join(PROGRAMS)}; install it (apt-get install "
            "chromium), or write .html and print it with any browser"
        )
    with tempfile.TemporaryDirectory(prefix="qianyun-print-") as folder:
        source, made = Path(folder) / "report.html", Path(folder) / "report.pdf"
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
