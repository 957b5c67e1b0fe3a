"""What became of a call, looked up without doing anything."""

import pytest

from domain.payment import PaymentKind
from gateways.errors import OutcomeUnknown
from gateways.payment import Authorised, Captured, Charged, Declined, Refunded, Voided
from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import FakeStripe
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


async def test_what_never_happened_is_not_found(bank: StripePayments) -> None:
    held = await authorised(bank)

    for kind in (PaymentKind.AUTHORISE, PaymentKind.CHARGE):
        assert await bank.find(attempt(kind, "k")) is None
    for kind in (PaymentKind.CAPTURE, PaymentKind.VOID, PaymentKind.REFUND):
        assert await bank.find(attempt(kind, "k")) is None
        assert await bank.find(attempt(kind, "k", reference=held.reference)) is None
    assert await bank.find(attempt(PaymentKind.VOID, "k", reference="pi_none")) is None


async def test_what_was_answered_is_found_the_same(bank: StripePayments) -> None:
    held, charge = await authorised(bank), await charged(bank)
    captured = await bank.capture("c", held.reference, CENT, NOON)
    refunded = await bank.refund("r", charge.reference, CENT, NOON)

    assert await bank.find(attempt(PaymentKind.AUTHORISE, "a")) == held
    assert await bank.find(attempt(PaymentKind.CHARGE)) == charge
    assert await bank.find(attempt(PaymentKind.CAPTURE, "c", reference=held.reference)) == captured
    assert await bank.find(attempt(PaymentKind.REFUND, "r", reference=charge.reference)) == refunded
    assert isinstance(captured, Captured)
    assert isinstance(refunded, Refunded)


async def test_a_void_is_found_whoever_did_it(bank: StripePayments, clock: Clock) -> None:
    held, other = await authorised(bank), await authorised(bank, key="b")
    voided = await bank.void("v", held.reference, NOON)
    clock.pass_time(days=8)

    assert await bank.find(attempt(PaymentKind.VOID, "v", reference=held.reference)) == voided
    expired = await bank.find(attempt(PaymentKind.VOID, "w", reference=other.reference))
    assert expired == Voided(key="w", reference=other.reference)


async def test_an_authorisation_that_is_gone_is_found_as_expired(bank: StripePayments, clock: Clock) -> None:
    held = await authorised(bank)
    clock.pass_time(hours=2)
    await bank.void("v", held.reference, clock.time)

    found = await bank.find(attempt(PaymentKind.AUTHORISE, "a"))

    assert isinstance(found, Authorised)
    assert found.expires_at == clock.time


async def test_a_payment_that_was_given_up_before_it_was_made_is_declined(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    await bank.charge(request(method="pm_card_chargeDeclined"))
    intent = stripe.stripe.intents[stripe.books()[0].reference]
    intent.status = "canceled"

    found = await bank.find(attempt(PaymentKind.CHARGE))

    assert isinstance(found, Declined)
    assert found.code == "generic_decline"


async def test_a_payment_that_was_given_up_without_a_charge_is_declined(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    held = await authorised(bank)
    intent = stripe.stripe.intents[held.reference]
    intent.status, intent.charge_id = "canceled", None

    found = await bank.find(attempt(PaymentKind.AUTHORISE, "a"))

    assert isinstance(found, Declined)
    assert (found.code, found.final) == ("canceled", False)


async def test_a_capture_whose_money_is_not_booked_yet_has_the_payments_instant(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    held = await authorised(bank)
    clock.pass_time(hours=1)
    await bank.capture("c", held.reference, PRICE, clock.time)
    stripe.stripe.intents[held.reference].moved = None

    found = await bank.find(attempt(PaymentKind.CAPTURE, "c", reference=held.reference))

    assert found == Captured(key="c", reference=held.reference, amount=PRICE, at=NOON)


async def test_a_lookup_that_stripe_refuses_is_no_answer(bank: StripePayments, stripe: FakeStripe) -> None:
    stripe.answer("find", 400, "search_unavailable")

    assert await refused(bank.find(attempt(PaymentKind.CHARGE))) == "search_unavailable"


async def test_among_many_refunds_the_one_of_this_key_is_found(bank: StripePayments) -> None:
    charge = await charged(bank)
    refunds = [await bank.refund(f"r{number}", charge.reference, CENT, NOON) for number in range(3)]

    for refund in refunds:
        assert await bank.find(attempt(PaymentKind.REFUND, refund.key, reference=charge.reference)) == refund


async def test_a_payment_that_is_still_being_made_has_no_outcome(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    charge = await charged(bank)
    stripe.stripe.intents[charge.reference].status = "processing"

    with pytest.raises(OutcomeUnknown, match="processing"):
        await bank.find(attempt(PaymentKind.CHARGE))


async def test_a_refund_that_came_back_is_no_success(bank: StripePayments, stripe: FakeStripe) -> None:
    charge = await charged(bank)
    refund = await bank.refund("r", charge.reference, PRICE, NOON)

    await stripe.fail_refund(refund.reference)

    code = await refused(bank.find(attempt(PaymentKind.REFUND, "r", reference=charge.reference)))
    assert code == "refund_failed"
    assert stripe.balance("100") == 4_999


async def test_a_customers_payment_is_found_among_the_customers_own(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    stripe.save_method("pm_of_maria", "cus_maria")
    charge = await charged(bank, "pm_of_maria")
    for number in range(3):
        await charged(bank, key=f"other {number}")

    assert await bank.find(attempt(PaymentKind.CHARGE, method="pm_of_maria")) == charge


async def test_a_payment_is_found_behind_a_hundred_others(bank: StripePayments) -> None:
    charge = await charged(bank)
    for number in range(120):
        await charged(bank, key=f"other {number}")

    assert await bank.find(attempt(PaymentKind.CHARGE)) == charge


async def test_an_old_payment_is_found_by_search(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    charge = await charged(bank)
    clock.pass_time(days=30)
    await charged(bank, key="newest")
    stripe.calls.clear()

    found = await bank.find(attempt(PaymentKind.CHARGE))

    assert found == charge
    assert stripe.calls == ["method", "find", "find"]


async def test_a_method_that_is_gone_does_not_hide_its_payment(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    stripe.save_method("pm_of_maria", "cus_maria")
    charge = await charged(bank, "pm_of_maria")
    stripe.save_method("pm_of_maria", "cus_of_somebody_else")
    clock.pass_time(minutes=5)

    found = await bank.find(attempt(PaymentKind.CHARGE, method="pm_of_maria"))

    assert isinstance(found, Charged)
    assert found == charge
