"""So many calls a second, in the order of asking; who would wait too long is sent away."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateways.errors import GatewayUnavailable
from gateways.pace import PATIENCE_SECONDS, Pace, Paced, paced
from tests.fakes.easypost_server import API_KEY as EASYPOST_KEY
from tests.fakes.easypost_server import FakeEasyPost
from tests.fakes.stripe_server import API_KEY as STRIPE_KEY
from tests.fakes.stripe_server import FakeStripe
from tests.gateways.easypost.samples import WAREHOUSE
from worker import gateways
from worker.settings import BadSetting, Settings

EPOCH = datetime.fromtimestamp(0, UTC)


class Counted:
    """A gateway that remembers who asked."""

    gateway = "payment"

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def charge(self, number: int) -> int:
        self.asked.append(number)
        return number * 2


async def test_calls_come_one_after_another_in_the_order_of_asking() -> None:
    gateway = Counted()
    calls = Paced(gateway, Pace(100))
    began = asyncio.get_running_loop().time()

    answers = await asyncio.gather(*(calls.charge(number) for number in range(11)))

    assert asyncio.get_running_loop().time() - began >= 0.1
    assert gateway.asked == list(range(11))
    assert answers == [number * 2 for number in range(11)]


async def test_who_would_wait_too_long_is_sent_away_and_nothing_was_sent() -> None:
    gateway = Counted()
    calls = Paced(gateway, Pace(1 / (PATIENCE_SECONDS + 1), clock=lambda: 100.0))
    await calls.charge(1)

    with pytest.raises(GatewayUnavailable, match="too many calls at once"):
        await calls.charge(2)

    assert gateway.asked == [1]


def test_without_a_rate_the_gateway_is_itself() -> None:
    gateway = Counted()

    assert paced(gateway, None) is gateway


async def test_the_real_providers_are_asked_at_that_pace_and_named_when_too_many_ask(tmp_path: Path) -> None:
    stripe, easypost = FakeStripe(), FakeEasyPost()
    async with stripe.serving() as bank, easypost.serving() as depot:
        settings = Settings(
            data_dir=tmp_path,
            gateway_rate=1 / (PATIENCE_SECONDS + 1),
            payment="stripe",
            stripe_api_key=SecretStr(STRIPE_KEY),
            stripe_api_base=bank,
            carrier="easypost",
            easypost_api_key=SecretStr(EASYPOST_KEY),
            easypost_api_base=depot,
            ship_from=WAREHOUSE,
        )
        async with gateways.payments(settings) as payments, gateways.carrier(settings) as carrier:
            answers = await payments.entries(EPOCH, EPOCH), await carrier.find("nothing")
            with pytest.raises(GatewayUnavailable, match="stripe: "):
                await payments.entries(EPOCH, EPOCH)
            with pytest.raises(GatewayUnavailable, match="easypost: "):
                await carrier.find("nothing")

    assert answers == ([], None)


async def test_the_setting_paces_payment_and_carrier(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, gateway_rate=5)

    async with gateways.payments(settings) as payments, gateways.carrier(settings) as carrier:
        assert isinstance(payments, Paced)
        assert isinstance(carrier, Paced)


@pytest.mark.parametrize("rate", ["0", "-1", "many"])
def test_a_rate_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, rate: str) -> None:
    monkeypatch.setenv("BACKORDER_GATEWAY_RATE", rate)

    with pytest.raises(BadSetting, match=r"^BACKORDER_GATEWAY_RATE: "):
        Settings.load()
