"""The tables of the doors: events for the order system, and quotes that were asked for."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import COUNTED, Base

_PENDING = text("delivered_at IS NULL AND NOT dead")


class EventRow(Base):
    """Something that the order system is told of: written with what happened, sent afterwards, in order per stream."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index(None, "stream", "id"),
        Index("ix_events_pending", "stream", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_events_due", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_events_dead", "id", sqlite_where=text("dead"), postgresql_where=text("dead")),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    event_id: Mapped[str]
    type: Mapped[str]
    stream: Mapped[str]
    """What it is about: an order's id, or `sku:` and a SKU."""
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime | None]
    """Not to be tried before; by the sender's clock."""
    delivered_at: Mapped[datetime | None]
    dead: Mapped[bool] = mapped_column(server_default=text("false"))
    error: Mapped[str | None]


class QuoteRow(Base):
    """One line of a quote: demand that may have become an order. Of the customer nothing is kept.

    `units`, `value_minor`: of what stock did not cover.
    """

    __tablename__ = "quotes"
    __table_args__ = (Index(None, "asked_at"), Index(None, "sku", "asked_at"))

    order_id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    units: Mapped[int]
    value_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    outcome: Mapped[str]
    asked_at: Mapped[datetime]
