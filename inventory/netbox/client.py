"""The session with a NetBox: the one place that speaks HTTP to it.

pynetbox opens the session, knows the token's kind and reads the status. Pages and bulk writes go
through its raw session, since pynetbox hides what they need: the cursor, `If-Match`, the errors of
single rows (research/netbox.md, pitfalls 3, 5, 7 and 9). Reading is repeated after a fault,
writing never is: a POST may have been done although its answer was lost.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pynetbox  # type: ignore[import-untyped]
import requests
from pydantic_core import from_json
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from inventory.errors import NetBoxMalformed, NetBoxUnknown, OutcomeUnknown
from inventory.netbox.answers import no_answer, no_json, refusal

VERSIONS = "4.7.x"
_KNOWN = re.compile(r"4\.7\.\d+(?!-?(?:[ab]\d|alpha|beta|rc|dev))(?:-.*)?", re.IGNORECASE)
"""NetBox's own version: releases that this program was tried against, with whoever packed it behind
them (4.7.9-Docker-3.4.1); a beta may still change what it answers."""
PAGE = 1000
"""Objects a page: NetBox's MAX_PAGE_SIZE, where a row costs least (research/netbox.md)."""
TIMEOUT_S = (5, 60)  # to connect, to answer
ROWS_A_TIMEOUT = 10
"""Rows that a write may bring in the time of one answer; one of more is given more time in proportion:
NetBox saves them one after the other before it answers."""
IDLE_S = 1.0  # from which a write opens its connection anew: NetBox's server may be closing it

Json = dict[str, Any]


