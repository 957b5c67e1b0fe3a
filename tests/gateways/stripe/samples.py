"""What the tests of the Stripe gateway ask for, and how."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest

from domain.money import Money
from domain.payment import Attempt, PaymentKind
from gateways.errors import PermanentRefusal
from gateways.payment import Authorised, Charged, PaymentRequest
from gateways.stripe_payment import StripePayments

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRICE = Money(minor=4_999, currency="USD")
CENT = Money(minor=1, currency="USD")


class Clock:
    """Stands still until it is moved on; whoever asks waits for `delay` seconds."""

    def __init__(self) -> None:
        self.time = NOON
        self.delay = 0.0

    async def __call__(self) -> datetime:
        await asyncio.sleep(self.delay)
        return self.time

    def pass_time(self, **period: float) -> None:
        self.time += timedelta(**period)


def request(
    key: str = "100/1/charge/1", method: str = "pm_card_visa", amount: Money = PRICE
) -> PaymentRequest:
    return PaymentRequest(key=key, order_id="100", amount=amount, method=method, at=NOON)


def attempt(
    kind: PaymentKind,
    key: str = "100/1/charge/1",
    method: str = "pm_card_visa",
    reference: str | None = None,
) -> Attempt:
    return Attempt(
        key=key,
        order_id="100",
        parcel=1,
        kind=kind,
        amount_minor=PRICE.minor,
        currency=PRICE.currency,
        method=method,
        reference=reference,
    )


async def authorised(bank: StripePayments, method: str = "pm_card_visa", key: str = "a") -> Authorised:
    answer = await bank.authorise(request(key, method))
    assert isinstance(answer, Authorised)
    return answer


async def charged(bank: StripePayments, method: str = "pm_card_visa", key: str = "100/1/charge/1") -> Charged:
    answer = await bank.charge(request(key, method))
    assert isinstance(answer, Charged)
    return answer


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(PermanentRefusal) as refusal:
        await call
    return refusal.value.code
