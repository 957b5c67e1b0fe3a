"""Payment methods by Stripe Checkout: given for one order, taken once the session is finished, and for no other order."""

from collections.abc import AsyncIterator

import pytest

from gateways.errors import GatewayUnavailable
from gateways.payment import Authorised
from gateways.payment_page import NotChosen
from gateways.stripe_payment import StripePayments
from gateways.stripe_payment_page import StripePaymentPage
from tests.fakes.stripe_server import API_KEY, FakeStripe
from tests.gateways.stripe.samples import Clock, request

PAGE = "https://shop.example/o/token"


@pytest.fixture
async def cards(url: str) -> AsyncIterator[StripePaymentPage]:
    cards = StripePaymentPage(API_KEY, url)
    yield cards
    await cards.aclose()


async def opened(cards: StripePaymentPage, stripe: FakeStripe, order_id: str = "100") -> str:
    """The session that was opened for the order."""
    url = await cards.open(order_id, "USD", PAGE)
    session = next(reversed(stripe.stripe.checkout.sessions))
    assert url.endswith(session)
    return session


async def test_a_method_given_at_stripes_page_pays_the_order(
    cards: StripePaymentPage, bank: StripePayments, stripe: FakeStripe
) -> None:
    session = await opened(cards, stripe)

    back = stripe.finish_checkout(session, "pm_new")
    method = await cards.chosen("100", session)

    assert back == f"{PAGE}/card?ref={session}"
    assert method == "pm_new"
    assert isinstance(await bank.authorise(request(method=method)), Authorised)


async def test_it_is_given_for_its_own_order_alone(cards: StripePaymentPage, stripe: FakeStripe) -> None:
    session = await opened(cards, stripe, "100")
    stripe.finish_checkout(session, "pm_new")

    with pytest.raises(NotChosen):
        await cards.chosen("101", session)


@pytest.mark.parametrize(
    "reference", ["", "pm_card_visa", "cs_test_unknown", "../payment_intents", "cs_" + "x" * 300]
)
async def test_a_reference_that_is_made_up_gives_none(cards: StripePaymentPage, reference: str) -> None:
    with pytest.raises(NotChosen):
        await cards.chosen("100", reference)


async def test_a_session_that_is_not_finished_gives_none(
    cards: StripePaymentPage, stripe: FakeStripe, clock: Clock
) -> None:
    left, processing = await opened(cards, stripe), await opened(cards, stripe)
    stripe.finish_checkout(processing, "pm_slow", intent="processing")

    for hours, session in ((0, left), (0, processing), (25, left)):
        clock.pass_time(hours=hours)
        with pytest.raises(NotChosen):
            await cards.chosen("100", session)


async def test_stripe_out_of_reach_says_so(cards: StripePaymentPage, stripe: FakeStripe) -> None:
    stripe.fail("checkout", 2)

    with pytest.raises(GatewayUnavailable):
        await cards.open("100", "USD", PAGE)
