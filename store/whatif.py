"""What a receipt would do: it is really dealt, in a transaction that is taken back.

So the answer can't differ from what would happen. It reads the SKU's whole queue twice.
"""

from datetime import date

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from domain.errors import UnknownSku
from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from domain.model import Instant, Model
from domain.order import Order
from domain.policy import HeadStart
from domain.queue import moved_by_hand, priority, queue_at
from domain.state import terms_of
from store import catalog, inventory, promises
from store.deal import QUEUE, Deal, lock
from store.inventory import Change
from store.tables import LineRow, OrderRow, ProductRow

_PLACED = (
    update(LineRow)
    .where(LineRow.order_id == bindparam("of"), LineRow.sku == bindparam("of_sku"))
    .values(queue_at=bindparam("place"))
)


class WhatIf(Model):
    """Units of a SKU that came in at a moment; `head_start`: days that other head starts would have."""

    sku: str
    units: int
    at: Instant
    inbound_id: str | None = None
    head_start: dict[str, int] = {}
    time_zone: str = "UTC"


class Served(Model):
    order_id: str
    priority: str
    units: int
    still_needs: int


class MovedPromise(Model):
    """An order whose date would be another; None: no date is known."""

    order_id: str
    was: date | None
    will_be: date | None


class MovedPlace(Model):
    """An order that other head starts would move in the queue; places count from 1."""

    order_id: str
    was: int
    will_be: int


class Answer(Model):
    sku: str
    units: int
    handed_out: int
    left_over: int
    served: tuple[Served, ...]
    promises: tuple[MovedPromise, ...]
    places: tuple[MovedPlace, ...]


class _Waits(Model):
    """A line of the queue as it stands."""

    place: int
    priority: str
    backordered: int
    promised_on: date | None


def play(session: Session, question: WhatIf) -> Answer:
    """Who would be served, and which promises would move. To be rehearsed, never kept; an unknown SKU is refused."""
    products = lock(session, [question.sku])
    if question.sku not in products:
        raise UnknownSku(question.sku)
    before = _queue(session, question.sku)
    classes = _stand_anew(session, question, products[question.sku]) if question.head_start else {}
    outcome = inventory.apply(session, _receipt(question))
    session.flush()
    after = _queue(session, question.sku)
    return Answer(
        sku=question.sku,
        units=question.units,
        handed_out=outcome.handed_out,
        left_over=outcome.left_over,
        served=_served(before, after, classes),
        promises=_moved(before, after),
        places=_places(before, after) if question.head_start else (),
    )


def _queue(session: Session, sku: str) -> dict[str, _Waits]:
    """All lines that are not shipped or cancelled whole, in their order."""
    lines = (
        select(LineRow.order_id, LineRow.backordered, LineRow.promised_on, OrderRow.priority)
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(LineRow.sku == sku, LineRow.backordered + LineRow.allocated > 0)
        .order_by(*QUEUE)
    )
    return {
        order_id: _Waits(place=place, priority=named, backordered=units, promised_on=on if units else None)
        for place, (order_id, units, on, named) in enumerate(session.execute(lines), 1)
    }


def _stand_anew(session: Session, question: WhatIf, product: ProductRow) -> dict[str, str]:
    """Give each line the place that the other head starts would have given it; each order's class by them."""
    deal = Deal(session, f"{_change_id(question)}-places", question.at, time_zone=question.time_zone)
    classes = _move(session, question)
    dated = update(LineRow).where(LineRow.sku == question.sku, LineRow.supply_on.is_not(None))
    undated = promises.dates(product, catalog.policy(session), deal.today).undated
    session.execute(
        dated.values(supply_on=None, promised_on=undated).execution_options(synchronize_session=False)
    )
    product.supply = [{**arrival, "needed": 0} for arrival in product.supply]
    deal.run(product)
    promises.renew(session, deal, [product])
    return classes


def _move(session: Session, question: WhatIf) -> dict[str, str]:
    """The places follow from what was ordered; orders themselves are only read, for none is locked."""
    asked = (
        select(LineRow.order_id, OrderRow.body, OrderRow.terms, OrderRow.extra_days)
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(LineRow.sku == question.sku, LineRow.backordered + LineRow.allocated > 0)
    )
    classes: dict[str, str] = {}
    places = []
    for order_id, body, terms, extra_days in session.execute(asked):
        order, policy = Order.model_validate(body), terms_of(terms)
        days = HeadStart.model_validate(policy.head_start_days.model_dump() | question.head_start)
        changed = policy.model_copy(update={"head_start_days": days})
        classes[order_id] = priority(order, changed)
        place = moved_by_hand(queue_at(order, changed), extra_days)
        places.append({"of": order_id, "of_sku": question.sku, "place": place})
    if places:
        session.connection().execute(_PLACED, places)
    return classes


def _receipt(question: WhatIf) -> Change:
    line = ChangeLine(sku=question.sku, quantity=question.units, inbound_id=question.inbound_id)
    change = InventoryChange(
        change_id=_change_id(question), kind=ChangeKind.RECEIVED, happened_at=question.at, lines=(line,)
    )
    return Change(change=change, at=question.at, time_zone=question.time_zone)


def _change_id(question: WhatIf) -> str:
    return f"what-if-{question.at:%Y%m%dT%H%M%S%f}"


def _served(
    before: dict[str, _Waits], after: dict[str, _Waits], classes: dict[str, str]
) -> tuple[Served, ...]:
    return tuple(
        Served(
            order_id=order_id,
            priority=classes.get(order_id, now.priority),
            units=before[order_id].backordered - now.backordered,
            still_needs=now.backordered,
        )
        for order_id, now in after.items()
        if now.backordered < before[order_id].backordered
    )


def _moved(before: dict[str, _Waits], after: dict[str, _Waits]) -> tuple[MovedPromise, ...]:
    """Of those who wait still."""
    return tuple(
        MovedPromise(order_id=order_id, was=before[order_id].promised_on, will_be=now.promised_on)
        for order_id, now in after.items()
        if now.backordered and now.promised_on != before[order_id].promised_on
    )


def _places(before: dict[str, _Waits], after: dict[str, _Waits]) -> tuple[MovedPlace, ...]:
    return tuple(
        MovedPlace(order_id=order_id, was=before[order_id].place, will_be=now.place)
        for order_id, now in after.items()
        if now.place != before[order_id].place
    )
