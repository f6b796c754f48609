"""Comparing the ledgers with the store, and keeping what follows from it: the use cases behind
`inventory diff|apply|settle`.

On a store that others write too (NetBox) three sides are compared, and decisions and what the
ledgers said before count. The embedded store has one side: there a ledger is merged as it is told.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.errors import BadUsage
from inventory.changes import ChangeSet, diff
from inventory.errors import EstateError, NetBoxRefused, StaleEstate, StoreError
from inventory.findings import Cause, Finding, Reconciled, Taken
from inventory.ledger import LedgerReport, Progress, read_ledgers
from inventory.ledger.spelling import default_words, load_words
from inventory.ledger.words import Words
from inventory.model import Estate
from inventory.precedence import default_precedence, read_precedence
from inventory.reconcile import reconcile
from inventory.reports.unveiled import unveiled
from inventory.store import EstateStore, LiveStore, Pulled, Touch
from inventory.tasks import Noted, Task, Tasks
from inventory.told import intend, last_told, remember, remember_written
from migrator.errors import NotFound
from migrator.people.rights import Deed, Person, within
from migrator.people.scope import Owners, subject_of_changes
from migrator.store.audit import record

if TYPE_CHECKING:
    from api.bootstrap import Qianyun


@dataclass(frozen=True)
class Comparison:
    """`changes` turns `live` into what is wanted."""

    report: LedgerReport
    live: Estate
    reconciled: Reconciled
    changes: ChangeSet

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.reconciled.findings


def ledger_words(product: "Qianyun", file: Path | None = None) -> Words:
    """What ledgers call things: the shipped words, with those of the city's file over them."""
    own = file or product.settings.ledger_words
    return load_words(own) if own else default_words()


def compare(
    product: "Qianyun",
    ledgers: list[Path],
    words: Path | None = None,
    *,
    progress: Progress | None = None,
) -> Comparison:
    """What the ledgers say beside what is stored; with no ledger, what others changed there."""
    store = product.estate
    file = product.settings.netbox_precedence
    precedence = read_precedence(file) if file else default_precedence()
    # before load: reading NetBox anew must not have moved what was accepted
    accepted = store.snapshot() if store.dry_by_default else None
    live = store.load()
    report = LedgerReport(estate=Estate(), counts={})
    if ledgers:
        spoken = ledger_words(product, words)
        report = read_ledgers(ledgers, known=live, words=spoken, progress=progress)
        report = replace(report, estate=unveiled(report.estate, live))
    if accepted is None:
        found = reconcile(live, live, report.estate, precedence)
    else:
        with product.truth.reading() as connection:
            found = reconcile(
                accepted,
                live,
                report.estate,
                precedence,
                decisions=Tasks(connection, product.truth.now()).decisions(),
                told=last_told(connection, report.estate, snapshot=accepted, live=live),
            )
    return Comparison(report, live, found, diff(live, found.wanted))


def read(
    product: "Qianyun",
    ledgers: list[Path],
    words: Path | None = None,
    *,
    progress: Progress | None = None,
) -> LedgerReport:
    """What the ledgers say, and what of them is refused; nothing is compared."""
    known, spoken = product.estate.load(), ledger_words(product, words)
    return read_ledgers(ledgers, known=known, words=spoken, progress=progress)


def require_own(product: "Qianyun", compared: Comparison, actor: Person) -> None:
    """Raises Forbidden where the changes touch what is not the person's to change."""
    subject = None if actor.whole_city else subject_of_changes(compared.changes, compared.live)
    product.truth.permit(actor, Deed.INVENTORY_APPLY, "estate", subject)


def touches(store: EstateStore, findings: Iterable[Finding]) -> dict[tuple[str, str, str], Touch]:
    """Who changed what in the store, for the findings that NetBox has a part in."""
    found = {}
    for f in findings:
        if f.cause is not Cause.LEDGER and (touch := store.last_change(f.kind, f.code, f.field)):
            found[f.kind, f.code, f.field] = touch
    return found


def apply(
    product: "Qianyun",
    compared: Comparison,
    *,
    ledgers: list[Path],
    actor: Person,
    confirmed: str | None,
) -> Noted:
    """Write the changes, then their audit entry, the tasks of the conflicts, what the ledgers said.

    `confirmed`: the digest of the changes. Raises what the store raises; a store that others write
    too may then hold a part of the changes, which the audit says.
    """
    store, changes = product.estate, compared.changes
    require_own(product, compared, actor)
    if not changes.empty:
        if store.dry_by_default:
            changes.check_safety(compared.live, confirmed=confirmed)  # what is refused is not meant
            _intend(product, compared, actor)
        try:
            store.apply(changes, actor=actor.name, confirmed=confirmed)
        except (StoreError, StaleEstate) as error:
            if store.dry_by_default:
                detail = _detail(compared, ledgers) | {"error": str(error)}
                product.truth.audit(actor.name, "inventory.apply.failed", "estate", **detail)
                if isinstance(error, NetBoxRefused | StaleEstate):  # else it may still be written
                    _keep_written(product, actor)
            raise
    return _keep(product, compared, ledgers=ledgers, actor=actor)


