"""What an audit finds: its kinds, which command mends each, and what a person does where none can."""

from enum import StrEnum
from typing import NamedTuple, Self

from domain.model import Model


class Area(StrEnum):
    STOCK = "stock"
    ORDERS = "orders"
    PAYMENTS = "payments"
    WORKFLOWS = "workflows"
    MESSAGES = "messages"


class Mend(StrEnum):
    """The ordinary way that mends a finding, as `--repair` takes it."""

    START = "start_workflow"
    LOOK = "look"
    RING = "ring_bells"
    RESEND = "resend_events"
    SCHEDULE = "schedule_review"
    REGISTER = "register_search_attributes"


class Kind(StrEnum):
    """The kinds of findings; programs go by these names."""

    ON_HAND = "on_hand_differs"
    RESERVED = "reserved_differs"
    OVERSOLD = "reserved_over_on_hand"
    WAITING = "waiting_differs"
    LINE = "line_differs"
    UNITS = "units_do_not_add_up"
    LEDGER_TWICE = "ledger_key_twice"
    DEAL = "deal_broken"
    DATE = "date_differs"
    SUPPLY = "supply_differs"

    STATUS = "status_differs"
    ENDED_OPEN = "ended_with_open_units"
    NOT_ENDED = "not_ended"
    PARCEL_UNITS = "parcels_differ"
    LABEL_TWICE = "label_twice"
    LABEL_KEPT = "label_not_given_back"
    NOTICE_OWED = "notice_owed"

    UNPAID = "shipped_and_not_charged"
    CHARGED = "charged_and_not_shipped"
    UNANSWERED = "payment_unanswered"
    HELD_MONEY = "money_held"
    PROVIDER = "payment_differs"
    REFUSED = "gateway_refuses"
    PROVIDER_AWAY = "provider_out_of_reach"

    MISSING = "workflow_missing"
    STOPPED = "workflow_terminated"
    FAILED = "workflow_failed"
    CLOSED = "workflow_closed"
    COMPLETED = "workflow_completed"
    LEFT_OVER = "workflow_left_over"
    UNKNOWN = "workflow_of_no_order"
    STUCK = "workflow_stuck"
    PLACING = "placing_late"
    CHANGE = "change_not_applied"
    NO_WORKER = "no_worker"
    ATTRIBUTES = "search_attributes_missing"
    SCHEDULE = "schedule_missing"
    PAUSED = "schedule_paused"

    BELLS = "bells_unrung"
    DEAD = "event_dead"
    LATE = "events_late"

    @property
    def area(self) -> Area:
        return KINDS[self].area

    @property
    def mend(self) -> Mend | None:
        """None where only a person can mend it."""
        return KINDS[self].mend

    @property
    def heading(self) -> str:
        """What its findings have in common."""
        return KINDS[self].heading

    @property
    def advice(self) -> str:
        """What a person does about it; empty where a command mends it."""
        return KINDS[self].advice


class Words(NamedTuple):
    area: Area
    heading: str
    mend: Mend | None = None
    advice: str = ""


_BOOKS = "Find out who changed the tables. The ledger is the truth: set the count to its sums, then `adjust` to the shelf."
_DATES = (
    "Dates follow their queue step by step, and no command reckons all anew: find out who changed the tables."
)
_ORDER = "Look at the order in the room (its parcels, payments and records) and at what its workflow did."
_PAID = "Look the order up at the provider; refund or settle what is wrong, then `report payments`."

