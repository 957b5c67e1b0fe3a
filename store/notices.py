"""Notices: what each must say."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import dunning, news, parcels, waiting
from domain.cancellation import Reason
from domain.delays import Offer, Silence
from domain.model import Instant, Model
from domain.money import Money
from domain.notices import Kind, last_full_day
from domain.order import Address, Customer
from domain.parcel import ParcelLine, ParcelState
from domain.state import OrderState
from store import keys, orders, supply
from store.life_tables import CancellationRow
from store.stock_tables import StockLedgerRow


class Telling(Model):
    """One notice to one customer about one thing."""

    order_id: str
    kind: Kind
    occasion: str
    at: Instant


class Facts(Model):
    """All that a notice may say of its order and its occasion."""

    customer: Customer
    lines: tuple[ParcelLine, ...]
    titles: dict[str, str]
    promised_on: date | None
    backordered: bool
    carrier: str | None = None
    service: str | None = None
    tracking: str | None = None
    estimated_delivery: date | None = None
    amount: Money | None = None
    charged: bool = False
    reason: Reason | None = None
    answer_by: date | None = None
    waiting: tuple[ParcelLine, ...] = ()
    need_by: date | None = None
    address: tuple[str, ...] = ()
    sent: bool = False
    cancellable: bool = False
    was_promised_on: date | None = None
    deadline: date | None = None
    law: str | None = None
    silence: str | None = None
    why: str | None = None
    ends_on: date | None = None
    arriving: date | None = None
    offer: Offer | None = None
    obsolete: bool = False
    """What it was to tell is not so any more."""
    already_sent: bool = False


def facts(session: Session, telling: Telling) -> Facts:
    """What the notice says, as the order stands now."""
    state = orders.state(session, telling.order_id)
    common = Facts(
        customer=addressee(session, telling.order_id),
        lines=tuple(ParcelLine(sku=line.sku, quantity=line.kept) for line in state.lines if line.kept),
        titles={line.sku: line.title for line in state.lines},
        promised_on=state.expected_on,
        backordered=state.backordered_units > 0,
        charged=bool(state.charged),
        cancellable=state.status.open and state.open_units > 0,
        was_promised_on=state.promised_on,
        arriving=supply.arriving_on(session, state) if telling.kind is Kind.UPDATE else None,
        already_sent=state.told(telling.kind, telling.occasion),
    )
    return common.model_copy(update=_particulars(session, state, telling))


def addressee(session: Session, order_id: str) -> Customer:
    """Whom the notices are for, at the address that is right now."""
    placed, email = orders.body(session, order_id).customer, orders.row(session, order_id).email
    changed = email and email != placed.email.lower()
    return placed.model_copy(update={"email": email}) if changed else placed


def _particulars(  # noqa: C901, PLR0911 - one row a kind
    session: Session, state: OrderState, telling: Telling
) -> dict[str, object]:
    match telling.kind:
        case Kind.DELAY_OPTION | Kind.DELAY_RENEWED:
            return _of_delay(state)
        case Kind.PROMISE_MOVED:
            return {"obsolete": news.promise_moved(state) is None, **_unanswered(state, telling.at)}
        case Kind.STALE_WARNING:
            ends = waiting.stale_at(state)
            return {"ends_on": ends.astimezone(ZoneInfo(state.time_zone)).date() if ends else None}
        case Kind.CONFIRMATION if state.decision is not None:
            return {"backordered": state.decision.backordered}
        case Kind.UPDATE:
            return {"lines": _units(state, "backordered"), **_awaited(state, telling.at)}
        case Kind.SHIPPED:
            return _shipped(session, state, _parcel(state, telling))
        case Kind.PAYMENT_PROBLEM | Kind.PAYMENT_AUTHENTICATION:
            return _to_pay(state, _parcel(state, telling))
        case Kind.ADDRESS_PROBLEM:
            address = Address.model_validate(orders.row(session, state.order_id).ship_to)
            return {"lines": _parcel(state, telling).lines, "address": address.written}
        case Kind.CHOICE:
            return _to_choose(state, telling)
        case Kind.CANCELLED:
            return _of_cancellation(session, state, telling.occasion)
        case Kind.REFUNDED:
            return _of_refund(state, telling.occasion)
    return {}


def _of_delay(state: OrderState) -> dict[str, object]:
    under = waiting.standing(state)
    offer = under.offer if under else None
    if offer is None or under is None:
        return {"obsolete": True}
    lost = state.promised_on is not None and offer.offered_on is None
    why = "supply_cancelled" if lost else "supplier_delay" if offer.offered_on else "not_known"
    return {
        "offer": offer,
        "promised_on": offer.offered_on,
        "deadline": offer.deadline,
        "answer_by": offer.answer_by,
        "silence": offer.silence,
        "law": under.rule.law,
        "why": why,
    }


def _of_refund(state: OrderState, reference: str) -> dict[str, object]:
    """A refund that came back meanwhile is not told."""
    for payment in news.refunds_to_tell(state):
        if payment.reference == reference:
            return {"amount": Money(minor=payment.amount_minor, currency=payment.currency)}
    return {"obsolete": True}


def _parcel(state: OrderState, telling: Telling) -> ParcelState:
    """The parcel that the occasion names, as `2` or, for a second time, `2-2`."""
    number = int(telling.occasion.partition("-")[0])
    return next(parcel for parcel in state.parcels if parcel.number == number)


def _of_parcel(state: OrderState, parcel: ParcelState) -> dict[str, object]:
    return {
        "lines": parcel.lines,
        "carrier": parcel.carrier,
        "service": parcel.service,
        "tracking": parcel.tracking,
        "estimated_delivery": parcel.estimated_delivery,
        "amount": Money(minor=parcel.amount_minor, currency=state.currency),
    }


def _shipped(session: Session, state: OrderState, parcel: ParcelState) -> dict[str, object]:
    """A customer who needed it by a day is told when it comes later."""
    need_by = orders.body(session, state.order_id).need_by
    late = need_by and parcel.estimated_delivery and parcel.estimated_delivery > need_by
    rest = _units(state, "backordered", "allocated")
    return {**_of_parcel(state, parcel), "need_by": need_by if late else None, "waiting": rest}


def _units(state: OrderState, *where: str) -> tuple[ParcelLine, ...]:
    """The units of each line that lie there."""
    found = ((line.sku, sum(getattr(line, part) for part in where)) for line in state.lines)
    return tuple(ParcelLine(sku=sku, quantity=units) for sku, units in found if units)


def _awaited(state: OrderState, now: datetime) -> dict[str, object]:
    """What an earlier notice still waits for: an answer without which the order is cancelled; else that it gets stale."""
    unanswered = _unanswered(state, now)
    ends = None if unanswered else waiting.warned_of(state)
    return unanswered | {"ends_on": ends.astimezone(ZoneInfo(state.time_zone)).date() if ends else None}


def _unanswered(state: OrderState, now: datetime) -> dict[str, object]:
    """The answer that is still awaited, while there is time for it, because silence cancels the order."""
    latest = state.delays[-1] if state.delays else None
    if latest is None or latest.accepted is not None or latest.silence is not Silence.CANCELS:
        return {}
    today = now.astimezone(ZoneInfo(state.time_zone)).date()
    if latest.answer_by is None or latest.answer_by < today:
        return {}
    return {"answer_by": latest.answer_by, "silence": latest.silence}


def _to_pay(state: OrderState, parcel: ParcelState) -> dict[str, object]:
    deadline = dunning.grace_ends(state.terms, parcel.declined_at) if parcel.declined_at else None
    answer_by = last_full_day(deadline, state.time_zone) if deadline else None
    return {**_of_parcel(state, parcel), "answer_by": answer_by, "sent": parcel.sent}


def _to_choose(state: OrderState, telling: Telling) -> dict[str, object]:
    deadline = telling.at + timedelta(days=state.terms.choice_deadline_days)
    waiting = {line.sku: line.backordered + line.allocated for line in state.lines}
    here = parcels.ahead_of_the_rest(state, telling.at)
    for line in here:
        waiting[line.sku] -= line.quantity
    return {
        "lines": here,
        "waiting": tuple(ParcelLine(sku=sku, quantity=units) for sku, units in waiting.items() if units),
        "answer_by": last_full_day(deadline, state.time_zone),
    }


def _of_cancellation(session: Session, state: OrderState, cancellation_id: str) -> dict[str, object]:
    row = session.get_one(CancellationRow, cancellation_id)
    refund = Money(minor=row.outcome["refunded_minor"], currency=state.currency)
    cause = keys.cancelled(cancellation_id)
    taken = select(StockLedgerRow.sku, StockLedgerRow.cancelled).where(
        StockLedgerRow.cause == cause, StockLedgerRow.kind == "cancelled"
    )
    lines = tuple(ParcelLine(sku=sku, quantity=units) for sku, units in session.execute(taken))
    rest = _units(state, "backordered", "allocated", "claimed")
    return {"lines": lines, "reason": Reason(row.reason), "amount": refund or None, "waiting": rest}
