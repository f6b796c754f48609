"""核查: what was declared beside what was found, field by field (requirements F-10). Pure.

A fact that could not be read makes no difference, and neither does what can't be compared; both are
told apart. Nothing here weighs: which difference matters is for people.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time

from pydantic import JsonValue

from inventory import verification_host, verification_system
from inventory.difference import Aside, Difference, How, evidence
from inventory.facts import Evidence, Failure, Look
from inventory.ground import Ground
from inventory.model import Estate, Frozen, Host, System

FULL = 95
CLOCK_SECONDS = 60


class Notice(Frozen):
    """What a host shows that no ledger speaks of and somebody should know."""

    code: str
    what: str  # certificate_expired, clock_off, filesystem_full
    about: str
    value: JsonValue
    evidence: Evidence


class Verification(Frozen):
    """`unread`: hosts of the estate that no look has read, with why the last visit failed."""

    differences: tuple[Difference, ...] = ()
    unclear: tuple[Difference, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: Mapping[str, str | None] = {}

    def only(self, hosts: frozenset[str], objects: frozenset[str]) -> "Verification":
        """What is about these hosts, or about `objects`: them and their systems."""
        return Verification(
            differences=tuple(d for d in self.differences if d.code in objects),
            unclear=tuple(d for d in self.unclear if d.code in objects),
            notices=tuple(n for n in self.notices if n.code in hosts),
            unread={code: why for code, why in self.unread.items() if code in hosts},
        )


def verify(
    estate: Estate, looks: Mapping[str, Look], failed: Mapping[str, Look], today: date
) -> Verification:
    """`looks`: the newest that read each host; `failed`: the newest visit that failed since.

    `today`: the day by which a certificate has expired or not.
    """
    ground = Ground(estate, looks)
    secret, read = ground.secret, ground.looks
    open_hosts = [h for h in estate.hosts if h.code not in secret.hosts]
    keys = {h.ssh_host_key: h.code for h in open_hosts if h.ssh_host_key}
    whose = _Whose(estate)
    found: list[Difference] = []
    for host in open_hosts:
        asides = [*_key(keys, host, failed.get(host.code))]
        if host.code in read:
            asides += verification_host.compare(ground, host)
        found += [whose.difference("hosts", host, aside) for aside in asides]
    for system in estate.systems:
        if system.code not in secret.systems:
            asides = list(verification_system.compare(ground, system))
            found += [whose.difference("systems", system, aside) for aside in asides]
    return Verification(
        differences=tuple(d for d in found if d.how is not How.UNCLEAR),
        unclear=tuple(d for d in found if d.how is How.UNCLEAR),
        notices=tuple(
            n for h in open_hosts if (look := read.get(h.code)) for n in _notices(look, today)
        ),
        unread={h.code: _failure(failed.get(h.code)) for h in open_hosts if h.code not in read},
    )


def _failure(look: Look | None) -> str | None:
    return look.visit.failure.value if look and look.visit.failure else None


class _Whose:
    """Whose an object is: the system's organisation, else that of the room a host stands in."""

    def __init__(self, estate: Estate) -> None:
        self.systems = {s.code: s.organisation for s in estate.systems}
        self.places = {r.code: r.organisation for r in estate.rooms}
        self.places |= {c.code: c.organisation for c in estate.clouds}

    def of(self, thing: Host | System) -> str | None:
        if isinstance(thing, System):
            return thing.organisation
        return self.systems.get(thing.system or "") or self.places.get(thing.place or "")

    def difference(self, kind: str, thing: Host | System, aside: Aside) -> Difference:
        told = (p for p in thing.provenance if p.field == aside.field)
        return Difference(
            kind=kind,
            code=thing.code,
            name=thing.name,
            organisation=self.of(thing),
            source=next(told, None),
            **dict(aside),
        )


def _key(keys: Mapping[str, str], host: Host, failed: Look | None) -> Iterator[Aside]:
    """A host that showed another key: perhaps another host's, and the address is the wrong one."""
    if failed is None or failed.visit.failure is not Failure.WRONG_HOST_KEY:
        return
    shown, seen = failed.visit.found_key, evidence(failed, "host_key")
    other = keys.get(shown)
    if other is None:
        yield Aside(
            field="ssh_host_key",
            how=How.DIFFERS,
            declared=host.ssh_host_key,
            found=shown,
            evidence=(seen,),
        )
        return
    declared = host.ipv4 or host.ipv6
    field = "ipv4" if host.ipv4 else "ipv6"
    yield Aside(
        field=field,
        how=How.DIFFERS,
        declared=str(declared),
        found=f"→ {other}",
        evidence=(seen,),
    )


def _notices(look: Look, today: date) -> Iterator[Notice]:
    facts, code = look.facts, look.code
    begin = datetime.combine(today, time.min, UTC)
    for one in facts.certificates or ():
        if datetime.fromisoformat(one.ends) < begin:
            seen = evidence(look, "certificates")
            yield Notice(
                code=code, what="certificate_expired", about=one.path, value=one.ends, evidence=seen
            )
    if facts.clock is not None and abs(facts.clock.offset) > CLOCK_SECONDS:
        seen = evidence(look, "clock")
        yield Notice(code=code, what="clock_off", about="", value=facts.clock.offset, evidence=seen)
    for system in facts.filesystems or ():
        if system.used * 100 >= system.size * FULL:
            yield Notice(
                code=code,
                what="filesystem_full",
                about=system.mount,
                value=system.used * 100 // system.size,
                evidence=evidence(look, "filesystems"),
            )
