"""What hosts show for the five criteria of a “僵尸” system. Shown, never decided. Pure.

The criteria are the same words in Cangzhou 二(一), Xianning 方案 二(一)3 and Dalian 二(一)
(requirements 0.3); none of the documents has a number, so none stands here. The second, that another
system could do the work, no host can tell: systems with the same declared function are named.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import JsonValue

from inventory.addressbook import ports_of
from inventory.difference import evidence
from inventory.facts import Evidence, Look
from inventory.ground import Ground
from inventory.model import Estate, Frozen, System


class Criterion(StrEnum):
    DETACHED = "detached"  # ① 使用与实际业务流程长期脱节
    REPLACEABLE = "replaceable"  # ② 功能可被其他系统替代
    IDLE = "idle"  # ③ 所占用资源长期处于空闲状态
    NOT_UPDATED = "not_updated"  # ④ 运行维护停止更新服务
    LITTLE_USED = "little_used"  # ⑤ 使用范围小、频度低


class Sign(Frozen):
    """One thing that a host shows. `value` None: it could not be read. `what` names the unit."""

    criterion: Criterion
    what: str
    host: str | None
    value: JsonValue
    evidence: Evidence | None = None


class IdleSigns(Frozen):
    """All signs of one system; hosts that were never read are named."""

    code: str
    name: str
    organisation: str | None
    signs: tuple[Sign, ...]
    not_read: tuple[str, ...]


def idle_signs(estate: Estate, looks: Mapping[str, Look], today: date) -> tuple[IdleSigns, ...]:
    """For every system that is not classified; `looks`: the newest of each host."""
    ground = Ground(estate, looks)
    return tuple(
        _of(ground, system, today)
        for system in estate.systems
        if system.code not in ground.secret.systems
    )


def _of(ground: Ground, system: System, today: date) -> IdleSigns:
    hosts = ground.hosts_of[system.code]
    signs = list(_declared(ground, system))
    for host in hosts:
        if host.code in ground.looks:
            signs += _host(ground.looks[host.code], today)
    order = list(Criterion)
    return IdleSigns(
        code=system.code,
        name=system.name,
        organisation=system.organisation,
        signs=tuple(sorted(signs, key=lambda sign: order.index(sign.criterion))),
        not_read=tuple(h.code for h in hosts if h.code not in ground.looks),
    )


def _declared(ground: Ground, system: System) -> Iterator[Sign]:
    """What the ledgers say: who needs it, and who does the same."""
    needed = sorted(d.system for d in ground.estate.dependencies if d.needs == system.code)
    yield Sign(criterion=Criterion.DETACHED, what="needed_by", host=None, value=list(needed))
    function = "".join((system.function or "").split()).lower()
    alike = [
        other.code
        for other in ground.estate.systems
        if function
        and other.code != system.code
        and other.code not in ground.secret.systems
        and "".join((other.function or "").split()).lower() == function
    ]
    yield Sign(criterion=Criterion.REPLACEABLE, what="same_function", host=None, value=list(alike))


def _host(look: Look, today: date) -> Iterator[Sign]:
    facts = look.facts

    def sign(criterion: Criterion, what: str, value: JsonValue, fact: str) -> Sign:
        seen = evidence(look, fact)
        return Sign(criterion=criterion, what=what, host=look.code, value=value, evidence=seen)

    clients = _clients(look)
    yield sign(Criterion.DETACHED, "clients", clients, "connections")
    yield sign(Criterion.LITTLE_USED, "clients", clients, "connections")
    busy = facts.load.busy if facts.load else None
    days = facts.load.uptime // 86_400 if facts.load else None
    yield sign(Criterion.IDLE, "cpu_busy_permille", busy, "load")
    yield sign(Criterion.IDLE, "uptime_days", days, "load")
    load = facts.load.load[2] if facts.load and facts.load.load else None
    yield sign(Criterion.IDLE, "load_15_minutes", load, "load")
    memory = facts.memory
    used: int | None = None
    if memory and memory.available is not None and memory.total:
        used = (memory.total - memory.available) * 1000 // memory.total
    yield sign(Criterion.IDLE, "memory_used_permille", used, "memory")
    updated = facts.packages.updated if facts.packages else None
    yield sign(Criterion.NOT_UPDATED, "package_update", updated, "packages")
    expired: int | None = None
    if facts.certificates is not None:
        day = datetime.combine(today, datetime.min.time(), UTC)
        ends = [datetime.fromisoformat(one.ends) for one in facts.certificates]
        expired = sum(end < day for end in ends)
    yield sign(Criterion.NOT_UPDATED, "certificates_expired", expired, "certificates")
    last: JsonValue = None
    if facts.logins is not None:
        last = max((login.at for login in facts.logins), default="")
    yield sign(Criterion.LITTLE_USED, "last_login", last, "logins")


def _clients(look: Look) -> int | None:
    """How many other addresses had a connection to a port that it serves, at the look."""
    ports, found = ports_of(look.facts), look.facts.connections
    if ports is None or found is None:
        return None
    served = (one for one in found if one.port in ports and one.peer != look.facts.visitor)
    return len({one.peer for one in served})
