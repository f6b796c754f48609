"""Who acts, and what they may: one pure table, asked by every use case.

    person = Person(name="wang", roles=frozenset({Role.OPERATOR}))
    may(person, Deed.RUN_START)                         # True
    permit(person, Deed.PLAN_DECIDE)                    # raises Forbidden

A role allows deeds; a scope (organisations) narrows on what. Nobody's role contains another's power
to decide: who makes plans does not approve them, who administers accounts does neither.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from migrator.errors import Forbidden


class Role(StrEnum):
    """What somebody is in the office."""

    VIEWER = "viewer"
    PLANNER = "planner"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Deed(StrEnum):
    """Everything that a use case can be asked for; `X.read` looks and changes nothing."""

    INVENTORY_READ = "inventory.read"
    INVENTORY_APPLY = "inventory.apply"
    INVENTORY_SETTLE = "inventory.settle"
    INVENTORY_PULL = "inventory.pull"
    PLAN_READ = "plan.read"
    PLAN_MAKE = "plan.make"
    PLAN_REHEARSE = "plan.rehearse"
    PLAN_DECIDE = "plan.decide"
    PLAN_EVIDENCE = "plan.evidence"
    RUN_READ = "run.read"
    RUN_START = "run.start"
    RUN_CONTROL = "run.control"
    EVIDENCE_READ = "evidence.read"
    POLICY_READ = "policy.read"
    POLICY_RECORD = "policy.record"
    POLICY_WITHDRAW = "policy.withdraw"
    REPORT_READ = "report.read"
    REPORT_FINAL = "report.final"
    REPORT_SEND = "report.send"
    PROBE_READ = "probe.read"
    PROBE_SILENCE = "probe.silence"
    PROBE_ACKNOWLEDGE = "probe.acknowledge"
    AUDIT_READ = "audit.read"
    USER_READ = "user.read"
    USER_MANAGE = "user.manage"
    SYSTEM_READ = "system.read"
    SYSTEM_BACKUP = "system.backup"
    OWN_ACCOUNT = "own.account"


_LOOK = frozenset(
    {
        Deed.INVENTORY_READ,
        Deed.PLAN_READ,
        Deed.RUN_READ,
        Deed.POLICY_READ,
        Deed.REPORT_READ,
        Deed.PROBE_READ,
        Deed.OWN_ACCOUNT,
    }
)

ALLOWED: Mapping[Role, frozenset[Deed]] = MappingProxyType(
    {
        Role.VIEWER: _LOOK,
        Role.PLANNER: _LOOK
        | {
            Deed.INVENTORY_APPLY,
            Deed.INVENTORY_SETTLE,
            Deed.INVENTORY_PULL,
            Deed.PLAN_MAKE,
            Deed.PLAN_EVIDENCE,
            Deed.PLAN_REHEARSE,
            Deed.POLICY_RECORD,
            Deed.POLICY_WITHDRAW,
            Deed.REPORT_FINAL,
            Deed.REPORT_SEND,
        },
        Role.OPERATOR: _LOOK
        | {
            Deed.PLAN_EVIDENCE,
            Deed.PLAN_REHEARSE,
            Deed.RUN_START,
            Deed.RUN_CONTROL,
            Deed.EVIDENCE_READ,
            Deed.PROBE_SILENCE,
            Deed.PROBE_ACKNOWLEDGE,
            Deed.SYSTEM_READ,
        },
        Role.APPROVER: _LOOK | {Deed.PLAN_DECIDE, Deed.PLAN_EVIDENCE, Deed.EVIDENCE_READ},
        Role.AUDITOR: _LOOK | {Deed.AUDIT_READ, Deed.EVIDENCE_READ, Deed.USER_READ},
        Role.ADMIN: _LOOK
        | {Deed.USER_READ, Deed.USER_MANAGE, Deed.SYSTEM_READ, Deed.SYSTEM_BACKUP},
    }
)
"""The table of rights. A deed that no role has can be done by nobody."""

OF_THE_CITY = frozenset(
    {
        Deed.INVENTORY_SETTLE,
        Deed.INVENTORY_PULL,
        Deed.PLAN_MAKE,
        Deed.PLAN_REHEARSE,
        Deed.PLAN_DECIDE,
        Deed.PLAN_EVIDENCE,
        Deed.RUN_START,
        Deed.EVIDENCE_READ,
        Deed.POLICY_WITHDRAW,
        Deed.PROBE_SILENCE,
        Deed.PROBE_ACKNOWLEDGE,
        Deed.AUDIT_READ,
        Deed.USER_READ,
        Deed.USER_MANAGE,
        Deed.SYSTEM_READ,
        Deed.SYSTEM_BACKUP,
    }
)
"""Deeds that concern everybody: who is bound to organisations has none of them."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who acts. `organisations`: codes that they are bound to, None for the whole city; an empty set
    is bound to nothing. `via`: how they came in, for the audit ("" at the terminal). `issued`: by a
    password that another knows, so that nothing can be done in their name."""

    name: str
    roles: frozenset[Role]
    organisations: frozenset[str] | None = None
    via: str = ""
    issued: bool = False

    @property
    def whole_city(self) -> bool:
        return self.organisations is None


@dataclass(frozen=True)
class Subject:
    """What a deed is about: the organisations whose objects it reads or changes. One that belongs to
    no organisation counts as `None` in it: then only the whole city may."""

    organisations: frozenset[str | None]

    @classmethod
    def of(cls, *organisations: str | None) -> "Subject":
        return cls(frozenset(organisations))


def local(name: str) -> Person:
    """The account at the terminal: who can read the state folder can already do everything there, so
    it has every role. The name is what they say it is; the audit keeps the login beside it."""
    return Person(name=name, roles=frozenset(Role))


def service(name: str) -> Person:
    """A part of the product that acts by itself (a webhook's refresh, say): never from outside."""
    return Person(name=name, roles=frozenset(Role), via="service")


def may(person: Person, deed: Deed, subject: Subject | None = None) -> bool:
    """Whether a person may do a deed; without a subject, to something of their own scope."""
    if person.issued or not any(deed in ALLOWED[role] for role in person.roles):
        return False
    if person.organisations is None:
        return True
    if deed in OF_THE_CITY:
        return False
    return subject is None or subject.organisations <= person.organisations


def covered(roles: Iterable[Role], others: Iterable[Role]) -> bool:
    """Whether the first may nothing that the others may not."""
    return _deeds(roles) <= _deeds(others)


def _deeds(roles: Iterable[Role]) -> frozenset[Deed]:
    return frozenset(deed for role in roles for deed in ALLOWED[role])


def deeds_of(person: Person) -> frozenset[Deed]:
    """Every deed that a person may do at all: what a page shows or leaves out."""
    return frozenset(deed for deed in Deed if may(person, deed))


def permit(person: Person, deed: Deed, subject: Subject | None = None) -> None:
    """Raises Forbidden, which says which roles could, and whose the subject is."""
    if may(person, deed, subject):
        return
    if person.issued:
        raise Forbidden(
            f"{person.name} 的密码由他人设置，请先改为自己的密码（/me） / {person.name}'s password was "
            "given by another: choose your own first (/me, or PUT /api/v1/session/password)"
        )
    roles = "、".join(role for role in Role if deed in ALLOWED[role])
    if not any(deed in ALLOWED[role] for role in person.roles):
        held = "、".join(role for role in Role if role in person.roles) or "—"
        raise Forbidden(
            f"{person.name} 无权执行 {deed}：现有角色 {held}，应有其一 {roles} / {person.name} may not "
            f"{deed}: read roles {held}, expected one of {roles}; ask an administrator"
        )
    own = "、".join(sorted(person.organisations or ())) or "—"
    other = "、".join(sorted(str(o or "—") for o in (subject.organisations if subject else ())))
    raise Forbidden(
        f"{person.name} 只负责单位 {own}，此事涉及 {other or '全市'} / {person.name} is bound to "
        f"organisations {own}, this is about {other or 'the whole city'}: {deed}; ask somebody who "
        "answers for it"
    )


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Roles by name. Raises ValueError naming the first that there is not."""
    return frozenset(Role(name) for name in names)


def within(person: Person, organisation: str | None) -> bool:
    """Whether something of an organisation lies in a person's scope."""
    return person.organisations is None or organisation in person.organisations
