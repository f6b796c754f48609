"""A network plan (网络方案): changes of devices, firewalls, names and addresses as data with a digest.

The digest is over everything that will be sent, where to, and when: an approval binds to it. A change
that no playbook can send is done by a person, whose word with a paper stands for it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from inventory.canonical import digest
from inventory.frozen import Frozen
from inventory.model import Code, Host
from migrator.planning.plan import StepKind
from migrator.runs.approvals import ApprovalRecord
from migrator.runs.gates import standing
from migrator.runs.records import StepRecord, StepState, Wanted
from migrator.runs.rules import Concerned

SENT_WAY = (StepKind.PREFLIGHT, StepKind.SWITCH, StepKind.VERIFY)
"""The way of a change that a playbook sends: looked at in check mode, made, read back. The first of
all changes come before anything is made."""

BACK = {"network.yml": "network_back", "dns.yml": "dns_back", "vip.yml": "vip_back"}
"""The playbooks that send, and the variable that has each go back."""


class Device(Frozen):
    """A host as it was when the plan was filed: how it is reached, and where it stands."""

    code: Code
    ipv4: IPv4Address | None
    ipv6: IPv6Address | None
    ssh_port: int
    ssh_host_key: str | None
    place: Code | None

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(**{name: getattr(host, name) for name in cls.model_fields})


class NetworkChange(Frozen):
    """One entry of the list. `kind`: a vendor's, nftables, dns or vrrp; `playbook` "": a person does it,
    by `files` (text by name); `variables`: what the playbook is given; `hosts`: by inventory group."""

    number: int = Field(ge=1)
    name: str
    kind: str
    playbook: str
    hosts: dict[str, Device]
    variables: dict[str, Any]
    files: dict[str, str]
    notes: tuple[str, ...] = ()

    @property
    def by_hand(self) -> bool:
        return not self.playbook


class NetworkPlan(Frozen):
    """`opens`, `closes`: its window, on the clock of `timezone`; `touches`: whom it is about, never empty;
    `confirm_seconds`: after so long a device sets itself back unless it is reached anew."""

    title: str = ""
    timezone: str
    opens: datetime
    closes: datetime
    confirm_seconds: int = Field(ge=5, le=600)
    touches: tuple[Concerned, ...] = Field(min_length=1)
    changes: tuple[NetworkChange, ...] = Field(min_length=1)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: what an approval binds to."""
        return digest(self)

    def change(self, number: int) -> NetworkChange:
        return self.changes[number - 1]

    @property
    def hosts(self) -> Mapping[str, Device]:
        """By their codes."""
        return {host.code: host for one in self.changes for host in one.hosts.values()}

    def window(self) -> tuple[datetime, datetime]:
        """From (included) to (excluded)."""
        zone = ZoneInfo(self.timezone)
        return self.opens.replace(tzinfo=zone), self.closes.replace(tzinfo=zone)

    @classmethod
    def read(cls, text: str, expected: str) -> Self:
        """A stored plan; ValueError when it is not the one with that digest."""
        plan = cls.model_validate_json(text)
        if plan.digest != expected:
            raise ValueError(f"network plan digest: read {plan.digest}, expected {expected}")
        return plan


class NetworkState(StrEnum):
    """Where a network plan stands."""

    FILED = "filed"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # its check said no, or a way back did not end well: a person looks
    ROLLED_BACK = "rolled_back"


class NetworkStep(StepRecord):
    """A step of one of its changes."""

    number: int


class NetworkRecord(Frozen):
    """A network plan with what is not part of its digest; `decisions`: on this very digest."""

    code: str
    digest: str
    title: str
    author: str
    made_at: str
    state: NetworkState
    wanted: Wanted
    note: str
    started_by: str
    started_at: str | None
    ended_at: str | None
    decisions: tuple[ApprovalRecord, ...] = ()
    steps: tuple[NetworkStep, ...] = ()

    def step(self, number: int, kind: StepKind) -> NetworkStep:
        same = (s for s in self.steps if (s.number, s.step) == (number, kind))
        return next(same, NetworkStep(number=number, step=kind))

    @property
    def made(self) -> tuple[int, ...]:
        """Numbers of the changes that were begun: what a way back has to look at."""
        begun = {
            s.number
            for s in self.steps
            if s.step is StepKind.SWITCH and s.state is not StepState.PENDING
        }
        return tuple(sorted(begun))

    @property
    def approvals(self) -> tuple[str, ...]:
        """Who approved it, and did not take that back."""
        return tuple(one.actor for one in standing(self.decisions))
