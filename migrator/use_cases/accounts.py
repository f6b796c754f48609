"""Use cases around who may come in: accounts, signing in, sessions, tokens. Every way in calls these.

Lock-out: from the fifth wrong password on, each doubles the time during which no password is taken,
30 s up to an hour (OWASP ASVS 4.0, 2.2.1); the right one ends it. A session ends when nothing came
for a while, and at its end whatever comes.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from migrator.errors import Forbidden, NotFound, Refused, SignInRefused
from migrator.people.passwords import digest_of, drawn, drawn_password, fits, hashed, outdated
from migrator.people.rights import Deed, Person, Role, covered
from migrator.store.people import Account, Session, Token
from migrator.store.truth import Truth

FREE_TRIES = 4
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)
FRESH = timedelta(minutes=1)
"""How old the note of a last use may grow before it is written again."""
TOKEN_PREFIX = "qy_"  # noqa: S105  a mark by which scanners find a token that leaked
LONGEST_TOKEN = 366
FIRST = "admin"

NAME = r"[A-Za-z0-9_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff.@-]{0,63}"
"""One alphabet and Han alone, so that no two names look alike on a list of approvals (UTS 39), and no dot
first: browsers take `..` out of an address."""


@dataclass(frozen=True)
class Limits:
    """How long a session lives without a request, and at all."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)


@dataclass(frozen=True)
class Signed:
    """A session that was just begun; `cookie` is shown this once."""

    cookie: str
    session: Session
    person: Person


