"""The tables of what moves: units, what moved them, and who is to be told."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import COUNTED, Base, partial


class StockLedgerRow(Base):
    """One change of one line's or one SKU's units: append-only; all counts are sums of it."""

    __tablename__ = "stock_ledger"
    __table_args__ = (
        UniqueConstraint("cause", "part", "sku", "order_id"),
        Index(None, "order_id", "sku"),
        Index(None, "sku", "id"),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    """In the order in which it was written."""
    cause: Mapped[str]
    """The transaction that wrote it: an inventory change, a cancellation, an order placed."""
    part: Mapped[int]
    """Tells the rows of one cause apart."""
    kind: Mapped[str]
    """What happened: `received`, `adjusted`, `dealt`, `taken`, `claimed`, `shipped`, `cancelled` and so on."""
    at: Mapped[datetime]
    """When, by the business clock."""
    sku: Mapped[str]
    """Whose units."""
    order_id: Mapped[str] = mapped_column(server_default="")
    """Whose line; empty where it is about stock alone."""
    parcel: Mapped[int | None]
    """In which parcel of the order; None for none."""
    on_hand: Mapped[int] = mapped_column(server_default="0")
    """By how much the units in the warehouse changed."""
    backordered: Mapped[int] = mapped_column(server_default="0")
    """By how much the line's count changed."""
    allocated: Mapped[int] = mapped_column(server_default="0")
    """By how much the line's count changed."""
    claimed: Mapped[int] = mapped_column(server_default="0")
    """By how much the line's count changed."""
    shipped: Mapped[int] = mapped_column(server_default="0")
    """By how much the line's count changed."""
    cancelled: Mapped[int] = mapped_column(server_default="0")
    """By how much the line's count changed."""
    place: Mapped[int | None]
    """The line's place in its queue when it got or gave up units; None otherwise."""


class InventoryChangeRow(Base):
    """What the warehouse or the buyer reported, and what came of it: once per id."""

    __tablename__ = "inventory_changes"

    change_id: Mapped[str] = mapped_column(primary_key=True)
    """The sender's id: the same change again gets the first outcome."""
    digest: Mapped[str]
    """Hash of the body, but for when it happened: another change under its id is refused."""
    body: Mapped[dict[str, Any]]
    """The change as it was sent."""
    outcome: Mapped[dict[str, Any]]
    """What came of it: units handed out, orders reached."""
    applied_at: Mapped[datetime]
    """When it was applied here."""


class BellRow(Base):
    """This order's stock or promise changed: a row here, then a signal."""

    __tablename__ = "bells"
    __table_args__ = (
        UniqueConstraint("cause", "order_id", "signal"),
        partial("ix_bells_unrung", "cause", where=text("rung_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    """In the order in which it was hung."""
    cause: Mapped[str]
    """The transaction that hung it."""
    order_id: Mapped[str]
    """Whose workflow is to be told."""
    signal: Mapped[str]
    """By which signal."""
    at: Mapped[datetime]
    """When it was hung."""
    rung_at: Mapped[datetime | None]
    """When the signal was taken; None while it is to be rung."""
    unreachable: Mapped[bool] = mapped_column(server_default=text("false"))
    """There was no workflow to ring; of an order that is open the audit finds that it has none."""
