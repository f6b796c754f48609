"""Small cities for the migrator's tests: systems that can move, and the runs of their plans."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from hypothesis import strategies as st

from inventory.model import (
    Cloud,
    Dependency,
    Entrance,
    Estate,
    Host,
    Line,
    Node,
    Room,
    Secrecy,
    System,
    Tree,
    Workload,
)
from migrator.planning.plan import WAY, Means, Plan, StepKind
from migrator.planning.planner import make_plan
from migrator.runs.records import ItemRecord, ItemState, RunRecord, RunState, StepRecord, StepState

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"
CLOUD = "CLOUD"


def host(code: str, place: str, system: str | None, number: int) -> Host:
    return Host(
        code=code,
        name=code,
        place=place,
        system=system,
        ipv4=IPv4Address(0x0A000000 + number),
        ipv6=IPv6Address((0xFD00 << 112) + number),
        ssh_host_key=KEY,
    )


def system(number: int, room: str = "R1", **facts: Any) -> System:
    """System S<number> in `room`, ready to move to the cloud."""
    ready: dict[str, Any] = {
        "code": f"S{number}",
        "name": f"系统{number}",
        "secrecy": Secrecy.NONE,
        "room": room,
        "target": CLOUD,
        "workload": Workload(trees=(Tree(path="/srv/a", writable=True),), services=("app",)),
        "entrance": Entrance(node="N1", port=8000 + number, backend_port=80, content="ok"),
    }
    return System(**ready | facts)


def city(
    systems: Iterable[System],
    needs: Iterable[tuple[str, str]] = (),
    *,
    lines: Iterable[Line] | None = None,
    rooms: Mapping[str, int | None] | None = None,
) -> Estate:
    """Every system with one host in its room and one in the cloud; `needs`: (system, needed)."""
    every = list(systems)
    rooms = dict.fromkeys(("R1", "R2"), None) if rooms is None else rooms
    if lines is None:
        lines = [
            Line(code=f"L-{room}", name=room, a_end=room, z_end=CLOUD, bandwidth_kbps=100_000)
            for room in rooms
        ]
    hosts = [host("gw", CLOUD, None, 1)]
    for number, each in enumerate(every):
        if each.room is not None:
            hosts.append(host(f"{each.code}-old", each.room, each.code, 10 + 2 * number))
        hosts.append(host(f"{each.code}-new", CLOUD, each.code, 11 + 2 * number))
    return Estate(
        rooms=tuple(Room(code=r, name=r, moves_at_once=count) for r, count in rooms.items()),
        clouds=(Cloud(code=CLOUD, name="政务云"),),
        lines=tuple(lines),
        nodes=(
            Node(
                code="N1",
                name="接入节点",
                host="gw",
                ipv4=IPv4Address("10.0.0.1"),
                ipv6=IPv6Address("fd00::1"),
            ),
        ),
        hosts=tuple(hosts),
        systems=tuple(every),
        dependencies=tuple(Dependency(system=s, needs=n) for s, n in needs),
    )


def plan_of(
    count: int = 3, needs: Iterable[tuple[str, str]] = (), means: Means | None = None, **facts: Any
) -> Plan:
    """A plan of systems S0, S1 …, all in room R1."""
    estate = city([system(n, **facts) for n in range(count)], needs)
    return make_plan(estate, means or Means(ignore_windows=True))


def item_record(
    states: Mapping[StepKind, StepState] | None = None, system: str = "S0", **fields: Any
) -> ItemRecord:
    """An item whose steps are pending but for `states`."""
    given = states or {}
    kinds = [*WAY, *(k for k in given if k is StepKind.ROLLBACK)]
    steps = tuple(StepRecord(step=k, state=given.get(k, StepState.PENDING)) for k in kinds)
    known: dict[str, Any] = {"run": "R", "wave": 1, "state": ItemState.RUNNING, "steps": steps}
    return ItemRecord(**known | {"system": system} | fields)


def done_until(last: StepKind, **more: StepState) -> dict[StepKind, StepState]:
    """Every step before `last` done; `more` by step name."""
    before = WAY[: WAY.index(last)]
    return dict.fromkeys(before, StepState.DONE) | {StepKind(k): v for k, v in more.items()}


def run_record(plan: Plan, items: Iterable[ItemRecord] = (), **fields: Any) -> RunRecord:
    """A run of `plan`: its items as given, the others waiting."""
    given = {item.system: item for item in items}
    known: dict[str, Any] = {
        "code": "R",
        "plan": "P",
        "state": RunState.RUNNING,
        "paused": False,
        "note": "",
        "started_by": "zhang",
        "started_at": "2026-01-02T00:00:00+00:00",
        "ended_at": None,
        "items": tuple(
            given.get(
                item.code,
                item_record(system=item.code, wave=wave.number, state=ItemState.WAITING),
            )
            for wave in plan.waves
            for item in wave.items
        ),
    }
    return RunRecord(**known | fields)


WINDOWS = st.sampled_from([None, "22:00-06:00", "01:00-04:00", "12:00-13:00", "00:00-00:00"])


@st.composite
def cities(draw: st.DrawFn) -> Estate:
    """Up to eight systems in two rooms, any dependencies (rings too), some not movable."""
    systems = []
    for number in range(draw(st.integers(0, 8))):
        facts: dict[str, Any] = {
            "secrecy": draw(st.sampled_from([*Secrecy, Secrecy.NONE, Secrecy.NONE, Secrecy.NONE])),
            "target": draw(st.sampled_from([CLOUD, CLOUD, CLOUD, CLOUD, None, "R1", "NOWHERE"])),
            "window": draw(WINDOWS),
        }
        room = draw(st.sampled_from(["R1", "R2", CLOUD]))
        systems.append(system(number, room, **facts))
    codes = [s.code for s in systems]
    pair = st.tuples(st.sampled_from(codes), st.sampled_from(codes)) if codes else st.nothing()
    needs = draw(st.lists(pair, unique=True, max_size=12)) if codes else []
    limit = st.sampled_from([None, 1, 2])
    return city(systems, needs, rooms={"R1": draw(limit), "R2": draw(limit)})


MEANS = st.builds(
    Means,
    moves_at_once=st.integers(1, 4),
    per_room=st.integers(1, 3),
    per_line=st.integers(1, 3),
    per_cloud=st.integers(1, 4),
)
