"""The tables of stock and of orders: what is remembered, and what may not happen twice."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, partial


class ProductRow(Base):
    """One SKU: the shop's word on it, and its stock. This row is the SKU's lock."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_is_on_hand"),
        partial("ix_products_waiting", "waiting", where=text("waiting > 0")),
    )

    sku: Mapped[str] = mapped_column(primary_key=True)
    """The shop's own name of the product."""
    title: Mapped[str]
    """What customers read."""
    body: Mapped[dict[str, Any]]
    """The shop's word on it as it was loaded: whether it may be sold ahead, release, limits, usual restock days."""
    on_hand: Mapped[int] = mapped_column(default=0)
    """Units in the warehouse, reserved ones among them."""
    reserved: Mapped[int] = mapped_column(default=0)
    """Units on hand that lie with orders: the sum of its lines' `allocated` and `claimed`."""
    waiting: Mapped[int] = mapped_column(default=0)
    """Units that its lines still need."""
    supply: Mapped[list[Any]] = mapped_column(default=list)
    """What is to come, by date, and how much of it the queue needs."""
    discontinued_at: Mapped[datetime | None]
    """When the shop said that no more will come."""


class PolicyRow(Base):
    """The shop's policy; one row."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    """Always 1."""
    body: Mapped[dict[str, Any]]
    """The policy as it was loaded; each order keeps a copy of its own."""
    changed_at: Mapped[datetime | None]
    """When it was last loaded."""


class OrderRow(Base):
    """One order: what was asked, under which terms, and how it stands."""

    __tablename__ = "orders"
    __table_args__ = (
        Index(None, "status", "placed_at"),
        Index(None, "placed_at", "order_id"),
        Index(None, "customer_id", "placed_at", "order_id"),
        partial("ix_orders_open", "order_id", where=text("ended_at IS NULL")),
        Index(None, "email"),
        partial("ix_orders_accepted", "placed_at", "backordered", where=text("accepted_at IS NOT NULL")),
        partial(
            "ix_orders_current",
            "placed_at",
            "currency",
            "order_id",
            where=text("backordered AND ended_at IS NULL AND accepted_at IS NOT NULL"),
        ),
        partial(
            "ix_orders_ended", "ended_at", "status", "placed_at", "shipped_at", where=text("backordered")
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    """The order system's id; its workflow is `backorder-<order_id>`."""
    digest: Mapped[str]
    """Hash of the body as it was placed: the same id with another body is refused, also after erasing."""
    body: Mapped[dict[str, Any]]
    """The order as it was placed."""
    customer_id: Mapped[str]
    """The order system's id of the customer."""
    status: Mapped[str]
    """Where it stands: `placing`, `waiting`, `shipping`, `completed` and so on."""
    priority: Mapped[str]
    """Which of the policy's reasons moves it ahead in a queue; `standard` for none."""
    timing: Mapped[str]
    """When it is paid: `at_shipment` or `at_order`."""
    fulfilment: Mapped[str]
    """`split`, `together`, or `ask` while the customer has not chosen."""
    method: Mapped[str]
    """How it is paid now: the payment provider's token, never a card's number."""
    ship_to: Mapped[dict[str, Any]]
    """Where it goes now; `body` keeps what was ordered."""
    currency: Mapped[str]
    """ISO 4217, of all amounts of this order."""
    shipping_minor: Mapped[int] = mapped_column(BigInteger)
    """What sending costs the customer, charged with the first parcel."""
    terms: Mapped[dict[str, Any]]
    """The shop's policy on the day it was placed: it is dealt with by these to its end."""
    time_zone: Mapped[str]
    """The shop's time zone when it was placed; its days are reckoned in it."""
    placed_at: Mapped[datetime]
    """When the customer ordered, as the order system says."""
    asked_at: Mapped[datetime]
    """When it was asked for here."""
    accepted_at: Mapped[datetime | None]
    """When it was taken; None while placing, and of a rejected one."""
    ended_at: Mapped[datetime | None]
    """When nothing more was to be done; None while it is open."""
    promised_on: Mapped[date | None]
    """The date that the customer was last told; None: without one."""
    original_promised_on: Mapped[date | None]
    """The first date that the customer was told."""
    decision: Mapped[dict[str, Any] | None]
    """The answer at checkout; the same order again gets it again."""
    unreadable: Mapped[list[Any]]
    """Signals that could not be read, with when they came."""
    rests: Mapped[list[Any]]
    """Steps that wait for a gateway which is out of reach or refuses, and when each is tried again."""
    lives: Mapped[int] = mapped_column(default=1)
    """How often it was placed: a rejected order may be placed again."""
    held: Mapped[dict[str, Any] | None]
    """Why operations stopped it, and who."""
    law_hold_until: Mapped[datetime | None]
    """A legal deadline passed unseen: until then operations may look, then the law's default applies."""
    kept_at: Mapped[datetime | None]
    """When somebody last said that it shall go on waiting."""
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
        partial("ix_lines_needy", "sku", "queue_at", "placed_at", "order_id", where=text("backordered > 0")),
        partial("ix_lines_holding", "sku", "queue_at", "placed_at", "order_id", where=text("allocated > 0")),
        partial(
            "ix_lines_supplied",
            "sku",
            "supply_on",
            "queue_at",
            "placed_at",
            "order_id",
            where=text("backordered > 0"),
        ),
        Index(None, "sku", "placed_at"),
        # All that the figures ask of an open line, so that they need no look at the lines themselves.
        partial(
            "ix_lines_open",
            "order_id",
            "unit_price_minor",
            "ordered",
            "shipped",
            "cancelled",
            "backordered",
            "promised_on",
            where=text("ordered > shipped + cancelled"),
        ),
        partial(
            "ix_lines_ended",
            "sku",
            "placed_at",
            where=text("backordered = 0 AND allocated = 0 AND claimed = 0"),
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    """Its order."""
    sku: Mapped[str] = mapped_column(primary_key=True)
    """What was ordered."""
    number: Mapped[int]
    """Its place among the order's lines, from 1."""
    title: Mapped[str]
    """What the customer read when ordering."""
    unit_price_minor: Mapped[int] = mapped_column(BigInteger)
    """The price of one unit."""
    ordered: Mapped[int]
    """Units that were ordered; the five counts below add up to it."""
    backordered: Mapped[int]
    """Units that are still to come."""
    allocated: Mapped[int] = mapped_column(default=0)
    """Units that lie ready, in no parcel yet."""
    claimed: Mapped[int] = mapped_column(default=0)
    """Units in a parcel that has not left."""
    shipped: Mapped[int] = mapped_column(default=0)
    """Units that have left."""
    cancelled: Mapped[int] = mapped_column(default=0)
    """Units that are not wanted any more."""
    queue_at: Mapped[datetime]
    """Its place in the SKU's queue: when it was placed, moved ahead by priority or by hand."""
    placed_at: Mapped[datetime]
    """The order's `placed_at`, by which equal places are told apart."""
    promised_on: Mapped[date | None]
    """When its units are expected to ship, by the supply of today; what the customer was told stands on the order."""
    supply_on: Mapped[date | None]
    """The date of the supply that covers it."""
    release_on: Mapped[date | None]
    """Nothing of it ships before."""
    given_up: Mapped[int] = mapped_column(default=0)
    """Units of a discontinued product for which no supply is left."""
    may_split: Mapped[bool] = mapped_column(default=True)
    """Whether some of its units may leave ahead of the others."""
