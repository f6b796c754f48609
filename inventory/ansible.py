"""The estate as Ansible's dynamic inventory. Pure: an Estate in, plain JSON out.

Hosts are named by their code. Groups are `place_…`, `site_…`, `system_…`, `organisation_…`,
`zone_…`, `os_…`, `qianyun_live` (hosts on which their system lives now), `qianyun_gateway` (hosts
that carry an exchange node) and `qianyun` (all of them). Every text that people wrote is marked
`__ansible_unsafe`: Ansible's reader of script inventories trusts what it reads as templates.
"""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from inventory.addresses import address_text
from inventory.model import Cloud, Estate, Host, Room, System
from inventory.secrecy import Hidden, hidden

NO_ADDRESS = "no-address.invalid"
"""The address of a host that has none: a name that never resolves (RFC 6761). Left out, Ansible
would look the host's code up in the DNS and might reach another machine."""

FAMILIES: tuple[tuple[str, str], ...] = (
    (r"kylin|麒麟", "kylin"),
    (r"uos|uniontech|统信", "uos"),
    (r"openeuler|欧拉", "openeuler"),
    (r"anolis|龙蜥", "anolis"),
    (r"deepin|深度", "deepin"),
    (r"debian", "debian"),
    (r"ubuntu", "ubuntu"),
    (r"centos", "centos"),
    (r"red ?hat|rhel", "redhat"),
    (r"rocky", "rocky"),
    (r"alma", "alma"),
    (r"oracle linux", "oracle"),
    (r"suse", "suse"),
    (r"windows", "windows"),
    (r"aix", "aix"),
)
"""What an operating system's text holds (any case), and its family; the first that fits."""

type Json = dict[str, Any]


def inventory_of(estate: Estate) -> Json:
    """Ansible's script JSON (`--list`): groups with `hosts`, `vars`, `children`, and
    `_meta.hostvars` for every host. Classified systems and their hosts are not in it."""
    facts = _Facts.of(estate)
    groups = _Groups()
    hostvars: dict[str, Json] = {}
    for host in estate.hosts:
        if host.code not in facts.hidden.hosts:
            ties = facts.ties(host)
            hostvars[host.code] = _variables(host, ties, facts)
            _join(groups, host, ties, facts)
    groups.children(estate)
    return {"_meta": {"hostvars": hostvars}, **groups.as_json()}


def host_of(estate: Estate, code: str) -> Json | None:
    """The variables of one host (`--host`), or None when there is no such host to address."""
    facts = _Facts.of(estate)
    host = next((h for h in estate.hosts if h.code == code), None)
    if host is None or host.code in facts.hidden.hosts:
        return None
    return _variables(host, facts.ties(host), facts)


@cache
def group_name(kind: str, code: str) -> str:
    """`kind_code` by Ansible's rule [A-Za-z_][A-Za-z0-9_]*, never the same for two codes.

    Single hyphens become underscores (R-001 → R_001). A code with anything else in it (`_`, `.`,
    `--`) would collide with one of those, so it gets `__` and twelve digits of its SHA-256; the
    name never depends on which other objects there are.
    """
    if re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", code):
        return f"{kind}_{code.replace('-', '_')}"
    plain = re.sub(r"[^A-Za-z0-9]+", "_", code).strip("_")
    return f"{kind}_{plain}__{hashlib.sha256(code.encode()).hexdigest()[:12]}"


@cache
def os_family(text: str) -> str:
    """The family of an operating system as people write it; `other` for one not known."""
    return next((name for sign, name in FAMILIES if re.search(sign, text, re.IGNORECASE)), "other")


def unsafe(text: str) -> Json:
    """A text from people as Ansible's JSON readers take it for data, whatever is in it."""
    return {"__ansible_unsafe": text}


@dataclass(frozen=True)
class _Facts:
    """What hosts are looked up by, gathered once: an estate has tens of thousands of them."""

    hidden: Hidden
    names: dict[str, dict[str, str]]  # collection → code → name
    place_owners: dict[str, str | None]  # place → its organisation
    systems: dict[str, System]
    lives: dict[str, list[str]]  # host → systems that were moved onto it
    services: dict[str, list[Json]]
    nodes: dict[str, list[str]]

    @classmethod
    def of(cls, estate: Estate) -> "_Facts":
        hide = hidden(estate)
        places: tuple[Room | Cloud, ...] = (*estate.rooms, *estate.clouds)
        facts = cls(
            hidden=hide,
            names={
                "place": {p.code: p.name for p in places},
                "system": {s.code: s.name for s in estate.systems},
                "organisation": {o.code: o.name for o in estate.organisations},
            },
            place_owners={p.code: p.organisation for p in places},
            systems={s.code: s for s in estate.systems if s.code not in hide.systems},
            lives=defaultdict(list),
            services=defaultdict(list),
            nodes=defaultdict(list),
        )
        for system in facts.systems.values():
            for host in system.placement.hosts if system.placement else ():
                facts.lives[host].append(system.code)
        for service in estate.services:
            if not hide.hides(service):
                told = {"code": service.code, "port": service.port}
                told |= {"protocol": unsafe(service.protocol)}
                facts.services[service.host].append(told)
        for node in estate.nodes:
            if node.host:
                facts.nodes[node.host].append(node.code)
        return facts

    def ties(self, host: Host) -> "_Ties":
        moved = self.lives.get(host.code, [])
        declared = self.systems.get(host.system or "")
        stays = declared and not declared.placement and declared.place == host.place
        codes = [host.system, *moved] if host.system and host.system not in moved else moved
        owners = [self.systems[code].organisation for code in codes if code in self.systems]
        owners.append(self.place_owners.get(host.place or ""))
        return _Ties(
            systems=codes,
            live=bool(moved or stays),
            organisation=next((owner for owner in owners if owner), None),
        )


