"""python -m tests.netbox.dump [--from-nothing] FILE.sql.xz: an empty NetBox database, all migrations done.

For another version of NetBox: change it in tools/netbox-requirements.in, make the requirements anew
(the command stands there), run `tools/setup netbox`, then this, then change install.VERSION. It goes
on from the dump that is here; `--from-nothing` runs every migration, some ten minutes.
"""

import argparse
import lzma
import os
import subprocess
import tempfile
from pathlib import Path

from tests.netbox import database, install
from tests.netbox.server import NetBox


def dump(folder: Path, *, from_nothing: bool) -> bytes:
    """The SQL of a migrated database without user, token or object."""
    netbox = NetBox(folder)
    with netbox.backstage(None if from_nothing else install.DUMP) as environ:
        words = [str(install.VENV / "bin/netbox"), "migrate", "--no-input"]
        subprocess.run(words, check=True, env=environ, cwd=folder)
        asked = ["pg_dump", "--no-owner", "--no-privileges", f"--dbname={database.LIVE}"]
        where = [f"--host={netbox.cluster.sockets}", "--username=postgres"]
        return subprocess.run([*asked, *where], check=True, capture_output=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.netbox.dump", description=__doc__)
    parser.add_argument("--from-nothing", action="store_true", help="run every migration")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="qianyun-dump-") as folder:
        sql = dump(Path(folder) / "state", from_nothing=options.from_nothing)
    options.file.write_bytes(lzma.compress(sql, preset=9))
    print(f"{options.file}: {options.file.stat().st_size} B")


if __name__ == "__main__":
    main()
