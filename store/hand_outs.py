"""What one hand-out moved, and the word of it that the order system gets."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from domain.events import SHARES_LISTED, EventType, HandedOut, Share
from store import events, keys
from store.stock_tables import StockLedgerRow


class HandOut(NamedTuple):
    """One part of a cause: a SKU's units given or taken by one statement. `own`: the order whose transaction it is."""

    cause: str
    part: int
    own: str


class Moved(NamedTuple):
    """How many units it moved in all; how many of them for other orders, and for how many of those."""

    units: int
    to_others: int
    others: int


# Plain statements, made once: each deal passes here.
_PART = (StockLedgerRow.cause == bindparam("cause"), StockLedgerRow.part == bindparam("part"))
_UNITS = func.abs(StockLedgerRow.allocated)
_OTHERS = StockLedgerRow.order_id != bindparam("own")
_MOVED = select(
    func.sum(_UNITS), func.sum(case((_OTHERS, _UNITS), else_=0)), func.sum(case((_OTHERS, 1), else_=0))
).where(*_PART)
_SHARES = (
    select(StockLedgerRow.order_id, StockLedgerRow.allocated)
    .where(*_PART, _OTHERS)
    .order_by(StockLedgerRow.place)
    .limit(SHARES_LISTED)
)


def moved(session: Session, of: HandOut) -> Moved:
    """The sums over its ledger rows."""
    return Moved(*(int(units or 0) for units in session.connection().execute(_MOVED, of._asdict()).one()))


def tell(session: Session, of: HandOut, sku: str, given: Moved, at: datetime) -> None:
    """Other orders were given units; what an order's own transaction gave itself is no news."""
    if not given.others:
        return
    shares = session.connection().execute(_SHARES, of._asdict())
    says = HandedOut(
        sku=sku,
        cause=of.cause,
        units=given.to_others,
        order_count=given.others,
        orders=tuple(Share(order_id=order_id, units=units) for order_id, units in shares),
    )
    event_id = keys.event_handed_out(of.cause, sku)
    events.write(session, event_id, EventType.HANDED_OUT, events.of_sku(sku), at, says)
