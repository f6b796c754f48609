"""An office with a NetBox: Qianyun's state folder and tokens, and the command line.

No host is touched: what a story with a NetBox needs of the lab is its ledger alone.
"""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pynetbox  # type: ignore[import-untyped]
import requests

from api.cli.main import main
from tests.inventory.netbox.city import log_length, unmanaged
from tests.lab.addresses import HOSTS
from tests.lab.ledger import write_ledger
from tests.netbox.server import NetBox

REPO = Path(__file__).resolve().parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1" + "a" * 40
LOADED = "office_loaded"

type Cells = Mapping[tuple[str, str, str], object]
"""(sheet, key of the row, header) → a value."""


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Office:
    """`folder` holds all; `url` is where NetBox is looked for; `extra` more of the environment."""

    netbox: NetBox
    folder: Path
    url: str
    extra: Mapping[str, str] = field(default_factory=dict)
    apart: bool = False

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def token(self) -> Path:
        """Qianyun's own, with least privilege."""
        return self.folder / "token"

    @property
    def admin(self) -> Path:
        """The administrator's."""
        path = self.folder / "admin-token"
        path.touch(0o600)
        path.write_text(self.netbox.token)
        return path

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QIANYUN_")}
        return kept | {
            "QIANYUN_STATE": str(self.state),
            "QIANYUN_TEMPORAL_ADDRESS": "127.0.0.1:9",
            "QIANYUN_NETBOX_URL": self.url,
            "QIANYUN_NETBOX_TOKEN": f"file:{self.token}",
            "PYTHONPATH": str(REPO),
            "COLUMNS": "200",
            **self.extra,
        }

    def having(self, url: str | None = None, **extra: str) -> "Office":
        """The same office by another way to NetBox, or with more in the environment."""
        return replace(self, url=url or self.url, extra={**self.extra, **extra})

    def by_admin(self) -> "Office":
        return self.having(QIANYUN_NETBOX_TOKEN=f"file:{self.admin}")

    def run(self, *words: object, actor: str = "zhang") -> Done:
        """A command as a user gives it: in this process, or with `apart` in one of its own."""
        argv = ["--as", actor, *map(str, words)]
        return self._apart(argv) if self.apart else self._here(argv)

    def _apart(self, argv: list[str]) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "api.cli.main", *argv],
            env=self.environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _here(self, argv: list[str]) -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environ)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = main(argv)
        finally:
            os.environ.clear()
            os.environ.update(before)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read())
        return Done(int(code), *said)

    def does(self, *words: object, actor: str = "zhang", expect: int = 0) -> Done:
        """A command that has to end so."""
        done = self.run(*words, actor=actor)
        told = f"{words}: exit {done.code}, expected {expect}\n{done.out[-3000:]}{done.err[-3000:]}"
        assert done.code == expect, told
        return done

    def asks(self, *words: object, actor: str = "zhang", expect: int = 0) -> Any:
        """What a command answers as JSON."""
        return self.does("--json", *words, actor=actor, expect=expect).json

    def ledger(self, name: str = "澜江市", cells: Cells | None = None) -> Path:
        """The sample city's, with other values in `cells`."""
        return write_ledger(
            self.folder / f"{name}.xlsx",
            host_keys={host.name: KEY for host in HOSTS},
            cells=cells,
        )

    def brings(self, ledger: Path) -> Any:
        """Shown, then done as the answer says."""
        shown = self.asks("inventory", "apply", ledger)
        if shown["applied"]:
            return shown
        return self.asks(*shown["confirm_with"][1:])

    # ── what is there, seen from outside ────────────────────────────────────────────────────────

    def api(self) -> Any:
        """NetBox's own API by the administrator's token."""
        return pynetbox.api(self.netbox.url, token=self.netbox.token)

    def database(self) -> str:
        """All that Qianyun's database holds."""
        with sqlite3.connect(f"file:{self.state}/qianyun.db?mode=ro", uri=True) as database:
            return "\n".join(database.iterdump())

    def written(self) -> int:
        """How many changes NetBox's log holds."""
        return log_length(self.netbox)

    def saved(self) -> str:
        """When each object of NetBox was last saved: also what was saved unchanged shows here."""
        return self.netbox.shell(SAVED)

    def saved_or_away(self) -> str:
        """As `saved`; empty while NetBox is down."""
        return self.saved() if self.netbox.answers() else ""


