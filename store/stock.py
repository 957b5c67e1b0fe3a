"""A SKU's stock as others may ask for it: its units, what is to come, and its queue page by page."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from domain.errors import UnknownSku
from domain.model import Id, Instant, Model
from domain.supply import Arrival
from store.deal import QUEUE
from store.queue import QueuePlace
from store.tables import LineRow, OrderRow, ProductRow

_NEEDS = LineRow.backordered > 0
_ONLY_HOLDS = and_(LineRow.allocated > 0, LineRow.backordered == 0)
"""Both together are the queue; each has an index of its own."""


class Supply(Model):
    """Units that can ship from a day on; `needed`: by the queue as it is.

    `available_to_promise`: all that a new order could get by that day.
    """

    on: date
    units: int
    needed: int
    available_to_promise: int


class Stock(Model):
    """A SKU's units: in the building, dealt to orders, free, and still needed by orders; and what is to come."""

    sku: str
    title: str
    on_hand: int
    reserved: int
    available: int
    waiting_units: int
    discontinued_at: Instant | None
    supply: tuple[Supply, ...]


class QueueAt(Model):
    """Where a line stands in its queue."""

    queue_at: Instant
    placed_at: Instant
    order_id: Id


class QueuePage(Model):
    """Places of the queue; `next`: where the next page begins, None after the last."""

    places: tuple[QueuePlace, ...]
    next: QueueAt | None


def stock(session: Session, sku: str) -> Stock:
    """How a SKU stands; `UnknownSku` for none of ours."""
    product = _product(session, sku)
    available = product.on_hand - product.reserved
    arriving = (Arrival.model_validate(one) for one in product.supply)
    return Stock(
        sku=sku,
        title=product.title,
        on_hand=product.on_hand,
        reserved=product.reserved,
        available=available,
        waiting_units=product.waiting,
        discontinued_at=product.discontinued_at,
        supply=tuple(_supply(arriving, product.waiting, available)),
    )


def _product(session: Session, sku: str) -> ProductRow:
    product = session.get(ProductRow, sku)
    if product is None:
        raise UnknownSku(sku)
    return product


def _supply(arrivals: Iterable[Arrival], waiting: int, available: int) -> Iterator[Supply]:
    """As it will be dealt: to the queue first, from the front."""
    for one in arrivals:
        needed = min(one.units, waiting)
        waiting -= needed
        available += one.units - needed
        yield Supply(on=one.on, units=one.units, needed=needed, available_to_promise=available)


def queue_page(session: Session, sku: str, after: QueueAt | None, limit: int) -> QueuePage:
    """So many places behind one, from the front; `UnknownSku` for none of ours."""
    _product(session, sku)
    behind = () if after is None else (tuple_(*QUEUE) > _at(after),)
    parts = (select(_front(sku, kind, behind, limit).subquery()) for kind in (_NEEDS, _ONLY_HOLDS))
    lines = union_all(*parts).subquery()
    walked = [lines.c[column.key] for column in QUEUE]
    found = session.execute(select(lines).order_by(*walked).limit(limit + 1)).all()
    first = 1 + (_ahead(session, sku, after) if after else 0)
    places = tuple(
        QueuePlace.model_validate({"place": place, **row._mapping})  # noqa: SLF001 - the public name of a row's values
        for place, row in enumerate(found[:limit], first)
    )
    last = places[-1] if len(found) > limit else None
    return QueuePage(places=places, next=QueueAt.model_validate(last.model_dump()) if last else None)


def _front(sku: str, kind: ColumnElement[bool], behind: Any, limit: int) -> Select[Any]:
    """The first lines of one kind: more of them are never on the page."""
    units = (LineRow.ordered, LineRow.backordered, LineRow.allocated)
    columns: tuple[Any, ...] = (*QUEUE, OrderRow.priority, *units, LineRow.promised_on)
    lines = select(*columns).join(OrderRow, OrderRow.order_id == LineRow.order_id)
    return lines.where(LineRow.sku == sku, kind, *behind).order_by(*QUEUE).limit(limit + 1)


def _ahead(session: Session, sku: str, after: QueueAt) -> int:
    """How many places there are up to this one."""
    until = tuple_(*QUEUE) <= _at(after)
    counts = (
        select(func.count()).select_from(LineRow).where(LineRow.sku == sku, kind, until).scalar_subquery()
        for kind in (_NEEDS, _ONLY_HOLDS)
    )
    needing, holding = session.execute(select(*counts)).one()
    return int(needing) + int(holding)


def _at(after: QueueAt) -> ColumnElement[Any]:
    place = (after.queue_at, after.placed_at, after.order_id)
    return tuple_(*(literal(value, column.type) for value, column in zip(place, QUEUE, strict=True)))
