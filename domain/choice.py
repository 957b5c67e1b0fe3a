"""Asking the customer: what is here now and the rest later, or all together."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain import parcels
from domain.errors import ChangeRefused
from domain.model import By, Model
from domain.notices import Kind
from domain.order import Fulfilment
from domain.state import OrderState
from domain.steps import Tell

NOTICE = Tell(Kind.CHOICE, "1")
"""The customer is asked once."""


class Wish(StrEnum):
    SPLIT = "split"
    TOGETHER = "together"
    CANCEL = "cancel"


class Choice(Model):
    """What the customer wants: also later, another than before."""

    choice: Wish
    requested_by: By = "customer"


def wanted(state: OrderState, now: datetime) -> bool:
    """Whether there is something to choose: a part that could go ahead of the rest."""
    asks = state.fulfilment is Fulfilment.ASK and state.status.open and state.parcel is None
    return asks and state.backordered_units > 0 and bool(parcels.ahead_of_the_rest(state, now))


def deadline(state: OrderState) -> datetime | None:
    """Until when the customer may choose; None when he was not asked, or has chosen."""
    asked = next((notice.at for notice in state.notices if notice.kind is NOTICE.kind), None)
    if asked is None or state.fulfilment is not Fulfilment.ASK or not state.backordered_units:
        return None
    return asked + timedelta(days=state.terms.choice_deadline_days)


def check(state: OrderState, wish: Wish) -> None:
    """Whether this may be chosen now.

    Raises:
        ChangeRefused: nothing waits, or this order is not sent in parts.
    """
    if not state.status.open or not state.open_units:
        raise ChangeRefused(state.order_id, "choice", "nothing of the order is left to choose about")
    if wish is Wish.SPLIT and not parcels.may_split(state):
        raise ChangeRefused(state.order_id, "choice", "this order is not sent in parts")
