"""Money that is set aside, taken, let go and given back; each call once by its key."""

from datetime import timedelta

import httpx
import pytest

from domain.money import Money
from domain.payment import PaymentKind
from gateways.payment import Authorised, Captured, Charged, PaymentProvider, Refunded, Voided
from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import API_KEY, FakeStripe
from tests.gateways.stripe.samples import (
    CENT,
    NOON,
    PRICE,
    Clock,
    attempt,
    authorised,
    charged,
    refused,
    request,
)


def test_stripe_is_a_payment_provider(bank: StripePayments) -> None:
    provider: PaymentProvider = bank

    assert provider is bank


async def test_a_charge_takes_the_money_at_once(bank: StripePayments, stripe: FakeStripe) -> None:
    charge = await bank.charge(request())

    assert isinstance(charge, Charged)
    assert charge == Charged(key="100/1/charge/1", reference=charge.reference, amount=PRICE, at=NOON)
    assert charge.reference.startswith("pi_")
    assert stripe.balance("100") == 4_999


async def test_an_authorisation_takes_nothing_until_it_is_captured(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    held = await authorised(bank)
    before = stripe.balance("100")
    clock.pass_time(hours=1)

    captured = await bank.capture("c", held.reference, PRICE, NOON)

    assert held == Authorised(
        key="a", reference=held.reference, amount=PRICE, expires_at=NOON + timedelta(days=7)
    )
    assert captured == Captured(key="c", reference=held.reference, amount=PRICE, at=clock.time)
    assert (before, stripe.balance("100")) == (0, 4_999)


async def test_a_card_that_names_no_end_has_an_authorisation_without_one(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    held = await authorised(bank)
    stripe.stripe.intents[held.reference].capture_before = None

    found = await bank.find(attempt(PaymentKind.AUTHORISE, "a"))

    assert isinstance(found, Authorised)
    assert found.expires_at is None


async def test_a_saved_method_is_used_with_its_customer(bank: StripePayments, stripe: FakeStripe) -> None:
    stripe.save_method("pm_of_maria", "cus_maria")

    charge = await charged(bank, "pm_of_maria")

    assert stripe.stripe.intents[charge.reference].customer == "cus_maria"


async def test_the_same_call_again_gets_the_first_result(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    held, charge = await authorised(bank), await charged(bank)
    captured = await bank.capture("c", held.reference, PRICE, NOON)
    refunded = await bank.refund("r", charge.reference, CENT, NOON)
    clock.pass_time(hours=3)

    later = request().model_copy(update={"at": clock.time})

    assert await bank.charge(later) == charge
    assert await authorised(bank) == held
    assert await bank.capture("c", held.reference, PRICE, clock.time) == captured
    assert await bank.refund("r", charge.reference, CENT, clock.time) == refunded
    assert len(stripe.books()) == 4


async def test_stripe_says_when_an_answer_is_an_old_one(stripe: FakeStripe, url: str) -> None:
    form = {"capture_method": "manual", "amount": "1", "currency": "usd", "payment_method": "pm_card_visa"}
    headers = {"authorization": f"Bearer {API_KEY}", "idempotency-key": "k"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        first = await client.post("/v1/payment_intents", data=form)
        again = await client.post("/v1/payment_intents", data=form)

    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_stripe_forgets_keys_after_a_day(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    await charged(bank)
    clock.pass_time(hours=24)

    await charged(bank)

    assert stripe.balance("100") == 2 * 4_999


async def test_the_same_key_with_another_body_is_refused(bank: StripePayments, stripe: FakeStripe) -> None:
    held = await authorised(bank)
    await bank.capture("c", held.reference, PRICE, NOON)

    assert await refused(bank.charge(request("c"))) == "idempotency_conflict"
    assert await refused(bank.capture("c", held.reference, CENT, NOON)) == "idempotency_conflict"
    assert await refused(bank.authorise(request("a", amount=CENT))) == "idempotency_conflict"
    assert stripe.balance("100") == 4_999


async def test_refunds_are_partial_and_have_references_of_their_own(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    charge = await charged(bank)

    first = await bank.refund("r1", charge.reference, CENT, NOON)
    second = await bank.refund("r2", charge.reference, CENT, NOON)

    assert first == Refunded(key="r1", reference=first.reference, amount=CENT, at=NOON)
    assert first.reference.startswith("re_")
    assert first.reference != second.reference
    assert stripe.balance("100") == 4_997


async def test_an_authorisation_can_be_voided_twice_and_after_expiry(
    bank: StripePayments, clock: Clock
) -> None:
    held, other = await authorised(bank), await authorised(bank, key="b")

    voided = await bank.void("v1", held.reference, NOON)
    again = await bank.void("v2", held.reference, NOON)
    clock.pass_time(days=7)
    expired = await bank.void("v3", other.reference, clock.time)

    assert voided == Voided(key="v1", reference=held.reference)
    assert again == Voided(key="v2", reference=held.reference)
    assert expired == Voided(key="v3", reference=other.reference)


@pytest.mark.parametrize(("currency", "minor", "at_stripe"), [("JPY", 500, 500), ("ISK", 500, 50_000)])
async def test_currencies_without_decimals_keep_their_amount(
    bank: StripePayments, stripe: FakeStripe, currency: str, minor: int, at_stripe: int
) -> None:
    amount = Money(minor=minor, currency=currency)

    charge = await bank.charge(request(amount=amount))

    assert isinstance(charge, Charged)
    assert charge.amount == amount
    assert (await bank.refund("r", charge.reference, amount, NOON)).amount == amount
    intent = stripe.stripe.intents[charge.reference]
    assert (intent.amount, intent.currency) == (at_stripe, currency.lower())
