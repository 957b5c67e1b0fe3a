"""What the books have on the queues of an order, since it entered them.

Each question asks for all of the order's lines at once, and gives its rows by SKU.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from domain.changes import Change
from domain.explanation import HandOut
from domain.line_story import Dealt, Source
from domain.line_story import Row as OwnRow
from domain.places import HandMove, Passing, Standing
from domain.queue import moved_by_hand
from store import keys
from store.life_tables import CancellationRow, ChangeRow
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, OrderRow

T = TypeVar("T")
BySku = Mapping[str, list[T]]

OPEN = or_(LineRow.backordered > 0, LineRow.allocated > 0)


class Asked(NamedTuple):
    """An order, its SKUs, and the ledger's row with which it entered their queues."""

    order_id: str
    skus: tuple[str, ...]
    since: int

    @property
    def rows(self) -> ColumnElement[bool]:
        """The ledger of these SKUs since then."""
        return and_(StockLedgerRow.id >= self.since, StockLedgerRow.sku.in_(self.skus))


def asked(session: Session, order_id: str, skus: Sequence[str]) -> Asked:
    """The order in the life that it has now: an earlier one, which was rejected, is forgotten."""
    mine = StockLedgerRow.order_id == order_id
    forgotten = session.scalar(
        select(func.max(StockLedgerRow.id)).where(mine, StockLedgerRow.kind == "forgotten")
    )
    entered = select(func.min(StockLedgerRow.id)).where(mine, StockLedgerRow.id > (forgotten or 0))
    return Asked(order_id, tuple(skus), session.scalar(entered) or 0)


def own(session: Session, of: Asked) -> BySku[OwnRow]:
    """What happened to the lines themselves."""
    ledger = StockLedgerRow
    units = (ledger.backordered, ledger.allocated, ledger.claimed, ledger.shipped, ledger.cancelled)
    rows = (
        select(ledger.sku, ledger.at, ledger.cause, ledger.id, ledger.kind, ledger.parcel, *units)
        .where(ledger.order_id == of.order_id, of.rows)
        .order_by(ledger.id)
    )
    return _by_sku((sku, OwnRow(*row)) for sku, *row in session.execute(rows))


def dealt(session: Session, of: Asked) -> BySku[Dealt]:
    """The hand-outs, and what of each went to orders ahead.

    Where a line got units itself, the ledger's places tell who stood ahead. Where it got none though it needed some,
    all of them did: that is what the deal promises.
    """
    ledger, mine = StockLedgerRow, aliased(StockLedgerRow)
    same = [getattr(mine, name) == getattr(ledger, name) for name in ("cause", "part", "sku")]
    to_this = ledger.order_id == of.order_id
    ahead = and_(~to_this, or_(mine.id.is_(None), ledger.place < mine.place))
    units = (
        func.sum(ledger.allocated),
        func.sum(case((ahead, ledger.allocated), else_=0)),
        func.sum(case((ahead, 1), else_=0)),
        func.sum(case((to_this, ledger.allocated), else_=0)),
    )
    hand_outs = (
        select(ledger.sku, func.max(ledger.at), ledger.cause, func.min(ledger.id), *units)
        .join(mine, and_(*same, mine.order_id == of.order_id), isouter=True)
        .where(ledger.kind == "dealt", of.rows)
        .group_by(ledger.sku, ledger.cause, ledger.part)
    )
    found = session.execute(hand_outs)
    return _by_sku((sku, Dealt(at, cause, row, _hand_out(*units))) for sku, at, cause, row, *units in found)


def _hand_out(units: int, to_others: int, others: int, to_this: int) -> HandOut:
    return HandOut(units=units, to_others=to_others, others=others, to_this=to_this)


