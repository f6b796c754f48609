"""A small city in the middle of its work, for pages to show: ledgers read, a plan approved and one in
draft, a run of which every state is there, probes with an outage. Nothing is sent to any host."""

import io
import time
from contextlib import redirect_stdout
from pathlib import Path

from api.bootstrap import Qianyun
from api.cli.main import main
from inventory.model import Estate, System
from migrator.people.rights import Person, Role, local
from migrator.planning.plan import CUTOVER, StepKind
from migrator.runs.records import ItemState, StepState
from probes.model import Failure
from probes.watch.folder import Folder
from probes.watch.of_estate import watches_of
from probes.watch.outages import Outages, Turn
from probes.watch.slots import Slots
from probes.watch.table import COARSE, FINE, Head, Table
from tests.lab.addresses import HOSTS
from tests.lab.ledger import write_ledger

PASSWORD = "correct horse battery staple"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1" + "a" * 40
YUNZHOU = Path(__file__).resolve().parents[1] / "data" / "yunzhou"
SCRIPT, BRACES = "<script>alert(1)</script>", "{{7*7}}"
PEOPLE = {
    "wang": (Role.PLANNER,),
    "li": (Role.OPERATOR,),
    "zhao": (Role.APPROVER,),
    "sun": (Role.AUDITOR,),
    "chen": (Role.ADMIN,),
    "look": (Role.VIEWER,),
}


def fill(product: Qianyun, folder: Path) -> None:
    """Everything, in a state folder that `product` and QIANYUN_STATE both name."""
    with redirect_stdout(io.StringIO()):
        _fill(product, folder)


def fill_before_the_night(product: Qianyun, folder: Path) -> None:
    """A city, its people and a draft: the night is still to come."""
    with redirect_stdout(io.StringIO()):
        path = write_ledger(folder / "澜江市.xlsx", host_keys={h.name: KEY for h in HOSTS})
        assert main(["inventory", "apply", str(path)]) == 0
        assert main(["plan", "make", "--ignore-windows", "--soak", "0"]) == 0
        _people(product)


def _fill(product: Qianyun, folder: Path) -> None:
    for path in (write_ledger(folder / "澜江市.xlsx", host_keys={h.name: KEY for h in HOSTS}),):
        assert main(["inventory", "apply", str(path)]) == 0
    good = [str(YUNZHOU / name) for name in sorted(p.name for p in YUNZHOU.glob("0*"))]
    assert main(["inventory", "apply", "--partial", *good]) == 0
    _odd_names(product)
    assert main(["plan", "make", "--ignore-windows"]) == 0
    _people(product)
    _plans_and_run(product)
    _probes(product)


def _people(product: Qianyun) -> None:
    actor = local("test")
    for name, roles in PEOPLE.items():
        product.accounts.add(actor, name, roles, password=PASSWORD)


def _odd_names(product: Qianyun) -> None:
    """Text from people that would be dangerous, were it not data."""
    estate: Estate = product.estate.load()
    odd = (System(code="XSS-1", name=SCRIPT, function=SCRIPT), System(code="XSS-2", name=BRACES))
    wanted = Estate(
        **{kind: objects for kind, objects in estate.collections() if kind != "systems"},
        systems=(*estate.systems, *odd),
    )
    from inventory.changes import diff

    product.estate.apply(diff(estate, wanted), actor="test", confirmed=diff(estate, wanted).digest)


def _plans_and_run(product: Qianyun) -> None:
    """The first plan is approved and under way: one item done, one that failed, one that waits."""
    (first,) = product.truth.plans.all()
    approver = Person(name="zhao", roles=frozenset({Role.APPROVER}))
    # the odd systems came before the plan was made, so nothing drifted
    product.planning.approve(first.code, first.digest, approver, "已核对")
    plan = product.truth.plans.load(first.code)
    run = product.truth.runs.add(first.code, plan, "li")
    states = (_done, _failed, _running)
    for number, item in enumerate(run.items):
        states[number % 3](product, run.code, item.system)
    assert main(["plan", "make", "--ignore-windows"]) == 0


def _done(product: Qianyun, run: str, system: str) -> None:
    for kind in StepKind:
        if kind is not StepKind.ROLLBACK:
            _step(product, run, system, kind, StepState.DONE)
    product.truth.runs.set_item(run, system, state=ItemState.DONE)


def _failed(product: Qianyun, run: str, system: str) -> None:
    for kind in (StepKind.PREFLIGHT, StepKind.BACKUP):
        _step(product, run, system, kind, StepState.DONE)
    told = "目标主机磁盘不足 / the target's disk is too small: read 2 GiB, expected 20 GiB"
    _step(product, run, system, StepKind.PRESYNC, StepState.FAILED, told)
    product.truth.runs.set_item(run, system, state=ItemState.FAILED)


def _running(product: Qianyun, run: str, system: str) -> None:
    for kind in (StepKind.PREFLIGHT, StepKind.BACKUP):
        _step(product, run, system, kind, StepState.DONE)
    product.truth.runs.begin(run, system, StepKind.PRESYNC)
    product.truth.runs.set_item(run, system, state=ItemState.RUNNING)


def _step(
    product: Qianyun, run: str, system: str, kind: StepKind, state: StepState, message: str = ""
) -> None:
    truth = product.truth
    attempt = None
    if kind not in CUTOVER:
        root = str(product.settings.state / "attempts")
        attempt = truth.attempts.open(run, system, kind, "worker-1", root)
    now = truth.now()
    truth.runs.set_step(
        run, system, kind, state=state, message=message, started_at=now, ended_at=now
    )
    if attempt is not None:
        ended = "done" if state is StepState.DONE else "failed"
        phases = [{"phase": str(kind), "ok": ended == "done", "started": now, "ended": now}]
        truth.attempts.close(attempt.token, ended, message, [{"phases": phases}])


def _probes(product: Qianyun) -> None:
    """As a prober would leave it: all that is looked at answers but the first node on v6."""
    folder = Folder(product.settings.state / "probes")
    folder.path.mkdir(parents=True, exist_ok=True)
    watches = watches_of(product.estate.load())
    slots = Slots.load(folder.slots, "local")
    table = Table(folder.table, writable=True, capacity=slots.needed(watches))
    placed = slots.place(watches, table)
    slots.write()
    table.q[Head.STARTED] = time.time_ns()
    table.q[Head.BEAT] = time.time_ns() + 86_400 * 10**9  # it turns for as long as any test lasts
    outages = Outages(folder.outages)
    node = next((w.target.code for w in watches if w.kind not in ("line", "link", "service")), "")
    for watch in watches:
        slot = placed[watch.key]
        for _ in range(3):
            table.answered(slot, 0.012, FINE if watch.fine else COARSE)
        if watch.target.code == node and watch.target.family == 6:
            for _ in range(2):
                table.failed(slot, Failure.TIMEOUT_ANSWER)
            turn = (watch.key, node, watch.check, 6)
            outages.tell(Turn(*turn, True, time.time_ns() - 600 * 10**9, "timeout_answer"))
    past = ("past", node, "icmp", 4)
    outages.tell(Turn(*past, True, time.time_ns() - 9000 * 10**9, "timeout_answer"))
    outages.tell(Turn(*past, False, time.time_ns() - 8000 * 10**9))
    outages.close()
    table.close()
