from collections.abc import AsyncIterator

import pytest

from gateways.easypost_carrier import EasyPostCarrier
from tests.fakes.easypost_server import API_KEY, FakeEasyPost
from tests.gateways.easypost.samples import WAREHOUSE, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def easypost(clock: Clock) -> FakeEasyPost:
    return FakeEasyPost(clock)


@pytest.fixture
async def url(easypost: FakeEasyPost) -> AsyncIterator[str]:
    async with easypost.serving() as url:
        yield url


@pytest.fixture
def carrier(url: str) -> EasyPostCarrier:
    return EasyPostCarrier(API_KEY, WAREHOUSE, url)
