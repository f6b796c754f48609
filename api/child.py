"""A launcher of one child: it dies with its parent, whatever ended the parent.

    python -I -S child.py SIGNAL PARENT_PID PROGRAM ARGUMENT…

PR_SET_PDEATHSIG (prctl(2)) is kept over execve; the parent may have died before it was set, so its
pid is compared afterwards. Run by path and isolated: it imports nothing of ours.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    number, parent, *program = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606  a list, no shell


if __name__ == "__main__":
    main()
