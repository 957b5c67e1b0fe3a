"""What a letter may say."""

from datetime import date

from domain.model import Instant, Model
from domain.money import Money
from gateways.mail import Header


class LetterLine(Model):
    sku: Header
    title: Header
    quantity: int


class LetterFacts(Model):
    """All that a letter may say; what does not apply stays None.

    Words that others wrote are one line each, so that none of them can pass for a header or a line of ours.
    """

    order_id: Header
    kind: str
    customer_name: Header
    locale: str
    shop_name: Header
    time_zone: str
    lines: tuple[LetterLine, ...]
    promised_on: date | None = None
    was_promised_on: date | None = None
    """The date that the customer was told before."""
    deadline: date | None = None
    """The last day on which it should have shipped."""
    law: str | None = None
    silence: str | None = None
    """What becomes of the order whose customer does not answer: `keeps`, `cancels` or `nothing`."""
    why: str | None = None
    """Why it is late, or no date is known."""
    ends_on: date | None = None
    """The day on which the order is cancelled unless something happens."""
    eta: date | None = None
    backordered: bool = False
    carrier: Header | None = None
    service: Header | None = None
    tracking: Header | None = None
    estimated_delivery: date | None = None
    amount: Money | None = None
    charged: bool = False
    reason: str | None = None
    answer_by: date | None = None
    """By when the customer must answer."""
    waiting: tuple[LetterLine, ...] = ()
    """What is not here yet."""
    need_by: date | None = None
    """The day that no carrier could meet."""
    address: tuple[Header, ...] = ()
    """Where it was to go, as on an envelope."""
    sent: bool = False
    """Whether the goods have left already."""
    page_url: str | None = None
    """The order's page, where the customer answers."""
    view_url: str | None = None
    cancel_url: str | None = None
    """Where it can still be cancelled."""
    at: Instant
