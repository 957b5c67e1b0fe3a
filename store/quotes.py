"""Quotes as demand: what was asked for, whether or not an order followed; of the customer nothing is kept."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from domain.decision import Decision, DecisionLine, DecisionOutcome
from domain.order import Order
from store.door_tables import QuoteRow


def record(session: Session, order: Order, decision: Decision, at: datetime) -> None:
    """Keep what was asked for and what the answer was; a quote of the same order replaces the one before.

    Units and value of a line are those that stock does not cover: all of them where the order was rejected, none of
    a line in stock.
    """
    session.execute(delete(QuoteRow).where(QuoteRow.order_id == order.order_id))
    session.execute(insert(QuoteRow), list(_rows(order, decision, at)))


def _rows(order: Order, decision: Decision, at: datetime) -> Iterator[dict[str, Any]]:
    prices = {line.sku: line.unit_price_minor for line in order.lines}
    for line in decision.lines:
        outcome = _outcome(decision, line)
        units = line.ordered if outcome is DecisionOutcome.REJECTED else line.backordered
        yield {
            "order_id": order.order_id,
            "sku": line.sku,
            "units": units,
            "value_minor": units * prices[line.sku],
            "currency": order.currency,
            "outcome": outcome,
            "asked_at": at,
        }


def _outcome(decision: Decision, line: DecisionLine) -> DecisionOutcome:
    if not decision.accepted:
        return DecisionOutcome.REJECTED
    return DecisionOutcome.BACKORDERED if line.backordered else DecisionOutcome.IN_STOCK
