"""Whether this machine has IPv6 alone: no IPv4 address but loopback's and no way out over IPv4.

What is found from such a machine (a network namespace without IPv4, a laptop on an IPv6-only
network) is evidence for check 11; from any other it is none, however it was asked.
draft-ietf-v6ops-ipv6-app-testing: an application is tested where IPv4 is not there at all.
"""

import socket
from ipaddress import ip_address
from pathlib import Path

SOMEWHERE = {4: ("192.0.2.1", 9), 6: ("2001:db8::1", 9)}
"""RFC 5737, RFC 3849. Nothing is sent: a datagram socket that is connected asks for a route alone."""


def has_way(family: int) -> bool:
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    try:
        with socket.socket(kind, socket.SOCK_DGRAM) as sock:
            sock.connect(SOMEWHERE[family])
            source = sock.getsockname()[0]
    except OSError:
        return False
    return not (ip_address(source).is_loopback or ip_address(source).is_unspecified)


def ipv4_addresses() -> list[str]:
    """Of this namespace's devices, loopback's left out (fib_trie)."""
    found: list[str] = []
    last = ""
    try:
        with Path("/proc/thread-self/net/fib_trie").open() as lines:
            for line in lines:
                text = line.strip()
                if text.startswith("|--"):
                    last = text[3:].strip()
                elif text == "/32 host LOCAL" and not last.startswith("127."):
                    found.append(last)
    except FileNotFoundError:
        pass
    return list(dict.fromkeys(found))


def ipv6_alone() -> bool:
    return not ipv4_addresses() and not has_way(4)
