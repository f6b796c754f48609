"""Silences in Alertmanager, by its API v2 (OpenAPI in its repository, api/v2/openapi.yaml).

A silence of ours says in its comment whose it is, `[qianyun RUN/SYSTEM]`: by that a worker finds it
again after a crash, and nobody else's is ever touched.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrator.errors import AlertmanagerDown
from probes.asking import ask
from probes.errors import Unreachable

CREATOR = "qianyun"
_MARK = re.compile(r"^\[qianyun ([^\]\s]+)\]")
_IN_FORCE = frozenset({"active", "pending"})


@dataclass(frozen=True, slots=True)
class Silence:
    """`key`: RUN/SYSTEM of ours, "" for anybody else's; `matchers`: as Alertmanager writes them;
    `begins`: as it was told, for an extension must repeat it to the nanosecond."""

    id: str
    key: str
    matchers: tuple[str, ...]
    begins: str
    until: datetime
    creator: str
    comment: str


@dataclass(frozen=True)
class Alertmanager:
    """At `url`; every method raises AlertmanagerDown."""

    url: str

    def silences(self) -> list[Silence]:
        """Those in force, anybody's, the first to end first."""
        told = self._ask("GET", "/silences")
        try:
            found = [_read(one) for one in told if one["status"]["state"] in _IN_FORCE]
        except (KeyError, TypeError, ValueError) as error:
            raise AlertmanagerDown(
                f"{self.url}: 读到的不是静默清单 / read no list of silences: {error!r}; expected the "
                "API v2 of Alertmanager: check QIANYUN_ALERTMANAGER_URL"
            ) from error
        return sorted(found, key=lambda one: one.until)

    def ours(self, key: str) -> list[Silence]:
        return [one for one in self.silences() if one.key == key]

    def put(
        self,
        key: str,
        codes: Iterable[str],
        why: str,
        times: tuple[datetime, datetime],
        before: Silence | None = None,
    ) -> str:
        """Silence exactly these codes from when to when; or extend the one of `before`. Its id."""
        begin, until = times
        told: dict[str, Any] = {
            "matchers": [
                {"name": "code", "value": exactly(codes), "isRegex": True, "isEqual": True}
            ],
            "startsAt": before.begins if before else _text(begin),
            "endsAt": _text(until),
            "createdBy": CREATOR,
            "comment": f"[qianyun {key}] {why}",
        }
        answer = self._ask("POST", "/silences", told | ({"id": before.id} if before else {}))
        try:
            return str(answer["silenceID"])
        except (KeyError, TypeError) as error:
            raise AlertmanagerDown(
                f"{self.url}: 没有给出静默编号 / no silenceID: {answer!r}"
            ) from error

    def expire(self, id_: str) -> None:
        """End it now; one that has ended already stays so."""
        self._ask("DELETE", f"/silence/{id_}")

    def _ask(self, method: str, path: str, told: object = None) -> Any:
        try:
            return ask(f"{self.url}/api/v2{path}", method=method, told=told)
        except Unreachable as error:
            raise AlertmanagerDown(
                f"Alertmanager 不应答 / does not answer: {error}; QIANYUN_ALERTMANAGER_URL"
            ) from error


def exactly(codes: Iterable[str]) -> str:
    """A pattern of these codes and no others: of the signs that codes have, a dot alone means
    something."""
    return "|".join(code.replace(".", "\\.") for code in sorted(codes))


def _read(told: dict[str, Any]) -> Silence:
    mine = _MARK.match(told["comment"]) if told["createdBy"] == CREATOR else None
    return Silence(
        id=told["id"],
        key=mine[1] if mine else "",
        matchers=tuple(_matcher(one) for one in told["matchers"]),
        begins=told["startsAt"],
        until=datetime.fromisoformat(told["endsAt"]),
        creator=told["createdBy"],
        comment=told["comment"],
    )


def _matcher(told: dict[str, Any]) -> str:
    sign = ("=~" if told["isRegex"] else "=") if told.get("isEqual", True) else "!"
    if sign == "!":
        sign = "!~" if told["isRegex"] else "!="
    return f"{told['name']}{sign}{told['value']}"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
