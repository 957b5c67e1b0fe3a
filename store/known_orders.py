"""An order that is known already: whether another start means the same one, and whether it may begin again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, literal, select
from sqlalchemy.orm import Session

from domain.errors import OrderBodyChanged
from domain.order import Order
from domain.status import Status
from store import keys
from store.life_tables import CancellationRow, NoticeRow
from store.stock_tables import StockLedgerRow
from store.tables import LineRow


def may_begin_again(known: Row[Any], order: Order, asked_at: datetime) -> bool:
    """A rejected order, once its money is settled, may be placed anew; any other life is the only one."""
    over = known.status == Status.REJECTED and known.ended_at is not None
    if not over and not _is_same(known, order):
        raise OrderBodyChanged(known.order_id)
    return over and bool(known.asked_at < asked_at)


def _is_same(known: Row[Any], order: Order) -> bool:
    """Whether this order was stored.

    One that an earlier version stored is read as today's, for its digest knows no field that was added since. Of one
    that was erased only the digest is left.
    """
    stored, asked = str(known.digest), order.digest()
    if stored == asked or known.erased_at is not None:
        return stored == asked
    return Order.model_validate(known.body).digest() == asked


def forget_rejected(session: Session, known: Row[Any], at: datetime) -> None:
    """A rejection leaves only its record; the ledgers keep every row, and add up to the lines that are left.

    A cancellation that came too late for it may be said again of the order that is placed now.
    """
    cause = keys.forgotten(known.order_id, known.lives)
    gone = select(
        literal(cause),
        literal(0),
        literal("forgotten"),
        literal(at, StockLedgerRow.at.type),
        LineRow.sku,
        LineRow.order_id,
        -LineRow.cancelled,
    ).where(LineRow.order_id == known.order_id)
    columns = ["cause", "part", "kind", "at", "sku", "order_id", "cancelled"]
    session.execute(insert(StockLedgerRow).from_select(columns, gone))
    session.execute(delete(LineRow).where(LineRow.order_id == known.order_id))
    for of_this in (NoticeRow, CancellationRow):
        session.execute(delete(of_this).where(of_this.order_id == known.order_id))
