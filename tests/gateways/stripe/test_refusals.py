"""What the bank declines, and what Stripe refuses for good."""

import pytest

from domain.money import Money
from domain.payment import PaymentKind
from gateways.payment import Declined, Voided
from gateways.stripe_errors import declined
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


@pytest.mark.parametrize(
    ("method", "code", "final"),
    [
        ("pm_card_chargeDeclined", "generic_decline", False),
        ("pm_card_insufficient_funds", "insufficient_funds", False),
        ("pm_card_stolen", "stolen_card", True),
        ("pm_card_authenticationRequired", "authentication_required", False),
    ],
)
async def test_a_declined_card_is_an_answer_and_takes_nothing(
    bank: StripePayments, stripe: FakeStripe, method: str, code: str, final: bool
) -> None:
    for pay, kind in ((bank.charge, PaymentKind.CHARGE), (bank.authorise, PaymentKind.AUTHORISE)):
        answer = await pay(request(kind, method))

        assert isinstance(answer, Declined)
        assert (answer.key, answer.code, answer.final) == (kind, code, final)
        assert await pay(request(kind, method)) == answer
        assert await bank.find(attempt(kind, kind, method)) == answer
    assert stripe.balance("100") == 0
    assert [entry.state for entry in stripe.books("100")] == ["declined", "declined"]


async def test_an_unknown_method_is_declined_for_good(bank: StripePayments, stripe: FakeStripe) -> None:
    answer = await bank.charge(request(method="tok_visa"))

    assert isinstance(answer, Declined)
    assert (answer.code, answer.final) == ("unknown_method", True)
    assert await bank.charge(request(method="tok_visa")) == answer
    assert await bank.find(attempt(PaymentKind.CHARGE, method="tok_visa")) is None
    assert [entry.state for entry in stripe.books("100")] == ["declined"]


