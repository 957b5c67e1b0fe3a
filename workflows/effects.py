"""What each step of an order asks of the activities."""

from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from temporalio import workflow

from activities.notices import Notices
from activities.payments import Payments
from activities.shipping import Shipping
from domain import steps
from domain.changes import (
    AddressChange,
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
from domain.choice import Choice
from domain.payment import PaymentKind
from domain.state import OrderState
from domain.steps import Authorise, Capture, Label, LookUpCharge, Refund, Tell, Void, VoidLabel
from store.notices import Telling
from store.parcels import Step
from workflows import groups, options

Effect = Coroutine[Any, Any, OrderState]


def effect(due: steps.Gateway, state: OrderState, now: datetime) -> Effect:  # noqa: PLR0911 - one row a step
    """The activity of a step that reaches outside."""
    again = any(rest.what == due.rests_as for rest in state.rests)
    parcel = getattr(due, "parcel", 0)
    step = Step(order_id=state.order_id, at=now, parcel=parcel, again=again)
    match due:
        case Authorise():
            paying = _stored(step, state, PaymentKind.AUTHORISE)
            return _gateway(Payments.authorise_payment, paying, f"parcel {parcel}: authorise")
        case Label():
            return _label(Shipping.buy_label, step, f"parcel {parcel}: buy the label")
        case Capture():
            paying = _stored(step, state, PaymentKind.CAPTURE)
            return _gateway(Payments.capture_payment, paying, f"parcel {parcel}: capture")
        case Void():
            return _gateway(Payments.void_payment, step, f"parcel {parcel}: void")
        case VoidLabel():
            return _label(Shipping.void_labels, step, f"parcel {parcel}: give the label back")
        case LookUpCharge():
            return _gateway(Payments.look_up_charge, step, "was it charged?")
        case Refund(amount):
            return _gateway(Payments.refund_payment, step, f"refund {amount.minor} {amount.currency}")
        case Tell(kind, occasion):
            telling = Telling(order_id=state.order_id, kind=kind, occasion=occasion, at=now)
            return _tell(telling, groups.parcel_of(due))


def look_up_label(state: OrderState, parcel: int, now: datetime) -> Effect:
    step = Step(order_id=state.order_id, at=now, parcel=parcel)
    return _label(Shipping.look_up_label, step, f"parcel {parcel}: was the label bought?")


def _stored(step: Step, state: OrderState, kind: PaymentKind) -> Step:
    """With the call that an earlier step stored for it."""
    return step.model_copy(update={"call": state.call(kind, step.parcel)})


def _gateway(activity: Any, step: Step, summary: str) -> Effect:
    call: Effect = workflow.execute_activity_method(activity, step, summary=summary, **options.GATEWAY)
    return call


def _label(activity: Any, step: Step, summary: str) -> Effect:
    call: Effect = workflow.execute_activity_method(activity, step, summary=summary, **options.LABEL)
    return call


def _tell(notice: Telling, parcel: int | None) -> Effect:
    summary = f"parcel {parcel}: e-mail {notice.kind}" if parcel else f"e-mail: {notice.kind}"
    return workflow.execute_activity_method(Notices.tell_customer, notice, summary=summary, **options.MAIL)


def named(change: ChangeWish) -> str:  # noqa: C901, PLR0911 - one row a change
    """What a change asks for; nothing of whom it is about."""
    match change:
        case Choice(choice=wish):
            return f"chosen: {wish}"
        case AddressChange():
            return "another address"
        case QuantityChange(sku=sku, quantity=quantity):
            return f"only {quantity} of {sku}"
        case PaymentMethod():
            return "another payment method"
        case Settlement(parcel=parcel, how=how):
            return f"parcel {parcel}: settled, {how}"
        case Handover(number=parcel):
            return f"parcel {parcel}: handed over"
        case Consent(accepted=accepted):
            return "the delay: agreed" if accepted else "the delay: refused"
        case Prioritisation(days=days):
            return f"{days} days ahead of its own place"
        case Hold():
            return "hold it: nothing ships"
        case Release():
            return "let it go on"
        case KeepWaiting():
            return "it goes on waiting"
        case LawHold():
            return "past its legal deadline: let operations look"
