"""Records against the packs they name: the same checks for a file and for a command."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from inventory.policies.declaring import Manner, manners
from inventory.policies.measures import Items
from inventory.policies.pack import Pack
from inventory.policies.places import Place
from inventory.policies.records import Declaration, Records

_OF_ENTRIES = ("declarations", "exceptions", "reports", "events", "fates")
_KIND_OF = {"reports": "reports", "events": "clocks"}


@dataclass(frozen=True)
class Slip:
    """A record that fits nothing: where, what was read, what was expected."""

    at: Place
    read: str
    expected: str


class Packs:
    """Packs by id, each read once and only if something names it."""

    def __init__(self, names: Iterable[str], load: Callable[[str], Pack]) -> None:
        self.names = tuple(names)
        self._load = load
        self._known: dict[str, Pack] = {}

    def get(self, named: str) -> Pack | None:
        if named not in self._known and named in self.names:
            self._known[named] = self._load(named)
        return self._known.get(named)


def slips(records: Records, packs: Packs) -> Iterator[Slip]:
    """Every record of a policy or an entry that is not there, or that says too much or too little
    for its entry."""
    for index, baseline in enumerate(records.baselines):
        if packs.get(baseline.policy) is None:
            yield _none_such(("baselines", index, "policy"), baseline.policy, packs.names)
    for kind in _OF_ENTRIES:
        for index, record in enumerate(getattr(records, kind)):
            if record.policy is None:  # what became of an object, for every policy
                continue
            pack = packs.get(record.policy)
            if pack is None:
                yield _none_such((kind, index, "policy"), record.policy, packs.names)
                continue
            entries = _entries(pack, kind)
            if record.entry not in entries:
                yield _none_such((kind, index, "entry"), record.entry, entries)
            elif isinstance(record, Declaration):
                yield from _misfit(record, pack, (kind, index))


def _entries(pack: Pack, kind: str) -> Mapping[str, None]:
    """The entries that a record of that kind may be of."""
    wanted = _KIND_OF.get(kind)
    return {e.id: None for of, _, e in pack.entries() if wanted in (None, of)}


def _none_such(at: Place, read: str, expected: Iterable[str]) -> Slip:
    what = "政策" if at[-1] == "policy" else "条目"
    names = "、".join(sorted(expected)) or "—"
    return Slip(at, read, f"没有此{what}，应为 / none such, expected one of: {names}")


_COMPUTED = (
    "此条目按台账事实判定，申报不起作用；例外用 policy except 登记 / this entry is judged by the facts of "
    "the inventory and a declaration does nothing: bring the facts in, or record an exception with "
    "policy except"
)
_CODE = (
    "缺少 code：逐个对象申报，不得整体申报；命令行用 --code / code is missing: declared object by object, "
    "never as a whole; on the command line, say --code"
)


def _misfit(said: Declaration, pack: Pack, at: Place) -> Iterator[Slip]:
    measure = next((t.measure for t in pack.targets if t.id == said.entry), None)
    items = measure.items if isinstance(measure, Items) else ()
    if items and said.item not in items:
        wanted = f"item 应为其一 / item, expected one of: {'、'.join(items)}"
        yield Slip((*at, "item"), said.item or "", wanted)
    elif said.item and not items:
        wanted = "此条目没有分项，请删去 item / this entry has no items: leave item out"
        yield Slip((*at, "item"), said.item, wanted)
    elif (manner := manners(pack)[said.entry]) is Manner.NONE:
        yield Slip((*at, "entry"), said.entry, _COMPUTED)
    elif manner is Manner.OBJECT and said.code is None:
        yield Slip(at, "", _CODE)
