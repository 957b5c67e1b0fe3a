"""Whether anything may have happened when a call fails."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from domain.payment import PaymentKind
from gateways.errors import GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.payment import Charged
from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import API_KEY, DROPPED, FakeStripe
from tests.gateways.stripe.samples import NOON, PRICE, Clock, attempt, authorised, charged, request

CALLS: dict[str, Callable[[StripePayments, str], Awaitable[object]]] = {
    "authorise": lambda bank, _: bank.authorise(request("k")),
    "charge": lambda bank, _: bank.charge(request("k")),
    "capture": lambda bank, reference: bank.capture("k", reference, PRICE, NOON),
    "void": lambda bank, reference: bank.void("k", reference, NOON),
}


async def ready(bank: StripePayments) -> str:
    return (await authorised(bank)).reference


@pytest.mark.parametrize("operation", CALLS)
async def test_a_call_that_is_one_too_many_has_done_nothing(
    bank: StripePayments, stripe: FakeStripe, operation: str
) -> None:
    reference = await ready(bank)
    stripe.fail(operation, 1)

    with pytest.raises(GatewayUnavailable, match=r"stripe: unavailable \(rate_limit\)"):
        await CALLS[operation](bank, reference)

    assert len(stripe.books()) == 1
    await CALLS[operation](bank, reference)


@pytest.mark.parametrize("operation", CALLS)
async def test_a_lost_answer_is_found_by_its_key_and_asking_again_gets_it(
    bank: StripePayments, stripe: FakeStripe, operation: str
) -> None:
    reference = await ready(bank)
    stripe.fail(operation, 1, acted=True)

    with pytest.raises(OutcomeUnknown, match=r"RemoteProtocolError|ReadError"):
        await CALLS[operation](bank, reference)

    found = await bank.find(attempt(PaymentKind(operation), "k", reference=reference))
    assert found is not None
    assert await CALLS[operation](bank, reference) == found
    assert len(stripe.books()) == 2


async def test_a_refund_with_a_lost_answer_is_found_by_its_key(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    charge = await charged(bank)
    stripe.fail("refund", 1, acted=True)

    with pytest.raises(OutcomeUnknown):
        await bank.refund("r", charge.reference, PRICE, NOON)

    found = await bank.find(attempt(PaymentKind.REFUND, "r", reference=charge.reference))
    assert await bank.refund("r", charge.reference, PRICE, NOON) == found
    assert stripe.balance("100") == 0


@pytest.mark.parametrize(("status", "detail"), [(500, "500"), (503, "503"), (DROPPED, "RemoteProtocolError")])
async def test_after_a_server_error_or_a_dropped_connection_nobody_knows(
    bank: StripePayments, stripe: FakeStripe, status: int, detail: str
) -> None:
    stripe.answer("charge", status)

    with pytest.raises(OutcomeUnknown) as failure:
        await bank.charge(request())

    assert failure.value.detail == detail
    assert await bank.find(attempt(PaymentKind.CHARGE)) is None


@pytest.mark.parametrize("status", [500, 429, DROPPED])
async def test_a_lookup_that_fails_is_made_again(
    bank: StripePayments, stripe: FakeStripe, status: int
) -> None:
    await charged(bank)
    stripe.answer("find", status)

    with pytest.raises(GatewayUnavailable):
        await bank.find(attempt(PaymentKind.CHARGE))

    assert isinstance(await bank.find(attempt(PaymentKind.CHARGE)), Charged)


@pytest.mark.parametrize(
    ("status", "code"), [(409, "lock_timeout"), (429, "lock_timeout"), (409, "idempotency_key_in_use")]
)
async def test_what_is_locked_is_asked_again(
    bank: StripePayments, stripe: FakeStripe, status: int, code: str
) -> None:
    stripe.answer("charge", status, code)

    with pytest.raises(GatewayUnavailable):
        await bank.charge(request())


async def test_of_two_calls_under_one_key_at_the_same_time_the_second_waits() -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def slow_clock() -> datetime:
        entered.set()
        await go.wait()
        return NOON

    stripe = FakeStripe(slow_clock)
    async with stripe.serving() as url:
        bank = StripePayments(API_KEY, url)
        first = asyncio.create_task(bank.void("k", "pi_none", NOON))
        await entered.wait()
        with pytest.raises(GatewayUnavailable):
            await bank.void("k", "pi_none", NOON)
        go.set()
        with pytest.raises(PermanentRefusal):
            await first
        await bank.aclose()


async def test_nobody_listening_means_that_nothing_was_sent() -> None:
    bank = StripePayments(API_KEY, "http://127.0.0.1:9")

    for call in (bank.void("v", "pi_1", NOON), bank.find(attempt(PaymentKind.CHARGE))):
        with pytest.raises(GatewayUnavailable, match="ConnectError"):
            await call

    await bank.aclose()


async def test_a_bank_that_takes_too_long_leaves_the_outcome_unknown(
    stripe: FakeStripe, url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.stripe_client.TIMEOUT", 0.05)
    bank = StripePayments(API_KEY, url)
    reference = await ready(bank)
    clock.delay = 0.2

    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        await bank.void("v", reference, NOON)

    await bank.aclose()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_key_is_a_fault_to_mend_and_the_order_rests(
    bank: StripePayments, stripe: FakeStripe, status: int
) -> None:
    stripe.answer("charge", status)

    with pytest.raises(GatewayUnavailable, match=r"stripe: unavailable \(authentication\)"):
        await bank.charge(request())


async def test_the_real_check_of_the_key_says_the_same(url: str) -> None:
    bank = StripePayments("sk_test_of_somebody_else", url)

    with pytest.raises(GatewayUnavailable, match="authentication"):
        await bank.charge(request())

    await bank.aclose()


async def test_an_outage_ends_at_its_instant(bank: StripePayments, stripe: FakeStripe, clock: Clock) -> None:
    stripe.down_until(NOON + timedelta(hours=1))

    with pytest.raises(GatewayUnavailable):
        await bank.charge(request())

    clock.pass_time(hours=1)
    assert isinstance(await bank.charge(request()), Charged)


async def test_a_provider_that_is_away_once_has_done_nothing(bank: StripePayments) -> None:
    ask = request(method="pm_card_unavailableOnce")

    with pytest.raises(GatewayUnavailable):
        await bank.charge(ask)

    assert await bank.find(attempt(PaymentKind.CHARGE, method=ask.method)) is None
    assert isinstance(await bank.charge(ask), Charged)


async def test_the_slow_card_loses_each_answer_once(bank: StripePayments, stripe: FakeStripe) -> None:
    ask = request("a", "pm_card_timeoutAfterCharge")
    with pytest.raises(OutcomeUnknown):
        await bank.authorise(ask)
    held = await authorised(bank, ask.method)

    with pytest.raises(OutcomeUnknown):
        await bank.capture("c", held.reference, PRICE, NOON)

    found = await bank.find(attempt(PaymentKind.CAPTURE, "c", reference=held.reference))
    assert await bank.capture("c", held.reference, PRICE, NOON) == found
    assert stripe.balance("100") == 4_999


def test_a_fault_of_an_unknown_operation_is_a_mistake(stripe: FakeStripe) -> None:
    with pytest.raises(ValueError, match="no such operation: pay"):
        stripe.fail("pay", 1)
