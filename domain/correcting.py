"""What support and operations correct of an order after the fact, and what that came to."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from domain import choice, news, waiting
from domain.changes import ChangeOutcome
from domain.delays import Delay
from domain.model import By, Id, Instant, Model
from domain.notices import Kind
from domain.order import Email
from domain.state import OrderState
from domain.steps import Tell


class EmailChange(Model):
    """Another address for all further notices of an order."""

    order_id: Id
    email: Email
    requested_by: By = "support"


class Erasing(Model):
    """A customer who is to be forgotten."""

    customer_id: Id
    requested_by: By = "operations"


class Resending(Model):
    """A notice to be sent once more; `number` tells this time from others."""

    order_id: Id
    kind: Kind
    occasion: Annotated[str, Field(max_length=255)]
    number: Id
    requested_by: By = "support"


class Resent(ChangeOutcome):
    """What came of it: whether the mail server took it for this mailbox."""

    delivered: bool = True


class Erased(Model):
    """What is left of a customer: `orders` under a name that leads to nobody.

    `histories_left`: runs of their workflows that Temporal keeps for now. `file_rewritten`: false while the database's
    own file may still hold what was overwritten.
    """

    customer_id: str
    orders: int
    histories_deleted: int = 0
    histories_left: int = 0
    file_rewritten: bool = True


def still_true(state: OrderState, notice: Tell, now: Instant) -> bool:
    """Whether what a notice said is so today."""
    if notice.kind in _OF_THE_PAST:
        return notice in news.asked_for(state)
    return state.status.open and _still_awaited(state, notice, now)


_OF_THE_PAST = {Kind.SHIPPED, Kind.CANCELLED, Kind.REFUNDED}
"""They stay true when the order has ended."""


def _still_awaited(state: OrderState, notice: Tell, now: Instant) -> bool:
    """Whether that, of which the notice told or for which it asked, is still to come."""
    match notice.kind:
        case Kind.UPDATE:
            return state.backordered_units > 0
        case Kind.PROMISE_MOVED:
            return state.waits_for_a_date
        case Kind.CHOICE:
            deadline = choice.deadline(state)
            return deadline is not None and now < deadline
        case Kind.DELAY_OPTION | Kind.DELAY_RENEWED:
            return unanswered(state, notice.occasion, now) is not None
        case Kind.STALE_WARNING:
            return waiting.warned_of(state) is not None
    return notice in news.asked_for(state)


def unanswered(state: OrderState, occasion: str, now: Instant) -> Delay | None:
    """The delay of which that notice told, while it offers what holds today and its customer may still answer."""
    latest = state.delays[-1] if state.delays else None
    if latest is None or str(latest.number) != occasion or latest.accepted is not None:
        return None
    holds = latest.offered_on == state.promised_on
    today = now.astimezone(ZoneInfo(state.time_zone)).date()
    in_time = latest.answer_by is None or today <= latest.answer_by
    waits = state.backordered_units + state.allocated_units > 0
    return latest if holds and in_time and waits else None
