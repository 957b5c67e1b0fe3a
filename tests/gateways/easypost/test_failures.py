import logging
import socket
from datetime import datetime, timedelta

import httpx
import pytest
from easypost.errors.api.timeout_error import TimeoutError as SdkTimeoutError
from requests import ConnectTimeout, ReadTimeout
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ReadTimeoutError

from activities.shipping import PURCHASE_SECONDS
from gateways.easypost_carrier import TIMEOUT_SECONDS, EasyPostCarrier
from gateways.easypost_errors import BEGUN_WITHIN_SECONDS, calling
from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.pace import PATIENCE_SECONDS
from tests.fakes.easypost_books import Body, EasyPostBooks
from tests.fakes.easypost_server import API_KEY, FakeEasyPost
from tests.gateways.easypost.samples import FRIDAY, KEY, WAREHOUSE, Clock, buy, parcel, ready

POOL = HTTPConnectionPool("easypost.example")


@pytest.mark.parametrize("operation", ["rates", "buy", "find", "void", "track"])
async def test_every_operation_can_fail_before_acting(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, operation: str
) -> None:
    call = await ready(carrier, operation)
    easypost.fail(operation, 1)

    with pytest.raises(GatewayUnavailable, match="rate limited"):
        await call()

    await call()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "UNAUTHORIZED", GatewayUnavailable),
        (402, "PAYMENT_REQUIRED", GatewayUnavailable),
        (403, "FORBIDDEN", GatewayUnavailable),
        (408, "REQUEST_TIMEOUT", OutcomeUnknown),
        (422, "SHIPMENT.POSTAGE.FAILURE", PermanentRefusal),
        (422, "SHIPMENT.POSTAGE.TIMED_OUT", OutcomeUnknown),
        (500, "INTERNAL_SERVER_ERROR", OutcomeUnknown),
        (503, "SERVICE_UNAVAILABLE", OutcomeUnknown),
        (502, "", OutcomeUnknown),
        (422, "a code with an Address", PermanentRefusal),
    ],
)
async def test_a_purchase_fails_in_three_ways(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, status: int, code: str, kind: type[GatewayError]
) -> None:
    call = await ready(carrier, "buy")
    easypost.answer("buy", status, code)

    with pytest.raises(kind) as failed:
        await call()

    assert "Address" not in str(failed.value)
    assert failed.value.__suppress_context__


@pytest.mark.parametrize(
    ("status", "code"),
    [(408, "REQUEST_TIMEOUT"), (500, "INTERNAL_SERVER_ERROR"), (502, ""), (504, "TIMEOUT")],
)
@pytest.mark.parametrize("operation", ["rates", "find", "track"])
async def test_a_question_that_was_not_answered_may_be_asked_again(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, operation: str, status: int, code: str
) -> None:
    call = await ready(carrier, operation)
    easypost.answer(operation, status, code)

    with pytest.raises(GatewayUnavailable):
        await call()

    await call()


class Garbled(EasyPostBooks):
    """A server that sells labels without their numbers."""

    def buy(self, name: str, rate_id: str, now: datetime) -> Body:
        return super().buy(name, rate_id, now) | {"tracking_code": None}


async def test_an_answer_that_cannot_be_read_leaves_a_purchase_open_and_shows_nothing(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    easypost.books = Garbled()
    with pytest.raises(OutcomeUnknown, match=r"\(unreadable answer\)$"):
        await buy(carrier)

    (shipment,) = easypost.books.shipments.values()
    shipment["to_address"]["street1"] = ["1 Main St"]

    with pytest.raises(GatewayUnavailable, match=r"\(unreadable answer\)$"):
        await carrier.find(KEY)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ConnectTimeout(MaxRetryError(POOL, "/", ConnectTimeoutError())), GatewayUnavailable),
        (ReadTimeout(ReadTimeoutError(POOL, "/", "Read timed out.")), OutcomeUnknown),
        (None, OutcomeUnknown),
    ],
)
def test_a_purchase_that_took_too_long_may_have_happened_once_it_was_connected(
    cause: Exception | None, kind: type[GatewayError]
) -> None:
    late = SdkTimeoutError("Request timed out.")
    late.__context__ = cause

    with pytest.raises(kind), calling(acts=True):
        raise late


async def test_lookups_with_a_lost_answer_are_asked_again_by_the_sdk(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    easypost.fail("find", 3, acted=True)
    assert await carrier.find(KEY) is None

    easypost.fail("find", 4, acted=True)
    with pytest.raises(GatewayUnavailable):
        await carrier.find(KEY)


async def test_a_wrong_key_is_for_the_operator_to_mend(url: str) -> None:
    with pytest.raises(GatewayUnavailable, match="authentication"):
        await EasyPostCarrier("EZTK-wrong", WAREHOUSE, url).rates(KEY, parcel(), FRIDAY)


async def test_an_outage_ends_at_its_instant(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, clock: Clock
) -> None:
    easypost.down_until(FRIDAY + timedelta(hours=2))
    with pytest.raises(GatewayUnavailable):
        await carrier.rates(KEY, parcel(), FRIDAY)

    clock.now += timedelta(hours=2)

    assert await carrier.rates(KEY, parcel(), clock.now)


async def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nobody = EasyPostCarrier(API_KEY, WAREHOUSE, f"http://127.0.0.1:{port}/v2")

    with pytest.raises(GatewayUnavailable):
        await nobody.find(KEY)


async def test_a_purchase_that_found_no_connection_did_not_happen(
    easypost: FakeEasyPost,
) -> None:
    async with easypost.serving() as url:
        carrier = EasyPostCarrier(API_KEY, WAREHOUSE, url)
        call = await ready(carrier, "buy")
    with pytest.raises(GatewayUnavailable):
        await call()


async def test_neither_addresses_nor_the_key_are_logged(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    label = await buy(carrier)
    await carrier.track("UPS", label.tracking, FRIDAY)
    await carrier.void(KEY, FRIDAY)
    easypost.answer("rates", 422, "SHIPMENT.INVALID")
    with pytest.raises(PermanentRefusal):
        await carrier.rates("100/2/label/1", parcel(), FRIDAY)

    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "/v2/shipments/backorder:100:1:label:1" in logged
    for secret in ("Ada", "Main St", "97201", "Portland", "Dock", API_KEY):
        assert secret not in logged


async def test_the_documented_way_to_authenticate_is_understood(url: str) -> None:
    async with httpx.AsyncClient(auth=(API_KEY, "")) as client:
        assert (await client.get(f"{url}/trackers", params={"tracking_code": "1Z"})).is_success
        assert (await client.get(f"{url}/addresses")).status_code == 404


def test_a_fault_of_an_unknown_operation_is_a_mistake_of_the_test(easypost: FakeEasyPost) -> None:
    with pytest.raises(ValueError, match="no such operation"):
        easypost.fail("sell", 1)


def test_a_purchase_takes_no_longer_than_an_order_gives_it() -> None:
    longest = PATIENCE_SECONDS + BEGUN_WITHIN_SECONDS + sum(TIMEOUT_SECONDS)

    assert longest <= PURCHASE_SECONDS
