"""Every row of several endpoints, with as many requests under way as the server has workers.

An endpoint's first page tells how many objects there are; what follows it is asked for in ranges of
ids as soon as that is known, so that no connection waits for the slowest first page. The large
endpoints begin. What came must add up to what NetBox counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from inventory.errors import NetBoxMalformed
from inventory.netbox import endpoints as nb
from inventory.netbox.client import PAGE, Client
from inventory.netbox.endpoints import Endpoint, Json, Row

type Table = dict[int, Row]

LARGE = (nb.MACHINES, nb.DEVICES, nb.ADDRESSES, nb.TERMINATIONS, nb.CIRCUITS, nb.SERVICES)


@dataclass
class Part:
    """What one request or one range brought; `rest`: what is to be asked for after a first page."""

    endpoint: Endpoint
    rows: Table
    count: int | None = None
    rest: list[tuple[int, int]] = field(default_factory=list)


def read_tables(client: Client, endpoints: Iterable[Endpoint]) -> dict[Endpoint, Table]:
    """All rows by endpoint and id. Raises StoreError; NetBoxMalformed when a page was short."""
    wanted = sorted(endpoints, key=lambda e: LARGE.index(e) if e in LARGE else len(LARGE))
    tables: dict[Endpoint, Table] = {endpoint: {} for endpoint in wanted}
    counts: dict[Endpoint, int] = {}
    for part in _all(client, wanted):
        tables[part.endpoint].update(part.rows)
        if part.count is not None:
            counts[part.endpoint] = part.count
    for endpoint in wanted:
        _check_count(client, endpoint, len(tables[endpoint]), counts[endpoint])
    return tables


def rows(endpoint: Endpoint, told: Sequence[Json]) -> Table:
    """Raises NetBoxMalformed for an object that is not as NetBox 4.7 tells it."""
    try:
        return {row.id: row for row in map(endpoint.row, told)}
    except (KeyError, TypeError, AttributeError) as error:
        raise NetBoxMalformed(
            f"NetBox 的对象缺少字段 / GET {endpoint.path}: an object without {error}; this NetBox "
            "is not as 4.7 is, or something between changed its answer"
        ) from error


def _all(client: Client, endpoints: Sequence[Endpoint]) -> Iterator[Part]:
    """Parts as they come; the first fault ends it and what was not begun is not asked for."""
    with ThreadPoolExecutor(client.connections) as pool:

        def submit(work: Callable[..., Part], *words: object) -> Future[Part]:
            return pool.submit(work, client, *words)

        pending = {submit(_first, endpoint) for endpoint in endpoints}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for part in (future.result() for future in done):
                    yield part
                    pending |= {submit(_range, part.endpoint, *ends) for ends in part.rest}
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _first(client: Client, endpoint: Endpoint) -> Part:
    asked = {"fields": endpoint.asked, "limit": PAGE, "ordering": "id"}
    page = client.page(endpoint.path, asked)
    count = page.get("count")
    if not isinstance(count, int):
        raise NetBoxMalformed(f"NetBox 未给出总数 / GET {endpoint.path}: a page without a count")
    found = rows(endpoint, page["results"])
    rest = _ranges(client, endpoint, max(found), count) if found and count > len(found) else ()
    return Part(endpoint, found, count, list(rest))


def _ranges(client: Client, endpoint: Endpoint, last: int, count: int) -> Iterator[tuple[int, int]]:
    """What follows the first page, in ranges of about a page each."""
    asked = {"fields": "id", "limit": 1, "ordering": "-id"}
    newest = client.page(endpoint.path, asked)["results"]
    if not newest:
        raise NetBoxMalformed(
            f"NetBox 的列表不完整，未采用 / GET {endpoint.path}: NetBox counts {count}, its last page "
            "is empty; nothing was taken over, try again"
        )
    top = newest[0]["id"] + 1
    width = max(1, -(-(top - last) * PAGE // count))
    for low in range(last + 1, top, width):
        yield low, min(low + width, top)


def _range(client: Client, endpoint: Endpoint, low: int, high: int) -> Part:
    part = Part(endpoint, {})
    for page in client.pages(endpoint.path, endpoint.asked, low=low, high=high):
        part.rows.update(rows(endpoint, page))
    return part


def _check_count(client: Client, endpoint: Endpoint, got: int, count: int) -> None:
    """As many rows as NetBox counted, or counts now; else a page was short."""
    if got == count:
        return
    now = client.count(endpoint.path)
    if not min(count, now) <= got <= max(count, now):
        raise NetBoxMalformed(
            f"NetBox 的列表不完整，未采用 / GET {endpoint.path}: NetBox counts {now}, its pages "
            f"held {got}; nothing was taken over, try again"
        )
