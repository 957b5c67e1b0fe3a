"""The tables of the doors: events for the order system, and quotes that were asked for."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import COUNTED, Base, partial

_PENDING = text("delivered_at IS NULL AND NOT dead")


class EventRow(Base):
    """Something that the order system is told of: written with what happened, sent afterwards, in order per stream."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index(None, "stream", "id"),
        partial("ix_events_pending", "stream", "id", where=_PENDING),
        partial("ix_events_due", "id", where=_PENDING),
        partial("ix_events_dead", "id", where=text("dead")),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    """In the order in which it was written; sent in this order within a stream."""
    event_id: Mapped[str]
    """Its stable id, the `webhook-id`: a receiver knows by it what it has had."""
    type: Mapped[str]
    """`order.backordered`, `order.completed` and so on."""
    stream: Mapped[str]
    """What it is about: an order's id, or `sku:` and a SKU."""
    body: Mapped[dict[str, Any]]
    """What the order system is told: ids, units, money, dates; no name and no address."""
    at: Mapped[datetime]
    """When it happened."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    """How often it was sent."""
    next_at: Mapped[datetime | None]
    """Not to be tried before; by the sender's clock."""
    delivered_at: Mapped[datetime | None]
    """When the receiver took it."""
    dead: Mapped[bool] = mapped_column(server_default=text("false"))
    """It is not sent any more unless operations ask for it."""
    error: Mapped[str | None]
    """Why the last try failed, or why it is dead."""


class QuoteRow(Base):
    """One line of a quote: demand that may have become an order. Of the customer nothing is kept.

    `units`, `value_minor`: of what stock did not cover.
    """

    __tablename__ = "quotes"
    __table_args__ = (Index(None, "asked_at"), Index(None, "sku", "asked_at"))

    order_id: Mapped[str] = mapped_column(primary_key=True)
    """The id that the order would have had."""
    sku: Mapped[str] = mapped_column(primary_key=True)
    """What was asked for."""
    units: Mapped[int]
    """Units that stock did not cover."""
    value_minor: Mapped[int] = mapped_column(BigInteger)
    """What those units are worth."""
    currency: Mapped[str]
    """ISO 4217."""
    outcome: Mapped[str]
    """What the decision would have been."""
    asked_at: Mapped[datetime]
    """When it was last asked for."""
