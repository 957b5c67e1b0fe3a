"""The tables: what is remembered, and what may not happen twice."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant: timestamptz on PostgreSQL, naive UTC text of fixed width on SQLite, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        str: String(),
    }


# SQLite counts rows itself only for INTEGER keys.
_COUNTED = BigInteger().with_variant(Integer(), "sqlite")


class ProductRow(Base):
    """One SKU: the shop's word on it, and its stock. This row is the SKU's lock."""

    __tablename__ = "products"
    __table_args__ = (CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_is_on_hand"),)

    sku: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[dict[str, Any]]
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
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
        Index(None, "customer_id"),
        Index(
            "ix_orders_open",
            "order_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
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


class StockLedgerRow(Base):
    """One change of one line's or one SKU's units: append-only; all counts are sums of it."""

    __tablename__ = "stock_ledger"
    __table_args__ = (
        UniqueConstraint("cause", "part", "sku", "order_id"),
        Index(None, "order_id", "sku"),
    )

    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True, autoincrement=True)
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


class InboundRow(Base):
    """One purchase-order line: units still outstanding and the supplier's date for them."""

    __tablename__ = "inbound"
    __table_args__ = (Index(None, "sku", "eta"),)

    inbound_id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    supplier: Mapped[str | None]
    quantity: Mapped[int]
    eta: Mapped[date | None]
    first_eta: Mapped[date | None]
    happened_at: Mapped[datetime]
    cancelled: Mapped[bool]


class ParcelRow(Base):
    """One parcel and how far it has come."""

    __tablename__ = "parcels"
    __table_args__ = (ForeignKeyConstraint(["order_id"], ["orders.order_id"]),)

    order_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    lines: Mapped[list[Any]]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    authorisation: Mapped[str | None]
    authorised_until: Mapped[datetime | None]
    money_held: Mapped[bool] = mapped_column(default=False)
    declined_at: Mapped[datetime | None]
    declines: Mapped[int] = mapped_column(default=0)
    final_decline: Mapped[bool] = mapped_column(default=False)
    new_method: Mapped[bool] = mapped_column(default=False)
    label_attempt: Mapped[int] = mapped_column(default=1)
    label_unknown: Mapped[bool] = mapped_column(default=False)
    carrier: Mapped[str | None]
    service: Mapped[str | None]
    tracking: Mapped[str | None]
    label_id: Mapped[str | None]
    label_url: Mapped[str | None]
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    rates: Mapped[list[Any] | None]
    shipped_at: Mapped[datetime | None]
    estimated_delivery: Mapped[date | None]


class PaymentRow(Base):
    """One call that moves money: stored before it is made, its outcome after."""

    __tablename__ = "payments"
    __table_args__ = (Index(None, "order_id"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    parcel: Mapped[int]
    kind: Mapped[str]
    attempt: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str | None]
    decline_code: Mapped[str | None]
    at: Mapped[datetime]


class NoticeRow(Base):
    """One e-mail to one customer about one thing, once."""

    __tablename__ = "notices"

    order_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    delivered: Mapped[bool]
    message_id: Mapped[str | None]
    error: Mapped[str | None]


class CancellationRow(Base):
    __tablename__ = "cancellations"
    __table_args__ = (Index(None, "order_id"),)

    cancellation_id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    digest: Mapped[str]
    body: Mapped[dict[str, Any]]
    reason: Mapped[str]
    outcome: Mapped[dict[str, Any]]
    units: Mapped[int]
    at: Mapped[datetime]


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

    id: Mapped[int] = mapped_column(_COUNTED, primary_key=True, autoincrement=True)
    cause: Mapped[str]
    order_id: Mapped[str]
    signal: Mapped[str]
    at: Mapped[datetime]
    rung_at: Mapped[datetime | None]
    unreachable: Mapped[bool] = mapped_column(server_default=text("false"))
