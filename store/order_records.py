"""What stands on record about one order beside its status: who changed and cancelled what, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.model import Instant, Model
from domain.order import Address
from store import listing, orders
from store.life_tables import CancellationRow, ChangeRow
from store.queue_records import OPEN, asked
from store.stock_tables import StockLedgerRow
from store.tables import LineRow

_SHOWN = 200
_LEDGER_ROWS, _QUEUE_LINES = 1_000, 200
"""So much of a queue's story is told at once; more of it takes a moment."""


class Changed(Model):
    """A change on the way: what, to what, by whom."""

    at: Instant
    what: str
    by: str
    reason: str
    message: str


class Cancelled(Model):
    """A wish to cancel and what came of it."""

    at: Instant
    cancellation_id: str
    by: str
    reason: str
    note: str | None
    units: int
    outcome: str
    message: str


class Buyer(Model):
    """Who ordered, and where it goes now."""

    customer_id: str
    name: str
    email: str
    tier: str
    locale: str
    ship_to: Address | None


class Records(Model):
    """Of one order; `ended_at`, `accepted_at`: None while it has not."""

    buyer: Buyer
    fulfilment: str
    timing: str
    method: str
    placed_at: Instant
    accepted_at: Instant | None
    ended_at: Instant | None
    extra_days: int
    changes: tuple[Changed, ...]
    cancellations: tuple[Cancelled, ...]


def records(session: Session, order_id: str) -> Records:
    """All of it; raises `UnknownOrder`."""
    row = orders.row(session, order_id)
    return Records(
        buyer=_buyer(row),
        fulfilment=row.fulfilment,
        timing=row.timing,
        method=row.method,
        placed_at=row.placed_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        extra_days=row.extra_days,
        changes=_changes(session, order_id, row.asked_at),
        cancellations=_cancellations(session, order_id),
    )


def _buyer(row: Any) -> Buyer:
    customer = row.body.get("customer", {})
    return Buyer(
        customer_id=row.customer_id,
        name=customer.get("name", ""),
        email=row.email,
        tier=customer.get("tier", "standard"),
        locale=customer.get("locale", "en_US"),
        ship_to=_address(row.ship_to),
    )


def _address(ship_to: dict[str, Any]) -> Address | None:
    """None once it was erased."""
    try:
        return Address.model_validate(ship_to)
    except ValueError:
        return None


def _changes(session: Session, order_id: str, since: datetime) -> tuple[Changed, ...]:
    rows = session.scalars(
        select(ChangeRow)
        .where(ChangeRow.order_id == order_id, ChangeRow.at >= since)
        .order_by(ChangeRow.at, ChangeRow.key)
        .limit(_SHOWN)
    )
    return tuple(
        Changed(
            at=row.at,
            what=row.what,
            by=row.requested_by,
            reason=str(row.body.get("reason") or ""),
            message=str(row.outcome.get("message", "")),
        )
        for row in rows
    )


def _cancellations(session: Session, order_id: str) -> tuple[Cancelled, ...]:
    rows = session.scalars(
        select(CancellationRow)
        .where(CancellationRow.order_id == order_id)
        .order_by(CancellationRow.at)
        .limit(_SHOWN)
    )
    return tuple(_cancelled(row) for row in rows)


def _cancelled(row: CancellationRow) -> Cancelled:
    return Cancelled(
        at=row.at,
        cancellation_id=row.cancellation_id,
        by=str(row.body.get("requested_by", "")),
        reason=row.reason,
        note=row.body.get("note"),
        units=row.units,
        outcome=str(row.outcome.get("outcome", "")),
        message=str(row.outcome.get("message", "")),
    )


def told_at_once(session: Session, order_id: str) -> bool:
    """Whether the story of its queues is short enough to be told with everything else of the order."""
    skus = list(session.scalars(select(LineRow.sku).where(LineRow.order_id == order_id)))
    since = asked(session, order_id, skus).since
    newest = session.scalar(select(func.max(StockLedgerRow.id))) or 0
    if newest - since > _LEDGER_ROWS:
        return False
    lines = select(LineRow.order_id).where(LineRow.sku.in_(skus), OPEN)
    return listing.at_most(session, lines, _QUEUE_LINES) < _QUEUE_LINES
