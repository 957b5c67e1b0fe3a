"""Lists of orders for people: filtered, in pages, each page found by an index whatever the size of the books."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from domain.model import Id, Instant, Model
from domain.status import Status
from store.tables import LineRow, OrderRow

OPEN = tuple(status for status in Status if status.open)

_COLUMNS = (
    OrderRow.order_id,
    OrderRow.customer_id,
    OrderRow.status,
    OrderRow.priority,
    OrderRow.currency,
    OrderRow.placed_at,
    OrderRow.promised_on,
)


class After(Model):
    """Where a page begins: behind this order of the one before."""

    placed_at: Instant
    order_id: Id


class Wanted(Model):
    """Which orders, from which on.

    `backordered`: only those whose decision had backordered units. `due`: only those with a backordered unit promised
    for one of these days, both included. `newest_first`: else by the date of placing.
    """

    statuses: tuple[Status, ...] = OPEN
    backordered: bool = False
    sku: str | None = None
    customer_id: str | None = None
    due: tuple[date, date] | None = None
    newest_first: bool = False
    after: After | None = None
    limit: int = 50


class Listed(Model):
    """One order of a list; units and value are those neither shipped nor cancelled, the value in minor units.

    `promised_on`: what its customer was told; `expected_on`: when the last backordered unit is expected now.
    """

    order_id: str
    customer_id: str
    status: Status
    priority: str
    currency: str
    placed_at: Instant
    promised_on: date | None
    expected_on: date | None = None
    skus: tuple[str, ...] = ()
    units: int = 0
    value_minor: int = 0


class Page(Model):
    """One page of a list; `next`: where the next one begins, None after the last."""

    orders: tuple[Listed, ...]
    next: After | None = None


def page(session: Session, wanted: Wanted) -> Page:
    """The orders of one page, each status by its own index, so that no page reads more than it shows."""
    found = session.execute(_statement(wanted)).all()
    shown = found[: wanted.limit]
    last = shown[-1] if len(found) > len(shown) else None
    return Page(
        orders=_listed(session, shown),
        next=After(placed_at=last.placed_at, order_id=last.order_id) if last else None,
    )


def of_ids(session: Session, order_ids: Sequence[str]) -> tuple[Listed, ...]:
    """These orders, as a list shows them, in this order."""
    rows = {row.order_id: row for row in session.execute(select(*_COLUMNS).where(_among(order_ids)))}
    return _listed(session, [rows[order_id] for order_id in order_ids if order_id in rows])


def _among(order_ids: Sequence[str]) -> ColumnElement[bool]:
    return OrderRow.order_id.in_(order_ids)


def _statement(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.sku is not None and wanted.newest_first:
        return _of_sku(wanted.sku, wanted)
    if wanted.statuses == tuple(Status):
        return _chosen(wanted)
    parts = (select(_chosen(wanted, OrderRow.status == status).subquery()) for status in wanted.statuses)
    orders = union_all(*parts).subquery()
    return _page_of(select(orders), (orders.c.placed_at, orders.c.order_id), wanted)


def _chosen(wanted: Wanted, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The first of them: of a status, too, more than a page are never on the page."""
    chosen = select(*_COLUMNS).where(*conditions, *_conditions(wanted))
    return _page_of(chosen, (OrderRow.placed_at, OrderRow.order_id), wanted)


def _of_sku(sku: str, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Among all orders, ended ones too, a SKU's are found along its lines."""
    orders = select(*_COLUMNS).join(LineRow, LineRow.order_id == OrderRow.order_id)
    own = wanted.model_copy(update={"sku": None})
    chosen = orders.where(
        LineRow.sku == sku, OrderRow.status.in_(wanted.statuses), *_conditions(own, LineRow)
    )
    return _page_of(chosen, (LineRow.placed_at, LineRow.order_id), wanted)


def _page_of(
    rows: Select[*tuple[Any, ...]], places: Sequence[Any], wanted: Wanted
) -> Select[*tuple[Any, ...]]:
    return rows.order_by(*_sorted(places, wanted)).limit(wanted.limit + 1)


def _sorted(places: Sequence[Any], wanted: Wanted) -> list[Any]:
    return [place.desc() for place in places] if wanted.newest_first else list(places)


def _conditions(
    wanted: Wanted, walked: type[OrderRow] | type[LineRow] = OrderRow
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.backordered:
        found.append(OrderRow.backordered.is_(True))
    if wanted.customer_id is not None:
        found.append(OrderRow.customer_id == wanted.customer_id)
    if wanted.sku is not None:
        found.append(_has_line(LineRow.sku == wanted.sku))
    if wanted.due is not None:
        found.append(_has_line(LineRow.backordered > 0, LineRow.promised_on.between(*wanted.due)))
    if wanted.after is not None:
        place = tuple_(walked.placed_at, walked.order_id)
        here = tuple_(
            literal(wanted.after.placed_at, OrderRow.placed_at.type), literal(wanted.after.order_id)
        )
        found.append(place < here if wanted.newest_first else place > here)
    return found


def _has_line(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(LineRow.order_id == OrderRow.order_id, *conditions)


def _listed(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[Listed, ...]:
    """The rows with what their lines add up to: one more question, however long the page."""
    lines = select(
        LineRow.order_id,
        LineRow.sku,
        (LineRow.backordered + LineRow.allocated + LineRow.claimed).label("open"),
        LineRow.backordered,
        LineRow.promised_on,
        LineRow.unit_price_minor,
    ).where(LineRow.order_id.in_([row.order_id for row in rows]))
    of: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for line in session.execute(lines.order_by(LineRow.order_id, LineRow.number)):
        of.setdefault(line.order_id, []).append(line)
    return tuple(_one(row, of.get(row.order_id, [])) for row in rows)


def _one(row: Row[*tuple[Any, ...]], lines: Sequence[Row[*tuple[Any, ...]]]) -> Listed:
    dates = [line.promised_on for line in lines if line.backordered]
    return Listed.model_validate(
        {
            **row._mapping,  # noqa: SLF001 - the public name of a row's values
            "expected_on": max(dates) if dates and all(dates) else None,
            "skus": tuple(line.sku for line in lines),
            "units": sum(line.open for line in lines),
            "value_minor": sum(line.open * line.unit_price_minor for line in lines),
        }
    )


def at_most(session: Session, rows: Select[*tuple[Any, ...]], most: int) -> int:
    """How many rows there are, counted to `most` and no further."""
    return session.scalar(select(func.count()).select_from(rows.limit(most).subquery())) or 0
