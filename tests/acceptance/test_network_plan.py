"""A network plan on a real device: filed, approved, played within its window, read back, undone by a
person; and one that cuts its own way comes back by itself and is told as such."""

import shutil
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from migrator.planning.plan import StepKind
from migrator.store.audit import Filter
from tests.city import City, wait_until
from tests.lab.addresses import GATEWAY, OPS, OUTSIDE

RULES = f"""
table inet filter {{
  chain input {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    ip saddr {OPS.v4} tcp dport {{ 22, 8080 }} counter accept
    icmp type echo-request accept
    tcp dport 80 accept
  }}
}}
"""
FIREWALL = f"""
confirm_seconds = 20
[[firewall]]
name = "gw-01-v6"
host = "{GATEWAY.name}"
listing = "gw-01.json"
[[firewall.network]]
v4 = "{OPS.v4}"
v6 = "{OPS.v6}"
[[firewall.network]]
v4 = "{OUTSIDE.v4}"
v6 = "{OUTSIDE.v6}"
"""
PORT = f"""
confirm_seconds = 12
[[device]]
name = "gw-01-port"
host = "{GATEWAY.name}"
vendor = "frr"
[[device.change]]
kind = "rehome"
interface = "eth0"
old = "{GATEWAY.address}/24"
new = "198.51.100.9/24"
"""
START_FRR = f"""
ip route del default
install -d -o frr -g frr /run/frr
printf 'interface eth0\n ip address {GATEWAY.address}/24\n exit\n' > /run/frr/zebra.conf
printf 'ip route 0.0.0.0/0 {GATEWAY.place.address(1)}\n' > /run/frr/staticd.conf
for one in zebra staticd; do /usr/lib/frr/$one -d -f /run/frr/$one.conf; done
until ip route | grep -q 'default.*proto static'; do sleep 0.1; done
"""


def window(first: int, last: int) -> str:
    """Hours from now, on the city's clock."""
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, microsecond=0)
    ends = (now + timedelta(hours=first), now + timedelta(hours=last))
    return "/".join(one.isoformat() for one in ends)


def rules(city: City) -> str:
    return city.lab.hosts[GATEWAY.name].run(["nft", "--stateless", "list", "ruleset"]).stdout


def file(city: City, text: str, when: str, *more: str) -> Any:
    path = city.state / "changes.toml"
    path.write_text(text, "utf-8")
    return city.json("network", "file", str(path), "--window", when, "--title", "夜间", *more)


def approve(city: City, plan: Any, actor: str = "li", expect: int = 0) -> None:
    digest = ("--digest", plan["digest"])
    city.qianyun("network", "approve", plan["code"], *digest, actor=actor, expect=expect)


def end(city: City, code: str, expect: int) -> Any:
    return city.json("network", "wait", code, "--timeout", "240", expect=expect)


@pytest.fixture
def ready(city: City) -> City:
    """The gateway with a firewall that knows IPv4 alone, the inventory, and `qianyun up`."""
    city.load_ledger()
    host = city.lab.hosts[GATEWAY.name]
    host.run(["sh", "-c", f"nft flush ruleset; printf %s '{RULES}' | nft -f -"])
    listing = host.run(["nft", "-j", "list", "ruleset"]).stdout
    (city.state / "gw-01.json").write_text(listing)
    city.start_up()
    return city


def test_from_the_list_to_the_device_and_back(ready: City) -> None:
    city, before = ready, rules(ready)
    plan = file(city, FIREWALL, window(24, 26))
    code = plan["code"]
    assert [one["name"] for one in plan["plan"]["changes"]] == ["gw-01-v6"]
    refused = city.qianyun("network", "start", code, actor="wang", expect=1)
    assert "approval" in refused.stderr
    approve(city, plan, actor="zhang", expect=1)  # who filed it
    approve(city, plan)
    early = city.qianyun("network", "start", code, actor="wang", expect=1)
    assert "has not opened" in early.stderr

    now = file(city, FIREWALL, window(-1, 2), "--again", code)
    assert (now["code"], now["approvals"]) == (code, [])  # what was approved is no longer there
    approve(city, plan, expect=1)  # the digest that somebody looked at is another
    approve(city, now)
    assert rules(city) == before
    city.qianyun("network", "start", code, actor="wang")
    assert end(city, code, 0)["state"] == "done"
    after = rules(city)
    assert "qianyun gw-01-v6" in after
    shown = city.json("network", "show", code)
    done = {s["step"]: s["state"] for s in shown["steps"]}
    assert done == dict.fromkeys(("preflight", "switch", "verify"), "done")
    assert "would change 1" in shown["steps"][0]["message"]

    city.qianyun("network", "back", code, "--reason", "演练", actor="wang")
    assert end(city, code, 1)["state"] == "rolled_back"
    assert rules(city) == before
    actions = [one.action for one in city.truth.audit_found(Filter(object=code))[0]]
    for action in ("network.file", "network.approve", "network.start", "network.done",
                   "network.back", "network.rolled_back"):  # fmt: skip
        assert action in actions
    city.qianyun("audit", "verify")
    dossier = city.state / "dossier.json"
    city.qianyun("network", "dossier", code, "--to", str(dossier))
    city.qianyun("run", "verify", str(dossier))
    dossier.write_text(dossier.read_text("utf-8").replace("gw-01-v6", "gw-01-v4"), "utf-8")
    city.qianyun("run", "verify", str(dossier), expect=1)


def test_a_worker_that_dies_in_the_middle_loses_nothing(ready: City) -> None:
    """Killed while the change is made: whoever comes next ends what is left of it, and goes on."""
    city = ready
    plan = file(city, FIREWALL, window(-1, 2))
    approve(city, plan)
    city.qianyun("network", "start", plan["code"], actor="wang")
    ground = f"{plan['code']}.1"

    def under_way() -> bool:
        found = city.truth.attempts.of(plan["code"], ground)
        return any(a.pid and a.step is StepKind.SWITCH and a.state == "running" for a in found)

    wait_until(under_way, 120, "the change")
    city.kill("worker")
    assert end(city, plan["code"], 0)["state"] == "done"
    assert "qianyun gw-01-v6" in rules(city)
    attempts = city.truth.attempts.of(plan["code"], ground)
    assert [a.state for a in attempts if a.state != "done"] in ([], ["lost"])
    assert all(a.ended_at for a in attempts)


@pytest.mark.slow
def test_a_change_that_cuts_its_own_way_is_told_to_have_come_back(ready: City) -> None:
    if not shutil.which("vtysh"):
        pytest.skip("tools/setup roles")
    city, host = ready, ready.lab.hosts[GATEWAY.name]
    host.run(["nft", "flush", "ruleset"])
    host.run(["sh", "-c", START_FRR], timeout=60)
    plan = file(city, PORT, window(-1, 2))
    approve(city, plan)
    city.qianyun("network", "start", plan["code"], actor="wang")
    ended = end(city, plan["code"], 1)
    assert ended["state"] == "rolled_back"
    assert "it had set itself back" in ended["note"]
    steps = {s["step"]: s["state"] for s in city.json("network", "show", plan["code"])["steps"]}
    assert steps == {"preflight": "done", "switch": "failed", "rollback": "done"}
    told = host.run(["vtysh", "-c", "show running-config"]).stdout
    assert f"ip address {GATEWAY.address}/24" in told
    assert "198.51.100.9" not in told
