"""Changes on the way, each recorded with who asked, when, and what was answered."""

from hashlib import sha256

from sqlalchemy import update
from sqlalchemy.orm import Session

from domain import changes as rules
from domain import choice as choices
from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.changes import (
    AddressChange,
    Change,
    ChangeOutcome,
    ChangeWish,
    Consent,
    Handover,
    Hold,
    KeepWaiting,
    LawHold,
    PaymentMethod,
    Prioritisation,
    QuantityChange,
    Release,
    Settlement,
)
from domain.choice import Choice, Wish
from domain.history_words import counted
from domain.model import Instant, Model
from domain.order import Fulfilment
from domain.parcel import ParcelStage
from domain.state import Held, OrderState
from store import bells, cancelling, keys, labels, orders, parcels, prioritising, settling
from store.cancelling import Cancelling
from store.life_tables import ChangeRow, DelayRow, ParcelRow
from store.parcels import Step

_AGREED = "Thank you: the order waits for the new date."


class Changing(Model):
    """A change that was asked for."""

    order_id: str
    change: ChangeWish
    at: Instant

    @property
    def key(self) -> str:
        digest = sha256(self.change.model_dump_json().encode()).hexdigest()
        return keys.change(self.order_id, self.at, digest)


class Changed(Model):
    """The order after it, the answer to whoever asked, and how many other orders must hear of it."""

    state: OrderState
    outcome: ChangeOutcome
    bells: int = 0
    cause: str = ""


class _Done(Model):
    """What a change came to; `cause` is that of the units it freed."""

    message: str
    what: Change
    cause: str = ""
    outcome: ChangeOutcome | None = None


def change(session: Session, asked: Changing) -> Changed:
    """Make the change once; a rule that says no raises `ChangeRefused`, and nothing is written."""
    orders.own(session, asked.order_id)
    known = session.get(ChangeRow, asked.key)
    if known is None:
        rules.check_limits(asked.order_id, asked.change)
        known = _record(asked, _make(session, asked))
        session.add(known)
    state = orders.settled(session, asked.order_id, asked.at)
    hung = bells.hanging(session, known.cause) if known.cause else 0
    outcome = ChangeOutcome.model_validate(known.outcome)
    return Changed(state=state, outcome=outcome, bells=hung, cause=known.cause)


def _record(asked: Changing, done: _Done) -> ChangeRow:
    body = asked.change.model_dump(mode="json", exclude={"requested_by"})
    outcome = done.outcome or ChangeOutcome(order_id=asked.order_id, message=done.message)
    return ChangeRow(
        key=asked.key,
        order_id=asked.order_id,
        what=done.what,
        body=body,
        requested_by=getattr(asked.change, "requested_by", "warehouse"),
        outcome=outcome.model_dump(mode="json"),
        cause=done.cause,
        at=asked.at,
    )


def _make(session: Session, asked: Changing) -> _Done:  # noqa: C901, PLR0911 - one row a change
    match asked.change:
        case Choice():
            return _choose(session, asked, asked.change)
        case QuantityChange():
            return _fewer(session, asked, asked.change)
        case AddressChange():
            return _readdress(session, asked, asked.change)
        case PaymentMethod():
            return _pay_with(session, asked, asked.change)
        case Settlement():
            return _settle(session, asked, asked.change)
        case Consent():
            return _consent(session, asked, asked.change)
        case Prioritisation():
            return _prioritise(session, asked, asked.change)
        case Hold():
            return _hold(session, asked, asked.change)
        case LawHold():
            return _hold_for_law(session, asked, asked.change)
        case Release():
            return _release(session, asked)
        case KeepWaiting():
            return _keep_waiting(session, asked)
        case Handover(number=number):
            done = labels.hand_over(session, Step(order_id=asked.order_id, at=asked.at, parcel=number))
            return _Done(message=done, what=Change.HANDOVER)


def _choose(session: Session, asked: Changing, choice: Choice) -> _Done:
    choices.check(orders.state(session, asked.order_id), choice.choice)
    if choice.choice is Wish.CANCEL:
        return _cancel(session, asked, Change.FULFILMENT, choice.requested_by)
    orders.change(session, asked.order_id, fulfilment=Fulfilment(choice.choice.value))
    split = choice.choice is Wish.SPLIT
    message = "What is here is sent now, the rest later." if split else "All is sent together."
    return _Done(message=message, what=Change.FULFILMENT)


def _fewer(session: Session, asked: Changing, wanted: QuantityChange) -> _Done:
    """Fewer units: those too many are cancelled."""
    too_many = rules.units_too_many(orders.state(session, asked.order_id), wanted)
    return _cancel(session, asked, Change.QUANTITY, wanted.requested_by, (too_many,))


