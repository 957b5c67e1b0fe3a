"""The data dictionary: it has words for everything, is of today, and is right about what erasing does."""

from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from docs import data
from docs.data_erased import ERASED
from store.base import Base
from store.shop_tables import OperationRow
from tests.store.stockroom import Stockroom
from tests.store.test_erasing import erase, lived

NOT_PLAYED = {"orders.held", "orders.rests", "events.error", "changes.outcome"}
"""Held or resting orders are open, and open orders are never erased; the life below has no such words in the others."""


def test_the_page_is_of_today() -> None:
    assert data.PAGE.read_text(encoding="utf-8") == data.page(), "run `make data-dictionary`"


@pytest.mark.parametrize("row", data.all_tables().values(), ids=data.all_tables())
def test_each_table_and_each_column_has_words(row: type[Base]) -> None:
    columns = {column.key for column in row.__table__.columns}

    assert row.__doc__
    assert set(data.words(row)) == columns
    assert all(text.endswith(".") and "|" not in text for text in data.words(row).values())


def test_each_table_stands_on_the_page_once() -> None:
    shown = [name for names in data.CHAPTERS.values() for name in names]

    assert sorted(shown) == sorted(Base.metadata.tables)


def test_the_columns_called_personal_are_those_that_erasing_changes(stock: Stockroom) -> None:
    lived(stock)
    before = stock.database.read(_cells)

    erase(stock)

    after = stock.database.read(_cells)
    changed = {column for (column, row), value in before.items() if after[column, row] != value}
    assert changed - {"orders.erased_at"} == set(ERASED) - NOT_PLAYED


def _cells(session: Session) -> dict[tuple[str, Any], Any]:
    """Every cell of every table, by its column and its row's key."""
    return {
        (f"{row.__tablename__}.{column.key}", inspect(one).identity): getattr(one, column.key)
        for row in data.all_tables().values()
        if row is not OperationRow
        for one in session.scalars(select(row))
        for column in row.__table__.columns
    }
