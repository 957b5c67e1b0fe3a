"""What monitoring asks of the books every few seconds: a few counts and sums, each over an index that has all it needs."""

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from domain.model import Currency, Instant, Model
from domain.status import Status
from store.door_tables import EventRow
from store.metrics import IS_OPEN, OPEN_BACKORDER, OPEN_UNITS
from store.room import needing
from store.stock_tables import BellRow, StockLedgerRow
from store.tables import LineRow, OrderRow

HOLDS = (Status.PAYMENT_HOLD, Status.ADDRESS_HOLD, Status.HELD)


class OpenOrders(Model):
    """Current backorders of one status and currency, added up; as in `Waiting`, of which these are the parts."""

    status: Status
    currency: Currency
    orders: int
    units: int
    value_minor: int
    oldest: Instant


class Concerns(Model):
    """What somebody may have to look at. `holds`: orders that do not go on, by their status."""

    holds: dict[str, int]
    notices_failed: int
    outbox_pending: int
    outbox_dead: int
    unrung_bells: int


class Given(Model):
    """Units handed out by the ledger's rows after one that is known.

    `settled`: of those units, the ones by rows of which none can be missing any more.
    """

    units: int
    settled: int


def open_orders(session: Session) -> list[OpenOrders]:
    """The current backorders, in one pass over the open orders."""
    units = (
        select(
            LineRow.order_id,
            func.sum(OPEN_UNITS).label("units"),
            func.sum(cast(OPEN_UNITS, BigInteger) * LineRow.unit_price_minor).label("value_minor"),
        )
        .where(IS_OPEN)
        .group_by(LineRow.order_id)
        .subquery()
    )
    by = (OrderRow.status, OrderRow.currency)
    sums = (
        func.count(),
        func.sum(units.c.units),
        func.sum(units.c.value_minor),
        func.min(OrderRow.placed_at),
    )
    joined = select(*by, *sums).join(units, units.c.order_id == OrderRow.order_id)
    rows = session.execute(joined.where(*OPEN_BACKORDER).group_by(*by))
    return [OpenOrders.model_validate(dict(zip(OpenOrders.model_fields, row, strict=True))) for row in rows]


def concerns(session: Session) -> Concerns:
    """What the operations room counts too, but to the end."""
    counts = {
        name: select(func.count()).select_from(rows.subquery()).scalar_subquery()
        for name, rows in needing().items()
    }
    counts["bells"] = (
        select(func.count()).select_from(BellRow).where(BellRow.rung_at.is_(None)).scalar_subquery()
    )
    columns = (count.label(name) for name, count in counts.items())
    found = session.execute(select(*columns)).mappings().one()
    return Concerns(
        holds={status.value: found[status.value] for status in HOLDS},
        notices_failed=found["undelivered"],
        outbox_pending=found["pending_events"],
        outbox_dead=found["dead_events"],
        unrung_bells=found["bells"],
    )


def oldest_event(session: Session) -> Instant | None:
    """Of when the first event is that waits to be sent; events are numbered as they were written."""
    waiting = select(EventRow.at).where(EventRow.delivered_at.is_(None), ~EventRow.dead)
    return session.scalar(waiting.order_by(EventRow.id).limit(1))


def latest_row(session: Session) -> int:
    """The number of the ledger's last row; 0 when it is empty."""
    return session.scalar(select(func.max(StockLedgerRow.id))) or 0


def given(session: Session, after: int, settled: int) -> Given:
    """The units that queues were given by rows after this one. `settled`: a row before which no other will appear."""
    units = func.sum(StockLedgerRow.allocated)
    sums = select(units, units.filter(StockLedgerRow.id <= settled))
    ledger = sums.where(StockLedgerRow.id > after, StockLedgerRow.kind == "dealt")
    total, final = session.execute(ledger).one()
    return Given(units=int(total or 0), settled=int(final or 0))
