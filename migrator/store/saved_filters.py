"""Filters of lists that people keep under a name: an address's query, theirs alone."""

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, insert, select

from inventory.model import Frozen
from migrator.errors import NotFound, Refused
from migrator.store.audit import record
from migrator.store.tables_people import saved_filters

if TYPE_CHECKING:
    from migrator.store.truth import Truth

MOST = 50
"""Of one account: a row of names that nobody reads is no help."""


class SavedFilter(Frozen):
    """`page`: the list it is of; `query`: as it stands in an address, without `?`."""

    id: int
    page: str
    name: str
    query: str
    saved_at: str


class SavedFilters:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def of(self, account: str) -> list[SavedFilter]:
        """In the order of page and name."""
        table = saved_filters.c
        query = select(table.id, table.page, table.name, table.query, table.saved_at)
        mine = query.where(table.account == account).order_by(table.page, table.name)
        with self._truth.reading() as connection:
            return [SavedFilter(**row) for row in connection.execute(mine).mappings()]

    def keep(self, account: str, page: str, name: str, query: str) -> SavedFilter:
        """In place of one of that name. Raises Refused for one too many."""
        at, table = self._truth.now(), saved_filters.c
        mine = table.account == account
        with self._truth.writing() as connection:
            connection.execute(
                delete(saved_filters).where(mine, table.page == page, table.name == name)
            )
            count = connection.scalar(select(func.count()).select_from(saved_filters).where(mine))
            if (count or 0) >= MOST:
                raise Refused(
                    f"已保存 {MOST} 个筛选 / {MOST} filters are saved already: expected fewer; delete one"
                )
            row = {"page": page, "name": name, "query": query, "saved_at": at}
            made = connection.execute(insert(saved_filters).values(account=account, **row))
            (number,) = made.inserted_primary_key or (0,)
            record(
                connection,
                at=at,
                actor=account,
                action="user.filter.keep",
                object=name,
                detail={"page": page, "query": query},
            )
        return SavedFilter(id=number, **row)

    def drop(self, account: str, number: int) -> None:
        """Raises NotFound for one that is none of theirs."""
        table = saved_filters.c
        of: tuple[ColumnElement[bool], ...] = (table.id == number, table.account == account)
        with self._truth.writing() as connection:
            found = connection.execute(select(table.name, table.page).where(*of)).first()
            if found is None:
                raise NotFound(f"没有此筛选 / no such saved filter of yours: {number}")
            connection.execute(delete(saved_filters).where(*of))
            record(
                connection,
                at=self._truth.now(),
                actor=account,
                action="user.filter.drop",
                object=found.name,
                detail={"page": found.page},
            )