@dataclass(frozen=True, slots=True)
class _Ties:
    """What a host has to do with: the systems that it is declared for or that were moved onto it,
    whether one lives there now, and whose it is (its systems' organisation, else its place's)."""

    systems: list[str]
    live: bool
    organisation: str | None


def _variables(host: Host, ties: _Ties, facts: _Facts) -> Json:
    v4 = host.ipv4 and address_text(host.ipv4)
    v6 = host.ipv6 and address_text(host.ipv6)
    told: Json = {
        "ansible_host": v4 or v6 or NO_ADDRESS,
        "ansible_port": host.ssh_port,
        "qianyun_live": ties.live,
    }
    # none of these can hold more than letters, digits and . _ - : + / = and a space
    for name, value in (
        ("qianyun_place", host.place),
        ("qianyun_system", host.system),
        ("qianyun_organisation", ties.organisation),
        ("qianyun_zone", host.zone),
        ("qianyun_ipv4", v4),
        ("qianyun_ipv6", v6),
        ("qianyun_purchased", host.purchased and host.purchased.isoformat()),
        ("qianyun_ssh_host_key", host.ssh_host_key),
        ("qianyun_services", facts.services.get(host.code)),
        ("qianyun_nodes", facts.nodes.get(host.code)),
    ):
        if value is not None:
            told[name] = value
    for name, text in (
        ("qianyun_name", host.name),
        ("qianyun_asset_tag", host.asset_tag),
        ("qianyun_rack", host.rack),
        ("qianyun_os", host.os),
        ("qianyun_cpu_arch", host.cpu_arch),
    ):
        if text is not None:
            told[name] = unsafe(text)
    return told


def _join(groups: "_Groups", host: Host, ties: _Ties, facts: _Facts) -> None:
    groups.hosts["qianyun"].append(host.code)
    if host.place:
        groups.add("place", host.place, host, facts)
    for system in ties.systems:
        groups.add("system", system, host, facts)
    if ties.organisation:
        groups.add("organisation", ties.organisation, host, facts)
    if host.zone:
        groups.hosts[f"zone_{host.zone}"].append(host.code)
    if host.os:
        groups.hosts[f"os_{os_family(host.os)}"].append(host.code)
    if ties.live:
        groups.hosts["qianyun_live"].append(host.code)
    if host.code in facts.nodes:
        groups.hosts["qianyun_gateway"].append(host.code)


@dataclass
class _Groups:
    """Groups as they fill."""

    hosts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    about: dict[str, Json] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, code: str, host: Host, facts: _Facts) -> None:
        """Into the group of an object, whose code and name become the group's variables."""
        group = group_name(kind, code)
        told = self.about.get(group)
        if told is None:
            told = self.about[group] = {f"qianyun_{kind}_group": code}
            if name := facts.names[kind].get(code):
                told[f"qianyun_{kind}_name"] = unsafe(name)
        self.hosts[group].append(host.code)

    def children(self, estate: Estate) -> None:
        """Groups of sites, made of the groups of their places."""
        places: tuple[Room | Cloud, ...] = (*estate.rooms, *estate.clouds)
        for place in sorted(places, key=lambda p: p.code):
            group = group_name("place", place.code)
            if place.site and group in self.about:
                self.below[group_name("site", place.site)].append(group)
        for site in estate.sites:
            group = group_name("site", site.code)
            if group in self.below:
                about: Json = {"qianyun_site_group": site.code}
                self.about[group] = about | {"qianyun_site_name": unsafe(site.name)}

    def as_json(self) -> Json:
        told: Json = {}
        for group in sorted(self.hosts.keys() | self.below.keys()):
            one: Json = {}
            if group in self.hosts:
                one["hosts"] = self.hosts[group]
            if group in self.below:
                one["children"] = self.below[group]
            if group in self.about:
                one["vars"] = self.about[group]
            told[group] = one
        return told
