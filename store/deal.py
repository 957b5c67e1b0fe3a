"""The deal: a SKU's unclaimed units lie with the front of its queue whenever a transaction ends.

Each hand-out is written to the ledger first, by one statement over the queue's index; the lines then follow
the ledger, so that the two can't differ. Only lines that change are touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from store import bells, hand_outs
from store.hand_outs import HandOut, Moved
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, ProductRow

QUEUE = (LineRow.queue_at, LineRow.placed_at, LineRow.order_id)


_LOCK = (
    select(ProductRow)
    .where(ProductRow.sku.in_(bindparam("skus", expanding=True)))
    .order_by(ProductRow.sku)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock(session: Session, skus: Sequence[str]) -> dict[str, ProductRow]:
    """The SKUs' rows, locked in SKU order; unknown ones are missing. On SQLite the transaction is the lock."""
    return {product.sku: product for product in session.scalars(_LOCK, {"skus": list(skus)})}


@dataclass
class Deal:
    """The hand-outs of one transaction: `cause` names it in the ledger, and in the bells of those it reached."""

    session: Session
    cause: str
    at: datetime
    by: str | None = None
    """The order whose own transaction this is: it needs no bell."""
    time_zone: str = "UTC"
    needy: set[str] = field(default_factory=set, init=False)
    """SKUs of which lines newly need units."""
    taken: set[str] = field(default_factory=set, init=False)
    """SKUs of which lines lost units."""
    _part: int = field(default=0, init=False)

    @property
    def today(self) -> date:
        """The shop's day."""
        return self.at.astimezone(ZoneInfo(self.time_zone)).date()

    def next_part(self) -> int:
        self._part += 1
        return self._part

    def run(self, product: ProductRow) -> int:
        """Deal a locked SKU's units; the number given out."""
        free = product.on_hand - product.reserved
        if free < 0:
            free += self._take(product.sku, -free)
        if product.reserved:  # else nobody holds a unit that another could need
            free += self._clear_the_way(product.sku, free)
        given = self._give(product.sku, free) if free > 0 else 0
        product.reserved = product.on_hand - free + given
        return given

    def _clear_the_way(self, sku: str, free: int) -> int:
        """Take from the back what lines further ahead still need.

        A loop, for it runs once for each line that newly stands ahead, not for each line it displaces.
        """
        taken = 0
        needed_ahead = 0
        after: Row[Any] | None = None
        while (needy := self._next_needy(sku, after)) is not None:
            needed_ahead += needy.backordered
            short = needed_ahead - free - taken
            if short > 0:
                got = self._take(sku, short, behind=needy)
                taken += got
                if got < short:
                    break
            elif not self._held_behind(sku, needy):
                break
            after = needy
        return taken

    def _next_needy(self, sku: str, after: Row[Any] | None) -> Row[Any] | None:
        statement = select(LineRow.backordered, LineRow.allocated, *QUEUE).where(
            LineRow.sku == sku, LineRow.backordered > 0
        )
        if after is not None:
            statement = statement.where(_behind(after))
        found: Any = self.session.execute(statement.order_by(*QUEUE).limit(1)).first()
        return cast("Row[Any] | None", found)

    def _held_behind(self, sku: str, line: Row[Any]) -> bool:
        held = exists().where(LineRow.sku == sku, LineRow.allocated > 0, _behind(line))
        return bool(self.session.scalar(select(held)))

    def _give(self, sku: str, free: int) -> int:
        front = (
            select(LineRow.sku, LineRow.backordered.label("units"), *QUEUE)
            .where(LineRow.sku == sku, LineRow.backordered > 0)
            .order_by(*QUEUE)
            .limit(free)  # each line needs at least one, so no more lines than units
            .subquery()
        )
        shares = _shares(front, free, descending=False)
        first = self._next_needy(sku, None)
        ahead = self._holding(sku, ahead_of=first) if first is not None else 0
        given = self._move("dealt", shares, literal(ahead) + shares.c.nth, sign=1)
        hand_outs.tell(self.session, self._this_part(), sku, given, self.at)
        return given.units

    def _take(self, sku: str, short: int, behind: Row[Any] | None = None) -> int:
        """Take up to `short` allocated units from the last in line first."""
        holding = select(LineRow.sku, LineRow.allocated.label("units"), *QUEUE).where(
            LineRow.sku == sku, LineRow.allocated > 0
        )
        if behind is not None:
            holding = holding.where(_behind(behind))
        self.needy.add(sku)
        self.taken.add(sku)
        back = holding.order_by(*(column.desc() for column in QUEUE)).limit(short).subquery()
        shares = _shares(back, short, descending=True)
        # The needy line that takes them stands ahead of them, counted already if it holds some itself.
        last = self._holding(sku) + (1 if behind is not None and not behind.allocated else 0)
        return self._move("taken", shares, literal(last + 1) - shares.c.nth, sign=-1).units

    def _holding(self, sku: str, ahead_of: Row[Any] | None = None) -> int:
        held = select(func.count()).select_from(LineRow).where(LineRow.sku == sku, LineRow.allocated > 0)
        if ahead_of is not None:
            held = held.where(tuple_(*QUEUE) < _place(ahead_of))
        return self.session.scalar(held) or 0

    def _move(self, kind: str, shares: Subquery, place: ColumnElement[int], *, sign: int) -> Moved:
        """Write the ledger rows, and let everything else follow them; what was moved."""
        part = self.next_part()
        columns = ["cause", "part", "kind", "at", "sku", "order_id", "backordered", "allocated", "place"]
        rows = select(
            literal(self.cause),
            literal(part),
            literal(kind),
            _instant(self.at),
            shares.c.sku,
            shares.c.order_id,
            -sign * shares.c.share,
            sign * shares.c.share,
            place,
        )
        written = self.session.execute(insert(StockLedgerRow).from_select(columns, rows))
        if not cast("Any", written).rowcount:
            return Moved(0, 0, 0)
        return self._follow(and_(StockLedgerRow.cause == self.cause, StockLedgerRow.part == part))

    def _follow(self, mine: ColumnElement[bool]) -> Moved:
        """Let the lines follow these ledger rows, and hang a bell for each order reached; what was moved."""
        self.session.execute(
            update(LineRow)
            .where(mine, StockLedgerRow.sku == LineRow.sku, StockLedgerRow.order_id == LineRow.order_id)
            .values(
                backordered=LineRow.backordered + StockLedgerRow.backordered,
                allocated=LineRow.allocated + StockLedgerRow.allocated,
            )
            .execution_options(synchronize_session=False)
        )
        reached = select(StockLedgerRow.order_id).where(mine, StockLedgerRow.order_id != (self.by or ""))
        bells.hang(self.session, self.cause, "inventory_received", self.at, reached)
        return hand_outs.moved(self.session, self._this_part())

    def _this_part(self) -> HandOut:
        return HandOut(self.cause, self._part, self.by or "")


def _place(line: Row[Any]) -> ColumnElement[Any]:
    place = (line.queue_at, line.placed_at, line.order_id)
    return tuple_(*(literal(value, column.type) for value, column in zip(place, QUEUE, strict=True)))


def _behind(line: Row[Any]) -> ColumnElement[bool]:
    return tuple_(*QUEUE) > _place(line)


def _shares(queue: Subquery, units: int, *, descending: bool) -> Subquery:
    """How much of `units` each line of the queue gets, in order, until none is left."""
    places = (queue.c.queue_at, queue.c.placed_at, queue.c.order_id)
    order = [place.desc() if descending else place for place in places]
    running = select(
        queue.c.sku,
        queue.c.order_id,
        queue.c.units,
        func.sum(queue.c.units).over(order_by=order, rows=(None, 0)).label("running"),
        func.row_number().over(order_by=order).label("nth"),
    ).subquery()
    before = running.c.running - running.c.units
    share = case((running.c.running <= units, running.c.units), else_=literal(units) - before)
    return (
        select(running.c.sku, running.c.order_id, share.label("share"), running.c.nth)
        .where(before < units)
        .subquery()
    )


def _instant(at: datetime) -> BindParameter[datetime]:
    return literal(at, StockLedgerRow.at.type)
