"""Rests: a gateway is away, so its step is tried again later and everything else goes on."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from domain import life
from domain.model import Instant, Model
from domain.state import OrderState, Rest
from store import orders

_FIRST_MINUTES = 1
_MOST_MINUTES = 60


class Resting(Model):
    """Step `what` of an order found its gateway away at `at`; `refused`: it was there, and said why it never will."""

    order_id: str
    what: str
    at: Instant
    refused: str | None = None


def begin(session: Session, resting: Resting) -> OrderState:
    """Try again in 1, 2, 4 … minutes, at most an hour apart; daily what was refused, until a person has mended it."""
    order = orders.own(session, resting.order_id)
    state = orders.state(session, resting.order_id)
    if not life.still_due(state, resting.what, resting.at):
        over(session, order, resting.what)
        return orders.settled(session, resting.order_id, resting.at)
    failures = next((rest["failures"] for rest in order.rests if rest["what"] == resting.what), 0)
    minutes = min(_MOST_MINUTES, _FIRST_MINUTES * 2 ** min(failures, 10))
    others = _others(order, resting.what)
    pause = timedelta(days=1) if resting.refused else timedelta(minutes=minutes)
    rest = Rest(
        what=resting.what, failures=failures + 1, retry_at=resting.at + pause, refused=resting.refused
    )
    orders.change(session, resting.order_id, rests=[*others, rest.model_dump(mode="json")])
    return orders.settled(session, resting.order_id, resting.at)


def over(session: Session, order: Row[Any], what: str) -> None:
    """The gateway of this step has answered."""
    others = _others(order, what)
    if others != order.rests:
        orders.change(session, order.order_id, rests=others)


def _others(order: Row[Any], what: str) -> list[Any]:
    return [rest for rest in order.rests if rest["what"] != what]
