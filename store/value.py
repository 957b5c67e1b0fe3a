"""What backorders are worth, added up by the database from what was asked for and what stock did not cover."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    BigInteger,
    ColumnElement,
    Select,
    case,
    cast,
    column,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import TableValuedAlias

from domain import demand
from domain.demand import Fate, Part, Value
from domain.errors import UnknownSku
from domain.status import Status
from store.door_tables import QuoteRow
from store.figures import REJECTED_DEMAND, unfollowed, within
from store.metrics import BACKORDERED
from store.tables import LineRow, OrderRow, ProductRow

_Row = Select[*tuple[Any, ...]]


def report(session: Session, since: date, until: date, time_zone: str, sku: str | None = None) -> Value:
    """Demand of the period that stock did not cover, of one SKU or of all, and what became of it.

    Of a line only the units count that stock did not cover at its decision; of a rejected one all.

    Raises:
        UnknownSku: nobody knows it, and nobody asked for it.
    """
    asked = _asked(session, (since, until, time_zone), sku)
    if sku is not None:
        products = list(_parts(session, _sums(asked, "line_kept", "sku")))
        if not products and session.get(ProductRow, sku) is None:
            raise UnknownSku(sku)
        return demand.value(since, until, sku, products, products)
    # An order of several such lines is one order: in the totals it counts once. Asked for together, read once.
    found = list(_parts(session, _sums(asked, "line_kept", "sku"), _sums(asked, "order_kept")))
    totals = [part for part in found if not part.sku]
    return demand.value(since, until, None, totals, [part for part in found if part.sku])


def _parts(session: Session, *sums: _Row) -> Iterator[Part]:
    rows = union_all(*sums).order_by("currency", "fate", "of_sku")
    for sku, currency, fate, *counts in session.execute(rows):
        yield Part(sku, currency, Fate(fate), *map(int, counts))


def _sums(asked: CTE, kept: str, *by: str) -> _Row:
    of = asked.c
    is_kept = of[kept] == 1
    return select(
        (of.sku if by else literal("")).label("of_sku"),
        of.currency,
        of.fate,
        func.count(of.order_id.distinct()),
        func.sum(of.units),
        func.sum(of.minor),
        func.count(of.order_id.distinct()).filter(is_kept),
        func.sum(of.kept_units),
        func.sum(of.kept_minor),
    ).group_by(*(of[name] for name in (*by, "currency", "fate")))


def _asked(session: Session, period: tuple[date, date, str], sku: str | None) -> CTE:
    """A row for each line that stock did not cover: of backorders, of rejections, of quotes that nothing followed."""
    placed = within(OrderRow.placed_at, *period)
    rows = (
        _accepted(session).where(placed),
        _rejected(session).where(placed),
        _quoted().where(*unfollowed(*period)),
    )
    asked = union_all(*rows)
    if sku is None:
        return asked.cte("asked")
    every = asked.subquery("asked")
    return select(every).where(every.c.sku == sku).cte("of_sku")


def _accepted(session: Session) -> _Row:
    decided = _lines(session, OrderRow.decision)
    short = cast(decided.c.value["backordered"].as_string(), BigInteger)
    kept = case((short > LineRow.cancelled, short - LineRow.cancelled), else_=0)
    return (
        select(
            *_named(LineRow.sku, OrderRow.currency, Fate.ACCEPTED, short, short * LineRow.unit_price_minor),
            kept.label("kept_units"),
            (kept * LineRow.unit_price_minor).label("kept_minor"),
            case((LineRow.cancelled < LineRow.ordered, 1), else_=0).label("line_kept"),
            case((OrderRow.status != Status.CANCELLED, 1), else_=0).label("order_kept"),
        )
        .select_from(OrderRow)
        .join(decided, true())
        .join(
            LineRow,
            (LineRow.order_id == OrderRow.order_id) & (LineRow.sku == decided.c.value["sku"].as_string()),
        )
        .where(OrderRow.accepted_at.is_not(None), BACKORDERED, short > 0)
    )


def _rejected(session: Session) -> _Row:
    """Its lines are gone; what was asked for stands in its body."""
    line = _lines(session, OrderRow.body)
    units = cast(line.c.value["quantity"].as_string(), BigInteger)
    minor = units * cast(line.c.value["unit_price_minor"].as_string(), BigInteger)
    sku = line.c.value["sku"].as_string()
    return (
        select(*_named(sku, OrderRow.currency, Fate.REJECTED, units, minor), *_nothing_kept())
        .select_from(OrderRow)
        .join(line, true())
        .where(*REJECTED_DEMAND)
    )


def _quoted() -> _Row:
    of = QuoteRow
    return select(
        *_named(of.sku, of.currency, Fate.QUOTED, of.units, of.value_minor, of.order_id), *_nothing_kept()
    ).where(of.units > 0)


def _named(
    sku: Any, currency: Any, fate: Fate, units: Any, minor: Any, order_id: Any = OrderRow.order_id
) -> tuple[ColumnElement[Any], ...]:
    return (
        sku.label("sku"),
        currency.label("currency"),
        literal(fate.value).label("fate"),
        order_id.label("order_id"),
        units.label("units"),
        minor.label("minor"),
    )


def _nothing_kept() -> tuple[ColumnElement[Any], ...]:
    return tuple(literal(0).label(name) for name in ("kept_units", "kept_minor", "line_kept", "order_kept"))


def _lines(session: Session, document: InstrumentedAttribute[Any]) -> TableValuedAlias:
    """The lines of a document, one a row, as `value`."""
    value = column("value", JSON)
    if session.get_bind().dialect.name == "sqlite":
        return func.json_each(document, "$.lines").table_valued(value, name="line_of")
    return func.json_array_elements(document["lines"]).table_valued(value, name="line_of")
