"""The tables of what happens to an order: its parcels, its money, its notices, its cancellations and changes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, partial


class ParcelRow(Base):
    """One parcel and how far it has come."""

    __tablename__ = "parcels"
    __table_args__ = (
        ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        partial(
            "ix_parcels_shipped",
            "shipped_at",
            "promised_on",
            "units",
            "stage",
            where=text("shipped_at IS NOT NULL"),
        ),
    )

    order_id: Mapped[str] = mapped_column(primary_key=True)
    """Its order."""
    number: Mapped[int] = mapped_column(primary_key=True)
    """From 1, within the order."""
    stage: Mapped[str]
    """`claimed`, `authorised`, `ready`, `labelled` (left, not paid yet), `shipped`, `unpaid`, `undone` or `stopped`."""
    lines: Mapped[list[Any]]
    """SKUs and units in it."""
    units: Mapped[int] = mapped_column(default=0)
    """How many units those are."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """What the customer pays for it, its share of shipping included."""
    authorisation: Mapped[str | None]
    """The payment provider's reference of the money held for it."""
    authorised_until: Mapped[datetime | None]
    """Until when that money can be taken."""
    money_held: Mapped[bool] = mapped_column(default=False)
    """Money is held at the provider that is neither taken nor given back."""
    capture_refused: Mapped[bool] = mapped_column(default=False)
    """It left, and the provider would not give the money that was held."""
    declined_at: Mapped[datetime | None]
    """Since when its payment is declined; None while it is not."""
    declines: Mapped[int] = mapped_column(default=0)
    """How often in a row it was declined."""
    decline_code: Mapped[str | None]
    """The provider's code of the last decline."""
    final_decline: Mapped[bool] = mapped_column(default=False)
    """Trying the same method again is of no use."""
    new_method: Mapped[bool] = mapped_column(default=False)
    """The customer gave another method that was not tried yet."""
    asks: Mapped[int] = mapped_column(default=0)
    """How often the customer had to be asked for another method."""
    settled: Mapped[str | None]
    """How an unpaid parcel was settled; None while it is owed."""
    label_attempt: Mapped[int] = mapped_column(default=1)
    """Which label of this parcel is the present one; part of its idempotency key."""
    label_unknown: Mapped[bool] = mapped_column(default=False)
    """Whether a label was bought is not known: the carrier is asked before another one is."""
    address_refused: Mapped[bool] = mapped_column(default=False)
    """No carrier goes to its address: the customer is asked for another."""
    labels_to_void: Mapped[list[Any]] = mapped_column(default=list)
    """Keys of labels that were bought in vain, and are to be given back."""
    carrier: Mapped[str | None]
    """Who carries it."""
    service: Mapped[str | None]
    """The carrier's service that was chosen."""
    tracking: Mapped[str | None]
    """The carrier's number for it."""
    label_id: Mapped[str | None]
    """The carrier gateway's id of the label."""
    label_url: Mapped[str | None]
    """Where the label can be printed from; it shows name and address."""
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    """What the label cost the shop."""
    rates: Mapped[list[Any] | None]
    """The offers of all carriers among which it was chosen."""
    shipped_at: Mapped[datetime | None]
    """When it left; None while it has not."""
    estimated_delivery: Mapped[date | None]
    """The day on which its carrier expects to deliver it."""
    promised_on: Mapped[date | None]
    """The first date that its customer was told, as of when it left."""


