from datetime import datetime

import pytest

from gateways.easypost_carrier import EasyPostCarrier, reference
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from tests.fakes.easypost_books import Body, EasyPostBooks
from tests.fakes.easypost_server import API_KEY, FakeEasyPost
from tests.gateways.easypost.samples import FRIDAY, KEY, WAREHOUSE, buy, parcel


class BoughtMeanwhile(EasyPostBooks):
    """Somebody else is always a moment faster."""

    def buy(self, name: str, rate_id: str, now: datetime) -> Body:
        super().buy(name, rate_id, now)
        return super().buy(name, rate_id, now)


async def test_the_same_purchase_again_gets_the_first_label(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, url: str
) -> None:
    first = await buy(carrier)

    again = await buy(EasyPostCarrier(API_KEY, WAREHOUSE, url))

    assert again == first
    assert easypost.calls.count("buy") == 1


async def test_who_comes_second_gets_the_label_that_the_first_one_bought(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    easypost.books = BoughtMeanwhile()

    label = await buy(carrier)

    assert label == await carrier.find(KEY)
    assert len(easypost.labels("100")) == 1


class BoughtAndBusy(BoughtMeanwhile):
    """Then it wants no more calls for a while."""

    def __init__(self, easypost: FakeEasyPost) -> None:
        super().__init__()
        self._easypost = easypost

    def buy(self, name: str, rate_id: str, now: datetime) -> Body:
        self._easypost.fail("find", 1)
        return super().buy(name, rate_id, now)


async def test_a_label_that_somebody_bought_and_nobody_could_read_is_not_taken_for_missing(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    easypost.books = BoughtAndBusy(easypost)

    with pytest.raises(OutcomeUnknown):
        await buy(carrier)

    assert await carrier.find(KEY) is not None


async def test_a_label_with_a_lost_answer_is_found_by_its_key(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, url: str
) -> None:
    easypost.fail("buy", 1, acted=True)
    with pytest.raises(OutcomeUnknown):
        await buy(carrier)

    after_crash = EasyPostCarrier(API_KEY, WAREHOUSE, url)
    found = await after_crash.find(KEY)

    assert found is not None
    assert await buy(after_crash) == found
    assert [label.label_id for label in easypost.labels("100")] == [found.label_id]
    assert easypost.calls.count("buy") == 1


async def test_a_shipment_with_a_lost_answer_is_used_and_not_made_again(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    easypost.fail("rates", 1, acted=True)
    with pytest.raises(GatewayUnavailable):
        await carrier.rates(KEY, parcel(), FRIDAY)

    await buy(carrier)

    assert len(easypost.books.shipments) == 1


async def test_a_refund_with_a_lost_answer_is_asked_for_only_once(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    await buy(carrier)
    easypost.fail("void", 1, acted=True)
    with pytest.raises(OutcomeUnknown):
        await carrier.void(KEY, FRIDAY)

    await carrier.void(KEY, FRIDAY)

    assert easypost.calls.count("void") == 1
    assert easypost.labels("100")[0].voided


@pytest.mark.parametrize("order_id", ["100", "A.b_c-9", "1.2", "shp_1", "x" * 64])
async def test_any_order_id_makes_a_reference_that_can_be_looked_up(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, order_id: str
) -> None:
    key = f"{order_id}/1/label/1"

    label = await buy(carrier, key)

    assert await carrier.find(key) == label
    assert [label.key for label in easypost.labels(order_id)] == [key]


def test_references_differ_where_keys_do() -> None:
    keys = ["1.2/1/label/1", "1-2/1/label/1", "1_2/1/label/1", "1/2/label/1", "12/1/label/1", "12/1/label/11"]

    assert len({reference(key, version) for key in keys for version in (1, 2)}) == 2 * len(keys)