def passings(session: Session, of: Asked, days: Mapping[str, int]) -> BySku[Passing]:
    """Which others came into the queues and left them, counted back from how they stand now."""
    ledger = StockLedgerRow
    moved = ledger.backordered + ledger.allocated
    of_one = (ledger.order_id, ledger.sku)
    later = func.sum(moved).over(partition_by=of_one, order_by=ledger.id.desc(), rows=(None, -1))
    others = and_(of.rows, ledger.order_id.not_in(["", of.order_id]), moved != 0)
    row = (
        select(ledger, moved.label("moved"), func.coalesce(later, 0).label("later")).where(others).subquery()
    )
    after = LineRow.backordered + LineRow.allocated - row.c.later
    entered = and_(after > 0, after - row.c.moved <= 0)
    left = and_(after <= 0, after - row.c.moved > 0)
    passed = (
        select(row.c.sku, row.c.at, row.c.cause, row.c.id, row.c.kind, entered, *_standing(of))
        .join(LineRow, and_(LineRow.order_id == row.c.order_id, LineRow.sku == row.c.sku))
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(or_(entered, left))
        .order_by(row.c.id)
    )
    return _by_sku(
        (sku, Passing(at, cause, number, kind, bool(came), _stands(who, days)))
        for sku, at, cause, number, kind, came, *who in session.execute(passed)
    )


def here(session: Session, of: Asked, days: Mapping[str, int], until: datetime) -> BySku[Standing]:
    """The others in the queues now, as far as they stand, or ever stood, before `until`."""
    reached = or_(LineRow.queue_at <= until, LineRow.order_id.in_(days))
    lines = (
        select(LineRow.sku, *_standing(of))
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(LineRow.sku.in_(of.skus), LineRow.order_id != of.order_id, OPEN, reached)
    )
    return _by_sku((sku, _stands(who, days)) for sku, *who in session.execute(lines))


def _standing(of: Asked) -> tuple[Any, ...]:
    """With the database's own word on which of two ids stands first."""
    tie = case((LineRow.order_id < literal(of.order_id), -1), else_=1)
    return (LineRow.order_id, OrderRow.priority, LineRow.queue_at, LineRow.placed_at, tie)


def _stands(who: Sequence[Any], days: Mapping[str, int]) -> Standing:
    """Before it was moved by hand: that comes to it when it was done."""
    order_id, priority, queue_at, placed_at, tie = who
    return Standing(order_id, priority, moved_by_hand(queue_at, -days.get(order_id, 0)), placed_at, tie)


def moves(session: Session, of: Asked) -> BySku[HandMove]:
    """All moves by hand of orders in these queues, also of before."""
    columns = (LineRow.sku, ChangeRow.at, ChangeRow.cause, ChangeRow.order_id, ChangeRow.body)
    made = (
        select(*columns, ChangeRow.requested_by)
        .join(LineRow, LineRow.order_id == ChangeRow.order_id)
        .join(OrderRow, OrderRow.order_id == ChangeRow.order_id)
        .where(LineRow.sku.in_(of.skus), ChangeRow.what == Change.PRIORITY, ChangeRow.at >= OrderRow.asked_at)
        .order_by(ChangeRow.at, ChangeRow.key)
    )
    return _by_sku(
        (sku, HandMove(at, cause, order_id, body["days"], by, body["reason"]))
        for sku, at, cause, order_id, body, by in session.execute(made)
    )


def sources(session: Session, of: Asked) -> Mapping[str, Mapping[str, Source]]:
    """By SKU and cause: the stock that moved, or the units that an order gave up."""
    ledger = StockLedgerRow
    units = func.sum(case((ledger.order_id == "", ledger.on_hand), else_=ledger.cancelled))
    rows = (
        select(ledger.sku, ledger.cause, ledger.kind, ledger.order_id, units)
        .where(ledger.kind.in_(["received", "adjusted", "cancelled", "refused"]), of.rows)
        .group_by(ledger.sku, ledger.cause, ledger.kind, ledger.order_id)
    )
    reasons = _reasons(session, of.order_id)
    found: dict[str, dict[str, Source]] = defaultdict(dict)
    for sku, cause, kind, order_id, moved in session.execute(rows):
        change_id = None if order_id else cause.removeprefix(keys.changed(""))
        found[sku][cause] = Source(kind, order_id, moved, change_id, reasons.get(cause, ""))
    return found


def _reasons(session: Session, order_id: str) -> dict[str, str]:
    """Why units of the order itself were cancelled; those of others are nobody's business here."""
    own = select(CancellationRow.cancellation_id, CancellationRow.reason)
    rows = session.execute(own.where(CancellationRow.order_id == order_id))
    return {keys.cancelled(cancellation_id): reason for cancellation_id, reason in rows}


def _by_sku(rows: Iterable[tuple[str, T]]) -> BySku[T]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for sku, row in rows:
        found[sku].append(row)
    return found
