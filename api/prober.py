"""The prober's own process, as `qianyun probe serve` starts it:

    python -m api.prober FOLDER [--vantage NAME] [--shard N/M] [--ready-fd N]

The same as `qianyun probe prober` without the rest of the command line, whose libraries take longer
to load than ten thousand targets to seat: a prober that died looks again the sooner. Not for people.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from api.errors import BadUsage, Exit
from api.probing import probe_on, share_of
from probes.errors import ProbeError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m api.prober", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vantage", default="local")
    parser.add_argument("--shard", default="1/1")
    parser.add_argument("--ready-fd", type=int)
    told = parser.parse_args()
    os.umask(0o077)  # its files are nobody else's
    try:
        asyncio.run(probe_on(told.folder, told.vantage, share_of(told.shard), told.ready_fd))
    except (ProbeError, BadUsage) as error:
        print(error, file=sys.stderr)
        return Exit.USAGE
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
