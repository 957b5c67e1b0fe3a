"""Rests: a gateway is away, so its step is tried again later and everything else goes on."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.model import Instant, Model
from domain.state import OrderState
from store import orders
from store.tables import RestRow

_FIRST_MINUTES = 1
_MOST_MINUTES = 60


class Resting(Model):
    """Step `what` of an order found its gateway away at `at`."""

    order_id: str
    what: str
    at: Instant


def begin(session: Session, resting: Resting) -> OrderState:
    """Try again in 1, 2, 4 … minutes, at most an hour apart."""
    orders.own(session, resting.order_id)
    row = session.get(RestRow, (resting.order_id, resting.what))
    if row is None:
        row = RestRow(order_id=resting.order_id, what=resting.what, failures=0)
        session.add(row)
    minutes = min(_MOST_MINUTES, _FIRST_MINUTES * 2 ** min(row.failures, 10))
    row.failures += 1
    row.retry_at = resting.at + timedelta(minutes=minutes)
    return orders.settled(session, resting.order_id, resting.at)


def over(session: Session, order_id: str, what: str) -> None:
    session.execute(delete(RestRow).where(RestRow.order_id == order_id, RestRow.what == what))