async def test_a_method_that_may_not_be_used_again_is_declined_for_good(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    stripe.answer("charge", 400, "payment_method_unexpected_state", param="payment_method")

    answer = await bank.charge(request())

    assert isinstance(answer, Declined)
    assert (answer.code, answer.final) == ("payment_method_unexpected_state", True)


@pytest.mark.parametrize(
    ("code", "decline_code", "advice", "expected"),
    [
        ("card_declined", "do_not_honor", None, ("do_not_honor", False)),
        ("card_declined", "do_not_honor", "do_not_try_again", ("do_not_honor", True)),
        ("card_declined", "lost_card", "try_again_later", ("lost_card", True)),
        ("expired_card", None, None, ("expired_card", True)),
        ("authentication_required", "do_not_honor", None, ("authentication_required", False)),
        ("authentication_required", None, "do_not_try_again", ("authentication_required", False)),
        (None, None, None, ("declined", False)),
    ],
)
def test_the_networks_advice_and_the_code_decide_whether_a_decline_is_final(
    code: str | None, decline_code: str | None, advice: str | None, expected: tuple[str, bool]
) -> None:
    answer = declined("k", code, decline_code, advice)

    assert (answer.code, answer.final) == expected


@pytest.mark.parametrize("status", ["requires_action", "requires_confirmation"])
async def test_a_payment_that_waits_for_the_customer_asks_for_authentication(
    bank: StripePayments, stripe: FakeStripe, status: str
) -> None:
    held = await authorised(bank)
    stripe.stripe.intents[held.reference].status = status

    answer = await bank.find(attempt(PaymentKind.AUTHORISE, "a"))

    assert isinstance(answer, Declined)
    assert (answer.code, answer.final) == ("authentication_required", False)


@pytest.mark.parametrize(
    ("amount", "code"),
    [(PRICE + CENT, "amount_too_large"), (Money(minor=0, currency="USD"), "invalid_amount")],
)
async def test_a_capture_stays_within_the_authorisation(
    bank: StripePayments, stripe: FakeStripe, amount: Money, code: str
) -> None:
    held = await authorised(bank)

    assert await refused(bank.capture("c", held.reference, amount, NOON)) == code
    assert stripe.balance("100") == 0


async def test_an_authorisation_is_captured_once(bank: StripePayments, stripe: FakeStripe) -> None:
    held = await authorised(bank)
    await bank.capture("c1", held.reference, CENT, NOON)

    assert await refused(bank.capture("c2", held.reference, CENT, NOON)) == "already_captured"
    assert stripe.balance("100") == 1


async def test_an_expired_authorisation_is_not_captured(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    held = await authorised(bank, "pm_card_expiresSoon")
    clock.pass_time(minutes=1)

    code = await refused(bank.capture("c", held.reference, PRICE, clock.time))

    assert held.expires_at == clock.time
    assert code == "authorization_expired"
    assert await bank.find(attempt(PaymentKind.CAPTURE, "c", reference=held.reference)) is None
    assert stripe.balance("100") == 0


async def test_a_voided_authorisation_is_not_captured(bank: StripePayments) -> None:
    held = await authorised(bank)
    await bank.void("v", held.reference, NOON)

    assert await refused(bank.capture("c", held.reference, PRICE, NOON)) == "authorization_voided"


async def test_a_capture_can_fail_for_good(bank: StripePayments) -> None:
    held = await authorised(bank, "pm_card_captureFails")

    assert await refused(bank.capture("c", held.reference, PRICE, NOON)) == "capture_failed"


async def test_a_declined_authorisation_is_neither_captured_nor_refunded(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    await bank.authorise(request("a", "pm_card_chargeDeclined"))
    reference = stripe.books()[0].reference

    assert await refused(bank.capture("c", reference, PRICE, NOON)) == "payment_intent_unexpected_state"
    assert await refused(bank.refund("r", reference, PRICE, NOON)) == "not_captured"


async def test_what_was_taken_cannot_be_voided(bank: StripePayments) -> None:
    held, charge = await authorised(bank), await charged(bank)
    await bank.capture("c", held.reference, PRICE, NOON)

    assert await refused(bank.void("v1", held.reference, NOON)) == "already_captured"
    assert await refused(bank.void("v2", charge.reference, NOON)) == "already_captured"


async def test_refunds_never_exceed_what_was_taken(bank: StripePayments, stripe: FakeStripe) -> None:
    held = await authorised(bank)
    early = await refused(bank.refund("r1", held.reference, CENT, NOON))
    await bank.capture("c", held.reference, CENT, NOON)

    assert early == "not_captured"
    assert await refused(bank.refund("r2", held.reference, CENT + CENT, NOON)) == "refund_exceeds_charge"
    await bank.refund("r3", held.reference, CENT, NOON)
    assert await refused(bank.refund("r4", held.reference, CENT, NOON)) == "refund_exceeds_charge"
    assert stripe.balance("100") == 0


async def test_unknown_references_are_refused(bank: StripePayments) -> None:
    assert await refused(bank.capture("c", "pi_none", CENT, NOON)) == "unknown_reference"
    assert await refused(bank.void("v", "pi_none", NOON)) == "unknown_reference"
    assert await refused(bank.refund("r", "pi_none", CENT, NOON)) == "unknown_reference"


async def test_what_we_asked_wrongly_is_refused_by_stripes_own_code(bank: StripePayments) -> None:
    assert await refused(bank.charge(request(amount=Money(minor=0, currency="USD")))) == "invalid_amount"


@pytest.mark.parametrize(
    ("operation", "theirs", "ours"),
    [
        ("capture", "charge_expired_for_capture", "authorization_expired"),
        ("capture", "capture_charge_authorization_expired", "authorization_expired"),
        ("capture", "charge_already_captured", "already_captured"),
        ("capture", "capture_unauthorized_payment", "capture_failed"),
        ("refund", "charge_disputed", "charge_disputed"),
        ("refund", "amount_too_large", "refund_exceeds_charge"),
        ("refund", "payment_intent_unexpected_state", "not_captured"),
        ("refund", "", "refused"),
    ],
)
async def test_stripes_codes_become_ours_where_there_is_an_equal(
    bank: StripePayments, stripe: FakeStripe, operation: str, theirs: str, ours: str
) -> None:
    held = await authorised(bank)
    stripe.answer(operation, 400, theirs)
    calls = {"capture": bank.capture, "refund": bank.refund}

    assert await refused(calls[operation]("k", held.reference, PRICE, NOON)) == ours


async def test_a_void_that_stripe_refuses_for_another_reason_is_refused(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    held = await authorised(bank)
    stripe.answer("void", 400, "intent_invalid_state")

    assert await refused(bank.void("v1", held.reference, NOON)) == "intent_invalid_state"
    assert isinstance(await bank.void("v2", held.reference, NOON), Voided)
