"""Become another program with secrets in its environment: `secret_env FILE PROGRAM ARG…`.

FILE is the memory file of the attempt that started us (`/proc/PID/fd/N`), a JSON object of names
and values. Between it and the program's environment the secrets touch neither disk nor argv.
"""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    source, program, *arguments = sys.argv[1:]
    secrets: dict[str, str] = json.loads(Path(source).read_text())
    os.execvpe(program, [program, *arguments], dict(os.environ) | secrets)  # noqa: S606


if __name__ == "__main__":
    main()
