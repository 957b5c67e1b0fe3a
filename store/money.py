"""What the provider answered, written into the books of the order."""

from sqlalchemy.orm import Session

from domain.model import Instant, Model
from domain.state import OrderState, ParcelStage, PaymentKind
from store import orders, parcels, payments, placing, rests
from store.parcels import Step
from store.payments import Attempt


class Decline(Model):
    """The provider said no; `final` when trying the same method again is forbidden."""

    code: str
    final: bool = False


class Approval(Model):
    reference: str
    expires_at: Instant | None = None


def to_authorise(session: Session, step: Step) -> Attempt:
    """The authorisation to ask for: under a new key once the last one's outcome is known."""
    order, parcel = orders.row(session, step.order_id), parcels.row(session, step.order_id, step.parcel)
    payment = payments.begin(session, order, PaymentKind.AUTHORISE, step.parcel, parcel.amount_minor, step.at)
    return payments.attempt(payment, order)


def authorised(session: Session, step: Step, key: str, answer: Approval | Decline) -> OrderState:
    """An approval lets the parcel go on; a decline opens, or goes on with, its payment hold."""
    parcel = parcels.row(session, step.order_id, step.parcel)
    rests.over(session, step.order_id, f"parcel/{step.parcel}")
    parcel.new_method = False
    if isinstance(answer, Approval):
        payments.succeed(session, key, answer.reference, step.at)
        parcel.stage, parcel.authorisation = ParcelStage.AUTHORISED, answer.reference
        parcel.authorised_until, parcel.money_held = answer.expires_at, True
        parcel.declined_at, parcel.declines = None, 0
    else:
        payments.decline(session, key, answer.code, step.at)
        parcel.declined_at = parcel.declined_at or step.at
        parcel.declines += 1
        parcel.final_decline = answer.final
    return orders.settled(session, step.order_id, step.at)


def to_capture(session: Session, step: Step) -> Attempt:
    order, parcel = orders.row(session, step.order_id), parcels.row(session, step.order_id, step.parcel)
    payment = payments.begin(session, order, PaymentKind.CAPTURE, step.parcel, parcel.amount_minor, step.at)
    return payments.attempt(payment, order, parcel.authorisation)


def captured(session: Session, step: Step, key: str, answer: Approval | Decline) -> OrderState:
    """A capture that fails for good leaves a shipped parcel on record as unpaid."""
    parcel = parcels.row(session, step.order_id, step.parcel)
    rests.over(session, step.order_id, f"parcel/{step.parcel}")
    parcel.money_held = False
    if isinstance(answer, Approval):
        payments.succeed(session, key, answer.reference, step.at)
        parcel.stage = ParcelStage.SHIPPED
    else:
        payments.decline(session, key, answer.code, step.at)
        parcel.stage = ParcelStage.UNPAID
    return orders.settled(session, step.order_id, step.at)


def to_void(session: Session, step: Step) -> Attempt:
    """The authorisation to give back; without a reference it must be looked up by its key first."""
    order, parcel = orders.row(session, step.order_id), parcels.row(session, step.order_id, step.parcel)
    payment = payments.begin(session, order, PaymentKind.VOID, step.parcel, parcel.amount_minor, step.at)
    return payments.attempt(payment, order, parcel.authorisation)


def unknown_authorisation(session: Session, step: Step) -> str | None:
    """The key of an authorisation whose answer never came."""
    return payments.started_key(session, step.order_id, step.parcel, PaymentKind.AUTHORISE)


def voided(session: Session, step: Step, key: str, reference: str | None) -> OrderState:
    """Nothing is held any more; None when nothing ever was."""
    parcel = parcels.row(session, step.order_id, step.parcel)
    unknown = unknown_authorisation(session, step)
    if unknown is not None:
        payments.never_happened(session, unknown)
    if reference is None:
        payments.never_happened(session, key)
    else:
        payments.succeed(session, key, reference, step.at)
    parcel.money_held = False
    rests.over(session, step.order_id, f"void/{step.parcel}")
    return orders.settled(session, step.order_id, step.at)


def to_charge(session: Session, step: Step) -> Attempt:
    order = orders.row(session, step.order_id)
    value = orders.body(session, step.order_id).value.minor
    return payments.attempt(payments.begin(session, order, PaymentKind.CHARGE, 0, value, step.at), order)


def charged(session: Session, step: Step, key: str, answer: Approval | Decline) -> placing.Placed:
    """An order at order is accepted with its charge, and rejected without it."""
    if isinstance(answer, Decline):
        payments.decline(session, key, answer.code, step.at)
        return placing.decline(session, step.order_id, answer.code, step.at)
    payments.succeed(session, key, answer.reference, step.at)
    return placing.Placed(state=placing.accept_charged(session, step.order_id, step.at))


def charge_found(session: Session, step: Step, key: str, reference: str | None) -> OrderState:
    """What became of a charge that nobody answered for: taken (then refunded), or never made."""
    if reference is None:
        payments.never_happened(session, key)
    else:
        payments.succeed(session, key, reference, step.at)
    rests.over(session, step.order_id, "refund")
    return orders.settled(session, step.order_id, step.at)


def to_refund(session: Session, step: Step) -> Attempt:
    """The refund that is due; one that was begun is finished first, with its own amount."""
    order = orders.row(session, step.order_id)
    due = orders.state(session, step.order_id).refund_due.minor
    payment = payments.begin(session, order, PaymentKind.REFUND, 0, due, step.at)
    reference = payments.reference_of(session, step.order_id, 0, PaymentKind.CHARGE)
    return payments.attempt(payment, order, reference)


def refunded(session: Session, step: Step, key: str, reference: str) -> OrderState:
    payments.succeed(session, key, reference, step.at)
    rests.over(session, step.order_id, "refund")
    return orders.settled(session, step.order_id, step.at)
