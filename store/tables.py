"""The tables of stock and of orders: what is remembered, and what may not happen twice."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import COUNTED, Base


class ProductRow(Base):
    """One SKU: the shop's word on it, and its stock. This row is the SKU's lock."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_is_on_hand"),
        Index(
            "ix_products_waiting",
            "waiting",
            sqlite_where=text("waiting > 0"),
            postgresql_where=text("waiting > 0"),
        ),
    )

    sku: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[dict[str, Any]]
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    """Units that its lines still need."""
    supply: Mapped[list[Any]] = mapped_column(default=list)
    """What is to come, by date, and how much of it the queue needs."""
    discontinued_at: Mapped[datetime | None]


class PolicyRow(Base):
    """The shop's policy; one row."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime | None]


class OrderRow(Base):
    """One order: what was asked, under which terms, and how it stands."""

    __tablename__ = "orders"
    __table_args__ = (
        Index(None, "status", "placed_at"),
        Index(None, "placed_at", "order_id"),
        Index(None, "customer_id", "placed_at", "order_id"),
        Index(
            "ix_orders_open",
            "order_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "email"),
        Index(
            "ix_orders_accepted",
            "placed_at",
            "backordered",
            sqlite_where=text("accepted_at IS NOT NULL"),
            postgresql_where=text("accepted_at IS NOT NULL"),
        ),
        Index(
            "ix_orders_current",
            "placed_at",
            "currency",
            "order_id",
            sqlite_where=text("backordered AND ended_at IS NULL AND accepted_at IS NOT NULL"),
            postgresql_where=text("backordered AND ended_at IS NULL AND accepted_at IS NOT NULL"),
        ),
        Index(
            "ix_orders_ended",
            "ended_at",
            "status",
            "placed_at",
            "shipped_at",
            sqlite_where=text("backordered"),
            postgresql_where=text("backordered"),
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    body: Mapped[dict[str, Any]]
    customer_id: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str]
    timing: Mapped[str]
    fulfilment: Mapped[str]
    method: Mapped[str]
    ship_to: Mapped[dict[str, Any]]
    """Where it goes now; `body` keeps what was ordered."""
    currency: Mapped[str]
    shipping_minor: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[dict[str, Any]]
    time_zone: Mapped[str]
    placed_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    promised_on: Mapped[date | None]
    original_promised_on: Mapped[date | None]
    decision: Mapped[dict[str, Any] | None]
    unreadable: Mapped[list[Any]]
    rests: Mapped[list[Any]]
    lives: Mapped[int] = mapped_column(default=1)
    held: Mapped[dict[str, Any] | None]
    """Why operations stopped it, and who."""
    law_hold_until: Mapped[datetime | None]
    kept_at: Mapped[datetime | None]
    extra_days: Mapped[int] = mapped_column(default=0)
    """By how many days it was moved ahead by hand."""
    email: Mapped[str] = mapped_column(default="")
    """Where its notices go now, in lower case; `body` keeps what was ordered."""
    backordered: Mapped[bool | None]
    """What its decision said; None of an order that was refused before there was one."""
    shipped_at: Mapped[datetime | None]
    """When its last parcel left; known once it has ended."""
    erased_at: Mapped[datetime | None]
    """When its customer's personal data was erased; what is left are the books."""


class LineRow(Base):
    """One SKU of an order, and where its units are. Open lines of a SKU are its queue."""

    __tablename__ = "lines"
    __table_args__ = (
        CheckConstraint(
            "ordered = backordered + allocated + claimed + shipped + cancelled", name="units_add_up"
        ),
        CheckConstraint(
            "backordered >= 0 AND allocated >= 0 AND claimed >= 0 AND shipped >= 0 AND cancelled >= 0",
            name="units_are_not_negative",
        ),
        ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        Index(
            "ix_lines_needy",
            "sku",
            "queue_at",
            "placed_at",
            "order_id",
            sqlite_where=text("backordered > 0"),
            postgresql_where=text("backordered > 0"),
        ),
        Index(
            "ix_lines_holding",
            "sku",
            "queue_at",
            "placed_at",
            "order_id",
            sqlite_where=text("allocated > 0"),
            postgresql_where=text("allocated > 0"),
        ),
        Index(
            "ix_lines_supplied",
            "sku",
            "supply_on",
            "queue_at",
            "placed_at",
            "order_id",
            sqlite_where=text("backordered > 0"),
            postgresql_where=text("backordered > 0"),
        ),
        Index(None, "sku", "placed_at"),
        # All that the figures ask of an open line, so that they need no look at the lines themselves.
        Index(
            "ix_lines_open",
            "order_id",
            "unit_price_minor",
            "ordered",
            "shipped",
            "cancelled",
            "backordered",
            "promised_on",
            sqlite_where=text("ordered > shipped + cancelled"),
            postgresql_where=text("ordered > shipped + cancelled"),
        ),
        Index(
            "ix_lines_ended",
            "sku",
            "placed_at",
            sqlite_where=text("backordered = 0 AND allocated = 0 AND claimed = 0"),
            postgresql_where=text("backordered = 0 AND allocated = 0 AND claimed = 0"),
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    title: Mapped[str]
    unit_price_minor: Mapped[int] = mapped_column(BigInteger)
    ordered: Mapped[int]
    backordered: Mapped[int]
    allocated: Mapped[int] = mapped_column(default=0)
    claimed: Mapped[int] = mapped_column(default=0)
    shipped: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0)
    queue_at: Mapped[datetime]
    placed_at: Mapped[datetime]
    promised_on: Mapped[date | None]
    supply_on: Mapped[date | None]
    """The date of the supply that covers it."""
    release_on: Mapped[date | None]
    """Nothing of it ships before."""
    given_up: Mapped[int] = mapped_column(default=0)
    """Units of a discontinued product for which no supply is left."""
    may_split: Mapped[bool] = mapped_column(default=True)


class StockLedgerRow(Base):
    """One change of one line's or one SKU's units: append-only; all counts are sums of it."""

    __tablename__ = "stock_ledger"
    __table_args__ = (
        UniqueConstraint("cause", "part", "sku", "order_id"),
        Index(None, "order_id", "sku"),
        Index(None, "sku", "id"),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    cause: Mapped[str]
    part: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    sku: Mapped[str]
    order_id: Mapped[str] = mapped_column(server_default="")
    parcel: Mapped[int | None]
    on_hand: Mapped[int] = mapped_column(server_default="0")
    backordered: Mapped[int] = mapped_column(server_default="0")
    allocated: Mapped[int] = mapped_column(server_default="0")
    claimed: Mapped[int] = mapped_column(server_default="0")
    shipped: Mapped[int] = mapped_column(server_default="0")
    cancelled: Mapped[int] = mapped_column(server_default="0")
    place: Mapped[int | None]


class InventoryChangeRow(Base):
    __tablename__ = "inventory_changes"

    change_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    body: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any]]
    applied_at: Mapped[datetime]


class BellRow(Base):
    """This order's stock or promise changed: a row here, then a signal."""

    __tablename__ = "bells"
    __table_args__ = (
        UniqueConstraint("cause", "order_id", "signal"),
        Index(
            "ix_bells_unrung",
            "cause",
            sqlite_where=text("rung_at IS NULL"),
            postgresql_where=text("rung_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    cause: Mapped[str]
    order_id: Mapped[str]
    signal: Mapped[str]
    at: Mapped[datetime]
    rung_at: Mapped[datetime | None]
    unreachable: Mapped[bool] = mapped_column(server_default=text("false"))