KINDS: dict[Kind, Words] = {
    Kind.ON_HAND: Words(Area.STOCK, "On hand is not what its movements add up to", advice=_BOOKS),
    Kind.RESERVED: Words(Area.STOCK, "Reserved is not what its lines hold", advice=_BOOKS),
    Kind.OVERSOLD: Words(Area.STOCK, "More is reserved than is on hand", advice=_BOOKS),
    Kind.WAITING: Words(Area.STOCK, "Waiting is not what its lines need", advice=_BOOKS),
    Kind.LINE: Words(Area.STOCK, "A line is not what its ledger adds up to", advice=_BOOKS),
    Kind.UNITS: Words(Area.STOCK, "The units of a line do not add up", advice=_BOOKS),
    Kind.LEDGER_TWICE: Words(
        Area.STOCK,
        "A ledger key stands there twice",
        advice="An index of the database is broken (a new collation?): REINDEX it, and ask again.",
    ),
    Kind.DEAL: Words(
        Area.STOCK,
        "Units do not lie with the front of the queue",
        advice="The next receipt or adjustment of the SKU deals it anew; find out who changed the tables.",
    ),
    Kind.DATE: Words(Area.STOCK, "A line has another date than its supply gives", advice=_DATES),
    Kind.SUPPLY: Words(Area.STOCK, "What the queue needs of a supply is counted wrongly", advice=_DATES),
    Kind.STATUS: Words(Area.ORDERS, "The status is not what its units say", advice=_ORDER),
    Kind.ENDED_OPEN: Words(Area.ORDERS, "An order has ended and still has open units", advice=_ORDER),
    Kind.NOT_ENDED: Words(Area.ORDERS, "All is done, and the order has not ended", Mend.LOOK),
    Kind.PARCEL_UNITS: Words(Area.ORDERS, "The parcels are not what the lines say", advice=_ORDER),
    Kind.LABEL_TWICE: Words(
        Area.ORDERS, "One label stands on several parcels", advice="Ask the carrier which parcel it moved."
    ),
    Kind.LABEL_KEPT: Words(
        Area.ORDERS, "A label that was bought in vain was not given back", advice="Void it at the carrier."
    ),
    Kind.NOTICE_OWED: Words(
        Area.ORDERS, "A customer was not told", advice="Write to the customer; the order has ended."
    ),
    Kind.UNPAID: Words(Area.PAYMENTS, "A parcel was shipped and not charged", advice=_PAID),
    Kind.CHARGED: Words(Area.PAYMENTS, "Money was taken for what did not ship", advice=_PAID),
    Kind.UNANSWERED: Words(Area.PAYMENTS, "A payment has no answer, and its order has ended", advice=_PAID),
    Kind.HELD_MONEY: Words(Area.PAYMENTS, "Money is still held for an order that has ended", advice=_PAID),
    Kind.PROVIDER: Words(Area.PAYMENTS, "Our ledger and the provider's books differ", advice=_PAID),
    Kind.REFUSED: Words(
        Area.PAYMENTS,
        "A gateway will not do it",
        advice="Read why; correct the method, the address or the account. It is asked once a day.",
    ),
    Kind.PROVIDER_AWAY: Words(
        Area.PAYMENTS, "The provider's books could not be read", advice="Audit again when it is back."
    ),
    Kind.MISSING: Words(Area.WORKFLOWS, "An open order has no workflow", Mend.START),
    Kind.STOPPED: Words(Area.WORKFLOWS, "The workflow of an open order was terminated", Mend.START),
    Kind.FAILED: Words(Area.WORKFLOWS, "The workflow of an open order failed", Mend.START),
    Kind.CLOSED: Words(Area.WORKFLOWS, "The workflow of an open order is closed", Mend.START),
    Kind.COMPLETED: Words(
        Area.WORKFLOWS,
        "An open order's workflow has completed",
        advice="Were older books restored? Compare with the provider and the carrier; if nothing happened, place it again.",
    ),
    Kind.LEFT_OVER: Words(Area.WORKFLOWS, "A workflow runs for an order that has ended", Mend.LOOK),
    Kind.UNKNOWN: Words(
        Area.WORKFLOWS,
        "A workflow runs for an order that the database does not know",
        advice="Was an older database restored? Its workflow has the body: place it again, or terminate it.",
    ),
    Kind.STUCK: Words(
        Area.WORKFLOWS,
        "A workflow's task keeps failing",
        advice="Read the failure in the Web UI; roll the worker back. An order's may be terminated: `audit --repair` starts it again.",
    ),
    Kind.PLACING: Words(
        Area.WORKFLOWS,
        "An order waits for its decision past the deadline",
        advice="Its workflow rejects it by itself once a worker and the database answer: look whether they do.",
    ),
    Kind.CHANGE: Words(
        Area.WORKFLOWS,
        "An inventory change was stopped before it was applied",
        advice="Was it stopped on purpose? Then leave it. Else send it again with the same id.",
    ),
    Kind.NO_WORKER: Words(
        Area.WORKFLOWS,
        "No worker listens",
        advice="Start one: `backorder worker`; until then nothing goes on.",
    ),
    Kind.ATTRIBUTES: Words(Area.WORKFLOWS, "Temporal lacks search attributes of ours", Mend.REGISTER),
    Kind.SCHEDULE: Words(Area.WORKFLOWS, "The daily review is not scheduled", Mend.SCHEDULE),
    Kind.PAUSED: Words(
        Area.WORKFLOWS,
        "The daily review is paused",
        advice="Somebody paused it: `temporal schedule toggle --schedule-id daily-review --unpause`.",
    ),
    Kind.BELLS: Words(Area.MESSAGES, "Orders have not heard of a change", Mend.RING),
    Kind.DEAD: Words(Area.MESSAGES, "An event for the order system was given up", Mend.RESEND),
    Kind.LATE: Words(
        Area.MESSAGES,
        "The order system does not take its events",
        advice="Look at its webhook (`backorder events`); they are sent again by themselves.",
    ),
}


class Finding(Model):
    """One thing that is wrong; `key` names what it is about besides order and SKU: a cause, an event, a payment."""

    kind: Kind
    finding: str
    order_id: str | None = None
    sku: str | None = None
    key: str | None = None

    @classmethod
    def of_order(cls, kind: Kind, order_id: str, says: str, key: str | None = None) -> Self:
        return cls(kind=kind, finding=f"order {order_id}: {says}", order_id=order_id, key=key)


class Repair(Model):
    """What was done about a finding, by the ordinary way."""

    kind: Kind
    repair: Mend
    done: str
    order_id: str | None = None
    sku: str | None = None
    key: str | None = None


class NotMended(Model):
    """A repair that was tried, and why it failed; the others go on."""

    kind: Kind
    why: str
    order_id: str | None = None
    sku: str | None = None
    key: str | None = None
