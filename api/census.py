"""Going out to the hosts: which, as whom, what is kept of it. Joins the estate, probes and truth."""

import contextlib
import fcntl
import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from api.access import Guide, read_access
from api.bootstrap import Qianyun
from api.errors import BadUsage, Discovering
from inventory.facts import Failure, Look, Sweep, Visit
from inventory.model import Estate, Host, Zone
from inventory.secrecy import hidden
from migrator.errors import NotFound
from probes.census.known import KnownHosts
from probes.census.model import Limits, Target
from probes.census.sweep import sweep
from probes.census.visit import Visited
from probes.errors import Misuse


@dataclass
class Told:
    """What a discovery did. `already`: read in this sweep before; `hidden`: never visited."""

    sweep: Sweep
    wanted: int = 0
    already: tuple[str, ...] = ()
    hidden: int = 0
    read: list[str] = field(default_factory=list)
    failed: list[Visit] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.failed


@dataclass(frozen=True)
class Wish:
    """What a person asked for: hosts and addresses by name, else all, perhaps of one zone."""

    names: tuple[str, ...] = ()
    zone: Zone | None = None
    again: bool = False
    at_once: int | None = None
    per_line: int = 0


type OnVisit = Callable[[int, Told, Visit], None]


def discover(product: Qianyun, wish: Wish, *, actor: str, on_visit: OnVisit) -> Told:
    """Visit what is wanted and not yet read in this sweep; `on_visit` hears of each (its number).

    Raises Discovering, NotFound, BadUsage, Misuse, SettingsError, StoreDown.
    """
    estate = product.estate.load()
    secret = hidden(estate)
    guide = _guide(product, estate)
    targets, missing = _targets(product, wish, estate, guide)
    with _alone(product.settings.state):
        census = product.truth.census
        current = census.sweep()
        if current is None or wish.again:
            current = census.open(actor)
        read = census.read_in(current.id)
        told = Told(current, len(targets) + len(missing), hidden=len(secret.hosts))
        told.already = tuple(t.code for t in targets if t.code in read)
        told.failed += missing
        keeper = _Keeper(product, told, actor, on_visit, guide.access.secrets())
        sweep(
            [target for target in targets if target.code not in read],
            Limits(
                at_once=wish.at_once or product.settings.discover_at_once, per_line=wish.per_line
            ),
            begun=keeper.begun,
            done=keeper.done,
        )
    return told


@dataclass
class _Keeper:
    """Writes each visit down, before and after, and keeps its raw output as evidence."""

    product: Qianyun
    told: Told
    actor: str
    on_visit: OnVisit
    secrets: tuple[str, ...]
    numbers: dict[str, int] = field(default_factory=dict)

    def begun(self, target: Target) -> None:
        self.numbers[target.code] = self.product.truth.census.begin(
            self.told.sweep.id,
            code=target.code,
            address=str(target.stop.address),
            way=target.way.value,
            login=target.stop.login.user,
            actor=self.actor,
        )

    def done(self, target: Target, visited: Visited) -> None:
        number, visit = self.numbers.pop(target.code), visited.visit
        if visit.failure is None:
            digest = keep(self.product.settings.state, self.told.sweep.id, number, visited.raw)
            visit = visit.model_copy(update={"evidence": digest})
            self.told.read.append(target.code)
        else:
            message = visit.message
            for secret in self.secrets:
                message = message.replace(secret, "******")
            visit = visit.model_copy(update={"message": message})
            self.told.failed.append(visit)
        self.product.truth.census.end(number, visit, actor=self.actor)
        self.on_visit(len(self.told.read) + len(self.told.failed), self.told, visit)


def evidence_file(state: Path, sweep: str, number: int) -> Path:
    """Where the raw output of a visit lies."""
    return state / "evidence" / "hosts" / sweep / f"{number}.txt.gz"


def keep(state: Path, sweep: str, number: int, raw: bytes) -> str:
    """Write the raw output, compressed, for nobody else to read; the digest of what it holds."""
    path = evidence_file(state, sweep, number)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(gzip.compress(raw, 4, mtime=0))
    draft.rename(path)
    return hashlib.sha256(raw).hexdigest()


def _guide(product: Qianyun, estate: Estate) -> Guide:
    settings = product.settings
    known = settings.discover_known_hosts
    return Guide(
        estate=estate,
        access=read_access(settings, product.ssh_key),
        known=KnownHosts.read(known) if known else None,
    )


