"""What date a line may expect: that of the inbound units that cover everything ahead of it and itself."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from store import bells
from store.deal import QUEUE
from store.tables import InboundRow, LineRow

_SKU: BindParameter[str] = bindparam("sku")
_WAITING = and_(LineRow.sku == _SKU, LineRow.backordered > 0)
_HERE = tuple_(*(bindparam(column.key, type_=column.type) for column in QUEUE))
_AHEAD = select(func.sum(LineRow.backordered)).where(_WAITING, tuple_(*QUEUE) < _HERE)
_HELD_BEHIND = select(func.sum(LineRow.allocated)).where(
    LineRow.sku == _SKU, LineRow.allocated > 0, tuple_(*QUEUE) > _HERE
)
_BEHIND = select(exists().where(_WAITING, tuple_(*QUEUE) > _HERE))
_SUPPLY = and_(InboundRow.sku == _SKU, InboundRow.quantity > 0, ~InboundRow.cancelled)
_BY_THEN = func.sum(InboundRow.quantity).over(order_by=(InboundRow.eta, InboundRow.inbound_id))
_ARRIVING = select(InboundRow.eta, _BY_THEN.label("by_then")).where(_SUPPLY).subquery()
_COVERED = select(func.min(_ARRIVING.c.eta)).where(_ARRIVING.c.by_then >= bindparam("needed"))
_DATED = and_(_WAITING, LineRow.promised_on.is_not(None))
_ANY_DATES = select(exists().where(_SUPPLY) | exists().where(_DATED))


def expected_on(session: Session, line: LineRow, ahead: int) -> date | None:
    """The date for one line behind `ahead` units, from the supply announced so far; None when it does not reach."""
    if not line.backordered:
        return None
    found: date | None = session.connection().scalar(
        _COVERED, {"sku": line.sku, "needed": ahead + line.backordered}
    )
    return found


def queue_ahead(session: Session, line: LineRow) -> int:
    """Units that lines ahead of this one still need."""
    return session.connection().scalar(_AHEAD, _place(line)) or 0


def held_behind(session: Session, line: LineRow) -> int:
    """Units that lie with lines behind this one: they are its to take."""
    return session.connection().scalar(_HELD_BEHIND, _place(line)) or 0


def renew(session: Session, sku: str, cause: str, at: datetime, by: str | None = None) -> int:
    """Give each waiting line of the SKU its date anew, and hang a bell where one moved; the number of bells.

    `by`: the order whose own transaction this is; it needs no bell.
    """
    session.flush()
    if not session.connection().scalar(_ANY_DATES, {"sku": sku}):  # no supply, and no date to take back
        return 0
    by_line = _dates(sku)
    moved = and_(
        by_line.c.order_id == LineRow.order_id,
        LineRow.sku == sku,
        LineRow.promised_on.is_distinct_from(by_line.c.eta),
    )
    reached = select(LineRow.order_id).where(moved, LineRow.order_id != (by or ""))
    rung = bells.hang(session, cause, "promise_changed", at, reached)
    session.execute(
        update(LineRow)
        .where(moved)
        .values(promised_on=by_line.c.eta)
        .execution_options(synchronize_session=False)
    )
    return rung


def stands_ahead(session: Session, line: LineRow) -> bool:
    """Whether lines behind this one wait, whose dates it may have moved."""
    return bool(session.connection().scalar(_BEHIND, _place(line)))


def _place(line: LineRow) -> dict[str, Any]:
    return {"sku": line.sku, **{column.key: getattr(line, column.key) for column in QUEUE}}


def _dates(sku: str) -> Any:
    queue = (
        select(LineRow.order_id, func.sum(LineRow.backordered).over(order_by=QUEUE).label("needed"))
        .where(LineRow.sku == sku, LineRow.backordered > 0)
        .subquery()
    )
    arriving = (
        select(InboundRow.eta, _BY_THEN.label("by_then"))
        .where(InboundRow.sku == sku, InboundRow.quantity > 0, ~InboundRow.cancelled)
        .subquery()
    )
    return (
        select(queue.c.order_id, func.min(arriving.c.eta).label("eta"))
        .join(arriving, arriving.c.by_then >= queue.c.needed, isouter=True)
        .group_by(queue.c.order_id)
        .subquery()
    )
