"""Quotes: the decision at checkout, before there is an order."""

from datetime import datetime

from domain.decision import Decision
from domain.order import Order
from store import quotes
from store.database import Database
from store.placing import Placing, quote


def quoted(database: Database, order: Order, now: datetime, time_zone: str) -> Decision:
    """The decision that placing the order now would get: it is placed, and taken back before anybody can see it.

    What was asked for is kept, for the figures of demand.
    """
    placing = Placing(order=order, at=now, asked_at=now, time_zone=time_zone)
    decision = database.rehearse(quote, placing)
    database.write(quotes.record, order, decision, now)
    return decision