def _cancel(
    session: Session,
    asked: Changing,
    what: Change,
    by: str,
    lines: tuple[CancelledLine, ...] | None = None,
    reason: Reason = Reason.CHANGED_MIND,
) -> _Done:
    wish = Cancellation(reason=reason, requested_by=by, lines=lines)
    done = cancelling.cancel(session, Cancelling(order_id=asked.order_id, cancellation=wish, at=asked.at))
    outcome = ChangeOutcome(order_id=asked.order_id, message=done.outcome.message, cancelled=done.outcome)
    return _Done(message=done.outcome.message, what=what, cause=done.cause, outcome=outcome)


def _readdress(session: Session, asked: Changing, wanted: AddressChange) -> _Done:
    """Another address for what has not left; a label for the old one was bought in vain."""
    rules.check_open(orders.state(session, asked.order_id), Change.ADDRESS)
    orders.change(session, asked.order_id, ship_to=wanted.address.model_dump(mode="json"))
    parcel = parcels.in_progress(session, asked.order_id)
    if parcel is not None:
        parcels.give_back_label(parcel)
        parcel.stage = ParcelStage.AUTHORISED if parcel.money_held else ParcelStage.CLAIMED
        parcel.label_attempt, parcel.address_refused = parcel.label_attempt + 1, False
    return _Done(message="What has not left goes to the new address.", what=Change.ADDRESS)


def _pay_with(session: Session, asked: Changing, wanted: PaymentMethod) -> _Done:
    """From now on this method pays; a payment hold is tried again at once."""
    rules.check_payable(orders.state(session, asked.order_id))
    orders.change(session, asked.order_id, method=wanted.method)
    waiting = (ParcelRow.declined_at.is_not(None)) | (ParcelRow.stage == ParcelStage.UNPAID)
    again = update(ParcelRow).where(ParcelRow.order_id == asked.order_id, waiting)
    session.execute(again.values(new_method=True, final_decline=False))
    return _Done(message="The new payment method is used from now on.", what=Change.METHOD)


def _settle(session: Session, asked: Changing, settlement: Settlement) -> _Done:
    parcel = rules.unpaid_parcel(orders.state(session, asked.order_id), settlement)
    step = Step(order_id=asked.order_id, at=asked.at, parcel=parcel.number)
    cause = settling.settle(session, step, settlement)
    message = f"Parcel {parcel.number} is settled: {settlement.how}."
    return _Done(message=message, what=Change.SETTLEMENT, cause=cause)


def _consent(session: Session, asked: Changing, consent: Consent) -> _Done:
    """The answer to the latest option notice, for the record; whoever refuses it cancels.

    One that came in time for operations to hear it beats a deadline that passed unseen.
    """
    state = orders.state(session, asked.order_id)
    rules.unanswered(state, consent)
    if state.delays[-1].accepted:
        return _Done(message=_AGREED, what=Change.CONSENT)
    answer = {"accepted": consent.accepted, "answered_at": asked.at, "answered_by": consent.requested_by}
    session.execute(update(DelayRow).where(DelayRow.notice_id == consent.notice_id).values(answer))
    if consent.accepted:
        orders.change(session, asked.order_id, law_hold_until=None)
        return _Done(message=_AGREED, what=Change.CONSENT)
    by, why = consent.requested_by, Reason.DELAY_NOT_ACCEPTED
    return _cancel(session, asked, Change.CONSENT, by, reason=why)


def _prioritise(session: Session, asked: Changing, wanted: Prioritisation) -> _Done:
    rules.check_open(orders.state(session, asked.order_id), Change.PRIORITY)
    cause = prioritising.move(session, asked.order_id, wanted.days, asked.at)
    return _Done(message=_place(wanted.days), what=Change.PRIORITY, cause=cause)


def _place(days: int) -> str:
    if not days:
        return "Back at its own place."
    return f"{counted(abs(days), 'day')} {'ahead of' if days > 0 else 'behind'} its own place."


def _hold(session: Session, asked: Changing, hold: Hold) -> _Done:
    rules.check_open(orders.state(session, asked.order_id), Change.HOLD)
    held = Held(by=hold.requested_by, reason=hold.reason, at=asked.at)
    orders.change(session, asked.order_id, held=held.model_dump(mode="json"))
    return _Done(message="Held: nothing of it ships until it is released.", what=Change.HOLD)


def _hold_for_law(session: Session, asked: Changing, hold: LawHold) -> _Done:
    rules.check_open(orders.state(session, asked.order_id), Change.HOLD)
    orders.change(session, asked.order_id, law_hold_until=hold.until)
    return _Done(message="A legal deadline passed unseen: operations may look.", what=Change.HOLD)


def _release(session: Session, asked: Changing) -> _Done:
    rules.check_release(orders.state(session, asked.order_id))
    orders.change(session, asked.order_id, held=None, kept_at=asked.at)
    return _Done(message="Released.", what=Change.RELEASE)


def _keep_waiting(session: Session, asked: Changing) -> _Done:
    rules.check_waiting(orders.state(session, asked.order_id))
    orders.change(session, asked.order_id, kept_at=asked.at)
    return _Done(message="Thank you: we keep your order, and its place in line.", what=Change.PATIENCE)