class PaymentRow(Base):
    """One call that moves money: stored before it is made, its outcome after."""

    __tablename__ = "payments"
    __table_args__ = (Index(None, "order_id"), Index(None, "reference"), Index(None, "at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    """The idempotency key `<order>/<parcel>/<kind>/<attempt>`; of what happened outside, the provider's reference."""
    order_id: Mapped[str]
    """Its order."""
    parcel: Mapped[int]
    """For which parcel; 0 stands for the order itself."""
    kind: Mapped[str]
    """`authorise`, `capture`, `void`, `charge`, `refund` or `dispute`."""
    attempt: Mapped[int]
    """From 1; 0 of what happened outside."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """How much."""
    currency: Mapped[str]
    """ISO 4217."""
    method: Mapped[str]
    """The payment provider's token that it was tried with, never a card's number; empty of what happened outside."""
    state: Mapped[str]
    """`started`, then `succeeded`, `declined`, `failed` or `never`; a dispute is `open`."""
    reference: Mapped[str | None]
    """The provider's id of what came of it."""
    decline_code: Mapped[str | None]
    """Why it was declined, by the provider's code."""
    at: Mapped[datetime]
    """When it was started, then when it was answered."""


class NoticeRow(Base):
    """One e-mail to one customer about one thing, once."""

    __tablename__ = "notices"
    __table_args__ = (partial("ix_notices_undelivered", "at", where=text("NOT delivered")),)

    order_id: Mapped[str] = mapped_column(primary_key=True)
    """Its order."""
    kind: Mapped[str] = mapped_column(primary_key=True)
    """Which letter."""
    occasion: Mapped[str] = mapped_column(primary_key=True)
    """What tells this one from others of its kind: a parcel's number, a date, a cancellation."""
    at: Mapped[datetime]
    """When it was sent, or given up."""
    delivered: Mapped[bool]
    """Whether a mail server took it."""
    message_id: Mapped[str | None]
    """The mail's Message-ID."""
    error: Mapped[str | None]
    """Why no mail server took it: its status code, then its words."""


class CancellationRow(Base):
    """A wish to cancel, and what came of it: once per id."""

    __tablename__ = "cancellations"
    __table_args__ = (Index(None, "order_id"), Index(None, "at"))

    cancellation_id: Mapped[str] = mapped_column(primary_key=True)
    """The id of the wish: the same again gets the first outcome."""
    order_id: Mapped[str]
    """The order that is cancelled, or a part of it."""
    digest: Mapped[str]
    """Hash of the wish: another one under its id is refused."""
    body: Mapped[dict[str, Any]]
    """The wish: which units, by whom, with what note."""
    reason: Mapped[str]
    """Why, by the contract's list of reasons."""
    outcome: Mapped[dict[str, Any]]
    """What came of it: what was cancelled, what had left, what is paid back."""
    units: Mapped[int]
    """How many units it took."""
    at: Mapped[datetime]
    """When."""


class ChangeRow(Base):
    """Something about an order that was changed on the way: what, to what, by whom."""

    __tablename__ = "changes"
    __table_args__ = (ForeignKeyConstraint(["order_id"], ["orders.order_id"]), Index(None, "order_id"))

    key: Mapped[str] = mapped_column(primary_key=True)
    """Made of the order, the moment and what was asked, so that the same is written once."""
    order_id: Mapped[str]
    """The order that was changed."""
    what: Mapped[str]
    """`ship_to`, `quantity`, `method`, `hold`, `release`, `priority` and so on."""
    body: Mapped[dict[str, Any]]
    """What was asked for, with the reason."""
    requested_by: Mapped[str]
    """Who asked: `support:maria`, `customer:<id>`, or what the order system said."""
    outcome: Mapped[dict[str, Any]]
    """The answer that was given."""
    cause: Mapped[str]
    """The transaction under which the ledger and the bells know it."""
    at: Mapped[datetime]
    """When."""


class DelayRow(Base):
    """One notice of a delay that the law asks for: what it offered, and what was answered."""

    __tablename__ = "delays"
    __table_args__ = (ForeignKeyConstraint(["order_id"], ["orders.order_id"]), Index(None, "order_id"))

    notice_id: Mapped[str] = mapped_column(primary_key=True)
    """Its id, which an answer names."""
    order_id: Mapped[str]
    """Its order."""
    number: Mapped[int]
    """From 1, within the order."""
    law: Mapped[str]
    """Which law asks for it."""
    deadline: Mapped[date]
    """The last day on which it should have shipped."""
    offered_on: Mapped[date | None]
    """The new date that was offered; None: not known."""
    why: Mapped[str | None]
    """Why no date could be given."""
    silence: Mapped[str]
    """What no answer means: `keeps`, `cancels` or `nothing`."""
    answer_by: Mapped[date | None]
    """The last day for an answer where silence cancels."""
    told_at: Mapped[datetime]
    """When the customer was told."""
    accepted: Mapped[bool | None]
    """The answer; None while there is none."""
    answered_at: Mapped[datetime | None]
    """When it was answered."""
    answered_by: Mapped[str | None]
    """Who answered: the customer, or support in the customer's name."""