@dataclass(frozen=True)
class Strangers:
    """Objects of others: what NetBox's API says of each, and the hash of every row of its
    database that is not ours."""

    bodies: Mapping[str, bytes]
    rows: Mapping[str, str]

    @property
    def told(self) -> dict[str, Any]:
        """What was said of them, without custom fields that are empty: a new field is one of
        every object."""
        found = {}
        for url, body in self.bodies.items():
            told = json.loads(body)
            own = told.get("custom_fields", {}).items()
            found[url] = told | {"custom_fields": {n: v for n, v in own if v is not None}}
        return found

    @classmethod
    def of(cls, office: Office) -> "Strangers":
        as_admin = {"Authorization": f"Bearer {office.netbox.token}"}
        bodies = {}
        with requests.Session() as session:
            for path in PATHS:
                asked = session.get(f"{office.netbox.url}/api/{path}/1/", headers=as_admin)
                assert b"STRANGER" in asked.content, path
                bodies[path] = asked.content
        return cls(bodies, unmanaged(office.netbox))


SAVED = """
from django.apps import apps
for model in apps.get_models():
    if any(field.name == 'last_updated' for field in model._meta.fields):
        for row in model.objects.order_by('pk').values_list('pk', 'last_updated'):
            print(model._meta.label, *row)
"""

PATHS = (
    "tenancy/tenants",
    "dcim/sites",
    "dcim/locations",
    "dcim/racks",
    "dcim/devices",
    "dcim/interfaces",
    "ipam/ip-addresses",
    "ipam/prefixes",
    "ipam/services",
    "circuits/providers",
    "circuits/circuits",
    "virtualization/clusters",
    "virtualization/virtual-machines",
    "tenancy/contacts",
)

# the first of their kind in NetBox, so their ids are known
STRANGERS = """
from circuits.models import Circuit, CircuitType, Provider
from dcim.models import (Device, DeviceRole, DeviceType, Interface, Location, Manufacturer, Rack,
    Site)
from ipam.models import IPAddress, Prefix, Service
from tenancy.models import Contact, Tenant
from virtualization.models import Cluster, ClusterType, VirtualMachine

def made(model, /, **facts):
    one = model(**facts)
    one.full_clean()
    one.save()
    return one

named = dict(name='STRANGER', slug='stranger')
site = made(Site, **named, status='active', physical_address='别人的楼 \\u202e ☃')
tenant = made(Tenant, **named)
room = made(Location, **named, site=site)
rack = made(Rack, name='STRANGER', site=site, location=room)
maker = made(Manufacturer, **named)
kind = made(DeviceType, manufacturer=maker, model='STRANGER', slug='stranger')
role = made(DeviceRole, **named)
device = made(Device, name='STRANGER', site=site, location=room, device_type=kind, role=role,
    tenant=tenant, rack=rack, comments='{{ 7*7 }} <b>jt-web-01</b>')
port = made(Interface, device=device, name='mgmt', type='virtual', description='STRANGER')
address = made(IPAddress, address='10.21.0.11/24', assigned_object=port, description='STRANGER')
device.primary_ip4 = address
device.save()
made(Prefix, prefix='10.21.0.0/16', description='STRANGER')
made(Service, name='STRANGER', parent=device, port_mappings=['tcp/80', 'tcp/443'])
provider = made(Provider, **named)
lines = made(CircuitType, **named)
made(Circuit, cid='STRANGER LJ-DX-1001', provider=provider, type=lines, commit_rate=1)
clouds = made(ClusterType, **named)
cluster = made(Cluster, name='STRANGER', type=clouds, scope=site)
made(VirtualMachine, name='STRANGER', cluster=cluster, status='active')
made(Contact, name='STRANGER', phone='110')
"""


def settle_in(netbox: NetBox, folder: Path) -> Office:
    """An office over a NetBox that holds objects of others and nothing of ours."""
    netbox.reset()
    netbox.shell(STRANGERS)
    folder.mkdir(exist_ok=True)
    return Office(netbox, folder, netbox.url)


def at_work(netbox: NetBox, folder: Path) -> Office:
    """An office whose NetBox was made ready and holds the sample city. Brought there once: kept
    beside NetBox's data, and as a state of NetBox."""
    kept = netbox.folder.parent / "office"
    if not netbox.keeps(LOADED):
        first = settle_in(netbox, kept)
        first.by_admin().does("netbox", "bootstrap", "--token-file", first.token, actor="admin")
        first.brings(first.ledger())
        netbox.keep(LOADED)
    netbox.reset(LOADED)
    shutil.copytree(kept, folder)
    return Office(netbox, folder, netbox.url)
