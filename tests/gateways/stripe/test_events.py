"""What Stripe tells by itself, and how we know that it is Stripe."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from stripe import WebhookSignature

from domain.payment import OutsideEvent, OutsideKind
from gateways.errors import BadSignature
from gateways.stripe_events import read_event
from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import WEBHOOK_SECRET, FakeStripe
from tests.gateways.stripe.samples import CENT, NOON, PRICE, charged


async def test_a_dispute_names_its_payment(bank: StripePayments, stripe: FakeStripe) -> None:
    charge = await charged(bank)
    dispute = await stripe.dispute(charge.reference)

    event = read_event(*await stripe.event("charge.dispute.created", dispute), WEBHOOK_SECRET)

    assert event is not None
    assert event == OutsideEvent(
        event_id=event.event_id,
        kind=OutsideKind.DISPUTE,
        order_id=None,
        key=None,
        reference=dispute["id"],
        payment=charge.reference,
        amount=PRICE,
        at=NOON,
    )


async def test_a_refund_of_the_dashboard_is_told_once_when_it_is_made(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    charge = await charged(bank)
    refund = await stripe.refund_in_dashboard(charge.reference, 1)

    told = {
        kind: read_event(*await stripe.event(kind, refund), WEBHOOK_SECRET)
        for kind in ("refund.created", "refund.updated", "charge.refund.updated")
    }

    event = told.pop("refund.created")
    assert event is not None
    assert (event.kind, event.reference, event.key) == (OutsideKind.REFUND, refund["id"], None)
    assert (event.payment, event.amount) == (charge.reference, CENT)
    assert list(told.values()) == [None, None]


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "charge.refund.updated"])
async def test_a_refund_of_ours_is_no_news(bank: StripePayments, stripe: FakeStripe, kind: str) -> None:
    charge = await charged(bank)
    refund = await bank.refund("r", charge.reference, CENT, NOON)

    body = stripe.stripe.refunds[refund.reference]

    assert read_event(*await stripe.event(kind, body), WEBHOOK_SECRET) is None


@pytest.mark.parametrize("kind", ["refund.failed", "refund.updated", "charge.refund.updated"])
async def test_a_refund_that_came_back_is_news_with_its_key(
    bank: StripePayments, stripe: FakeStripe, kind: str
) -> None:
    charge = await charged(bank)
    refund = await bank.refund("r", charge.reference, CENT, NOON)
    body = await stripe.fail_refund(refund.reference)

    event = read_event(*await stripe.event(kind, body), WEBHOOK_SECRET)

    assert event is not None
    assert (event.kind, event.key, event.reference) == (OutsideKind.REFUND_FAILED, "r", refund.reference)


async def test_other_events_are_no_concern_of_ours(stripe: FakeStripe) -> None:
    assert read_event(*await stripe.event("customer.created", {"id": "cus_1"}), WEBHOOK_SECRET) is None


async def signed(stripe: FakeStripe, age: timedelta = timedelta()) -> tuple[bytes, str]:
    return await stripe.event("customer.created", {"id": "cus_1"}, datetime.now(UTC) - age)


async def test_an_old_signature_is_refused(stripe: FakeStripe) -> None:
    fresh = await signed(stripe, timedelta(minutes=4))
    old = await signed(stripe, timedelta(minutes=6))

    assert read_event(*fresh, WEBHOOK_SECRET) is None
    with pytest.raises(BadSignature):
        read_event(*old, WEBHOOK_SECRET)


@pytest.mark.parametrize("signature", ["", "nonsense", "t=1,v1=abc", "t=1767225600,v1=é", "v1=abc"])
async def test_a_bad_signature_is_refused(stripe: FakeStripe, signature: str) -> None:
    payload, _ = await signed(stripe)

    with pytest.raises(BadSignature):
        read_event(payload, signature, WEBHOOK_SECRET)


async def test_another_secret_or_another_body_is_refused(stripe: FakeStripe) -> None:
    payload, signature = await signed(stripe)

    with pytest.raises(BadSignature):
        read_event(payload, signature, "whsec_of_somebody_else")
    with pytest.raises(BadSignature):
        read_event(payload + b" ", signature, WEBHOOK_SECRET)
    with pytest.raises(BadSignature):
        read_event(payload, signature, "")


@pytest.mark.parametrize("payload", [b"\xff", b"no json", json.dumps([1]).encode()])
def test_what_is_no_event_is_refused_whoever_signed_it(payload: bytes) -> None:
    header = stripe_signature(payload)

    with pytest.raises(BadSignature):
        read_event(payload, header, WEBHOOK_SECRET)


def stripe_signature(payload: bytes) -> str:
    text = payload.decode("latin-1")
    header: str = WebhookSignature.generate_signature_header(text, WEBHOOK_SECRET)
    return header
