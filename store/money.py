"""What the provider answered, written into the books of the order."""

from typing import Any

from sqlalchemy import Row, bindparam, case, func, or_
from sqlalchemy.orm import Session

from domain.model import Instant, Model
from domain.parcel import ParcelStage
from domain.payment import Attempt, PaymentKind
from domain.state import OrderState
from domain.steps import Void, parcel_rest
from store import orders, parcels, payments, placing, rests
from store.life_tables import ParcelRow
from store.parcels import Step


class Decline(Model):
    """The provider said no; `final` when trying the same method again is forbidden."""

    code: str
    final: bool = False


class Approval(Model):
    reference: str
    expires_at: Instant | None = None


def to_authorise(session: Session, step: Step) -> Attempt:
    """The authorisation to ask for: under a new key once the last one's outcome is known."""
    order, parcel = orders.own(session, step.order_id), parcels.row(session, step)
    lasts = parcel.authorised_until is None or parcel.authorised_until > step.at
    due = not (parcel.money_held and lasts)
    return _attempt(session, order, step, PaymentKind.AUTHORISE, parcel.amount_minor, due=due)


def _attempt(
    session: Session,
    order: Row[Any],
    step: Step,
    kind: PaymentKind,
    minor: int,
    *,
    due: bool,
    reference: str | None = None,
) -> Attempt:
    """The call to make; for a step that was answered before, the same call under the same key."""
    payment = payments.call(session, order, kind, step.parcel, minor, at=step.at, due=due)
    return payments.attempt(payment, reference)


def authorised(session: Session, step: Step, attempt: Attempt, answer: Approval | Decline) -> OrderState:
    """An approval lets the parcel go on; a decline opens, or goes on with, its payment hold.

    A decline of a method that was replaced meanwhile says nothing of the new one, which is tried next.
    """
    order = orders.own(session, step.order_id)
    rests.over(session, order, parcel_rest(step.parcel))
    if isinstance(answer, Decline):
        news = payments.decline(session, attempt.key, answer.code, step.at)
        if news and attempt.method == order.method:
            parcels.change(session, step, _DECLINED, since=step.at, final=answer.final, code=answer.code)
    elif payments.succeed(session, attempt.key, answer.reference, step.at):
        parcels.change(session, step, _AUTHORISED, held=answer.reference, until=answer.expires_at)
    return orders.settled(session, step.order_id, step.at)


# Of an undone parcel too: then it is given back.
_AUTHORISED = parcels.THIS.values(
    stage=case((ParcelRow.stage == ParcelStage.CLAIMED, ParcelStage.AUTHORISED), else_=ParcelRow.stage),
    authorisation=bindparam("held"),
    authorised_until=bindparam("until"),
    money_held=True,
    capture_refused=False,
    new_method=False,
    declined_at=None,
    declines=0,
    decline_code=None,
)

_ASKED = case((or_(ParcelRow.declined_at.is_(None), ParcelRow.new_method), 1), else_=0)
_DECLINED = parcels.THIS.values(
    new_method=False,
    declined_at=func.coalesce(ParcelRow.declined_at, bindparam("since", type_=ParcelRow.declined_at.type)),
    declines=ParcelRow.declines + 1,
    decline_code=bindparam("code"),
    final_decline=bindparam("final"),
    asks=ParcelRow.asks + _ASKED,
)

_UNPAID = parcels.THIS.values(
    stage=ParcelStage.UNPAID,
    capture_refused=ParcelRow.money_held,
    new_method=False,
    decline_code=bindparam("code"),
    asks=ParcelRow.asks + 1,
)


def to_capture(session: Session, step: Step) -> Attempt:
    order, parcel = orders.own(session, step.order_id), parcels.row(session, step)
    due = parcel.stage == ParcelStage.LABELLED or (parcel.stage == ParcelStage.UNPAID and parcel.money_held)
    return _attempt(
        session,
        order,
        step,
        PaymentKind.CAPTURE,
        parcel.amount_minor,
        due=due,
        reference=parcel.authorisation,
    )


