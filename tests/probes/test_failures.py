"""The seam: every outside error becomes a Failure, and our own exhaustion never does."""

import asyncio
import errno
import subprocess
import sys

import httpx
import pytest

from probes.errors import Exhausted
from probes.failures import BY_ERRNO, OURS, failure_of
from probes.model import Failure


@pytest.mark.parametrize("number", sorted(BY_ERRNO), ids=lambda n: errno.errorcode[n])
def test_every_mapped_errno_also_when_wrapped(number: int) -> None:
    bare = OSError(number, "x")
    assert failure_of(bare, connected=True)[0] is BY_ERRNO[number]
    wrapped = httpx.ConnectError("no")
    wrapped.__cause__ = OSError("all attempts failed")
    wrapped.__cause__.__context__ = bare
    assert failure_of(wrapped, connected=False)[0] is BY_ERRNO[number]


@pytest.mark.parametrize("error", [TimeoutError(), OSError(errno.ETIMEDOUT, "x")])
def test_a_timeout_is_told_by_what_was_reached(error: OSError) -> None:
    assert failure_of(error, connected=False)[0] is Failure.TIMEOUT_CONNECT
    assert failure_of(error, connected=True)[0] is Failure.TIMEOUT_ANSWER


@pytest.mark.parametrize(
    "error",
    [
        EOFError(),
        asyncio.IncompleteReadError(b"", 1),
        ConnectionResetError("lost"),
        BrokenPipeError(),
    ],
)
def test_hanging_up_without_an_errno(error: Exception) -> None:
    assert failure_of(error, connected=True)[0] is Failure.RESET


def test_what_nobody_knows_is_protocol_with_its_text() -> None:
    assert failure_of(ValueError("odd"), connected=True) == (Failure.PROTOCOL, "ValueError: odd")
    assert failure_of(OSError(errno.EXDEV, "x"), connected=True)[0] is Failure.PROTOCOL


def test_every_connection_error_of_python_is_decided() -> None:
    for kind in (*ConnectionError.__subclasses__(), TimeoutError):
        number = next(n for n in errno.errorcode if type(OSError(n, "x")) is kind)
        assert failure_of(kind(number, "x"), connected=True)[0] is not Failure.PROTOCOL


@pytest.mark.parametrize("number", sorted(OURS), ids=lambda n: errno.errorcode[n])
def test_our_own_exhaustion_accuses_nobody(number: int) -> None:
    with pytest.raises(Exhausted, match="descriptor"):
        failure_of(OSError(number, "x"), connected=False)


STARVED = """
import asyncio, resource, sys
from probes.errors import Exhausted
from probes.model import Target
from probes.table import load, probe

load(("tcp", "http", "icmp", "ssh"))  # as a prober does, while it still can

async def story():
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    for check in ("tcp", "http", "icmp", "ssh"):
        try:
            await probe(Target(code="x", check=check, family=4, address="127.0.0.1", port=9,
                host_key=sys.argv[1]), 10)
        except Exhausted:
            print(check)

asyncio.run(story())
"""


def test_a_prober_without_descriptors_says_so() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJIhk0m2vh5WwI+7Z5mp4yY3rBq7mRjdb6Q5ZLxNnYcR"
    done = subprocess.run(
        [sys.executable, "-c", STARVED, key], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["tcp", "http", "icmp", "ssh"]
