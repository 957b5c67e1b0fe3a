"""Money that moved in a period, by our ledger; and what a gateway refuses to move."""

from datetime import datetime

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from domain.model import Model
from domain.money import Money
from domain.payment import PaymentKind
from domain.reconciliation import Entry
from store import orders
from store.life_tables import PaymentRow
from store.orders import STARTED, SUCCEEDED
from store.payments import FAILED
from store.tables import OrderRow

_MOVING = [kind for kind in PaymentKind if kind.moves_money]


class Stuck(Model):
    """Something that only a person can mend: a step that a gateway refuses, a refund that came back."""

    order_id: str
    what: str
    why: str


def moved(session: Session, since: datetime, until: datetime) -> list[Entry]:
    """Charges, captures and refunds from `since` on, before `until`, in their order."""
    statement = select(PaymentRow).where(
        PaymentRow.kind.in_(_MOVING),
        PaymentRow.state == SUCCEEDED,
        PaymentRow.at >= since,
        PaymentRow.at < until,
    )
    rows = session.scalars(statement.order_by(PaymentRow.at, PaymentRow.key))
    return [
        Entry(
            key=row.key,
            kind=PaymentKind(row.kind),
            amount=Money(minor=row.amount_minor, currency=row.currency),
            at=row.at,
            reference=row.reference,
            order_id=row.order_id,
        )
        for row in rows
    ]


def looked_up(session: Session) -> set[str]:
    """Keys of calls whose answer was lost, and which their order, while it is open, looks up by itself."""
    unanswered = select(PaymentRow.key).join(OrderRow, OrderRow.order_id == PaymentRow.order_id)
    return set(session.scalars(unanswered.where(PaymentRow.state == STARTED, OrderRow.ended_at.is_(None))))


def stuck(session: Session) -> list[Stuck]:
    """Open orders with a refused step, and refunds that came back."""
    refused = select(OrderRow.order_id, OrderRow.rests).where(
        OrderRow.ended_at.is_(None), cast(OrderRow.rests, String).contains('"refused": "')
    )
    rests = [
        Stuck(order_id=order_id, what=rest["what"], why=rest["refused"])
        for order_id, rests in session.execute(refused.order_by(OrderRow.order_id))
        for rest in rests
        if rest.get("refused")
    ]
    came_back = select(PaymentRow.order_id, PaymentRow.reference).where(PaymentRow.state == FAILED)
    failed = [
        Stuck(order_id=order_id, what="refund", why=f"{reference} came back, and is owed")
        for order_id, reference in session.execute(came_back.order_by(PaymentRow.order_id))
        if orders.state(session, order_id).refund_due
    ]
    return [*rests, *failed]
