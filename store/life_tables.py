"""The tables of what happens to an order: its parcels, its money, its notices, its cancellations and changes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base


class ParcelRow(Base):
    """One parcel and how far it has come."""

    __tablename__ = "parcels"
    __table_args__ = (
        ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        Index(
            "ix_parcels_shipped",
            "shipped_at",
            "promised_on",
            "units",
            "stage",
            sqlite_where=text("shipped_at IS NOT NULL"),
            postgresql_where=text("shipped_at IS NOT NULL"),
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    lines: Mapped[list[Any]]
    units: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    authorisation: Mapped[str | None]
    authorised_until: Mapped[datetime | None]
    money_held: Mapped[bool] = mapped_column(default=False)
    capture_refused: Mapped[bool] = mapped_column(default=False)
    declined_at: Mapped[datetime | None]
    declines: Mapped[int] = mapped_column(default=0)
    decline_code: Mapped[str | None]
    final_decline: Mapped[bool] = mapped_column(default=False)
    new_method: Mapped[bool] = mapped_column(default=False)
    asks: Mapped[int] = mapped_column(default=0)
    settled: Mapped[str | None]
    label_attempt: Mapped[int] = mapped_column(default=1)
    label_unknown: Mapped[bool] = mapped_column(default=False)
    address_refused: Mapped[bool] = mapped_column(default=False)
    labels_to_void: Mapped[list[Any]] = mapped_column(default=list)
    carrier: Mapped[str | None]
    service: Mapped[str | None]
    tracking: Mapped[str | None]
    label_id: Mapped[str | None]
    label_url: Mapped[str | None]
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    rates: Mapped[list[Any] | None]
    shipped_at: Mapped[datetime | None]
    estimated_delivery: Mapped[date | None]
    promised_on: Mapped[date | None]
    """The first date that its customer was told, as of when it left."""


class PaymentRow(Base):
    """One call that moves money: stored before it is made, its outcome after."""

    __tablename__ = "payments"
    __table_args__ = (Index(None, "order_id"), Index(None, "reference"), Index(None, "at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    parcel: Mapped[int]
    kind: Mapped[str]
    attempt: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    method: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str | None]
    decline_code: Mapped[str | None]
    at: Mapped[datetime]


class NoticeRow(Base):
    """One e-mail to one customer about one thing, once."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "ix_notices_undelivered",
            "at",
            sqlite_where=text("NOT delivered"),
            postgresql_where=text("NOT delivered"),
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    delivered: Mapped[bool]
    message_id: Mapped[str | None]
    error: Mapped[str | None]


class CancellationRow(Base):
    __tablename__ = "cancellations"
    __table_args__ = (Index(None, "order_id"), Index(None, "at"))

    cancellation_id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    digest: Mapped[str]
    body: Mapped[dict[str, Any]]
    reason: Mapped[str]
    outcome: Mapped[dict[str, Any]]
    units: Mapped[int]
    at: Mapped[datetime]


class ChangeRow(Base):
    """Something about an order that was changed on the way: what, to what, by whom."""

    __tablename__ = "changes"
    __table_args__ = (ForeignKeyConstraint(["order_id"], ["orders.order_id"]), Index(None, "order_id"))

    key: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    what: Mapped[str]
    body: Mapped[dict[str, Any]]
    requested_by: Mapped[str]
    outcome: Mapped[dict[str, Any]]
    cause: Mapped[str]
    at: Mapped[datetime]


class DelayRow(Base):
    """One notice of a delay that the law asks for: what it offered, and what was answered."""

    __tablename__ = "delays"
    __table_args__ = (ForeignKeyConstraint(["order_id"], ["orders.order_id"]), Index(None, "order_id"))

    notice_id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    number: Mapped[int]
    law: Mapped[str]
    deadline: Mapped[date]
    offered_on: Mapped[date | None]
    why: Mapped[str | None]
    silence: Mapped[str]
    answer_by: Mapped[date | None]
    told_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