def _intend(product: "Qianyun", compared: Comparison, actor: Person) -> None:
    """Before the first write: should it be cut off, what it wrote is known for ours."""
    truth, found = product.truth, compared.reconciled
    snapshot, live, now = product.estate.snapshot(), compared.live, truth.now()
    with truth.writing() as connection:
        remember_written(connection, snapshot=snapshot, live=live, now=now, actor=actor.name)
        intend(connection, found.told, found.wanted, compared.changes, now=now, actor=actor.name)


def _keep_written(product: "Qianyun", actor: Person) -> None:
    """After a refusal: what came through was taken from the ledgers, the rest is said anew. Where
    the store can't be read now, the next comparison finds it out."""
    store, truth = product.estate, product.truth
    try:
        live, snapshot = store.load(), store.snapshot()
    except (StoreError, EstateError):
        return
    with truth.writing() as connection:
        remember_written(
            connection, snapshot=snapshot, live=live, now=truth.now(), actor=actor.name
        )


def _keep(product: "Qianyun", compared: Comparison, *, ledgers: list[Path], actor: Person) -> Noted:
    truth = product.truth
    with truth.writing() as connection:
        audit = partial(record, connection, at=truth.now(), actor=actor.name)
        if not compared.changes.empty:
            audit(action="inventory.apply", object="estate", detail=_detail(compared, ledgers))
        if not product.estate.dry_by_default:
            return Noted()
        remember(connection, compared.reconciled.told, now=truth.now(), actor=actor.name)
        tasks = Tasks(connection, truth.now())
        noted = tasks.note(compared.findings, compared.report.estate, actor=actor.name)
        for action in ("opened", "changed", "gone"):
            for task in getattr(noted, action):
                _audit_task(audit, action, task)
        return noted


def _detail(compared: Comparison, ledgers: list[Path]) -> dict[str, Any]:
    changes = compared.changes
    return {
        "digest": changes.digest,
        "base": changes.base,
        "result": changes.result,
        "counts": changes.counts,
        "ledgers": [{"name": one.name, "sha256": _sha256(one)} for one in ledgers],
        "refused": compared.report.counts.get("refused", 0),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(product: "Qianyun", id: int, take: Taken, *, reason: str, actor: Person) -> Task:
    """A person's decision on a task, with its audit entry. Raises NotFound, ChangeRefused."""
    truth = product.truth
    truth.permit(actor, Deed.INVENTORY_SETTLE, f"task {id}")
    with truth.writing() as connection:
        tasks = Tasks(connection, truth.now())
        task = tasks.find(id)
        if task is None:
            raise NotFound(f"没有此任务 / no such task: {id}; see `qianyun inventory tasks`")
        done = tasks.settle(task, take, reason=reason, actor=actor.name)
        _audit_task(partial(record, connection, at=truth.now(), actor=actor.name), "settled", done)
        return done


def pull(product: "Qianyun", *, full: bool, actor: Person) -> Pulled:
    """Read NetBox anew; a change of what is held stands in the audit. Raises BadUsage without a
    NetBox, StoreError, Forbidden."""
    product.truth.permit(actor, Deed.INVENTORY_PULL, "estate")
    store = live_store(product)
    before = store.snapshot().digest
    pulled = store.pull(actor.name, full=full)
    if pulled.estate.digest != before:
        changed = {"from": before, "to": pulled.estate.digest, "left_out": len(pulled.left_out)}
        product.truth.audit(actor.name, "inventory.pull", "estate", **changed)
    return pulled


def live_store(product: "Qianyun") -> LiveStore:
    """Raises BadUsage where the inventory is in our own database."""
    store = product.estate
    if not isinstance(store, LiveStore):
        raise BadUsage(
            "台账库在自己的数据库中，没有 NetBox 可读；请设置 QIANYUN_NETBOX_URL / the inventory is "
            "in our own database, there is no NetBox to read: set QIANYUN_NETBOX_URL"
        )
    return store


def all_tasks(product: "Qianyun", *, settled: bool) -> list[Task]:
    """The open tasks, or with `settled` all of them, by id."""
    with product.truth.reading() as connection:
        return Tasks(connection, product.truth.now()).listed(None if settled else "open")


def seen_tasks(
    product: "Qianyun", person: Person, *, settled: bool, load: Callable[[], Estate] | None = None
) -> list[Task]:
    """Those of them that are about what a person sees. `load`: the estate as a server holds it."""
    product.truth.permit(person, Deed.INVENTORY_READ, "tasks")
    every = all_tasks(product, settled=settled)
    if person.whole_city:
        return every
    owners = Owners((load or product.estate.load)())
    return [one for one in every if within(person, owners.of(one.kind, one.code))]


def _audit_task(audit: Callable[..., object], action: str, task: Task) -> None:
    """The entry that goes with a change of a task, in the same transaction."""
    told = task.model_dump(include={"netbox", "ledger", "snapshot", "decision", "reason"})
    audit(
        action=f"inventory.task.{action}",
        object=f"{task.kind} {task.code} {task.field}".strip(),
        detail={"task": task.id, **told},
    )
