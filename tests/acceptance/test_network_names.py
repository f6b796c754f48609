"""Network plans of names and of virtual addresses, through the product: a real BIND, a real keepalived."""

import shutil
import tempfile
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from inventory.changes import diff
from inventory.model import Estate, Host
from inventory.store_embedded import EmbeddedStore
from migrator.store.truth import Truth
from tests.acceptance.test_network_plan import approve, end, file, window
from tests.city import City
from tests.lab.addresses import GATEWAY
from tests.playbooks.test_dns import CONF, KEY, NEW, OLD, ZONE
from tests.playbooks.vip_pair import NEW as NEW_HOST
from tests.playbooks.vip_pair import OLD as OLD_HOST
from tests.playbooks.vip_pair import PORT, V4, V6, Pair, lab

pytestmark = pytest.mark.slow  # needs `tools/setup roles`

NAME = f"""
[[name]]
name = "portal"
server = "{GATEWAY.address}"
zone = "lj.example"
host = "rsj.lj.example"
key_name = "move."
before = {OLD}
after = {NEW}
""".replace("'", '"')
VIP = f"""
[[vip]]
name = "portal-vip"
vrid = 51
addresses = ["{V4}", "{V6}"]
source = ["{OLD_HOST.address}", "{OLD_HOST.address6}"]
target = ["{NEW_HOST.address}", "{NEW_HOST.address6}"]
source_host = "{OLD_HOST.name}"
target_host = "{NEW_HOST.name}"
ports = [{PORT}]
"""


def played(city: City, text: str) -> str:
    """The code of a plan that was filed, approved and played to its end."""
    plan = file(city, text, window(-1, 2))
    approve(city, plan)
    city.qianyun("network", "start", plan["code"], actor="wang")
    assert end(city, plan["code"], 0)["state"] == "done"
    return str(plan["code"])


def undone(city: City, code: str) -> None:
    city.qianyun("network", "back", code, "--reason", "演练", actor="wang")
    assert end(city, code, 1)["state"] == "rolled_back"


@pytest.mark.skipif(not shutil.which("named"), reason="tools/setup roles")
def test_a_name_there_and_back(city: City) -> None:
    city.extra = {"QIANYUN_DNS_KEY": KEY}
    host = city.lab.hosts[GATEWAY.name]
    for path, text in (("/etc/bind/named.conf", CONF), ("/var/cache/bind/lj.example", ZONE)):
        host.run(["sh", "-c", f"mkdir -p $(dirname {path}); cat > {path} <<'END'\n{text}END\n"])
    host.run(
        ["sh", "-c", "install -d -o bind -g bind /run/named && chown -R bind: /var/cache/bind"]
    )
    host.run(["named", "-u", "bind", "-c", "/etc/bind/named.conf"])
    asked = "dig +short @127.0.0.1 rsj.lj.example A | grep -q . && exit; sleep 0.05"
    host.run(["sh", "-c", f"for n in $(seq 200); do {asked}; done; exit 1"])

    def answers() -> list[str]:
        told = [
            host.run(["dig", "+short", "@127.0.0.1", "rsj.lj.example", kind])
            for kind in ("A", "AAAA")
        ]
        return [line for one in told for line in one.stdout.split()]

    city.load_ledger()
    city.start_up()
    code = played(city, NAME)
    assert answers() == NEW
    undone(city, code)
    assert answers() == OLD
    for path in city.state.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.fixture
def pair() -> Iterator[City]:
    """Two hosts of a segment, in the inventory of a city that is up."""
    with tempfile.TemporaryDirectory(prefix="qy-") as folder, lab(Path(folder) / "lab") as made:
        state = Path(folder) / "state"
        state.mkdir()
        city = City(made, state)
        truth = Truth.open(f"sqlite:///{state}/qianyun.db")
        store = EmbeddedStore(truth.engine)
        hosts = [
            Host(
                code=fact.name,
                name=fact.name,
                ipv4=IPv4Address(str(fact.address)),
                ipv6=IPv6Address(str(fact.address6)),
                ssh_host_key=made.hosts[fact.name].host_key,
            )
            for fact in (OLD_HOST, NEW_HOST)
        ]
        changes = diff(store.load(), Estate(hosts=tuple(hosts)))
        store.apply(changes, actor="zhang", confirmed=changes.digest)
        truth.engine.dispose()
        try:
            city.start_up()
            yield city
        finally:
            city.stop_up()


@pytest.mark.skipif(not shutil.which("keepalived"), reason="tools/setup roles")
def test_a_virtual_address_there_and_back(pair: City) -> None:
    there = Pair(pair.lab, pair.state)
    code = played(pair, VIP)
    assert there.holders() == [f"{NEW_HOST.name} 2"]
    undone(pair, code)
    assert there.holders() == [f"{OLD_HOST.name} 2"]
