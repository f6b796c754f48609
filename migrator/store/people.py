"""Accounts, sessions and tokens as they are kept; every change with its audit entry."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from inventory.model import Frozen
from migrator.errors import NotFound, Refused
from migrator.people.names import folded
from migrator.people.rights import Person, Role
from migrator.store.audit import record
from migrator.store.tables_people import accounts, handshakes, sessions, tokens

if TYPE_CHECKING:
    from migrator.store.truth import Truth


class Account(Frozen):
    """Who may come in. Without a password hash: that never leaves this file but to be compared."""

    name: str
    shown: str = ""
    roles: tuple[Role, ...]
    organisations: tuple[str, ...] | None = None
    disabled: bool = False
    issued: bool = False
    issuer: str | None = None
    subject: str | None = None
    failures: int = 0
    locked_until: str | None = None
    created_at: str
    created_by: str

    def person(self, via: str, *, by_password: bool = False) -> Person:
        """`by_password`: they came in by it, so that one that another gave them must be changed."""
        scope = None if self.organisations is None else frozenset(self.organisations)
        roles = frozenset() if self.disabled else frozenset(self.roles)
        return Person(
            name=self.name,
            roles=roles,
            organisations=scope,
            via=via,
            issued=by_password and self.issued,
        )


class Session(Frozen):
    """A signed-in browser."""

    digest: str
    account: str
    csrf: str
    via: str
    begun_at: str
    seen_at: str
    ends_at: str


class Token(Frozen):
    """A program's way in, as it may be shown."""

    id: int
    account: str
    label: str
    roles: tuple[Role, ...]
    organisations: tuple[str, ...] | None = None
    made_at: str
    ends_at: str
    revoked_at: str | None = None
    used_at: str | None = None


class Handshake(Frozen):
    """A sign-in by OIDC that has begun; `state` is the SHA-256 of it."""

    state: str
    nonce: str
    verifier: str
    next: str
    at: str


