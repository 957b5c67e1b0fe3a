"""Single lives of orders in which cents could get lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.cancellation import Cancellation, CancelledLine
from domain.parcel import ParcelStage
from domain.policy import Policy
from domain.state import OrderState
from store.database import Database
from tests.fakes.easypost_server import FakeEasyPost
from tests.fakes.stripe_server import FakeStripe
from tests.money import books
from tests.money.history import History, begin
from tests.money.samples import order_of
from tests.money.tries import Clock
from tests.shop import sandboxes
from tests.worlds import providers


@pytest.fixture
async def history(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[History]:
    """A shop at the sandboxes, where a parcel is shipped with its label."""
    clock = Clock()
    async with sandboxes(tmp_path, clock.tell) as outside:
        yield begin(sqlite_database, outside, clock, Policy())


@pytest.fixture
async def abroad(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[History]:
    """The same at providers over HTTP."""
    clock = Clock()
    async with providers(tmp_path, clock.tell) as outside:
        yield begin(sqlite_database, outside, clock, Policy())


def _cancelled(number: int, **units: int) -> Cancellation:
    lines = tuple(CancelledLine(sku=sku, quantity=quantity) for sku, quantity in units.items())
    return Cancellation(cancellation_id=f"C-{number}", lines=lines or None)


async def _only(history: History) -> OrderState:
    (state,) = await books.check(history.runner)
    return state


async def test_odd_cents_of_several_lines_in_several_parcels_add_up(history: History) -> None:
    lines = {"ODD": (3, 333), "DEAR": (2, 12_345), "CHEAP": (1, 1)}
    await history.runner.place(order_of("100", lines, history.clock, shipping_minor=499))

    for units in ({"ODD": 1}, {"ODD": 2, "DEAR": 1}, {"DEAR": 1}, {"CHEAP": 1}):
        await history.receive(units)
        await history.settled()

    state = await _only(history)
    assert [payment.amount_minor for payment in state.payments if payment.kind == "capture"] == [
        333 + 499,
        2 * 333 + 12_345,
        12_345,
        1,
    ]
    assert state.charged.minor == 3 * 333 + 2 * 12_345 + 1 + 499


async def test_at_order_a_part_that_is_cancelled_goes_back_and_shipping_stays(history: History) -> None:
    order = order_of("100", {"ODD": (3, 333)}, history.clock, timing="at_order", shipping_minor=499)
    life = await history.runner.place(order)

    life.ask(_cancelled(1, ODD=2))
    await history.settled()
    await history.receive({"ODD": 1})
    await history.settled()

    state = await _only(history)
    assert (state.charged.minor, state.refunded.minor) == (3 * 333 + 499, 2 * 333)
    assert state.ended_at is not None


async def test_at_order_shipping_goes_back_with_the_last_unit(history: History) -> None:
    order = order_of("100", {"ODD": (3, 333)}, history.clock, timing="at_order", shipping_minor=499)
    life = await history.runner.place(order)

    life.ask(_cancelled(1, ODD=2))
    life.ask(_cancelled(2, ODD=1))
    await history.settled()

    state = await _only(history)
    assert [payment.amount_minor for payment in state.payments] == [3 * 333 + 499, 3 * 333 + 499]


async def test_a_refund_whose_provider_is_away_for_hours_is_made_once(history: History) -> None:
    order = order_of("100", {"ODD": (3, 333)}, history.clock, timing="at_order")
    life = await history.runner.place(order)
    history.runner.outside.bank.fail("refund", 1, acted=True)
    history.runner.outside.bank.fail("find", 9)

    life.ask(_cancelled(1))
    await history.settled()

    state = await _only(history)
    assert [payment.kind for payment in state.payments] == ["charge", "refund"]


async def test_a_refund_that_came_back_is_made_anew(abroad: History) -> None:
    order = order_of("100", {"ODD": (3, 333)}, abroad.clock, timing="at_order")
    life = await abroad.runner.place(order)
    bank = abroad.runner.outside.bank
    assert isinstance(bank, FakeStripe)
    bank.fail("refund", 1, acted=True)
    bank.fail("find", 9)
    life.ask(_cancelled(1))
    await abroad.runner.live_on(life)
    (refund,) = bank.stripe.refunds

    await bank.fail_refund(refund)
    await abroad.settled()

    state = await _only(abroad)
    assert state.refunded.minor == 3 * 333
    assert [one["status"] for one in bank.stripe.refunds.values()] == ["failed", "succeeded"]


async def test_a_cancellation_after_a_label_that_nobody_answered_for_is_too_late_and_charged(
    history: History,
) -> None:
    life = await history.runner.place(order_of("100", {"ODD": (3, 333)}, history.clock, shipping_minor=499))
    history.runner.outside.labels.fail("buy", 1, acted=True)
    history.runner.outside.labels.fail("find", 3)
    await history.receive({"ODD": 3})
    await history.runner.live_on(life)
    assert life.state.rests

    life.ask(_cancelled(1))
    await history.settled()

    state = await _only(history)
    assert (state.shipped_units, state.charged.minor) == (3, 3 * 333 + 499)


async def test_a_cancellation_after_a_label_that_was_never_bought_is_in_time_and_free(
    abroad: History,
) -> None:
    life = await abroad.runner.place(order_of("100", {"ODD": (3, 333)}, abroad.clock, shipping_minor=499))
    labels = abroad.runner.outside.labels
    assert isinstance(labels, FakeEasyPost)
    labels.answer("buy", 500, times=4)
    await abroad.receive({"ODD": 3})
    await abroad.runner.live_on(life)
    assert life.state.rests

    life.ask(_cancelled(1))
    await abroad.settled()

    state = await _only(abroad)
    assert (state.cancelled_units, state.charged.minor) == (3, 0)


async def test_an_answer_that_came_too_late_to_be_heard_leaves_no_rest(history: History) -> None:
    life = await history.runner.place(order_of("100", {"ODD": (1, 333)}, history.clock, timing="at_order"))
    await history.runner.live_on(life)
    await history.receive({"ODD": 1})
    await history.runner.live_on(life, 1)
    history.runner.outside.labels.fail("rates", 3)
    history.runner.tries.lost = 1

    await history.settled()

    assert life.state.parcels[0].stage is ParcelStage.SHIPPED
    assert life.state.rests == ()


async def test_goods_never_leave_for_money_that_ran_out_while_the_carrier_was_away(abroad: History) -> None:
    life = await abroad.runner.place(order_of("100", {"ODD": (1, 333)}, abroad.clock))
    labels = abroad.runner.outside.labels
    assert isinstance(labels, FakeEasyPost)
    labels.answer("buy", 500, times=4)
    await abroad.receive({"ODD": 1})
    await abroad.runner.live_on(life)
    assert life.state.parcel is not None
    assert life.state.parcel.label_unknown

    abroad.clock.go_on(days=8)
    await abroad.settled()

    state = await _only(abroad)
    assert state.charged.minor == 333
