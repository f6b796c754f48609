"""Kills the cutover at an exact place. This text is put into the program's launcher on the target.

A place is what the program is about to do: `service` (start the target's services) or a verb that
it asks of a port. A remote port has been sent the request, the answer is never read.
"""

import os
import signal
import sys
from typing import Any, NoReturn

RUN, RECOVER = "run", "recover"


def strike(guard: bool) -> NoReturn:
    """SIGKILL for the guard, if asked, and for this very program."""
    if guard:
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def trap(place: str, guard: bool) -> None:
    """Only a run falls into it; guards and recoveries do as they always do."""
    from qianyun_agent import link, services

    if sys.argv[1] != RUN or sys.argv[5] == RECOVER:
        return
    far, near = link.RemotePort.call, link.LocalPort.call

    def ask_far(port: Any, verb: str, *args: Any, **named: Any) -> Any:
        if verb == place:
            port._line = lambda *_: strike(guard)
        return far(port, verb, *args, **named)

    def ask_near(port: Any, verb: str, *args: Any, **named: Any) -> Any:
        if verb == place:
            strike(guard)
        return near(port, verb, *args, **named)

    link.RemotePort.call, link.LocalPort.call = ask_far, ask_near
    if place == "service":
        services.start = lambda *_: strike(guard)
