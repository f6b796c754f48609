"""A network of one's own for every test: a namespace that lives and dies with a thread."""

import asyncio
import contextlib
import os
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

UPPER = 60.0  # seconds; no test rests on being quicker than this

type InNamespace = Callable[[Callable[[], Awaitable[Any]]], Any]


def ip(*words: str) -> None:
    """`ip` in the calling thread's namespace."""
    subprocess.run(["ip", *words], check=True)


def firewall(hook: str, *rules: str) -> None:
    """Nftables rules on `input` or `output` in the calling thread's namespace."""
    lines = ("table inet t {", "chain c {", f"type filter hook {hook} priority 0", *rules, "}", "}")
    subprocess.run(["nft", "-f", "-"], input="\n".join(lines).encode(), check=True)


def sysctl(name: str, value: str) -> None:
    """/proc/sys/net shows the calling thread's namespace."""
    Path("/proc/sys/net", name).write_text(value)


@contextlib.contextmanager
def another_namespace() -> Iterator[int]:
    """A network namespace beside the calling thread's: the pid by which `ip … netns` names it."""
    keeper = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo ready && read end"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert keeper.stdin
    assert keeper.stdout
    try:
        assert keeper.stdout.readline() == b"ready\n"
        inside(keeper.pid, "ip", "link", "set", "lo", "up")
        yield keeper.pid
    finally:
        keeper.stdin.close()
        keeper.stdout.close()
        keeper.wait()


def inside(pid: int, *words: str, text: str = "") -> None:
    """A program in another namespace."""
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", *words]
    subprocess.run(command, check=True, input=text.encode())


def cable(pid: int, *addresses: tuple[str, str], device: str = "far") -> None:
    """A veth to another namespace; pairs of addresses with prefix, ours and theirs."""
    ip("link", "add", device, "type", "veth", "peer", "name", "near", "netns", str(pid))
    ip("link", "set", device, "up")
    inside(pid, "ip", "link", "set", "near", "up")
    for ours, theirs in addresses:
        more = ("nodad",) if ":" in ours else ()
        ip("addr", "add", ours, "dev", device, *more)
        inside(pid, "ip", "addr", "add", theirs, "dev", "near", *more)


@pytest.fixture
def in_namespace() -> InNamespace:
    """Run a coroutine function on its own loop in a fresh network namespace.

    `lo` is up, so 127.0.0.1 and ::1 answer. The namespace has no name: it goes away with the
    thread, whatever happens, and nothing of this machine can be reached or disturbed.
    """

    def run(story: Callable[[], Awaitable[Any]]) -> Any:
        outcome: dict[str, Any] = {}

        async def bounded() -> Any:
            async with asyncio.timeout(UPPER):
                return await story()

        def body() -> None:
            try:
                os.unshare(os.CLONE_NEWNET)
                ip("link", "set", "lo", "up")
                outcome["value"] = asyncio.run(bounded())
            except BaseException as error:
                outcome["error"] = error

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    return run
