"""Placing an order: the guard against a second life, the queue, the decision."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from domain.decision import (
    DECIDED_WITHIN,
    Decision,
    DecisionLine,
    DecisionOutcome,
    DecisionReason,
    Refusal,
)
from domain.errors import MalformedOrder
from domain.limits import beyond_limits
from domain.model import Instant, Model
from domain.order import Order, Timing
from domain.payment import PaymentKind
from domain.policy import Policy
from domain.queue import Priority, priority
from domain.state import OrderState
from domain.status import Status, moved
from store import bells, entering, keys, known_orders, order_events, orders, promises
from store.catalog import policy
from store.deal import Deal, lock
from store.ledger import record_line
from store.payments import begin
from store.refusals import Asking, refusals, unavailable
from store.tables import LineRow


class Placing(Model):
    """An order to place, asked for at `asked_at` (the start of its workflow); `late` once its deadline has passed."""

    order: Order
    at: Instant
    asked_at: Instant
    late: bool = False
    time_zone: str = "UTC"


class Placed(Model):
    """The order as it stands; `bells` counts the other orders that must hear of it, by their `cause`."""

    state: OrderState
    bells: int = 0
    cause: str = ""


def place(session: Session, placing: Placing) -> Placed:
    """Place an unknown or a rejected order; one that is known already is only read. Another body is refused."""
    order = placing.order
    known = orders.find(session, order.order_id)
    if known is not None and not known_orders.may_begin_again(known, order, placing.asked_at):
        return _resumed(session, known, placing)
    terms = policy(session)
    life = _record(session, placing, terms, known)
    if placing.late:
        return _rejected(session, life, [unavailable()])
    return _enter(session, placing, life, terms)


def quote(session: Session, placing: Placing) -> Decision:
    """The decision that placing the order now would get; to be rehearsed, never kept."""
    decision = place(session, placing).state.decision
    if decision is None:
        raise AssertionError("placing decides")
    return decision


def _resumed(session: Session, known: Row[Any], placing: Placing) -> Placed:
    """As it stands; but one whose workflow got lost before the decision is rejected: who asked has given up."""
    another = placing.asked_at > known.asked_at
    if known.status == Status.PLACING and another and placing.at - known.asked_at > DECIDED_WITHIN:
        return _free(session, known, unavailable(), placing.at)
    return as_it_stands(session, known)


def as_it_stands(session: Session, life: Row[Any]) -> Placed:
    """The order as it is, with the bells that its own placing or refusal left hanging."""
    refused = life.status == Status.REJECTED
    cause = (keys.refused if refused else keys.placed)(life.order_id, life.lives)
    state = orders.state(session, life.order_id)
    return Placed(state=state, bells=bells.hanging(session, cause), cause=cause)


def _record(session: Session, placing: Placing, terms: Policy, known: Row[Any] | None) -> Row[Any]:
    """The order's row, as `placing`; a rejected one starts a new life.

    Raises:
        MalformedOrder: it holds what no database keeps; asked here, orders that were placed before are never refused.
    """
    if problems := beyond_limits(placing.order):
        raise MalformedOrder(problems)
    order_id = placing.order.order_id
    if known is None:
        return orders.enter(session, order_id, **_columns(placing, terms, 1))
    known_orders.forget_rejected(session, known, placing.at)
    return orders.change(session, order_id, **_columns(placing, terms, known.lives + 1))


def _columns(placing: Placing, terms: Policy, life: int) -> dict[str, Any]:
    order = placing.order
    return {
        "digest": order.digest(),
        "body": order.model_dump(mode="json"),
        "customer_id": order.customer.customer_id,
        "email": order.customer.email.lower(),
        "status": moved(Status.REJECTED, Status.PLACING),
        "priority": priority(order, terms),
        "timing": order.payment.timing or terms.payment_timing,
        "fulfilment": order.fulfilment or terms.fulfilment,
        "method": order.payment.method,
        "ship_to": order.ship_to.model_dump(mode="json"),
        "currency": order.currency,
        "shipping_minor": order.shipping_minor,
        "terms": terms.model_dump(mode="json"),
        "time_zone": placing.time_zone,
        "placed_at": order.placed_at,
        "asked_at": placing.asked_at,
        "accepted_at": None,
        "ended_at": None,
        "decision": None,
        "backordered": None,
        "erased_at": None,
        "promised_on": order.promised_on,
        "original_promised_on": order.promised_on,
        "unreadable": [],
        "rests": [],
        "lives": life,
    }


def _enter(session: Session, placing: Placing, life: Row[Any], terms: Policy) -> Placed:
    order = placing.order
    products = lock(session, order.skus)
    offers = {sku: promises.offered(product, terms) for sku, product in products.items()}
    cause = keys.placed(order.order_id, life.lives)
    deal = Deal(session, cause, placing.at, order.order_id, placing.time_zone)
    lines = entering.lines(order, terms, deal.today, offers)
    reasons = refusals(session, Asking(order, terms, deal.today, offers), lines, products)
    if reasons:
        return _rejected(session, life, reasons)
    told = entering.join_queue(session, deal, lines, products, terms)
    decision = entering.decide(session, life, lines, products, terms)
    promised = life.promised_on or decision.promised_on
    promise = {"promised_on": promised, "original_promised_on": promised}
    charge_first = life.timing == Timing.AT_ORDER and order.value
    if charge_first:
        begin(session, life, PaymentKind.CHARGE, 0, order.value.minor, placing.at)
    accepted = {} if charge_first else _accepted(life, placing.at)
    decided = {"decision": decision.model_dump(mode="json"), "backordered": decision.backordered}
    life = orders.change(session, order.order_id, **decided, **promise, **accepted)
    if accepted:
        order_events.accepted(session, life)
    hung = bells.hanging(session, deal.cause) if told else 0
    return Placed(state=orders.state(session, order.order_id), bells=hung, cause=deal.cause)


def _accepted(life: Row[Any], at: datetime) -> dict[str, Any]:
    return {"status": moved(Status(life.status), Status.WAITING), "accepted_at": at}


def accept_charged(session: Session, order_id: str, at: datetime) -> OrderState:
    """An order at order is accepted once its charge is known."""
    life = orders.own(session, order_id)
    if life.status == Status.PLACING:
        order_events.accepted(session, orders.change(session, order_id, **_accepted(life, at)))
    return orders.settled(session, order_id, at)


def refuse(session: Session, placing: Placing) -> Placed:
    """Reject an order that was not accepted in time and free its units; an accepted one is only read."""
    life = orders.find(session, placing.order.order_id)
    if life is None or known_orders.may_begin_again(life, placing.order, placing.asked_at):
        life = _record(session, placing, policy(session), life)
    if life.status != Status.PLACING:
        return as_it_stands(session, life)
    return _free(session, life, unavailable(), placing.at)


def decline(session: Session, order_id: str, code: str, at: datetime) -> Placed:
    """A declined charge at order is a rejection."""
    life = orders.own(session, order_id)
    if life.status != Status.PLACING:
        return as_it_stands(session, life)
    reason = DecisionReason(code=Refusal.PAYMENT_DECLINED, message=f"The payment was declined ({code}).")
    return _free(session, life, reason, at)


def _free(session: Session, life: Row[Any], reason: DecisionReason, at: datetime) -> Placed:
    """Give an unaccepted order's units to the queue behind it, and record why."""
    cause = keys.refused(life.order_id, life.lives)
    products = lock(session, orders.body(session, life.order_id).skus)
    lines = session.scalars(select(LineRow).where(LineRow.order_id == life.order_id)).all()
    deal = Deal(session, cause, at, life.order_id, life.time_zone)
    for line in sorted(lines, key=lambda line: line.sku):
        products[line.sku].reserved -= line.allocated
        freed = line.backordered + line.allocated
        units = {"backordered": -line.backordered, "allocated": -line.allocated, "cancelled": freed}
        record_line(session, deal, "refused", line.sku, line.order_id, **units)
        deal.run(products[line.sku])
    promises.renew(session, deal, products.values())
    session.flush()
    rejected = _rejected(session, life, [reason])
    return rejected.model_copy(update={"bells": bells.hanging(session, cause), "cause": cause})


def _rejected(session: Session, life: Row[Any], reasons: list[DecisionReason]) -> Placed:
    order = Order.model_validate(life.body)
    decision = Decision(
        order_id=life.order_id,
        outcome=DecisionOutcome.REJECTED,
        backordered=False,
        lines=tuple(
            DecisionLine(sku=line.sku, ordered=line.quantity, allocated=0, backordered=0)
            for line in order.lines
        ),
        priority=Priority(life.priority),
        reasons=tuple(reasons),
    )
    status = moved(Status(life.status), Status.REJECTED)
    orders.change(session, life.order_id, status=status, decision=decision.model_dump(mode="json"))
    return Placed(state=orders.settled(session, life.order_id, life.asked_at))
