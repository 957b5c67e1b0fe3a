"""How SKUs stand, for whoever buys: stock, queue, supply, and what was ordered week by week.

Four statements, however many SKUs there are.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from domain.errors import UnknownSku
from domain.policy import Policy
from domain.replenishment import Expected, Position, history, week_starts
from store import catalog, promises
from store.supply_tables import InboundRow
from store.tables import LineRow, ProductRow

Weeks = dict[int, int]


def positions(session: Session, today: date, time_zone: str, sku: str | None = None) -> list[Position]:
    """Every SKU of the catalogue in SKU order, or one; an unknown one is refused."""
    wanted = select(ProductRow).order_by(ProductRow.sku)
    products = session.scalars(wanted.where(ProductRow.sku == sku) if sku else wanted).all()
    if sku and not products:
        raise UnknownSku(sku)
    terms = catalog.policy(session)
    ordered = _ordered(session, week_starts(today, time_zone), sku)
    inbound = _inbound(session, sku)
    return [_position(product, terms, inbound[product.sku], ordered[product.sku]) for product in products]


def _position(product: ProductRow, terms: Policy, inbound: Sequence[Expected], ordered: Weeks) -> Position:
    offer = promises.offered(product, terms)
    return Position(
        sku=product.sku,
        title=product.title,
        waiting=product.waiting,
        available=max(0, product.on_hand - product.reserved),
        inbound=tuple(inbound),
        history=history(ordered),
        restock_days=offer.usual_restock_days,
        release_on=offer.release_on,
        discontinued=product.discontinued_at is not None,
    )


def _ordered(session: Session, starts: Sequence[datetime], sku: str | None) -> dict[str, Weeks]:
    """What customers asked for and kept, by SKU and week: a product's first week tells how long it is sold.

    The lines of a rejected order are cancelled whole, or gone. Cancelled units count for nobody's demand, whatever
    the reason: of those who did not want to wait, nobody knows who would have stayed.
    """
    lines = select(
        LineRow.sku,
        (LineRow.ordered - LineRow.cancelled).label("kept"),
        _week(starts[:-1]).label("week"),
    ).where(LineRow.placed_at < starts[-1])
    line = (lines.where(LineRow.sku == sku) if sku else lines).subquery()
    sums = select(line.c.sku, line.c.week, func.sum(line.c.kept)).group_by(line.c.sku, line.c.week)
    found: dict[str, Weeks] = defaultdict(dict)
    for of, week, kept in session.execute(sums):
        found[of][week] = int(kept)
    return found


def _week(starts: Sequence[datetime], before: int = 0) -> ColumnElement[Any]:
    """How many weeks had begun when a line was placed: 0 is before all of them.

    Weeks begin at midnights of the shop, which only a calendar of time zones knows; so they are handed to the
    database, which finds each line's by halving them, rather than one row a line to us.
    """
    if not starts:
        return literal(before)
    half = len(starts) // 2
    earlier = _week(starts[:half], before)
    later = _week(starts[half + 1 :], before + half + 1)
    return case((LineRow.placed_at < starts[half], earlier), else_=later)


def _inbound(session: Session, sku: str | None) -> dict[str, list[Expected]]:
    """Open purchase-order lines by the date expected of them, the usual lateness of their suppliers included."""
    units = func.sum(InboundRow.quantity)
    lines = (
        select(InboundRow.sku, InboundRow.expected_on, units)
        .where(InboundRow.quantity > 0, ~InboundRow.cancelled)
        .group_by(InboundRow.sku, InboundRow.expected_on)
        .order_by(InboundRow.sku, InboundRow.expected_on)
    )
    found: dict[str, list[Expected]] = defaultdict(list)
    for of, on, quantity in session.execute(lines.where(InboundRow.sku == sku) if sku else lines):
        found[of].append(Expected(on=on, units=int(quantity)))
    return found
