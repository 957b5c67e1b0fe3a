"""Sums for the figures, made by the database."""

from datetime import date

from sqlalchemy import BigInteger, case, cast, func, select
from sqlalchemy.orm import Session

from domain.metrics import SOON, Waiting
from store.tables import LineRow, OrderRow

_OPEN = LineRow.ordered - LineRow.shipped - LineRow.cancelled


def waiting(session: Session, today: date) -> list[Waiting]:
    """Backorders that still have a unit neither shipped nor cancelled, by currency; one pass over the open orders."""
    soon = LineRow.promised_on.between(today, today + SOON)
    statement = (
        select(
            OrderRow.currency,
            func.count(OrderRow.order_id.distinct()),
            func.sum(_OPEN),
            func.sum(cast(_OPEN, BigInteger) * LineRow.unit_price_minor),
            func.min(OrderRow.placed_at),
            func.sum(LineRow.backordered),
            func.sum(case((soon, LineRow.backordered), else_=0)),
        )
        .join(LineRow, LineRow.order_id == OrderRow.order_id)
        .where(
            OrderRow.ended_at.is_(None),
            OrderRow.accepted_at.is_not(None),
            OrderRow.decision["backordered"].as_boolean(),
            _OPEN > 0,
        )
        .group_by(OrderRow.currency)
    )
    return [
        Waiting(
            currency=currency,
            orders=orders,
            units=int(units),
            value_minor=int(value),
            oldest=oldest,
            backordered=int(backordered),
            soon=int(of_those),
        )
        for currency, orders, units, value, oldest, backordered, of_those in session.execute(statement)
    ]
