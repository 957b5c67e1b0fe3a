from collections.abc import AsyncIterator

import pytest

from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import API_KEY, FakeStripe
from tests.gateways.stripe.samples import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stripe(clock: Clock) -> FakeStripe:
    return FakeStripe(clock)


@pytest.fixture
async def url(stripe: FakeStripe) -> AsyncIterator[str]:
    async with stripe.serving() as url:
        yield url


@pytest.fixture
async def bank(url: str) -> AsyncIterator[StripePayments]:
    bank = StripePayments(API_KEY, url)
    yield bank
    await bank.aclose()
