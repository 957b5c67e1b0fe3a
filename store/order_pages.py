"""Pages of orders for programs: by the date of placing, each page found by an index, however deep it lies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, literal, select, tuple_
from sqlalchemy.orm import Session

from domain.model import Id, Instant, Model
from domain.status import Status
from store import listing
from store.listing import Listed
from store.tables import LineRow, OrderRow


class Place(Model):
    """Where an order stands among all, by the date of placing."""

    placed_at: Instant
    order_id: Id


class Wanted(Model):
    """Which orders, all conditions together; `placed_until` is exclusive, `after` is the last one of the page before.

    `sku`: orders with a line of it. A rejected order keeps no lines.
    """

    status: Status | None = None
    sku: str | None = None
    customer_id: str | None = None
    placed_since: Instant | None = None
    placed_until: Instant | None = None
    after: Place | None = None
    limit: int = 50


class OrderPage(Model):
    """Orders, and the place after which the next page begins; None after the last."""

    orders: tuple[Listed, ...]
    next: Place | None


def page(session: Session, wanted: Wanted) -> OrderPage:
    """The orders of one page, the first placed first."""
    found = session.execute(_statement(wanted)).all()
    shown = found[: wanted.limit]
    return OrderPage(
        orders=listing.of_ids(session, [row.order_id for row in shown]),
        next=_place(shown) if len(found) > len(shown) else None,
    )


def _place(shown: Sequence[Row[Any]]) -> Place:
    return Place(placed_at=shown[-1].placed_at, order_id=shown[-1].order_id)


def _statement(wanted: Wanted) -> Select[Any]:
    """Walks the lines of the SKU where one is asked for, else the orders: one more than are shown."""
    walked = OrderRow if wanted.sku is None else LineRow
    place: tuple[Any, ...] = (walked.placed_at, walked.order_id)
    chosen = select(*place).order_by(*place).limit(wanted.limit + 1)
    if wanted.sku is not None:
        chosen = chosen.where(LineRow.sku == wanted.sku)
        if wanted.status is not None or wanted.customer_id is not None:
            chosen = chosen.join(OrderRow, OrderRow.order_id == LineRow.order_id)
    if wanted.status is not None:
        chosen = chosen.where(OrderRow.status == wanted.status)
    if wanted.customer_id is not None:
        chosen = chosen.where(OrderRow.customer_id == wanted.customer_id)
    return _within(chosen, wanted, place)


def _within(chosen: Select[Any], wanted: Wanted, place: tuple[Any, ...]) -> Select[Any]:
    placed_at = place[0]
    if wanted.placed_since is not None:
        chosen = chosen.where(placed_at >= wanted.placed_since)
    if wanted.placed_until is not None:
        chosen = chosen.where(placed_at < wanted.placed_until)
    if wanted.after is not None:
        here = tuple_(literal(wanted.after.placed_at, placed_at.type), literal(wanted.after.order_id))
        chosen = chosen.where(tuple_(*place) > here)
    return chosen
