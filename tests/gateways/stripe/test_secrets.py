"""Neither a failure nor a log tells keys, tokens or addresses."""

import logging
from collections.abc import Iterator

import pytest

from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.quiet import LEVELS, quiet
from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import API_KEY, FakeStripe
from tests.gateways.stripe.samples import NOON, PRICE, authorised, request


async def failures(bank: StripePayments, stripe: FakeStripe) -> list[GatewayError]:
    """One of each: unavailable, unknown, refused."""
    seen: list[GatewayError] = []
    for status, code in ((429, "rate_limit"), (500, ""), (400, "parameter_unknown")):
        stripe.answer("charge", status, code)
        with pytest.raises(GatewayError) as failure:
            await bank.charge(request())
        seen.append(failure.value)
    return seen


async def test_a_failure_says_nothing_of_stripes_words_nor_hangs_on_to_them(
    bank: StripePayments, stripe: FakeStripe, url: str
) -> None:
    told = await failures(bank, stripe)

    assert [type(error) for error in told] == [GatewayUnavailable, OutcomeUnknown, PermanentRefusal]
    for error in told:
        assert error.__cause__ is error.__context__ is None
        assert not any(word in str(error) for word in (API_KEY, "pm_", "Words of Stripe", url))


@pytest.fixture
def levels() -> Iterator[None]:
    """The libraries' levels as they were, afterwards."""
    before = {name: logging.getLogger(name).level for name in LEVELS}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def logged(bank: StripePayments, stripe: FakeStripe, caplog: pytest.LogCaptureFixture) -> str:
    """All that is logged at DEBUG when money is taken and when it is not; the server's own log apart."""
    caplog.set_level(logging.DEBUG)
    held = await authorised(bank)
    await bank.capture("c", held.reference, PRICE, NOON)
    await failures(bank, stripe)
    return "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("uvicorn"))


@pytest.mark.usefixtures("levels")
async def test_once_quiet_the_libraries_log_neither_key_nor_token_nor_address(
    bank: StripePayments, stripe: FakeStripe, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    quiet()

    text = await logged(bank, stripe, caplog)

    assert not [one for one in caplog.records if one.name.split(".")[0] in LEVELS]
    assert not any(word in text for word in (API_KEY, "pm_card_visa", "pi_0", url))


async def test_unless_quiet_the_libraries_log_all_of_it(
    bank: StripePayments, stripe: FakeStripe, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = await logged(bank, stripe, caplog)

    assert all(word in text for word in ("pm_card_visa", "pi_0", url))
