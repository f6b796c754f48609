"""Use cases around filters that somebody keeps: one's own, whichever pages one may see."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from inventory.text import printable
from migrator.errors import Refused
from migrator.people.rights import Deed, Person
from migrator.store.saved_filters import SavedFilter
from migrator.store.truth import Truth

LONGEST_NAME = 60
LONGEST_QUERY = 2_000
"""Characters; browsers and proxies take some 8,000 bytes of an address."""
_PASSING = frozenset({"page"})
"""Of an address, but of no filter: where one has turned to."""


class Listed(StrEnum):
    """Pages whose address is a filter."""

    SYSTEMS = "systems"
    ROOMS = "rooms"
    LINES = "lines"
    NETWORK = "network"


@dataclass(frozen=True)
class Filters:
    truth: Truth

    def of(self, actor: Person) -> list[SavedFilter]:
        """Raises Forbidden."""
        self.truth.permit(actor, Deed.OWN_ACCOUNT, "filters")
        return self.truth.saved_filters.of(actor.name)

    def keep(self, actor: Person, page: Listed, name: str, query: str) -> SavedFilter:
        """One of that name and page is replaced. `query`: as in an address, with or without `?`. Raises
        Refused, Forbidden."""
        self.truth.permit(actor, Deed.OWN_ACCOUNT, "filters")
        told = printable(name).strip()
        if not 0 < len(told) <= LONGEST_NAME:
            raise Refused(
                f"筛选名称应为 1 至 {LONGEST_NAME} 个字符 / a filter's name: read {len(told)} characters, "
                f"expected 1 to {LONGEST_NAME}"
            )
        return self.truth.saved_filters.keep(actor.name, page, told, canonical(query))

    def drop(self, actor: Person, number: int) -> None:
        """Raises NotFound, Forbidden."""
        self.truth.permit(actor, Deed.OWN_ACCOUNT, "filters")
        self.truth.saved_filters.drop(actor.name, number)


def canonical(query: str) -> str:
    """A query without what passes, in one spelling: two addresses that ask the same are one. Raises
    Refused for one that is too long."""
    try:
        pairs = parse_qsl(query.removeprefix("?"), max_num_fields=40)
    except ValueError:
        pairs = []
    told = urlencode(sorted(pair for pair in pairs if pair[0] not in _PASSING))
    if len(told) > LONGEST_QUERY:
        raise Refused(
            f"筛选条件过长 / a filter: read {len(told)} characters, expected at most {LONGEST_QUERY}"
        )
    return told
