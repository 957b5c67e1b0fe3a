"""The daily review: what it is asked, and what it found."""

from collections.abc import Iterable
from datetime import date as day_of
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.metrics import Current
from domain.model import Instant, Model

SHOWN = 50
"""How many of a kind a review names; it counts all of them."""

Day = Annotated[day_of, Field(ge=day_of(2000, 1, 1), le=day_of(2999, 12, 31))]
"""A day with room for reckoning on both sides."""


class ReviewRequest(Model):
    """Which day to review; by default the shop's today."""

    date: Day | None = None


class Need(StrEnum):
    """Why an order needs a person."""

    HELD = "held"
    ADDRESS_HOLD = "address_hold"
    PAYMENT_HOLD = "payment_hold"
    REFUSED = "refused"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    UNREADABLE = "unreadable"
    UNDELIVERED = "undelivered"


class Needy(Model):
    """An order that needs a person, and in a few words why."""

    order_id: str
    why: str = ""


class Needing(Model):
    """All orders with one need: how many, and the first of them."""

    need: Need
    count: int
    orders: tuple[Needy, ...] = ()


def gathered(found: Iterable[tuple[Need, Needy]], so_far: tuple[Needing, ...] = ()) -> tuple[Needing, ...]:
    """Those found before and these, need by need."""
    by_need = {one.need: one for one in so_far}
    for need, order in found:
        one = by_need.get(need) or Needing(need=need, count=0)
        shown = (*one.orders, order) if len(one.orders) < SHOWN else one.orders
        by_need[need] = Needing(need=need, count=one.count + 1, orders=shown)
    return tuple(by_need[need] for need in Need if need in by_need)


class Ended(Model):
    """What orders did by themselves: cancellations that nobody asked for, by reason; an order counts once a reason."""

    orders: int = 0
    by_reason: dict[str, int] = {}
    order_ids: tuple[str, ...] = ()


class Asked(StrEnum):
    """Whether a late supplier was asked for a new date."""

    TODAY = "today"
    BEFORE = "before"
    NOT_YET = "not_yet"
    """The mail server was away."""
    REFUSED = "refused"
    """Its mailbox refuses our mail."""
    NO_ADDRESS = "no_address"


class LateLine(Model):
    """A purchase-order line whose date has passed without its goods."""

    inbound_id: str
    sku: str
    title: str
    quantity: int
    eta: day_of
    supplier: str | None = None
    email: str | None = None
    asked_at: Instant | None = None


class LateShown(LateLine):
    asked: Asked


class Late(Model):
    """Supply that is overdue: how many lines, and the first of them."""

    count: int = 0
    lines: tuple[LateShown, ...] = ()


def asked(line: LateLine, at: Instant, refused: Iterable[str]) -> Asked:
    """How a review at `at` left it with this line's supplier; `refused`: suppliers whose mailbox said no."""
    if line.asked_at is not None:
        return Asked.TODAY if line.asked_at == at else Asked.BEFORE
    if line.email is None:
        return Asked.NO_ADDRESS
    return Asked.REFUSED if line.supplier in set(refused) else Asked.NOT_YET


class Findings(Model):
    """What is wrong with the books: how much, and the first sentences about it."""

    count: int = 0
    sentences: tuple[str, ...] = ()


class Review(Model):
    """What one daily review found, and the figures of its day.

    `since`: the review before it, else a day earlier. `told_at`: when operations were written to; `refused`: why
    their mailbox did not take it.
    """

    day: day_of
    at: Instant
    since: Instant
    needs: tuple[Needing, ...] = ()
    ended: Ended = Ended()
    late: Late = Late()
    orders_with_new_dates: int = 0
    bells_rung: int = 0
    findings: Findings = Findings()
    figures: Current = Current()
    told_at: Instant | None = None
    refused: str | None = None

    @property
    def people_needed(self) -> int:
        """Orders that need a person, counted once for each need."""
        return sum(one.count for one in self.needs)
