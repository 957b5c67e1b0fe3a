"""What a customer was told: that a notice went out, and the promise that it made."""

from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from domain.notices import Kind
from domain.state import OrderState
from store import delays, order_events, orders, rests
from store.life_tables import NoticeRow
from store.notices import Facts, Telling
from store.once import insert_once

_TELL_DATES = {Kind.CONFIRMATION, Kind.UPDATE, Kind.PROMISE_MOVED, Kind.DELAY_OPTION, Kind.DELAY_RENEWED}
"""Notices after which the date they name is the promise."""


def told(
    session: Session,
    telling: Telling,
    *,
    delivered: bool,
    message_id: str | None,
    facts: Facts | None = None,
    error: str | None = None,
) -> OrderState:
    """The notice went out, or its mailbox refused it for good; either way the order goes on.

    `facts`: what it said; None when it went out before.
    """
    order = orders.own(session, telling.order_id)
    notice = {**telling.model_dump(), "delivered": delivered, "message_id": message_id, "error": error}
    new = session.connection().execute(insert_once(session, NoticeRow), notice).rowcount
    if new and facts is not None:
        promise(session, order, facts.promised_on, telling)
    if new and facts is not None and facts.offer is not None:
        delays.record(session, order, int(telling.occasion), facts.offer, facts.why, telling.at)
    rests.over(session, order, "mail")
    return orders.settled(session, telling.order_id, telling.at)


def promise(session: Session, order: Row[Any], promised_on: date | None, telling: Telling) -> None:
    """The date that a notice named, if its kind names one: a promise stays until the customer is told a new one."""
    if telling.kind not in _TELL_DATES:
        return
    first = order.original_promised_on or promised_on
    if (order.promised_on, order.original_promised_on) != (promised_on, first):
        orders.change(session, telling.order_id, promised_on=promised_on, original_promised_on=first)
    order_events.promise_changed(session, order, promised_on, telling)