class Client:
    """NetBox at `url` by `token`. `connections`: how many requests may be under way together;
    `timeout_s`: to connect, to answer; `ca`: a file of the certificates (PEM) that are trusted
    instead of the public ones."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        connections: int = 4,
        timeout_s: tuple[float, float] = TIMEOUT_S,
        ca: Path | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout_s = timeout_s
        self.connections = connections
        self.ca = ca
        self._token = token
        self._local = threading.local()
        self._count = threading.Lock()
        self.reads = 0
        self.writes = 0
        self.written: set[str] = set()  # NetBox's numbers of our writes, as its change log has them
        self.api = pynetbox.api(self.url, token=token)
        self.api.http_session = self._new_session()

    # ── the session ─────────────────────────────────────────────────────────────────────────────

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        retry = Retry(
            total=2,
            other=0,  # TLS: of a write that may have been sent, too
            backoff_factor=0.3,
            status_forcelist=(502, 503, 504),
            allowed_methods=("GET",),
            raise_on_status=False,
        )
        session.mount(f"{urlsplit(self.url).scheme}://", HTTPAdapter(max_retries=retry))
        session.trust_env = False  # the address in the settings is the one that is asked
        session.verify = True if self.ca is None else str(self.ca)
        kind = "Bearer" if self._token.startswith("nbt_") else "Token"
        session.headers["Authorization"] = f"{kind} {self._token}"
        session.headers["Accept"] = "application/json"
        return session

    @property
    def _session(self) -> requests.Session:
        """One per thread: a session is not made for several."""
        if not hasattr(self._local, "session"):
            self._local.session = self._new_session()
        session: requests.Session = self._local.session
        return session

    @cached_property
    def version(self) -> str:
        """NetBox's version. Raises NetBoxUnknown for one that was not tried."""
        try:
            found = str(self.get("status/")["netbox-version"])
        except KeyError as error:
            raise NetBoxMalformed(
                f"{self.url} 不像 NetBox / is no NetBox: its /api/status/ tells no version; "
                "check QIANYUN_NETBOX_URL"
            ) from error
        if not _KNOWN.fullmatch(found):
            raise NetBoxUnknown(
                f"NetBox 版本为 {found}，本程序只认识 {VERSIONS} 正式版 / {self.url} is NetBox {found}; "
                f"known are the releases {VERSIONS}: install a Qianyun that knows it; nothing was "
                "read or written"
            )
        return found

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """One GET below /api/, as JSON. Raises NetBoxDenied, NetBoxUnavailable, NetBoxMalformed."""
        with self._count:
            self.reads += 1
        answer = self._send("GET", path, params=params)
        try:
            found = from_json(answer.content)
        except ValueError as error:
            raise NetBoxMalformed(no_json(self.url, path, answer)) from error
        if not isinstance(found, dict):
            raise NetBoxMalformed(f"NetBox 的应答不是对象 / GET {path}: expected a JSON object")
        return found

    def page(self, path: str, params: Mapping[str, Any]) -> Json:
        """One page of a list, checked to be one."""
        found = self.get(path, params)
        if not isinstance(found.get("results"), list):
            raise NetBoxMalformed(
                f"NetBox 的应答不是列表 / GET {path}: expected a page with results; check that "
                "QIANYUN_NETBOX_URL is NetBox's own address"
            )
        return found

    def count(self, path: str, **params: Any) -> int:
        """How many objects the token sees at `path`."""
        return int(self.page(path, {**params, "limit": 1, "fields": "id"})["count"])

    def pages(
        self,
        path: str,
        fields: str,
        *,
        low: int = 0,
        high: int | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Iterator[list[Json]]:
        """The objects with low ≤ id < high, page by page in the order of their ids.

        By the cursor, which can neither miss nor repeat a row while others write.
        """
        start = low
        bound = {} if high is None else {"id__lt": high}
        while True:
            page = self.page(
                path, {**(filters or {}), **bound, "start": start, "limit": PAGE, "fields": fields}
            )
            rows: list[Json] = page["results"]
            ids = [row["id"] for row in rows]
            if ids != sorted(set(ids)) or (ids and ids[0] < start):
                raise NetBoxMalformed(
                    f"NetBox 的分页顺序不对 / GET {path}: a page out of order from {start}"
                )
            if high is not None and ids and ids[-1] >= high:
                raise NetBoxMalformed(
                    f"NetBox 未按条件过滤 / GET {path}: asked for ids below {high}, got {ids[-1]}"
                )
            yield rows
            if page.get("next") is None:
                return
            if not rows:
                raise NetBoxMalformed(f"NetBox 的一页为空却还有下一页 / GET {path}: an empty page")
            start = ids[-1] + 1

    def by_ids(self, path: str, fields: str, ids: Iterable[int]) -> list[Json]:
        """The objects with these ids; those that are gone are not there."""
        return self._some(path, fields, "id", sorted(ids))

    def by_value(self, path: str, fields: str, name: str, values: Iterable[str]) -> list[Json]:
        """The objects whose filter `name` has one of `values`; the caller checks what came.

        NetBox answers a filter that it does not know with everything (pitfall 4)."""
        return self._some(path, fields, name, sorted(values))

    def _some(self, path: str, fields: str, name: str, values: Sequence[Any]) -> list[Json]:
        found: list[Json] = []
        for at in range(0, len(values), 100):
            part = values[at : at + 100]
            for rows in self.pages(path, fields, filters={name: part}):
                if len(rows) > len(part):
                    raise NetBoxMalformed(
                        f"NetBox 未按条件过滤 / GET {path}: asked for {len(part)} by {name}, got "
                        f"{len(rows)}"
                    )
                found += rows
        return found

    # ── writing ─────────────────────────────────────────────────────────────────────────────────

    def create(self, path: str, rows: Sequence[Json]) -> list[Json]:
        """Creates rows together: all or none. Raises RowsRefused, OutcomeUnknown, NetBoxDenied."""
        made = self._write("POST", path, list(rows))
        if not isinstance(made, list) or len(made) != len(rows):
            raise OutcomeUnknown(f"NetBox 的应答不完整 / POST {path}: {len(rows)} rows sent")
        return made

    def update_many(self, path: str, rows: Sequence[Json]) -> list[Json]:
        """Changes rows (each with its id) together: only for rows that this run has just made."""
        made = self._write("PATCH", path, list(rows))
        return made if isinstance(made, list) else []

    def update(self, path: str, id: int, row: Json, etag: str) -> Json:
        """Changes one row if it is still as we read it. Raises ObjectChanged, RowsRefused."""
        made = self._write("PATCH", f"{path}{id}/", row, headers={"If-Match": etag})
        if not isinstance(made, dict):
            raise OutcomeUnknown(f"NetBox 的应答不完整 / PATCH {path}{id}/")
        return made

    def delete(self, path: str, id: int, etag: str, message: str) -> None:
        """Deletes one row if it is still as we read it. Raises ObjectChanged, RowsRefused."""
        self._write(
            "DELETE", f"{path}{id}/", {"changelog_message": message}, headers={"If-Match": etag}
        )

    def in_parallel[T, R](self, work: Callable[[T], R], of: Iterable[T]) -> list[R]:
        """`work` over all of `of`, `connections` at a time; the first error is raised at the end
        of what was begun."""
        todo = list(of)
        if len(todo) < 2 or self.connections < 2:
            return [work(one) for one in todo]
        with ThreadPoolExecutor(min(self.connections, len(todo))) as pool:
            return list(pool.map(work, todo))

    def _write(
        self, verb: str, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Any:
        with self._count:
            self.writes += 1
        if time.monotonic() - getattr(self._local, "used", 0.0) > IDLE_S:
            self._session.close()
        answer = self._send(verb, path, body=body, headers=headers)
        with self._count:
            self.written.add(answer.headers.get("X-Request-ID", ""))
        if answer.status_code == 204:
            return None
        try:
            return from_json(answer.content)
        except ValueError as error:
            raise OutcomeUnknown(f"NetBox 的应答不完整 / {verb} {path}: cut off") from error

    def _send(
        self,
        verb: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        try:
            answer = self._session.request(
                verb,
                f"{self.url}/api/{path}",
                params=params,
                json=body,
                headers=headers,
                timeout=self._patience(body),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise no_answer(self.url, verb, path, error) from error
        finally:
            self._local.used = time.monotonic()
        if not answer.ok or answer.is_redirect:
            self._session.close()  # a server that refused a body unread hangs up behind its answer
            raise refusal(self.url, verb, path, answer)
        return answer

    def _patience(self, body: Any) -> tuple[float, float]:
        """To connect, to answer: the more rows, the longer."""
        rows = len(body) if isinstance(body, list) else 1
        return self.timeout_s[0], self.timeout_s[1] * max(1.0, rows / ROWS_A_TIMEOUT)


def etag(last_updated: str | None) -> str:
    """The ETag of an object by its `last_updated` as JSON tells it, in the time zone of NetBox's
    settings; the ETag is in UTC (NetBox 4.7, ETagMixin). `*` where NetBox keeps none."""
    if not last_updated:
        return "*"
    return f'W/"{datetime.fromisoformat(last_updated).astimezone(UTC).isoformat()}"'
