"""What one entry of a list of changes becomes: files for a person, and one for its playbook."""

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from migrator.network.change_list import DeviceChanges, FirewallChange, NameChange, VipChange
from migrator.network.changes import Change, CloseExit, EnableIPv6
from migrator.network.checker import State, differences, follow
from migrator.network.devices import Rendered, Vendor, render, shows
from migrator.network.firewall.ruleset import Additions, additions
from migrator.network.firewall.words import words

NFTABLES, DNS, VRRP = "nftables", "dns", "vrrp"


@dataclass(frozen=True)
class Checked:
    """`kind`: a vendor's, nftables, dns or vrrp; `files`: text by name; `left`: what a rollback does not
    bring back, empty is right; `notes`: what a person is to look at; `sent_by`: the playbook, "" for none,
    `play`: its extra vars; `hosts`: codes by inventory group, "" where none was told."""

    name: str
    kind: str
    changes: int
    files: Mapping[str, str]
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sent_by: str = ""
    play: Mapping[str, Any] = MappingProxyType({})
    hosts: Mapping[str, str] = MappingProxyType({})

    def as_json(self) -> dict[str, object]:
        """Names of files, their SHA-256, and what was found."""
        return {
            "device": self.name,
            "vendor": self.kind,
            "changes": self.changes,
            "files": {n: hashlib.sha256(t.encode()).hexdigest() for n, t in self.files.items()},
            "not_rolled_back": list(self.left),
            "notes": list(self.notes),
            "sent_by": self.sent_by,
        }


def of_device(device: DeviceChanges) -> Checked:
    """Renders all changes, and follows them there and back. Raises Refused."""
    parts = [render(device.vendor, change) for change in device.changes]
    commands = Rendered(
        forward="".join(part.forward for part in parts),
        back="".join(part.back for part in reversed(parts)),
    )
    before = State()
    for change in device.changes:
        _before(change, before)
    after = deepcopy(before)
    for part in parts:
        follow(device.vendor, part.forward, after)
    for part in reversed(parts):
        follow(device.vendor, part.back, after)
    files = {
        f"{device.name}.forward.txt": commands.forward,
        f"{device.name}.rollback.txt": commands.back,
    }
    sent = device.vendor is Vendor.FRR
    play = {"change": _frr(device, commands)} if sent else {}
    if sent:
        files[f"{device.name}.play.json"] = _text(play)
    return Checked(
        device.name,
        device.vendor,
        len(parts),
        files,
        left=tuple(differences(before, after)),
        sent_by="network.yml" if sent else "",
        play=play,
        hosts={"device": device.host} if sent else {},
    )


def _frr(device: DeviceChanges, commands: Rendered) -> dict[str, object]:
    shown = [shows(change) for change in device.changes]
    return {
        **{"name": device.name, "vendor": str(device.vendor)},
        **{"forward": commands.forward, "back": commands.back},
        "shows_before": [line for before, _ in shown for line in before],
        "shows_after": [line for _, after in shown for line in after],
    }


def _before(change: Change, state: State) -> None:
    """What a change says that the device is set to before it."""
    port = change.interface.name
    if isinstance(change, CloseExit):
        state.gateways.add(str(change.gateway))
    elif isinstance(change, EnableIPv6):
        if change.enabled:
            state.enabled.add(port)
    else:
        state.addresses[port] = str(change.old)


def of_firewall(firewall: FirewallChange) -> Checked:
    """Raises Refused with what can't be said of IPv6."""
    made = additions(firewall.listing, firewall.addresses)
    change = {
        **{"name": firewall.name, "vendor": NFTABLES, "listing": list(firewall.listing)},
        **{"objects": list(made.objects), "twins": [one.as_json() for one in made.twins]},
    }
    return Checked(
        firewall.name,
        NFTABLES,
        len(made.objects) + len(made.twins),
        {
            f"{firewall.name}.forward.txt": _read_by_people(made),
            f"{firewall.name}.play.json": _text({"change": change}),
        },
        notes=made.left,
        sent_by="network.yml",
        play={"change": change},
        hosts={"device": firewall.host},
    )


def _read_by_people(made: Additions) -> str:
    lines = []
    for one in made.objects:
        ((kind, row),) = one.items()
        elements = f" {{ {words(row['elem'])} }}" if row.get("elem") else ""
        where = " ".join(str(row[key]) for key in ("family", "table", "name") if key in row)
        lines.append(f"+ {kind} {where}{elements}")
    for twin in made.twins:
        place = f"第 {twin.after + 1} 条之后 / after rule {twin.after + 1}"
        place = place if twin.after >= 0 else "链首 / first" if twin.after == -1 else "链尾 / last"
        where = f"{twin.family} {twin.table} {twin.chain}"
        lines.append(f"+ {where} ({place}): {words(twin.expr)}")
    return "\n".join([*lines, *(f"! {note}" for note in made.left)]) + "\n"


def of_name(change: NameChange) -> Checked:
    file, play = f"{change.name}.play.json", {"dns": change.told}
    return Checked(change.name, DNS, 1, {file: _text(play)}, sent_by="dns.yml", play=play)


def of_vip(change: VipChange) -> Checked:
    file, play = f"{change.name}.play.json", {"vip": change.told}
    hosts = dict(zip(("source", "target"), change.hosts, strict=True))
    text = {file: _text(play)}
    return Checked(change.name, VRRP, 1, text, sent_by="vip.yml", play=play, hosts=hosts)


def _text(play: Mapping[str, object]) -> str:
    """Extra vars of a playbook as a file; their texts are data to Ansible, whatever stands in them."""
    return json.dumps(_unsafe(play), ensure_ascii=False, indent=1) + "\n"


def _unsafe(told: object) -> object:
    if isinstance(told, str):
        return {"__ansible_unsafe": told}
    if isinstance(told, Mapping):
        return {key: _unsafe(one) for key, one in told.items()}
    if isinstance(told, list | tuple):
        return [_unsafe(one) for one in told]
    return told
