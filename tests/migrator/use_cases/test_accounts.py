"""Who may come in: passwords, lock-out, sessions, tokens, scope; and the table of rights."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from migrator.errors import Forbidden, Refused, SignInRefused
from migrator.people.passwords import drawn_password
from migrator.people.rights import Deed, Person, Role, Subject, local, may, permit
from migrator.store.audit import first_fault
from migrator.store.truth import Truth
from migrator.use_cases.accounts import FREE_TRIES, Accounts

ROOT = local("root")
PASSWORD = "correct horse battery"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Accounts:
    return Accounts(Truth.open(f"sqlite:///{tmp_path}/q.db", clock, login="root"))


@pytest.fixture
def li(accounts: Accounts) -> str:
    accounts.add(ROOT, "li", [Role.PLANNER, Role.VIEWER], ["U-1"], password=PASSWORD)
    return "li"


def test_the_first_administrator_is_made_once(accounts: Accounts) -> None:
    made = accounts.first()
    assert made is not None
    signed = accounts.sign_in(*made)
    assert signed.person.roles == {Role.ADMIN}
    assert accounts.first() is None
    assert made[1] not in Path(str(accounts.truth.engine.url.database)).read_bytes().decode(
        "latin1"
    )


def test_a_wrong_password_locks_with_back_off(accounts: Accounts, li: str, clock: Clock) -> None:
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(SignInRefused):
            accounts.sign_in(li, "wrong wrong wrong")
    with pytest.raises(SignInRefused):  # the right one is refused too while it is locked
        accounts.sign_in(li, PASSWORD)
    clock.now += timedelta(seconds=31)
    with pytest.raises(SignInRefused):
        accounts.sign_in(li, "wrong wrong wrong")
    clock.now += timedelta(seconds=31)
    with pytest.raises(SignInRefused):  # now it takes twice as long
        accounts.sign_in(li, PASSWORD)
    clock.now += timedelta(seconds=31)
    assert accounts.sign_in(li, PASSWORD).person.name == "li"
    assert accounts.truth.people.get(li).failures == 0
    refusals = [e for e in accounts.truth.audit_entries() if e.action == "user.sign-in.refused"]
    assert len(refusals) == FREE_TRIES + 4
    assert first_fault(accounts.truth.audit_entries()) is None


def test_refusals_do_not_tell_who_has_an_account(accounts: Accounts, li: str) -> None:
    with pytest.raises(SignInRefused) as known:
        accounts.sign_in(li, "wrong wrong wrong")
    with pytest.raises(SignInRefused) as unknown:
        accounts.sign_in("nobody", "wrong wrong wrong")
    assert str(known.value) == str(unknown.value)


def test_a_session_ends_idle_and_at_its_end(accounts: Accounts, li: str, clock: Clock) -> None:
    first = accounts.sign_in(li, PASSWORD)
    assert accounts.by_cookie(first.cookie) is not None
    clock.now += accounts.limits.idle
    assert accounts.by_cookie(first.cookie) is None
    second = accounts.sign_in(li, PASSWORD)
    end = clock.now + accounts.limits.whole
    while clock.now + timedelta(minutes=20) < end:
        clock.now += timedelta(minutes=20)
        assert accounts.by_cookie(second.cookie) is not None
    clock.now = end
    assert accounts.by_cookie(second.cookie) is None
    assert accounts.by_cookie("nonsense") is None


def test_a_drawn_password_never_holds_a_short_name() -> None:
    assert all("a" not in drawn_password("A").casefold() for _ in range(200))


def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    accounts: Accounts, li: str, clock: Clock
) -> None:
    signed = accounts.sign_in(li, PASSWORD)
    half = accounts.limits.idle / 2
    clock.now += half
    assert accounts.by_cookie(signed.cookie, unattended=True) is not None
    clock.now += half
    assert accounts.by_cookie(signed.cookie, unattended=True) is None


def test_signing_in_ends_the_session_before_it(accounts: Accounts, li: str) -> None:
    first = accounts.sign_in(li, PASSWORD)
    second = accounts.sign_in(li, PASSWORD, first.cookie)
    assert first.cookie != second.cookie
    assert accounts.by_cookie(first.cookie) is None
    assert accounts.by_cookie(second.cookie) is not None


def test_what_lets_in_ends_with_the_account(accounts: Accounts, li: str) -> None:
    session = accounts.sign_in(li, PASSWORD)
    _, secret = accounts.make_token(ROOT, li, "ci", [Role.VIEWER])
    assert accounts.by_token(secret) is not None
    accounts.change(ROOT, li, disabled=True)
    assert accounts.by_cookie(session.cookie) is None
    assert accounts.by_token(secret) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in(li, PASSWORD)


def test_a_token_may_no_more_than_its_account(accounts: Accounts, li: str, clock: Clock) -> None:
    with pytest.raises(Refused):
        accounts.make_token(ROOT, li, "x", [Role.ADMIN])
    with pytest.raises(Forbidden):
        accounts.make_token(ROOT, li, "x", [Role.PLANNER], organisations=["U-2"])
    made, secret = accounts.make_token(ROOT, li, "x", [Role.PLANNER], days=1)
    person = accounts.by_token(secret)
    assert person is not None
    assert (person.name, person.roles, person.organisations) == ("li", {Role.PLANNER}, {"U-1"})
    accounts.change(ROOT, li, roles=[Role.VIEWER])  # taken from the account, taken from the token
    assert accounts.by_token(secret) == Person(
        name="li", roles=frozenset(), organisations=frozenset({"U-1"}), via=person.via
    )
    clock.now += timedelta(days=1)
    assert accounts.by_token(secret) is None
    with accounts.truth.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM tokens")).all())
    assert secret not in kept
    assert made.id


def test_a_revoked_token_is_none(accounts: Accounts, li: str) -> None:
    made, secret = accounts.make_token(ROOT, li, "x", [Role.VIEWER])
    accounts.revoke(ROOT, made.id)
    assert accounts.by_token(secret) is None


@pytest.mark.parametrize("bad", ["short", "x" * 300, "my name is LI and more"])
def test_weak_passwords_are_refused(accounts: Accounts, li: str, bad: str) -> None:
    with pytest.raises(Refused, match=r"12"):
        accounts.set_password(ROOT, li, bad)


def test_one_s_own_password_needs_the_former_one(accounts: Accounts, li: str) -> None:
    session = accounts.sign_in(li, PASSWORD)
    with pytest.raises(SignInRefused):
        accounts.set_password(session.person, li, "another password", former="wrong")
    with pytest.raises(Forbidden):
        accounts.set_password(session.person, li, "another password")
    accounts.set_password(session.person, li, "another password", former=PASSWORD)
    assert accounts.by_cookie(session.cookie) is None  # every session ends
    assert accounts.sign_in(li, "another password").person.name == li


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    made = accounts.first()
    assert made is not None
    with pytest.raises(Refused, match="last administrator"):
        accounts.change(ROOT, made[0], disabled=True)
    accounts.add(ROOT, "second", [Role.ADMIN], password=PASSWORD)
    assert accounts.change(ROOT, made[0], disabled=True).disabled


@pytest.mark.parametrize("other", ["LI", "Ｌi", "lI"])
def test_two_spellings_of_a_name_are_one_account(accounts: Accounts, li: str, other: str) -> None:
    with pytest.raises(Refused):
        accounts.add(ROOT, other, [Role.APPROVER], password=PASSWORD)
    assert accounts.sign_in(other, PASSWORD).person.name == li


def test_who_is_bound_to_organisations() -> None:
    bound = Person(name="li", roles=frozenset(Role), organisations=frozenset({"U-1"}))
    assert may(bound, Deed.INVENTORY_APPLY, Subject.of("U-1"))
    assert not may(bound, Deed.INVENTORY_APPLY, Subject.of("U-1", "U-2"))
    assert not may(bound, Deed.INVENTORY_APPLY, Subject.of("U-1", None))
    assert not may(bound, Deed.PLAN_DECIDE)
    nothing = Person(name="li", roles=frozenset(Role), organisations=frozenset())
    assert not may(nothing, Deed.INVENTORY_APPLY, Subject.of("U-1"))
    assert all(may(ROOT, deed, Subject.of(None)) for deed in Deed)
    with pytest.raises(Forbidden, match="U-2"):
        permit(bound, Deed.INVENTORY_APPLY, Subject.of("U-2"))


def test_a_refusal_stands_in_the_audit(accounts: Accounts) -> None:
    viewer = Person(name="wang", roles=frozenset({Role.VIEWER}))
    with pytest.raises(Forbidden, match="planner"):
        accounts.truth.permit(viewer, Deed.PLAN_MAKE, "estate")
    entry = accounts.truth.audit_entries()[-1]
    assert (entry.actor, entry.action) == ("wang", "plan.make.refused")


def test_a_token_makes_no_token_and_revokes_only_itself(accounts: Accounts) -> None:
    """It would make itself wider, or outlive itself."""
    accounts.add(ROOT, "li", [Role.PLANNER, Role.APPROVER], None)
    mine = accounts.truth.people.get("li").person("session")
    made, secret = accounts.make_token(
        mine, "li", "x", [Role.PLANNER], organisations=["U-1"], days=1
    )
    other, _ = accounts.make_token(mine, "li", "y", [Role.PLANNER])
    by_it = accounts.by_token(secret)
    assert by_it is not None
    for roles, days in (([Role.APPROVER], 366), ([Role.PLANNER], 366), ([Role.PLANNER], 1)):
        with pytest.raises(Forbidden, match="manages no tokens"):
            accounts.make_token(by_it, "li", "z", roles, days=days)
    with pytest.raises(Forbidden):
        accounts.revoke(by_it, other.id)
    assert accounts.revoke(by_it, made.id).revoked_at
    assert accounts.by_token(secret) is None


def test_nobody_decides_in_anothers_name_or_gives_himself_roles(accounts: Accounts) -> None:
    accounts.add(ROOT, "chen", [Role.ADMIN], None)
    accounts.add(ROOT, "zhao", [Role.APPROVER, Role.VIEWER], None)
    chen = accounts.truth.people.get("chen").person("session")
    with pytest.raises(Forbidden, match="owner alone"):
        accounts.make_token(chen, "zhao", "x", [Role.APPROVER])
    accounts.make_token(chen, "zhao", "x", [Role.VIEWER])
    with pytest.raises(Forbidden, match="another"):
        accounts.change(chen, "chen", roles=[Role.ADMIN, Role.APPROVER])
    assert accounts.truth.people.get("chen").roles == (Role.ADMIN,)


@pytest.mark.parametrize(
    "name",
    [
        ".",
        "..",
        "-x",
        "@x",
        ".x",
        "wаng",
        "ｗａｎｇ",
        "ωang",
        "a b",
        "a/b",
        "",
        "a" * 65,
        "x\u200b",
    ],
)
def test_names_that_look_alike_or_cannot_be_addressed_are_refused(
    accounts: Accounts, name: str
) -> None:
    with pytest.raises(Refused, match="用户名"):
        accounts.add(ROOT, name, [Role.VIEWER])


@pytest.mark.parametrize("name", ["wang", "王伟", "li.na", "a-b_c@rs", "x" * 64])
def test_names_of_people(accounts: Accounts, name: str) -> None:
    assert accounts.add(ROOT, name, [Role.VIEWER])[0].name == name


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaaaaaa", "passwordpassword", "1234567890123456", "qwertyuiop12", "weiweiweiweiwei"],
)
def test_passwords_that_are_guessed_soon_are_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(Refused, match="猜到"):
        accounts.add(ROOT, "li", [Role.VIEWER], password=password)


def test_organisations_that_nobody_has_are_refused(tmp_path: Path) -> None:
    truth = Truth.open(f"sqlite:///{tmp_path}/q.db", login="root")
    accounts = Accounts(truth, organisations=lambda: {"LJ-RS"})
    with pytest.raises(Refused, match="NO-SUCH"):
        accounts.add(ROOT, "li", [Role.VIEWER], ["LJ-RS", "NO-SUCH"])
    accounts.add(ROOT, "li", [Role.VIEWER], ["LJ-RS"])
    with pytest.raises(Refused, match="NO-SUCH"):
        accounts.change(ROOT, "li", organisations=["NO-SUCH"])


def test_a_token_may_be_narrower_than_its_account_and_says_how_far_it_reaches(
    accounts: Accounts,
) -> None:
    accounts.add(ROOT, "wang", [Role.PLANNER], ["LJ-RS"])
    token, secret = accounts.make_token(ROOT, "wang", "dashboard", [Role.VIEWER])
    assert token.organisations == ("LJ-RS",)
    person = accounts.by_token(secret)
    assert person is not None
    assert person.roles == {Role.VIEWER}
    assert may(person, Deed.PLAN_READ)
    assert not may(person, Deed.PLAN_MAKE)
    for wider in (Role.OPERATOR, Role.APPROVER, Role.AUDITOR, Role.ADMIN):
        with pytest.raises(Refused, match="不能超过"):
            accounts.make_token(ROOT, "wang", "x", [wider])


def test_who_has_a_password_that_another_gave_chooses_their_own_first(
    accounts: Accounts, li: str
) -> None:
    boss = Person(name="boss", roles=frozenset({Role.ADMIN}), via="session:1")
    _, token = accounts.make_token(ROOT, li, "script", [Role.VIEWER])
    drawn = accounts.set_password(boss, li)
    signed = accounts.sign_in(li, drawn)
    person = signed.person
    assert person.issued
    with pytest.raises(Forbidden, match="own first"):
        permit(person, Deed.INVENTORY_READ)
    with pytest.raises(Forbidden):  # a token would outlive the password
        accounts.make_token(person, li, "x", [Role.VIEWER])
    assert may(accounts.by_token(token) or boss, Deed.INVENTORY_READ)  # its owner made it
    with pytest.raises(Refused, match="former"):
        accounts.set_password(person, li, drawn, former=drawn)
    accounts.set_password(person, li, PASSWORD, former=drawn)
    assert may(accounts.sign_in(li, PASSWORD).person, Deed.INVENTORY_READ)


def test_a_new_account_s_drawn_password_is_changed_first(accounts: Accounts) -> None:
    _, drawn = accounts.add(ROOT, "wang", [Role.APPROVER])
    assert not may(accounts.sign_in("wang", drawn).person, Deed.PLAN_DECIDE)
    made = accounts.first()
    assert made is None
