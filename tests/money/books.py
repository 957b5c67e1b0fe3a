"""What must be true of all money, whatever happened: in our books, and in the provider's."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from domain.order import Timing
from domain.parcel import ParcelStage, ParcelState
from domain.payment import Attempt, PaymentKind
from domain.reconciliation import Entry, differences
from domain.state import OrderState
from domain.status import Status
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.payment import Authorised, BookEntry, PaymentOutcome
from store import audit, moved, orders
from tests.money.runner import Runner

AN_AGE = timedelta(days=10_000)


async def check(runner: Runner) -> list[OrderState]:
    """Every order to the cent and to the label, and all of them together."""
    states = [runner.database.read(orders.state, order_id) for order_id in runner.lives]
    for state in states:
        _check_money(runner, state)
        _check_labels(runner, state)
        await _check_held(runner, state)
    taken = sum(owed_for(state) - state.unpaid.minor for state in states)
    entries = await _entries(runner)
    assert taken == sum(_signed(entry) for entry in entries)
    ours = runner.database.read(moved.moved, runner.clock.now - AN_AGE, runner.clock.now + AN_AGE)
    assert differences(ours, entries, runner.clock.now - AN_AGE, runner.clock.now + AN_AGE) == []
    assert runner.database.read(audit.findings) == []
    return states


def owed_for(state: OrderState) -> int:
    """Minor units that the customer owes for what he got: its value, and shipping; at order for what he will get too."""
    if state.status is Status.REJECTED:
        return 0
    if state.timing is Timing.AT_ORDER:
        units = {line.sku: line.ordered - line.cancelled for line in state.lines}
    else:
        units = {line.sku: line.shipped for line in state.lines}
    goods = sum(units[line.sku] * line.unit_price_minor for line in state.lines)
    return goods + (_shipping(state) if any(units.values()) else 0)


def _shipping(state: OrderState) -> int:
    """Once for each order; what was charged with a parcel that was stopped is waived for those on their way by then."""
    stopped = [parcel for parcel in state.parcels if parcel.stage is ParcelStage.STOPPED]
    if not any(_carried(state, parcel) for parcel in stopped):
        return state.shipping_minor
    carried = sum(_carried(state, parcel) for parcel in state.parcels if parcel.sent)
    assert carried in {0, state.shipping_minor}
    return carried


def _carried(state: OrderState, parcel: ParcelState) -> int:
    """The shipping in a parcel's amount."""
    prices = {line.sku: line.unit_price_minor for line in state.lines}
    return parcel.amount_minor - sum(prices[line.sku] * line.quantity for line in parcel.lines)


def _check_money(runner: Runner, state: OrderState) -> None:
    """What was charged + captured - refunded + recorded as unpaid = shipped value + shipping due."""
    kept = state.charged.minor - state.refunded.minor
    assert kept + state.unpaid.minor == owed_for(state), state
    assert runner.outside.bank.balance(state.order_id) == kept, state
    balance = 0
    for entry in runner.outside.bank.books(state.order_id):
        balance += _signed(entry) if entry.state == "succeeded" else 0
        assert balance >= 0, f"{state.order_id}: more was given back than was taken"


def _check_labels(runner: Runner, state: OrderState) -> None:
    """One valid label for each parcel that left, or stands ready; every other one was given back."""
    out = [parcel for parcel in state.parcels if parcel.sent or parcel.stage is ParcelStage.READY]
    valid = [label.tracking for label in runner.outside.labels.labels(state.order_id) if not label.voided]
    assert sorted(valid) == sorted(str(parcel.tracking) for parcel in out), state


async def _check_held(runner: Runner, state: OrderState) -> None:
    """Money is held for the parcel in progress only: all else was taken, given back, or ran out."""
    books = [entry for entry in runner.outside.bank.books(state.order_id) if entry.state == "succeeded"]
    ended = {entry.reference for entry in books if entry.kind in {"capture", "void"}}
    held = [entry for entry in books if entry.kind == "authorise" and entry.reference not in ended]
    parcel = state.parcel
    rightly = parcel.authorisation if parcel is not None and parcel.money_held else None
    for entry in held:
        lasts = await _until(runner, state, entry) > runner.clock.now
        assert not lasts or entry.reference == rightly, f"{entry.reference} is held for ever: {state}"
        runner.tries.tally["authorisations ran out"] += not lasts


async def _until(runner: Runner, state: OrderState, entry: BookEntry) -> datetime:
    attempt = Attempt(
        key=entry.key,
        order_id=state.order_id,
        parcel=0,
        kind=PaymentKind.AUTHORISE,
        amount_minor=entry.amount.minor,
        currency=entry.amount.currency,
        method="pm_card_visa",
    )
    found = await _find(runner, attempt)
    assert isinstance(found, Authorised)
    assert found.expires_at is not None
    return found.expires_at


async def _find(runner: Runner, attempt: Attempt) -> PaymentOutcome | None:
    """Past the faults that were planned and that nobody met."""
    while True:
        with suppress(GatewayUnavailable, OutcomeUnknown):
            return await runner.outside.payments.find(attempt)


async def _entries(runner: Runner) -> list[Entry]:
    """The provider's books, as it tells them."""
    theirs = await runner.outside.payments.entries(runner.clock.now - AN_AGE, runner.clock.now + AN_AGE)
    return [
        Entry(key=one.key, kind=PaymentKind(one.kind), amount=one.amount, at=one.at, reference=one.reference)
        for one in theirs
    ]


def _signed(entry: Entry | BookEntry) -> int:
    signs = {"charge": 1, "capture": 1, "refund": -1}
    return signs.get(entry.kind, 0) * entry.amount.minor


def count(runner: Runner, states: list[OrderState]) -> Counter[str]:
    """What a history came to, for the books over all histories."""
    tally = Counter(runner.tries.tally)
    for state in states:
        tally["orders"] += 1
        tally[f"orders {state.status}"] += 1
        for entry in runner.outside.bank.books(state.order_id):
            tally[f"{entry.kind} {entry.state}"] += 1
        for parcel in state.parcels:
            tally[f"parcels {parcel.stage}"] += 1
            tally["parcels settled"] += parcel.settled is not None
            tally[f"settled {parcel.settled}"] += parcel.settled is not None
        tally["labels voided"] += sum(label.voided for label in runner.outside.labels.labels(state.order_id))
        tally["cents moved"] += runner.outside.bank.balance(state.order_id)
    return +tally
