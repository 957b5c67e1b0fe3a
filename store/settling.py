"""The end of a parcel that left and was never paid."""

from operator import itemgetter

from sqlalchemy.orm import Session

from domain.cancellation import Cancellation, CancellationOutcome, CancelResult, Reason
from domain.changes import How, Settlement
from domain.parcel import ParcelStage
from store import cancelling, keys, order_events, orders, parcels, payments, promises
from store.cancelling import Cancelling
from store.deal import Deal, lock
from store.ledger import record_line
from store.parcels import THIS, Step


def settle(session: Session, step: Step, settlement: Settlement) -> str:
    """Paid elsewhere or written off: it stays on record as unpaid. Stopped: its units are back, and nothing is owed.

    Returns the cause under which other orders hear of units that came back.
    """
    _let_go(session, step)
    if settlement.how is not How.STOPPED:
        parcels.change(session, step, THIS, settled=settlement.how)
        return ""
    wish = _wish(step, settlement)
    zone = orders.row(session, step.order_id).time_zone
    deal = Deal(session, keys.cancelled(wish.cancellation_id or ""), step.at, step.order_id, zone)
    parcel = parcels.row(session, step)
    products = lock(session, orders.body(session, step.order_id).skus)
    units = {line["sku"]: line["quantity"] for line in sorted(parcel.lines, key=itemgetter("sku"))}
    for sku, quantity in units.items():
        moved = {"shipped": -quantity, "cancelled": quantity}
        record_line(session, deal, "cancelled", sku, step.order_id, parcel=step.parcel, **moved)
        products[sku].on_hand += quantity
        deal.run(products[sku])
    promises.renew(session, deal, products.values())
    in_vain = [*parcel.labels_to_void, parcels.label_key(parcel)]
    stopped = {"stage": ParcelStage.STOPPED, "settled": settlement.how, "labels_to_void": in_vain}
    parcels.change(session, step, THIS, **stopped)
    _record(session, step, wish, units)
    return deal.cause


def _let_go(session: Session, step: Step) -> None:
    """What another method holds for it by now, or may hold, goes back."""
    if payments.may_hold(session, parcels.row(session, step)):
        parcels.change(session, step, THIS, money_held=True, capture_refused=True)


def _wish(step: Step, settlement: Settlement) -> Cancellation:
    """The customer hears of it as of any cancellation."""
    return Cancellation(
        cancellation_id=f"{step.order_id}-p{step.parcel}-stopped"[-64:],
        reason=Reason.PAYMENT_FAILED,
        requested_by=settlement.requested_by,
    )


def _record(session: Session, step: Step, wish: Cancellation, units: dict[str, int]) -> None:
    state = orders.state(session, step.order_id)
    outcome = CancellationOutcome(
        order_id=step.order_id,
        outcome=CancelResult.PARTLY_SHIPPED if state.shipped_units else CancelResult.CANCELLED,
        units_cancelled=sum(units.values()),
        units_shipped=state.shipped_units,
        currency=state.currency,
        message=f"Parcel {step.parcel} was taken back.",
    )
    asked = Cancelling(order_id=step.order_id, cancellation=wish, at=step.at)
    session.add(cancelling.record(asked, outcome))
    whole = not (state.open_units or state.shipped_units)
    order_events.cancelled(session, state, wish, units, whole=whole, at=step.at)