def captured(session: Session, step: Step, attempt: Attempt, answer: Approval | Decline) -> OrderState:
    """A capture that fails for good leaves a shipped parcel on record as unpaid, and lets what was held go."""
    rests.over(session, orders.own(session, step.order_id), parcel_rest(step.parcel))
    if isinstance(answer, Decline):
        if payments.decline(session, attempt.key, answer.code, step.at):
            parcels.change(session, step, _UNPAID, code=answer.code)
    elif payments.succeed(session, attempt.key, answer.reference, step.at):
        parcels.change(session, step, parcels.THIS, stage=ParcelStage.SHIPPED, money_held=False)
    return orders.settled(session, step.order_id, step.at)


def to_void(session: Session, step: Step) -> Attempt:
    """The authorisation to give back; without a reference it must be looked up by its key first."""
    order, parcel = orders.own(session, step.order_id), parcels.row(session, step)
    return _attempt(
        session,
        order,
        step,
        PaymentKind.VOID,
        parcel.amount_minor,
        due=parcel.money_held,
        reference=parcel.authorisation,
    )


def unknown_authorisation(session: Session, step: Step) -> Attempt | None:
    """An authorisation whose answer never came."""
    return payments.unanswered(session, step.order_id, step.parcel, PaymentKind.AUTHORISE)


def voided(
    session: Session, step: Step, key: str, reference: str | None, declined: str | None = None
) -> OrderState:
    """Nothing is held any more; None when nothing ever was: the authorisation was `declined`, or never made."""
    order, parcel = orders.own(session, step.order_id), parcels.row(session, step)
    unknown = unknown_authorisation(session, step)
    if unknown is not None and reference not in {None, parcel.authorisation}:
        payments.succeed(session, unknown.key, reference or "", step.at)
    elif unknown is not None and declined is not None:
        payments.decline(session, unknown.key, declined, step.at)
    elif unknown is not None:
        payments.never_happened(session, unknown.key)
    if reference is None:
        payments.never_happened(session, key)
    else:
        payments.succeed(session, key, reference, step.at)
    parcels.change(session, step, parcels.THIS, money_held=False, capture_refused=False)
    rests.over(session, order, Void(step.parcel).rests_as)
    return orders.settled(session, step.order_id, step.at)


def to_charge(session: Session, step: Step) -> Attempt:
    order = orders.own(session, step.order_id)
    value = orders.body(session, step.order_id).value.minor
    return _attempt(session, order, step, PaymentKind.CHARGE, value, due=False)


def charged(session: Session, step: Step, attempt: Attempt, answer: Approval | Decline) -> placing.Placed:
    """An order at order is accepted with its charge, and rejected without it."""
    order = orders.own(session, step.order_id)
    if isinstance(answer, Decline):
        if payments.decline(session, attempt.key, answer.code, step.at):
            return placing.decline(session, step.order_id, answer.code, step.at)
    elif payments.succeed(session, attempt.key, answer.reference, step.at):
        return placing.Placed(state=placing.accept_charged(session, step.order_id, step.at))
    return placing.as_it_stands(session, order)


def unknown_charge(session: Session, step: Step) -> Attempt | None:
    """A charge whose answer never came."""
    return payments.unanswered(session, step.order_id, 0, PaymentKind.CHARGE)


def charge_found(
    session: Session, step: Step, key: str, reference: str | None, declined: str | None = None
) -> OrderState:
    """What became of a charge that nobody answered for: taken (then refunded), `declined`, or never made."""
    order = orders.own(session, step.order_id)
    if reference is not None:
        payments.succeed(session, key, reference, step.at)
    elif declined is not None:
        payments.decline(session, key, declined, step.at)
    else:
        payments.never_happened(session, key)
    rests.over(session, order, "refund")
    return orders.settled(session, step.order_id, step.at)


def to_refund(session: Session, step: Step) -> Attempt:
    """The refund that is due; one that was begun is finished first, with its own amount."""
    order = orders.own(session, step.order_id)
    due = orders.state(session, step.order_id).refund_due.minor
    reference = payments.reference_of(session, step.order_id, 0, PaymentKind.CHARGE)
    return _attempt(session, order, step, PaymentKind.REFUND, due, due=due > 0, reference=reference)


def refund_came_back(session: Session, step: Step, attempt: Attempt) -> None:
    """It failed for good under its key: the next try is a refund of its own."""
    orders.own(session, step.order_id)
    payments.fail(session, attempt.key)


def refunded(session: Session, step: Step, key: str, reference: str) -> OrderState:
    order = orders.own(session, step.order_id)
    payments.succeed(session, key, reference, step.at)
    rests.over(session, order, "refund")
    return orders.settled(session, step.order_id, step.at)
