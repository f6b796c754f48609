"""Runs Python inside NetBox: a process forked from the loaded one, and one more for each call.

On the socket: {"code": str, "stay": bool}; back comes {"pid": int, "printed": str, "error": traceback
or null}, JSON both, each until the end of sending. With `stay` the answer comes before the code runs.
"""

import contextlib
import ctypes
import io
import json
import os
import signal
import socket
import traceback
from pathlib import Path

PR_SET_PDEATHSIG = 1


def serve(path, closing):
    """Forks the process that answers at `path`; it ends with the caller.

    `closing` are file descriptors that it has no business with.
    """
    listener = socket.socket(socket.AF_UNIX)
    Path(path).unlink(missing_ok=True)
    listener.bind(path)
    Path(path).chmod(0o600)
    listener.listen()
    if _fork_child():
        listener.close()
        return
    for number in closing:
        os.close(number)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        with listener.accept()[0] as client:
            if not _fork_child():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                try:
                    _answer(client)
                except BaseException:
                    traceback.print_exc()  # into the web server's log
                finally:
                    os._exit(0)


def _fork_child():
    """The child's pid; 0 in the child, which dies with its parent."""
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return pid


def _answer(client):
    order = json.loads(b"".join(iter(lambda: client.recv(65536), b"")))
    answer = {"pid": os.getpid(), "printed": "", "error": None}
    if order["stay"]:
        os.setsid()  # a group of its own, to be ended whole
        client.sendall(json.dumps(answer).encode())
        client.close()
        _run(order["code"])
        return
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            _run(order["code"])
        except BaseException:
            answer["error"] = traceback.format_exc()
    answer["printed"] = printed.getvalue()
    client.sendall(json.dumps(answer).encode())


def _run(code):
    exec(compile(code, "<shell>", "exec"), {"__name__": "__shell__"})
