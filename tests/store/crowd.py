"""A shop with very many open orders, written at once."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from store.base import Base
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, OrderRow, ProductRow
from tests.store.stockroom import SKU, Stockroom

_AT_ONCE = 2_000


def crowd(stock: Stockroom, orders: int) -> None:
    """So many backorders of one unit each, `c-000000` and on: copies of one that was placed."""
    stock.place("c-000000", placed=5)
    for first in range(1, orders, _AT_ONCE):
        stock.database.write(_copy, range(first, min(first + _AT_ONCE, orders)))
    stock.database.write(_count, orders - 1)


def _copy(session: Session, numbers: range) -> None:
    for table in (OrderRow, LineRow, StockLedgerRow):
        session.execute(insert(table), list(_copies(session, table, numbers)))


def _copies(session: Session, table: type[Base], numbers: range) -> Iterator[dict[str, Any]]:
    columns = [column for column in table.__table__.c if column.key != "id"]
    original = session.execute(select(*columns).where(table.__table__.c.order_id == "c-000000")).mappings()
    for row in original.all():
        for number in numbers:
            yield {**row, "order_id": f"c-{number:06}"}


def _count(session: Session, units: int) -> None:
    session.execute(
        update(ProductRow).where(ProductRow.sku == SKU).values(waiting=ProductRow.waiting + units)
    )