class People:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def count(self) -> int:
        with self._truth.reading() as connection:
            return connection.scalar(select(func.count()).select_from(accounts)) or 0

    def add(self, account: Account, password: str | None) -> Account:
        """`password`: its hash. Raises Refused where the name is taken, however it is spelled."""
        row = _row(account.model_dump(mode="json"))
        try:
            with self._truth.writing() as connection:
                connection.execute(
                    insert(accounts).values(**row, folded=folded(account.name), password=password)
                )
                self._note(connection, account.created_by, "user.add", account.name, _told(account))
        except IntegrityError as error:
            raise Refused(
                f"用户名已被使用 / the name is taken: read {account.name}, expected one that no account "
                "has, however it is spelled; see `qianyun user list`"
            ) from error
        return account

    def get(self, name: str) -> Account:
        """By name, however it is spelled. Raises NotFound."""
        found = self.find(name)
        if found is None:
            raise NotFound(f"没有此用户 / no such account: {name}; see `qianyun user list`")
        return found[0]

    def find(self, name: str) -> tuple[Account, str | None] | None:
        """The account and its password's hash."""
        with self._truth.reading() as connection:
            query = select(accounts).where(accounts.c.folded == folded(name))
            row = connection.execute(query).mappings().first()
        return None if row is None else (_account(row), row["password"])

    def of_identity(self, issuer: str, subject: str) -> Account | None:
        with self._truth.reading() as connection:
            query = select(accounts).where(
                accounts.c.issuer == issuer, accounts.c.subject == subject
            )
            row = connection.execute(query).mappings().first()
        return None if row is None else _account(row)

    def all(self) -> list[Account]:
        with self._truth.reading() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name)).mappings()
            return [_account(row) for row in rows]

    def change(
        self, name: str, actor: str, action: str, values: Mapping[str, Any], *, out: bool
    ) -> Account:
        """`out`: its sessions end. Raises NotFound."""
        name = self.get(name).name
        told = {key: value for key, value in values.items() if key != "password"}
        with self._truth.writing() as connection:
            connection.execute(
                update(accounts).where(accounts.c.name == name).values(**_row(values))
            )
            if out:
                connection.execute(delete(sessions).where(sessions.c.account == name))
            self._note(connection, actor, action, name, told)
        return self.get(name)

    def take_try(self, name: str, lock: Callable[[int], str | None]) -> bool:
        """Count a try to sign in as a wrong one, until it proves right (`open`); False while the
        account is locked. `lock`: from the number of wrong ones to until when it is locked."""
        of = accounts.c.name == name
        with self._truth.writing() as connection:
            row = connection.execute(
                select(accounts.c.failures, accounts.c.locked_until).where(of)
            ).one()
            if row.locked_until and self._truth.now() < row.locked_until:
                return False
            count = row.failures + 1
            values = {"failures": count, "locked_until": lock(count)}
            connection.execute(update(accounts).where(of).values(**values))
        return True

    def refused(self, name: str) -> None:
        """A try that was wrong, or came while the account is locked, in the audit."""
        with self._truth.writing() as connection:
            self._note(connection, name, "user.sign-in.refused", name, {})

    # sessions

    def open(self, session: Session, former: str | None) -> None:
        """A new session; the one that the browser had (`former`, its digest) ends."""
        with self._truth.writing() as connection:
            gone = sessions.c.ends_at < self._truth.now()
            connection.execute(delete(sessions).where(gone | (sessions.c.digest == (former or ""))))
            connection.execute(insert(sessions).values(**session.model_dump()))
            connection.execute(
                update(accounts)
                .where(accounts.c.name == session.account)
                .values(failures=0, locked_until=None)
            )
            told = {"via": session.via, "session": session.digest[:12]}
            self._note(connection, session.account, "user.sign-in", session.account, told)

    def session(self, digest: str) -> tuple[Session, Account] | None:
        with self._truth.reading() as connection:
            row = (
                connection.execute(select(sessions).where(sessions.c.digest == digest))
                .mappings()
                .first()
            )
            if row is None:
                return None
            of = select(accounts).where(accounts.c.name == row["account"])
            account = _account(connection.execute(of).mappings().one())
        return Session(**row), account

    def seen(self, digest: str, at: str) -> None:
        with self._truth.writing() as connection:
            connection.execute(
                update(sessions).where(sessions.c.digest == digest).values(seen_at=at)
            )

    def close(self, digest: str, actor: str) -> None:
        with self._truth.writing() as connection:
            done = connection.execute(delete(sessions).where(sessions.c.digest == digest))
            if done.rowcount:
                self._note(connection, actor, "user.sign-out", actor, {"session": digest[:12]})

    def shake(self, handshake: Handshake) -> None:
        """Remember a sign-in that has begun."""
        with self._truth.writing() as connection:
            connection.execute(insert(handshakes).values(**handshake.model_dump()))

    def shaken(self, state: str, since: datetime) -> Handshake | None:
        """The one of that state, which is gone then; None for none, or one from before `since`."""
        oldest = since.astimezone(UTC).isoformat(timespec="milliseconds")
        with self._truth.writing() as connection:
            connection.execute(delete(handshakes).where(handshakes.c.at < oldest))
            of = handshakes.c.state == state
            row = connection.execute(select(handshakes).where(of)).mappings().first()
            connection.execute(delete(handshakes).where(of))
        return None if row is None else Handshake(**row)

    # tokens

    def add_token(self, token: Token, digest: str, actor: str) -> Token:
        row = _row(token.model_dump(mode="json", exclude={"id"}))
        with self._truth.writing() as connection:
            key = connection.execute(insert(tokens).values(**row, digest=digest))
            (number,) = key.inserted_primary_key or (0,)
            told = {"label": token.label, "roles": list(token.roles), "ends_at": token.ends_at}
            self._note(connection, actor, "user.token.add", f"{token.account}/{number}", told)
        return token.model_copy(update={"id": number})

    def tokens(self, account: str | None = None) -> list[Token]:
        query = select(tokens).order_by(tokens.c.id)
        if account is not None:
            query = query.where(tokens.c.account == account)
        with self._truth.reading() as connection:
            return [_token(row) for row in connection.execute(query).mappings()]

    def token(self, digest: str) -> tuple[Token, Account] | None:
        with self._truth.reading() as connection:
            found = connection.execute(select(tokens).where(tokens.c.digest == digest))
            row = found.mappings().first()
            if row is None:
                return None
            of = select(accounts).where(accounts.c.name == row["account"])
            return _token(row), _account(connection.execute(of).mappings().one())

    def revoke(self, number: int, actor: str) -> None:
        at = self._truth.now()
        with self._truth.writing() as connection:
            connection.execute(
                update(tokens)
                .where(tokens.c.id == number, tokens.c.revoked_at.is_(None))
                .values(revoked_at=at)
            )
            self._note(connection, actor, "user.token.revoke", str(number), {})

    def used(self, number: int, at: str) -> None:
        with self._truth.writing() as connection:
            connection.execute(update(tokens).where(tokens.c.id == number).values(used_at=at))

    def _note(
        self, connection: Connection, actor: str, action: str, name: str, detail: dict[str, Any]
    ) -> None:
        at = self._truth.now()
        record(connection, at=at, actor=actor, action=action, object=name, detail=detail)


_LISTS = ("roles", "organisations")


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: json.dumps(list(value), ensure_ascii=False)
        if key in _LISTS and value is not None
        else value
        for key, value in values.items()
    }


def _lists(row: RowMapping, drop: Iterable[str]) -> dict[str, Any]:
    plain = {key: value for key, value in row.items() if key not in drop}
    return plain | {key: None if row[key] is None else json.loads(row[key]) for key in _LISTS}


def _account(row: RowMapping) -> Account:
    return Account(**_lists(row, ("folded", "password")))


def _token(row: RowMapping) -> Token:
    return Token(**_lists(row, ("digest",)))


def _told(account: Account) -> dict[str, Any]:
    return {"roles": list(account.roles), "organisations": account.organisations}
