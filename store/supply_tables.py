"""The tables of supply: purchase-order lines, suppliers, and what they delivered."""

from datetime import date, datetime

from sqlalchemy import Double, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base


class InboundRow(Base):
    """One purchase-order line: units still outstanding and the supplier's date for them.

    `expected_on`: the supplier's date and the buffer that keeps promises. `asked_at`: when an overdue supplier
    was asked for a new date.
    """

    __tablename__ = "inbound"
    __table_args__ = (Index(None, "sku", "eta"),)

    inbound_id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    supplier: Mapped[str | None]
    quantity: Mapped[int]
    eta: Mapped[date | None]
    first_eta: Mapped[date | None]
    expected_on: Mapped[date | None]
    happened_at: Mapped[datetime]
    cancelled: Mapped[bool]
    asked_at: Mapped[datetime | None]


class SupplierRow(Base):
    """A supplier, and what its deliveries taught: days to add to its dates, and its share of dates kept."""

    __tablename__ = "suppliers"

    supplier: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    buffer_days: Mapped[int | None]
    on_time: Mapped[float | None] = mapped_column(Double)


class DeliveryRow(Base):
    """Units of one purchase-order line that came on one day; `eta` is the first date that was given for them."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "received_on"),)

    supplier: Mapped[str] = mapped_column(primary_key=True)
    inbound_id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True, default="")
    received_on: Mapped[date] = mapped_column(primary_key=True)
    eta: Mapped[date]
    quantity: Mapped[int]
