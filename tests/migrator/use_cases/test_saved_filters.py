"""Filters that somebody keeps: theirs alone, in one spelling, written down."""

from pathlib import Path

import pytest

from migrator.errors import Forbidden, NotFound, Refused
from migrator.people.rights import Person, Role, local
from migrator.store.audit import Filter
from migrator.store.saved_filters import MOST
from migrator.store.truth import Truth
from migrator.use_cases.accounts import Accounts
from migrator.use_cases.saved_filters import LONGEST_QUERY, Filters, Listed, canonical


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return Truth.open(f"sqlite:///{tmp_path}/q.db", login="root")


@pytest.fixture
def filters(truth: Truth) -> Filters:
    for name in ("zhang", "li"):
        Accounts(truth).add(local("root"), name, (Role.VIEWER,), password="correct horse battery")
    return Filters(truth)


def person(name: str, *roles: Role) -> Person:
    return Person(name=name, roles=frozenset(roles or (Role.VIEWER,)))


ZHANG, LI = person("zhang"), person("li")


def test_it_is_there_again_and_nobody_elses(filters: Filters) -> None:
    made = filters.keep(ZHANG, Listed.SYSTEMS, " 本周要迁的 ", "?page=3&sort=-funds&cloud=none")
    assert (made.name, made.query) == ("本周要迁的", "cloud=none&sort=-funds")
    assert filters.of(ZHANG) == [made]
    assert filters.of(LI) == []
    with pytest.raises(NotFound):
        filters.drop(LI, made.id)
    filters.drop(ZHANG, made.id)
    assert filters.of(ZHANG) == []


def test_one_of_that_name_is_replaced_on_its_page_alone(filters: Filters) -> None:
    filters.keep(ZHANG, Listed.SYSTEMS, "mine", "cloud=none")
    filters.keep(ZHANG, Listed.LINES, "mine", "state=down")
    filters.keep(ZHANG, Listed.SYSTEMS, "mine", "cloud=migrated")
    found = [(one.page, one.query) for one in filters.of(ZHANG)]
    assert found == [("lines", "state=down"), ("systems", "cloud=migrated")]


def test_each_change_is_in_the_audit(filters: Filters, truth: Truth) -> None:
    made = filters.keep(ZHANG, Listed.SYSTEMS, "mine", "cloud=none")
    filters.drop(ZHANG, made.id)
    told = [e.action for e in truth.audit_found(Filter(actor="zhang"))[0]]
    assert sorted(told) == ["user.filter.drop", "user.filter.keep"]


@pytest.mark.parametrize("name", ["", "   ", "长" * 61])
def test_a_name_is_needed_and_short(filters: Filters, name: str) -> None:
    with pytest.raises(Refused, match="1 至 60"):
        filters.keep(ZHANG, Listed.SYSTEMS, name, "cloud=none")


def test_hidden_characters_are_shown(filters: Filters) -> None:
    assert filters.keep(ZHANG, Listed.SYSTEMS, "a\u202eb", "q=x").name == "a\\u202eb"


def test_too_many_and_too_long(filters: Filters) -> None:
    with pytest.raises(Refused, match="2000"):
        filters.keep(ZHANG, Listed.SYSTEMS, "long", "q=" + "a" * LONGEST_QUERY)
    for number in range(MOST):
        filters.keep(ZHANG, Listed.SYSTEMS, f"n{number}", f"q={number}")
    with pytest.raises(Refused, match="50"):
        filters.keep(ZHANG, Listed.SYSTEMS, "one more", "q=x")
    assert len(filters.of(ZHANG)) == MOST
    filters.keep(ZHANG, Listed.SYSTEMS, "n7", "q=again")  # in place of one


def test_who_has_no_role_has_no_filters(filters: Filters) -> None:
    with pytest.raises(Forbidden):
        filters.of(Person(name="zhang", roles=frozenset()))


def test_one_spelling() -> None:
    assert canonical("?b=2&a=1&page=9") == canonical("a=1&b=2") == "a=1&b=2"
    assert canonical("q=%E5%8C%BB&x=") == "q=%E5%8C%BB"
    assert canonical("&".join(f"a{n}=1" for n in range(100))) == ""
