"""The prober at a city's size, beside blackbox_exporter and smokeping_prober on the same cable.

Everything runs in network namespaces of its own, over veth. Processor time is the kernel's account of
each process. BENCH_SECONDS (60) is how long the 10,000 targets are looked at; the issue's 600 are a
figure of their own, measured only where it is asked for: `make bench ONLY=probes.tenminutes`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.probes_beside import connections, icmp
from tests.bench.probes_scale import render, scale
from tests.bench.probes_scale import ten_minutes as long
from tests.probes.conftest import another_namespace, cable, inside, ip

type Measure = Callable[[Path], Iterator[dict[str, object]]]
MEASURES: dict[str, Measure] = {
    "scale": scale,
    "render": render,
    "icmp": icmp,
    "connections": connections,
}
"""One of them alone: `unshare --net python -m tests.bench.probes NAME`."""


def figures() -> Iterator[dict[str, object]]:
    yield from _inside()


def ten_minutes() -> Iterator[dict[str, object]]:
    """20,000 probes a second for ten minutes: for a machine that has nothing else to do."""
    yield from _inside("tenminutes")


def _inside(*more: str) -> Iterator[dict[str, object]]:
    argv = ["unshare", "--net", sys.executable, "-m", "tests.bench.probes", *more]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as inner:
        assert inner.stdout
        for line in inner.stdout:
            yield json.loads(line)
    assert inner.returncode == 0


def main(only: str = "") -> None:
    ip("link", "set", "lo", "up")
    with another_namespace() as far, tempfile.TemporaryDirectory(prefix="qy-bench-") as made:
        cable(far, ("10.9.1.1/24", "10.9.1.2/24"), ("fd00:9:1::1/64", "fd00:9:1::2/64"))
        ip("route", "add", "10.128.0.0/16", "via", "10.9.1.2")
        ip("route", "add", "fd00:128::/64", "via", "fd00:9:1::2")
        inside(far, "ip", "route", "add", "local", "10.128.0.0/16", "dev", "lo")
        inside(far, "ip", "-6", "route", "add", "local", "fd00:128::/64", "dev", "lo")
        for key in ("net.ipv4.icmp_msgs_per_sec=1000000", "net.ipv6.icmp.ratelimit=0"):
            inside(far, "sysctl", "-qw", key)
        asked = MEASURES | {"tenminutes": long}
        server = _web(far, Path(made))
        try:
            for measure in [asked[only]] if only else MEASURES.values():
                for figure in measure(Path(made)):
                    print(json.dumps(figure), flush=True)
        finally:
            server.terminate()
            server.wait()


def _web(far: int, folder: Path) -> subprocess.Popen[bytes]:
    """nginx in the far namespace: what TCP and HTTP looks are made at."""
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;\n"
        "events { worker_connections 4096; }\n"
        "http { access_log off; server { listen 80; listen [::]:80; keepalive_timeout 0;\n"
        'location / { default_type text/html; return 200 "healthy"; } } }\n'
    )
    argv = ["nsenter", f"--net=/proc/{far}/ns/net", "nginx", "-c", str(config)]
    return subprocess.Popen(argv, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main(*sys.argv[1:2])
