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
    """The purchase order's id."""
    sku: Mapped[str] = mapped_column(primary_key=True)
    """What is to come."""
    supplier: Mapped[str | None]
    """From whom."""
    quantity: Mapped[int]
    """Units that are still outstanding; 0 once all came, or none will."""
    eta: Mapped[date | None]
    """The supplier's date, as it was last given."""
    first_eta: Mapped[date | None]
    """The supplier's first date: lateness is measured against it."""
    expected_on: Mapped[date | None]
    """The supplier's date and the days by which it usually is late: promises are made by this one."""
    happened_at: Mapped[datetime]
    """When the sender last said something of it; what is older is not taken."""
    cancelled: Mapped[bool]
    """Nothing more of it will come."""
    asked_at: Mapped[datetime | None]
    """When an overdue supplier was asked for a new date."""


class SupplierRow(Base):
    """A supplier, and what its deliveries taught: days to add to its dates, and its share of dates kept."""

    __tablename__ = "suppliers"

    supplier: Mapped[str] = mapped_column(primary_key=True)
    """The shop's name of it; the empty one stands for all of whom too little is known."""
    email: Mapped[str | None]
    """Where it is asked for dates: a business address."""
    buffer_days: Mapped[int | None]
    """Days to add to its dates."""
    on_time: Mapped[float | None] = mapped_column(Double)
    """The share of its deliveries that came by their first date, from 0 to 1."""


class DeliveryRow(Base):
    """Units of one purchase-order line that came on one day; `eta` is the first date that was given for them."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "received_on"),)

    supplier: Mapped[str] = mapped_column(primary_key=True)
    """Who delivered."""
    inbound_id: Mapped[str] = mapped_column(primary_key=True)
    """The purchase order's id."""
    sku: Mapped[str] = mapped_column(primary_key=True, default="")
    """What came; empty where a history was loaded without it."""
    received_on: Mapped[date] = mapped_column(primary_key=True)
    """The day on which it came."""
    eta: Mapped[date]
    """The first date that was given for it."""
    quantity: Mapped[int]
    """How many units came that day."""
