"""A shop after a year of business, written at once; on PostgreSQL, where a million lines take a minute."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Date, DateTime, TypeDecorator, func, select, text, update
from sqlalchemy.orm import Session

from domain import news
from domain.cancellation import Reason
from domain.inventory import ChangeKind
from store.base import Base
from store.database import Database
from store.door_tables import EventRow
from store.life_tables import CancellationRow, NoticeRow, ParcelRow, PaymentRow
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, OrderRow, ProductRow
from tests.store.stockroom import MINI, SKU, Stockroom, change_of, day

SKUS = 200
_YEAR = timedelta(days=365)
_TABLES: tuple[type[Base], ...] = (
    OrderRow,
    LineRow,
    StockLedgerRow,
    ParcelRow,
    PaymentRow,
    NoticeRow,
    CancellationRow,
    EventRow,
)
_WAITING, _SHIPPED, _CANCELLED = "t-waiting", "t-shipped", "t-cancelled"


def fill(database: Database, orders: int, waiting: int, until: datetime) -> None:
    """So many orders of two lines each over the year before `until`; the last `waiting` of them are open.

    Of those that ended a fifth were backorders, and every fiftieth was cancelled.
    """
    stock = Stockroom(database, (SKU, MINI, *(_sku(number) for number in range(SKUS))))
    _templates(stock)
    database.write(_copy, orders, waiting, until)
    for number in range(SKUS):
        _announce(stock, _sku(number), until)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def oldest_waiting(orders: int, waiting: int) -> str:
    """The order that is open the longest."""
    return f"y-{orders - waiting + 1:07}"


def _sku(number: int) -> str:
    return f"S-{number:03}"


def _templates(stock: Stockroom) -> None:
    """One order of each kind, by the shop's own commands: the year is made of their copies."""
    lines = {SKU: 1, MINI: 1}
    stock.place(_SHIPPED, lines=lines)
    for sku in lines:
        stock.receive(1, sku)
    stock.claim(_SHIPPED)
    stock.authorise(_SHIPPED)
    stock.ship(_SHIPPED)
    stock.capture(_SHIPPED)
    stock.place(_CANCELLED, lines=lines)
    stock.cancel(_CANCELLED, _CANCELLED, reason=Reason.TOO_SLOW)
    stock.place(_WAITING, lines=lines)
    for order_id in (_SHIPPED, _CANCELLED, _WAITING):
        while told := news.untold(stock.state(order_id)):
            stock.tell(order_id, told.kind, told.occasion, on=16)


def _copy(session: Session, orders: int, waiting: int, until: datetime) -> None:
    ended = orders - waiting
    kinds = (
        (_SHIPPED, 1, ended, "n % 50 <> 0"),
        (_CANCELLED, 1, ended, "n % 50 = 0"),
        (_WAITING, ended + 1, orders, "true"),
    )
    values = {"since": until - _YEAR - day(5), "step": _YEAR / (orders + 1)}
    for table in _TABLES:
        for template, first, last, which in kinds:
            session.execute(
                text(_statement(table, which)),
                {**values, "template": template, "first": first, "last": last},
            )


def _statement(table: type[Base], which: str) -> str:
    columns = [column for column in table.__mapper__.columns if column.key != "id"]
    names = ", ".join(column.key for column in columns)
    taken = ", ".join(f"{_expression(table, column)} AS {column.key}" for column in columns)
    owner = "stream" if table is EventRow else "order_id"
    rows = f"FROM {table.__tablename__} AS t, generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n"
    return f"INSERT INTO {table.__tablename__} ({names}) SELECT {taken} {rows} WHERE t.{owner} = :template AND {which}"


_ID = "'y-' || lpad(n::text, 7, '0')"
_OWN = {
    "order_id": _ID,
    "stream": _ID,
    "customer_id": "'C-' || (n % 100000)",
    "email": "'customer-' || (n % 100000) || '@example.com'",
    "sku": f"'S-' || lpad(((n + CASE WHEN t.sku = '{MINI}' THEN 7 ELSE 0 END) % {SKUS})::text, 3, '0')",
}
_NAMED = {"key", "cause", "event_id", "cancellation_id", "occasion"}


def _expression(table: type[Base], column: Column[Any]) -> str:
    """A column of the n-th copy: ids are its own, moments lie where it stands in the year."""
    name = column.key
    if name in _OWN:
        return _OWN[name]
    if name in _NAMED:
        return f"replace(t.{name}, :template, {_ID})"
    if table is OrderRow and name == "backordered":
        return "(t.ended_at IS NULL OR n % 5 = 0)"
    if _is_instant(column):
        return f"t.{name} + CAST(:since AS interval) + n * CAST(:step AS interval)"
    if isinstance(column.type, Date):
        return f"(t.{name} + CAST(:since AS interval) + n * CAST(:step AS interval))::date"
    return f"t.{name}"


def _is_instant(column: Column[Any]) -> bool:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(kind, DateTime)


def _announce(stock: Stockroom, sku: str, until: datetime) -> None:
    """Half of what the queue needs is on its way."""
    needed = stock.database.write(_count_waiting, sku)
    for part, days in enumerate((5, 20), 1):
        line = {"sku": sku, "quantity": max(1, needed // 4), "inbound_id": f"{sku}-{part}"}
        eta = (until + timedelta(days=days)).date().isoformat()
        change = change_of(ChangeKind.INBOUND, f"{sku}-{part}", {**line, "eta": eta}, on=until)
        stock.apply(change, on=until)


def _count_waiting(session: Session, sku: str) -> int:
    waiting = select(func.coalesce(func.sum(LineRow.backordered), 0)).where(
        LineRow.sku == sku, LineRow.backordered > 0
    )
    session.execute(update(ProductRow).where(ProductRow.sku == sku).values(waiting=waiting.scalar_subquery()))
    return session.scalar(waiting) or 0