@dataclass(frozen=True)
class Accounts:
    """`organisations`: codes of those that the inventory has."""

    truth: Truth
    limits: Limits = Limits()
    organisations: Callable[[], Collection[str]] = tuple

    # accounts

    def first(self) -> tuple[str, str] | None:
        """Where nobody has an account yet: an administrator's, and its password, to be shown once."""
        if self.truth.people.count():
            return None
        password = drawn()
        account = self._account(FIRST, (Role.ADMIN,), None, "", by=FIRST)
        try:
            self.truth.people.add(account, hashed(password))
        except Refused:  # another process was quicker, and shows its own
            return None
        return FIRST, password

    def add(
        self,
        actor: Person,
        name: str,
        roles: Iterable[Role],
        organisations: Iterable[str] | None = None,
        *,
        shown: str = "",
        password: str | None = None,
    ) -> tuple[Account, str]:
        """A new account and its password (drawn where none is given: who comes in by it chooses their
        own before anything else). Raises Refused, Forbidden."""
        self.truth.permit(actor, Deed.USER_MANAGE, name)
        if not re.fullmatch(NAME, name):
            raise Refused(
                f"用户名应为 1 至 64 个拉丁字母、汉字、数字或 . _ - @，不以 . - @ 开头 / a name: read "
                f"{name!r}, expected 1 to 64 Latin letters, Han characters, digits or . _ - @, none of "
                ". - @ first"
            )
        organisations = self._known(organisations)
        told = password if password is not None else drawn_password(name)
        account = self._account(name, roles, organisations, shown, by=actor.name)
        issued = account.model_copy(update={"issued": password is None})
        return self.truth.people.add(issued, hashed(told, name)), told

    def add_identity(
        self,
        actor: Person,
        name: str,
        *,
        issuer: str,
        subject: str,
        roles: Iterable[Role],
        organisations: Iterable[str] | None = None,
    ) -> Account:
        """An account that comes in by OIDC alone. Raises Refused, Forbidden."""
        self.truth.permit(actor, Deed.USER_MANAGE, name)
        account = self._account(name, roles, organisations, "", by=actor.name)
        identity = {"issuer": issuer, "subject": subject}
        return self.truth.people.add(account.model_copy(update=identity), None)

    def listed(self, actor: Person) -> list[Account]:
        self.truth.permit(actor, Deed.USER_READ, "accounts")
        return self.truth.people.all()

    def get(self, actor: Person, name: str) -> Account:
        """Raises NotFound, Forbidden."""
        self.truth.permit(actor, Deed.USER_READ, name)
        return self.truth.people.get(name)

    def change(
        self,
        actor: Person,
        name: str,
        *,
        roles: Iterable[Role] | None = None,
        organisations: Iterable[str] | None = None,
        whole_city: bool = False,
        disabled: bool | None = None,
    ) -> Account:
        """What is told is changed; sessions of the account end. Raises Refused for the last
        administrator, NotFound, Forbidden."""
        self.truth.permit(actor, Deed.USER_MANAGE, name)
        account = self.truth.people.get(name)
        values: dict[str, object] = {}
        if actor.via != "" and name == actor.name and (roles is not None or whole_city):
            self.truth.audit(actor.name, "user.change.refused", name, reason="own roles")
            raise Forbidden(
                "自己的角色与范围须由另一管理员更改 / one's own roles and scope are another "
                "administrator's to change"
            )
        if roles is not None:
            values["roles"] = tuple(sorted(set(roles)))
        organisations = self._known(organisations)
        if whole_city or organisations is not None:
            values["organisations"] = None if whole_city else tuple(organisations or ())
        if disabled is not None:
            values |= {"disabled": disabled}
        after = account.model_copy(update=values)
        if _rules(account) and not _rules(after):
            others = [a for a in self.truth.people.all() if a.name != account.name and _rules(a)]
            if not others:
                raise Refused(
                    f"{account.name} 是最后一名管理员 / is the last administrator: make another one first"
                )
        return self.truth.people.change(account.name, actor.name, "user.change", values, out=True)

    def set_password(
        self, actor: Person, name: str, new: str | None = None, *, former: str | None = None
    ) -> str:
        """Somebody's own password, with the former one; or another's, for who manages accounts: then
        it is drawn where none is given, and to be changed by its owner before anything else. All sessions
        of the account end. Raises Refused, Forbidden."""
        found = self.truth.people.find(name)
        if found is None:
            raise NotFound(f"没有此用户 / no such account: {name}; see `qianyun user list`")
        account, kept = found
        own = account.name == actor.name
        if own and former is not None:  # which says enough: no role is needed
            self._try(account, kept, former)
        else:
            self.truth.permit(actor, Deed.USER_MANAGE, name)
        told = new if new is not None else drawn_password(name)
        if told == former:
            raise Refused("新密码与旧密码相同 / the new password is the former one: choose another")
        values = {"password": hashed(told, name), "failures": 0, "locked_until": None}
        values["issued"] = not own
        self.truth.people.change(account.name, actor.name, "user.password", values, out=True)
        return told

    # signing in

    def sign_in(self, name: str, password: str, former_cookie: str | None = None) -> Signed:
        """A new session. Raises SignInRefused, which does not tell whether there is such an account."""
        found = self.truth.people.find(name[:200])
        if found is None:
            fits(None, password)
            self.truth.audit("", "user.sign-in.refused", "unknown account")
            raise SignInRefused(_REFUSED)
        account, kept = found
        self._try(account, kept, password)
        if account.disabled:
            self.truth.audit(account.name, "user.sign-in.refused", account.name, reason="disabled")
            raise SignInRefused(_REFUSED)
        if kept and outdated(kept):
            again = {"password": hashed(password)}
            self.truth.people.change(account.name, account.name, "user.rehash", again, out=False)
        return self._begin(account, "password", former_cookie)

    def sign_in_as(self, account: Account, former_cookie: str | None = None) -> Signed:
        """After an identity provider said who it is. Raises SignInRefused for a disabled account."""
        if account.disabled:
            self.truth.audit(account.name, "user.sign-in.refused", account.name, reason="disabled")
            raise SignInRefused(_REFUSED)
        return self._begin(account, "oidc", former_cookie)

    def _try(self, account: Account, kept: str | None, password: str) -> None:
        """Raises SignInRefused. The try is counted before the password is looked at, so that many at
        once are no more tries than one after the other."""
        people = self.truth.people
        if people.take_try(account.name, self._lock):
            if fits(kept, password):
                return
        else:
            fits(None, password)  # as slow as ever; the right one is refused too
        people.refused(account.name)
        raise SignInRefused(_REFUSED)

    def _lock(self, failures: int) -> str | None:
        """Until when no password is taken after so many wrong ones."""
        if failures <= FREE_TRIES:
            return None
        wait = min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(failures - FREE_TRIES - 1, 12))
        return _text(self.truth.clock() + wait)

    def _begin(self, account: Account, via: str, former_cookie: str | None) -> Signed:
        now, cookie = self.truth.clock(), drawn()
        session = Session(
            digest=digest_of(cookie),
            account=account.name,
            csrf=drawn(),
            via=via,
            begun_at=_text(now),
            seen_at=_text(now),
            ends_at=_text(now + self.limits.whole),
        )
        self.truth.people.open(session, digest_of(former_cookie) if former_cookie else None)
        return Signed(cookie, session, _person(account, session))

    def by_cookie(self, cookie: str, *, unattended: bool = False) -> tuple[Session, Person] | None:
        """Who sits behind a cookie; None when the session is none, or has ended. `unattended`: a page
        asks by itself, which keeps no session alive."""
        found = self.truth.people.session(digest_of(cookie))
        if found is None:
            return None
        session, account = found
        now = self.truth.clock()
        idle = datetime.fromisoformat(session.seen_at) + self.limits.idle
        if account.disabled or now >= idle or now >= datetime.fromisoformat(session.ends_at):
            self.truth.people.close(session.digest, account.name)
            return None
        if not unattended and now - datetime.fromisoformat(session.seen_at) > FRESH:
            self.truth.people.seen(session.digest, _text(now))
        return session, _person(account, session)

    def sign_out(self, session: Session) -> None:
        self.truth.people.close(session.digest, session.account)

    # tokens

    def make_token(
        self,
        actor: Person,
        name: str,
        label: str,
        roles: Iterable[Role],
        *,
        days: int = 90,
        organisations: Iterable[str] | None = None,
    ) -> tuple[Token, str]:
        """A token of an account and its text, shown this once. It never may more than the account
        does, now or later. Raises Refused, NotFound; Forbidden also for who came by a token, which would
        outlive itself, and for a token of another's that approves."""
        account = self._own_or_managed(actor, name)
        self._require_no_token(actor, name)
        wanted = tuple(sorted(set(roles)))
        if Role.APPROVER in wanted and actor.via != "" and actor.name != name:
            raise self._forbidden(
                actor,
                name,
                "审批令牌只能由本人制作 / a token that approves is made by its owner alone: nobody "
                "decides in another's name",
            )
        if not wanted or not covered(wanted, account.roles) or not 1 <= days <= LONGEST_TOKEN:
            raise Refused(
                f"令牌的角色不能超过该用户，期限 1 至 {LONGEST_TOKEN} 天 / a token: read roles "
                f"{', '.join(wanted) or 'none'} and {days} days, expected no more than "
                f"{', '.join(account.roles) or 'no role'} may, and 1 to {LONGEST_TOKEN} days"
            )
        told = self._known(organisations)
        scope = account.organisations if told is None else tuple(sorted(set(told)))
        if account.organisations is not None and scope is not None:
            _permit_scope(account, scope)
        now, secret = self.truth.clock(), drawn(TOKEN_PREFIX)
        token = Token(
            id=0,
            account=account.name,
            label=label,
            roles=wanted,
            organisations=scope,
            made_at=_text(now),
            ends_at=_text(now + timedelta(days=days)),
        )
        return self.truth.people.add_token(token, digest_of(secret), actor.name), secret

    def tokens(self, actor: Person, name: str | None = None) -> list[Token]:
        """One's own; everybody's (name None) or another's for who may read accounts."""
        if name is None or name != actor.name:
            self.truth.permit(actor, Deed.USER_READ, name or "tokens")
        return self.truth.people.tokens(name)

    def revoke(self, actor: Person, number: int) -> Token:
        """Raises NotFound, Forbidden."""
        found = next((t for t in self.truth.people.tokens() if t.id == number), None)
        if found is None:
            raise NotFound(f"没有此令牌 / no such token: {number}; see `qianyun user token list`")
        self._own_or_managed(actor, found.account)
        if actor.via != f"token:{number}":  # one may give itself up
            self._require_no_token(actor, found.account)
        self.truth.people.revoke(number, actor.name)
        return next(t for t in self.truth.people.tokens(found.account) if t.id == number)

    def by_token(self, secret: str) -> Person | None:
        """Whose token it is, with the roles that both it and its account have; None for no, an
        ended or a revoked one."""
        found = self.truth.people.token(digest_of(secret))
        if found is None:
            return None
        token, account = found
        now = self.truth.clock()
        if token.revoked_at or account.disabled or now >= datetime.fromisoformat(token.ends_at):
            return None
        if token.used_at is None or now - datetime.fromisoformat(token.used_at) > FRESH:
            self.truth.people.used(token.id, _text(now))
        mine = account.person(f"token:{token.id}")
        scope = mine.organisations
        if token.organisations is not None:
            told = frozenset(token.organisations)
            scope = told if scope is None else told & scope
        roles = frozenset(role for role in token.roles if covered([role], mine.roles))
        return Person(name=mine.name, roles=roles, organisations=scope, via=mine.via)

    def _known(self, organisations: Iterable[str] | None) -> Iterable[str] | None:
        """Raises Refused for what an inventory that has any does not have."""
        if organisations is None:
            return None
        wanted, known = tuple(organisations), self.organisations()
        if known and (unknown := sorted(set(wanted) - set(known))):
            read = ", ".join(unknown)[:200]
            raise Refused(
                f"台账中没有此单位：{read} / the inventory has no such organisation: {read}"
            )
        return wanted

    def _require_no_token(self, actor: Person, name: str) -> None:
        """Raises Forbidden for who came by a token: it would make itself wider, or last longer."""
        if actor.via.startswith("token:"):
            raise self._forbidden(
                actor,
                name,
                "令牌不能管理令牌，请登录后操作 / a token manages no tokens: sign in",
            )

    def _forbidden(self, actor: Person, name: str, why: str) -> Forbidden:
        self.truth.audit(actor.name, "token.refused", name, reason=why)
        return Forbidden(why)

    def _own_or_managed(self, actor: Person, name: str) -> Account:
        own = actor.name == name and actor.via != ""
        self.truth.permit(actor, Deed.OWN_ACCOUNT if own else Deed.USER_MANAGE, name)
        return self.truth.people.get(name)

    def _account(
        self,
        name: str,
        roles: Iterable[Role],
        organisations: Iterable[str] | None,
        shown: str,
        *,
        by: str,
    ) -> Account:
        return Account(
            name=name,
            shown=shown[:200],
            roles=tuple(sorted(set(roles))),
            organisations=None if organisations is None else tuple(sorted(set(organisations))),
            created_at=self.truth.now(),
            created_by=by,
        )


_REFUSED = (
    "用户名或密码不符，或暂时锁定 / the name or the password is wrong, or the account is locked for a "
    "while: try again later, or ask an administrator"
)


def _permit_scope(account: Account, scope: Iterable[str]) -> None:
    """Raises Forbidden for organisations that an account is not bound to."""
    other = set(scope) - set(account.organisations or ())
    if other:
        raise Forbidden(
            f"令牌范围超出该用户 / the token is for more than its account: read {'、'.join(sorted(other))}, "
            f"expected some of {'、'.join(account.organisations or ())}"
        )


def _person(account: Account, session: Session) -> Person:
    return account.person(f"session:{session.digest[:12]}", by_password=session.via == "password")


def _rules(account: Account) -> bool:
    return Role.ADMIN in account.roles and not account.disabled


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
