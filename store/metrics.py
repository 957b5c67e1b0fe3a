"""Sums for the figures, made by the database."""

from datetime import date

from sqlalchemy import BigInteger, Subquery, case, cast, func, select, text
from sqlalchemy.orm import Session

from domain.metrics import SOON, Waiting
from store.tables import LineRow, OrderRow

BACKORDERED = text("orders.backordered")
"""As the indexes say it, so that SQLite uses them too."""
OPEN_BACKORDER = (OrderRow.ended_at.is_(None), OrderRow.accepted_at.is_not(None), BACKORDERED)

OPEN_UNITS = LineRow.ordered - LineRow.shipped - LineRow.cancelled
IS_OPEN = LineRow.ordered > LineRow.shipped + LineRow.cancelled
"""As the index of open lines says it."""
WITH_OPEN_UNITS = select(LineRow.order_id).where(IS_OPEN).distinct().subquery()
"""To be joined: looking for each order's lines one by one took half as long again."""


def waiting(session: Session, today: date) -> list[Waiting]:
    """Backorders that still have a unit neither shipped nor cancelled, by currency; one pass over the open orders."""
    units = _units(today)
    sums = (units.c.units, units.c.value_minor, units.c.backordered, units.c.soon)
    statement = (
        select(
            OrderRow.currency,
            func.count(),
            func.min(OrderRow.placed_at),
            *(func.sum(column) for column in sums),
        )
        .join(units, units.c.order_id == OrderRow.order_id)
        .where(*OPEN_BACKORDER)
        .group_by(OrderRow.currency)
    )
    return [
        Waiting(
            currency=currency,
            orders=orders,
            oldest=oldest,
            **{column.key: int(total) for column, total in zip(sums, totals, strict=True)},
        )
        for currency, orders, oldest, *totals in session.execute(statement)
    ]


def _units(today: date) -> Subquery:
    """Of each order: units neither shipped nor cancelled, their value, those backordered, and of these those soon."""
    soon = LineRow.promised_on.between(today, today + SOON)
    return (
        select(
            LineRow.order_id,
            func.sum(OPEN_UNITS).label("units"),
            func.sum(cast(OPEN_UNITS, BigInteger) * LineRow.unit_price_minor).label("value_minor"),
            func.sum(LineRow.backordered).label("backordered"),
            func.sum(case((soon, LineRow.backordered), else_=0)).label("soon"),
        )
        .where(IS_OPEN)
        .group_by(LineRow.order_id)
        .subquery()
    )