def _targets(
    product: Qianyun, wish: Wish, estate: Estate, guide: Guide
) -> tuple[list[Target], list[Visit]]:
    """Where to go, and hosts that have no address as visits that failed."""
    hosts, addresses = _chosen(product, wish, estate)
    targets: list[Target] = []
    missing: list[Visit] = []
    for host in hosts:
        target = guide.target(host)
        if target is not None:
            targets.append(target)
            continue
        now = product.truth.now()
        missing.append(
            Visit(
                code=host.code,
                address="",
                way="ssh",
                begun=now,
                ended=now,
                failure=Failure.NO_ADDRESS,
                message=f"{host.code}: 台账中没有地址，无法访问 / the inventory has no address for it",
            )
        )
    return [*targets, *(guide.address(one) for one in addresses)], missing


def _chosen(product: Qianyun, wish: Wish, estate: Estate) -> tuple[list[Host], list[str]]:
    """Hosts, and addresses that are no host's. Raises NotFound, BadUsage, Misuse."""
    secret = hidden(estate)
    if not wish.names:
        open_ones = [h for h in estate.hosts if h.code not in secret.hosts]
        return [h for h in open_ones if wish.zone in (None, h.zone)], []
    by_name = {h.code: h for h in estate.hosts}
    by_name |= {str(a): h for h in estate.hosts for a in (h.ipv4, h.ipv6) if a}
    hosts: list[Host] = []
    addresses: list[str] = []
    for name in dict.fromkeys(_plain(name) for name in wish.names):
        host = by_name.get(name)
        if host is None:
            addresses.append(_allowed(product, name))
        elif host.code in secret.hosts:
            raise Misuse(
                f"{host.code} 属于涉密系统，从不访问 / belongs to a classified system and is never visited"
            )
        else:
            hosts.append(host)
    return [h for h in dict.fromkeys(hosts) if wish.zone in (None, h.zone)], addresses


def _plain(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return name


def _allowed(product: Qianyun, name: str) -> str:
    try:
        address = ip_address(name)
    except ValueError:
        raise NotFound(
            f"台账库中没有此服务器 / the inventory has no such host: {name}; see `qianyun inventory export`"
        ) from None
    if not any(address in network for network in product.settings.discover_within):
        within = ", ".join(str(n) for n in product.settings.discover_within) or "-"
        raise BadUsage(
            f"地址不在允许采集的网段内 / an address that is no host's and in no prefix that may be "
            f"visited: read {address}, expected one within {within}; set QIANYUN_DISCOVER_WITHIN"
        )
    return str(address)


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One discovery at a time in a state folder; the lock ends with its process."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "discover.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Discovering(
                "另一个 discover 正在进行，请等它结束 / another discover is under way in this state "
                f"folder: {state}; wait for its end"
            ) from None
        yield


def evidence_text(state: Path, look: Look) -> str:
    """The raw output of a look, checked against its digest. Raises Misuse, NotFound."""
    path = evidence_file(state, look.sweep, look.id)
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise NotFound(
            f"原始输出无法读取 / the raw output cannot be read: {path}: {error}; restore it from a backup"
        ) from error
    if hashlib.sha256(raw).hexdigest() != look.visit.evidence:
        raise Misuse(
            f"原始输出被改动，与数据库中的摘要不符 / the raw output was changed, it does not have the digest "
            f"that the database holds: {path}"
        )
    return raw.decode("utf-8", "replace")


def look_of(product: Qianyun, code: str, number: int | None) -> Look:
    """One look at a host that is not hidden: the newest, or by number. Raises NotFound."""
    if code in hidden(product.estate.load()).hosts:
        raise Misuse(f"{code} 属于涉密系统 / belongs to a classified system")
    census = product.truth.census
    newest = census.latest([code]).get(code)
    if number is None and newest is None:
        raise NotFound(
            f"还没有采集过 / no look has read it yet: {code}; qianyun inventory discover {code}"
        )
    found = census.look(number if number is not None else newest.id if newest else 0)
    if found.code != code or found.visit.facts is None:
        raise NotFound(
            f"第 {number} 次查看不是 {code} 的，或没有读到 / look {number} is not at {code}, or read nothing"
        )
    return found


def only_codes(estate: Estate, codes: Sequence[str]) -> Iterable[str]:
    """`codes`, each a host of the estate that is not hidden. Raises NotFound."""
    known = {h.code for h in estate.hosts} - hidden(estate).hosts
    for code in codes:
        if code not in known:
            raise NotFound(
                f"台账库中没有此服务器 / the inventory has no such host: {code}; see `qianyun "
                "inventory export`"
            )
    return codes
