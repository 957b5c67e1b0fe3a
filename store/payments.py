"""The ledger of money: each call is stored before it is made, and its outcome after."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from domain.payment import Attempt, PaymentKind
from store import keys
from store.life_tables import ParcelRow, PaymentRow
from store.orders import STARTED, SUCCEEDED

DECLINED = "declined"
NEVER = "never"
FAILED = "failed"
"""A refund that came back: it is owed again."""


_STORE = insert(PaymentRow)


def first(
    session: Session, order: Row[Any], kind: PaymentKind, parcel: int, amount_minor: int, at: datetime
) -> None:
    """Store the first attempt of its kind for this parcel, before the call is made."""
    session.connection().execute(_STORE, _started(order, kind, parcel, 1, amount_minor, at))


def begin(
    session: Session, order: Row[Any], kind: PaymentKind, parcel: int, amount_minor: int, at: datetime
) -> PaymentRow:
    """The attempt to make: the started one whose outcome is not known, else a new one, stored before the call."""
    last = _last(session, order.order_id, parcel, kind)
    return _begin(session, order, last, kind, parcel, amount_minor, at)


def call(
    session: Session,
    order: Row[Any],
    kind: PaymentKind,
    parcel: int,
    amount_minor: int,
    *,
    at: datetime,
    due: bool,
) -> PaymentRow:
    """The attempt of this step: the one that answered it, when the step comes again after its outcome was stored."""
    last = _last(session, order.order_id, parcel, kind)
    answered = last is not None and last.state in {SUCCEEDED, DECLINED}
    if last is not None and answered and (not due or last.at == at):
        return last
    return _begin(session, order, last, kind, parcel, amount_minor, at)


def _begin(
    session: Session,
    order: Row[Any],
    last: PaymentRow | None,
    kind: PaymentKind,
    parcel: int,
    amount_minor: int,
    at: datetime,
) -> PaymentRow:
    if last is not None and last.state == STARTED:
        return last
    attempt = last.attempt + 1 if last else 1
    payment = PaymentRow(**_started(order, kind, parcel, attempt, amount_minor, at))
    session.add(payment)
    session.flush()
    return payment


def _started(
    order: Row[Any], kind: PaymentKind, parcel: int, attempt: int, amount_minor: int, at: datetime
) -> dict[str, Any]:
    return {
        "key": keys.gateway(order.order_id, parcel, kind, attempt),
        "order_id": order.order_id,
        "parcel": parcel,
        "kind": kind,
        "attempt": attempt,
        "amount_minor": amount_minor,
        "currency": order.currency,
        "method": order.method,
        "state": STARTED,
        "at": at,
    }


_LAST = (
    select(PaymentRow)
    .where(
        PaymentRow.order_id == bindparam("order_id"),
        PaymentRow.parcel == bindparam("parcel"),
        PaymentRow.kind == bindparam("kind"),
    )
    .order_by(PaymentRow.attempt.desc())
    .limit(1)
)


def _last(session: Session, order_id: str, parcel: int, kind: PaymentKind) -> PaymentRow | None:
    return session.scalars(_LAST, {"order_id": order_id, "parcel": parcel, "kind": kind}).first()


def attempt(payment: PaymentRow, reference: str | None = None) -> Attempt:
    return Attempt(
        key=payment.key,
        order_id=payment.order_id,
        parcel=payment.parcel,
        kind=PaymentKind(payment.kind),
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        method=payment.method,
        reference=reference,
        stored_at=payment.at,
    )


_ANSWER = update(PaymentRow).where(
    PaymentRow.key == bindparam("of_key"), PaymentRow.state.not_in([SUCCEEDED, DECLINED])
)


def succeed(session: Session, key: str, reference: str, at: datetime) -> bool:
    """Write the outcome of an attempt; False when it is known already: then it is not written twice."""
    return _answer(session, key, state=SUCCEEDED, reference=reference, at=at)


def decline(session: Session, key: str, code: str, at: datetime) -> bool:
    """Write that the provider said no; False when the outcome is known already."""
    return _answer(session, key, state=DECLINED, decline_code=code, at=at)


def fail(session: Session, key: str) -> None:
    """The money did not stay where it was sent."""
    _answer(session, key, state=FAILED)


def never_happened(session: Session, key: str) -> None:
    """The provider does not know the attempt, and never will."""
    _answer(session, key, state=NEVER)


def _answer(session: Session, key: str, **outcome: Any) -> bool:
    return bool(session.connection().execute(_ANSWER, {"of_key": key, **outcome}).rowcount)


def reference_of(session: Session, order_id: str, parcel: int, kind: PaymentKind) -> str | None:
    """The provider's reference of the latest success of this kind."""
    statement = select(PaymentRow.reference).where(
        PaymentRow.order_id == order_id,
        PaymentRow.parcel == parcel,
        PaymentRow.kind == kind,
        PaymentRow.state == SUCCEEDED,
    )
    return session.scalars(statement.order_by(PaymentRow.attempt.desc()).limit(1)).first()


def may_hold(session: Session, parcel: Row[Any] | ParcelRow) -> bool:
    """Whether money is held for the parcel, or may be: its authorisation has no answer yet."""
    if parcel.money_held:
        return True
    return unanswered(session, parcel.order_id, parcel.number, PaymentKind.AUTHORISE) is not None


def unanswered(session: Session, order_id: str, parcel: int, kind: PaymentKind) -> Attempt | None:
    """The call that was begun and whose outcome is not known."""
    last = _last(session, order_id, parcel, kind)
    return attempt(last) if last is not None and last.state == STARTED else None
