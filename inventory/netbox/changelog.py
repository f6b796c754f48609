"""NetBox's change log, read from where it was left off.

Its entries get their numbers before they are committed, so a later one may be seen before an
earlier one: a missing number is asked for again for GAP_S.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from inventory.errors import NetBoxMalformed
from inventory.netbox.client import PAGE, Client
from inventory.netbox.endpoints import Endpoint, Json

GAP_S = 120.0  # an uncommitted change is awaited that long: NetBox's requests end sooner
MANY = 3000  # changes from which reading everything is quicker
PATH = "core/object-changes/"
FIELDS = "id,action,changed_object_type,changed_object_id,request_id"
GAPS = 200  # missing numbers that are asked for by number; of more, all since is read again


class ChangeLog:
    """Where we are in the log: `cursor` is the newest entry that was seen, `mark` the request that
    made it (0 and "" of an empty log), `gaps` the numbers missed before it and since when."""

    def __init__(
        self,
        client: Client,
        clock: Callable[[], float],
        cursor: int = 0,
        mark: str = "",
        gaps: dict[int, float] | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self.cursor = cursor
        self.mark = mark
        self.gaps = gaps or {}
        self.rewritten = False  # the log is another: of a NetBox restored from a backup

    def at_its_end(self) -> "ChangeLog":
        """The place after the newest entry. What is missing among the last ones may still come."""
        asked = {"fields": FIELDS, "limit": PAGE, "ordering": "-id"}
        last = self._client.page(PATH, asked)["results"]
        log = ChangeLog(self._client, self._clock)
        log.cursor = last[-1]["id"] - 1 if last else 0
        log.seen(last)
        return log

    def unseen(self) -> list[Json] | None:
        """The entries that were not seen yet, or enough of them to be MANY; None when the log does
        not reach back to us, or is `rewritten`."""
        now = self._clock()
        self.gaps = {n: since for n, since in self.gaps.items() if now - since < GAP_S}
        few = len(self.gaps) <= GAPS
        late = self._client.by_ids(PATH, FIELDS, self.gaps) if few else []
        low = self.cursor if few else min(self.gaps)
        entries: list[Json] = []
        reached = False  # nor does an empty log tell that nothing was pruned
        for page in self._client.pages(PATH, FIELDS, low=low):
            for entry in page:
                if entry["id"] == self.cursor:
                    reached = entry["request_id"] == self.mark
                    self.rewritten = not reached
                elif entry["id"] > self.cursor or entry["id"] in self.gaps:
                    entries.append(entry)
            if len(entries) > MANY:
                break
        return late + entries if reached else None

    def seen(self, entries: Sequence[Json]) -> None:
        """These are taken over."""
        ids = {entry["id"] for entry in entries}
        newest = max(entries, key=lambda entry: int(entry["id"]), default=None)
        missed = set(range(self.cursor + 1, newest["id"])) - ids if newest else set()
        self.gaps = {n: since for n, since in self.gaps.items() if n not in ids}
        self.gaps |= dict.fromkeys(missed, self._clock())
        if newest and newest["id"] > self.cursor:
            self.cursor, self.mark = newest["id"], newest["request_id"]

    def since(self, endpoint: Endpoint, id: int) -> list[Json]:
        """The entries of one object that were not seen here."""
        low = min(self.gaps, default=self.cursor + 1)
        asked = {"changed_object_type": endpoint.type, "changed_object_id": id}
        pages = self._client.pages(PATH, FIELDS, low=low, filters=asked)
        return [e for page in pages for e in page if e["id"] > self.cursor or e["id"] in self.gaps]

    def copy(self) -> "ChangeLog":
        return ChangeLog(self._client, self._clock, self.cursor, self.mark, dict(self.gaps))

    def deleted(self, endpoint: Endpoint, ids: Collection[int]) -> set[int]:
        """Those of `ids` of which the log says that they were deleted."""
        asked = {"changed_object_type": endpoint.type, "action": "delete"}
        found: set[int] = set()
        for part in _parts(sorted(ids), 100):
            for page in self._client.pages(
                PATH, FIELDS, filters={**asked, "changed_object_id": part}
            ):
                told = {entry["changed_object_id"] for entry in page}
                if not told <= set(part):
                    raise NetBoxMalformed(
                        f"NetBox 未按条件过滤 / GET {PATH}: asked for deletions of {len(part)} "
                        "objects, got others"
                    )
                found |= told
        return found


def _parts(of: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (of[at : at + size] for at in range(0, len(of), size))
