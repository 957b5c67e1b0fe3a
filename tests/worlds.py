"""The outside world of a shop that uses real providers: theirs over HTTP, on loopback."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from domain.order import Address
from gateways.easypost_carrier import EasyPostCarrier
from gateways.stripe_payment import StripePayments
from tests.fakes import easypost_server, stripe_server
from tests.fakes.easypost_server import FakeEasyPost
from tests.fakes.stripe_server import FakeStripe
from tests.shop import Clock, Outside

WAREHOUSE = Address(
    name="The Widget Shop", street="1 Dock Road", city="Salem", region="OR", postal_code="97301", country="US"
)


@asynccontextmanager
async def providers(_folder: Path, clock: Clock) -> AsyncIterator[Outside]:
    """Stripe and EasyPost, which tell the time by this clock."""
    bank, books = FakeStripe(clock), FakeEasyPost(clock)
    async with (
        bank.serving() as stripe,
        books.serving() as easypost,
        aclosing(StripePayments(stripe_server.API_KEY, stripe)) as payments,
    ):
        carrier = EasyPostCarrier(easypost_server.API_KEY, WAREHOUSE, easypost)
        yield Outside(payments, bank, carrier, books)
