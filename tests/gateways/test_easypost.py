import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from easypost.errors.api.timeout_error import TimeoutError as SdkTimeoutError
from requests import ConnectTimeout, ReadTimeout
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ReadTimeoutError

from domain.money import Money
from domain.order import Address
from gateways.carrier import AddressRefused, Carrier, Label, ParcelSpec, Rate, Tracked
from gateways.easypost_carrier import EasyPostCarrier, reference
from gateways.easypost_errors import calling
from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.tracking import is_valid_ups_tracking
from tests.fakes.easypost_books import REFUSED_WHEN_BOUGHT, Body, EasyPostBooks
from tests.fakes.easypost_server import API_KEY, FakeEasyPost

FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
KEY = "100/1/label/1"
WAREHOUSE = Address(
    name="The Widget Shop",
    street="9 Dock Rd",
    city="Reno",
    region="NV",
    postal_code="89501",
    country="US",
)
GROUND = ("UPS", "Ground")
POOL = HTTPConnectionPool("easypost.example")


class Clock:
    def __init__(self) -> None:
        self.now = FRIDAY

    async def __call__(self) -> datetime:
        return self.now


def parcel(units: int = 1, postal_code: str = "97201", order_id: str = "100") -> ParcelSpec:
    home = Address(
        name="Ada Byron",
        street="1 Main St",
        city="Portland",
        region="OR",
        postal_code=postal_code,
        country="US",
    )
    return ParcelSpec(
        order_id=order_id,
        number=1,
        ship_to=home,
        units=units,
        weight_grams=400 * units,
        value=Money(minor=9_998, currency="USD"),
    )


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


async def offers(
    carrier: EasyPostCarrier, spec: ParcelSpec, key: str = KEY, at: datetime = FRIDAY
) -> dict[tuple[str, str], Rate]:
    rates = await carrier.rates(key, spec, at)
    assert not isinstance(rates, AddressRefused)
    return {(rate.carrier, rate.service): rate for rate in rates}


async def buy(carrier: EasyPostCarrier, key: str = KEY, service: tuple[str, str] = GROUND) -> Label:
    label = await carrier.buy(key, parcel(), (await offers(carrier, parcel(), key))[service], FRIDAY)
    assert isinstance(label, Label)
    return label


def test_easypost_is_a_carrier(carrier: EasyPostCarrier) -> None:
    provider: Carrier = carrier

    assert provider is carrier


async def test_three_carriers_offer_rates_the_cheapest_first(carrier: EasyPostCarrier) -> None:
    rates = await carrier.rates(KEY, parcel(), FRIDAY)

    assert not isinstance(rates, AddressRefused)
    assert {rate.carrier for rate in rates} == {"UPS", "FedEx", "USPS"}
    assert rates[0] == Rate(
        carrier="UPS",
        service="Ground",
        cost=Money(minor=895, currency="USD"),
        days=4,
        estimated_delivery=date(2026, 3, 12),
    )
    assert [rate.cost.minor for rate in rates] == sorted(rate.cost.minor for rate in rates)


async def test_asking_again_rates_the_same_shipment_again(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    first = await carrier.rates(KEY, parcel(), FRIDAY)
    again = await carrier.rates(KEY, parcel(), FRIDAY)

    assert again == first
    assert len(easypost.books.shipments) == 1
    assert easypost.calls == ["find", "rates", "find", "find", "rates"]


async def test_a_parcel_weighs_what_its_units_weigh_in_ounces(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    await carrier.rates(KEY, parcel(units=3), FRIDAY)

    (shipment,) = easypost.books.shipments.values()
    assert shipment["parcel"]["weight"] == 42.4  # 1200 g are 42.33 oz
    assert shipment["from_address"]["zip"] == "89501"


async def test_a_bought_label_has_what_the_warehouse_and_the_customer_need(carrier: EasyPostCarrier) -> None:
    label = await buy(carrier)

    assert (label.carrier, label.service, label.cost) == (*GROUND, Money(minor=895, currency="USD"))
    assert label.label_id.startswith("shp_")
    assert is_valid_ups_tracking(label.tracking)
    assert label.label_url == f"https://easypost.example/{label.tracking}.png"
    assert label.estimated_delivery == date(2026, 3, 12)
    assert label.key == KEY


async def test_a_label_is_the_same_whenever_it_is_looked_up(carrier: EasyPostCarrier, clock: Clock) -> None:
    label = await buy(carrier)
    clock.now += timedelta(days=30)

    assert await carrier.find(KEY) == label


async def test_a_label_that_was_never_bought_is_not_found(carrier: EasyPostCarrier) -> None:
    assert await carrier.find(KEY) is None

    await carrier.rates(KEY, parcel(), FRIDAY)

    assert await carrier.find(KEY) is None


async def test_the_same_purchase_again_gets_the_first_label(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, url: str
) -> None:
    first = await buy(carrier)

    again = await buy(EasyPostCarrier(API_KEY, WAREHOUSE, url))

    assert again == first
    assert easypost.calls.count("buy") == 1


class BoughtMeanwhile(EasyPostBooks):
    """Somebody else is always a moment faster."""

    def buy(self, name: str, rate_id: str, now: datetime) -> Body:
        super().buy(name, rate_id, now)
        return super().buy(name, rate_id, now)


async def test_who_comes_second_gets_the_label_that_the_first_one_bought(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    easypost.books = BoughtMeanwhile()

    label = await buy(carrier)

    assert label == await carrier.find(KEY)
    assert len(easypost.labels("100")) == 1


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


async def test_a_voided_label_is_gone_and_its_key_is_used_up(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    first = await buy(carrier)

    await carrier.void(KEY, FRIDAY)
    await carrier.void(KEY, FRIDAY)
    second = await buy(carrier, "100/1/label/2")

    assert await carrier.find(KEY) is None
    with pytest.raises(PermanentRefusal, match="label_voided"):
        await buy(carrier)
    assert [(label.label_id, label.key, label.voided) for label in easypost.labels("100")] == [
        (first.label_id, KEY, True),
        (second.label_id, "100/1/label/2", False),
    ]
    assert easypost.calls.count("void") == 1


async def test_a_label_whose_refund_the_carrier_rejected_is_still_there(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    label = await buy(carrier)
    easypost.books.shipments[label.label_id]["refund_status"] = "rejected"

    assert await carrier.find(KEY) == label
    with pytest.raises(PermanentRefusal, match=r"SHIPMENT\.REFUND\.UNAVAILABLE"):
        await carrier.void(KEY, FRIDAY)


async def test_voiding_what_was_never_bought_changes_nothing(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    await carrier.void(KEY, FRIDAY)
    await carrier.rates(KEY, parcel(), FRIDAY)
    await carrier.void(KEY, FRIDAY)

    assert await buy(carrier) == await carrier.find(KEY)
    assert "void" not in easypost.calls


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


async def test_an_address_that_nobody_delivers_to_is_an_answer(carrier: EasyPostCarrier) -> None:
    refused = await carrier.rates(KEY, parcel(postal_code="00000"), FRIDAY)

    assert refused == AddressRefused(message="No carrier delivers to this address.")


async def test_a_corrected_address_is_asked_about_under_the_same_key(
    carrier: EasyPostCarrier, easypost: FakeEasyPost
) -> None:
    await carrier.rates(KEY, parcel(postal_code="00000"), FRIDAY)

    label = await buy(carrier)

    assert await carrier.find(KEY) == label
    assert easypost.books.shipments[label.label_id]["to_address"]["zip"] == "97201"
    assert len(easypost.books.shipments) == 2
    assert [label.key for label in easypost.labels("100")] == [KEY]


async def test_an_address_that_is_refused_with_the_purchase_is_an_answer_too(
    carrier: EasyPostCarrier,
) -> None:
    nowhere = parcel(postal_code=REFUSED_WHEN_BOUGHT)
    rate = (await offers(carrier, nowhere))[GROUND]

    assert isinstance(await carrier.buy(KEY, nowhere, rate, FRIDAY), AddressRefused)
    assert await carrier.find(KEY) is None


async def test_a_purchase_without_rates_before_makes_its_shipment(carrier: EasyPostCarrier) -> None:
    rate = (await offers(carrier, parcel()))[GROUND]

    label = await carrier.buy("100/2/label/1", parcel(), rate, FRIDAY)

    assert label == await carrier.find("100/2/label/1")


async def test_the_shops_own_address_is_not_the_customers_to_correct(url: str) -> None:
    nowhere = WAREHOUSE.model_copy(update={"postal_code": "00000"})

    with pytest.raises(PermanentRefusal, match="ship_from_refused"):
        await EasyPostCarrier(API_KEY, nowhere, url).rates(KEY, parcel(), FRIDAY)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [("rate_error", "Unable to connect to the carrier.")],
        [("rate_error", "Invalid destination zip."), ("rate_error", "Timed out.")],
        [("rate_error", "Invalid destination zip."), ("connection_error", "Address not reached.")],
        [("rate_error", "The shipper postal code is invalid.")],
        [("rate_error", "Shipment cannot weigh less than 16oz")],
    ],
)
async def test_no_offers_for_other_reasons_than_the_address_may_come_later(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, messages: list[tuple[str, str]]
) -> None:
    easypost.no_offers(*messages)

    with pytest.raises(GatewayUnavailable, match="no carrier made an offer"):
        await carrier.rates(KEY, parcel(), FRIDAY)


@pytest.mark.parametrize(
    "words",
    [
        "Invalid zip code",
        "Recipient Postal code-City mismatch.",
        "Missing or invalid ship to postal code",
        "to_address.state: is invalid",
        "The requested service is unavailable between the selected locations.",
    ],
)
async def test_an_address_is_refused_when_every_carrier_says_so(
    carrier: EasyPostCarrier, easypost: FakeEasyPost, words: str
) -> None:
    easypost.no_offers(("rate_error", words), ("rate_error", "Invalid destination."))

    assert isinstance(await carrier.rates(KEY, parcel(), FRIDAY), AddressRefused)


async def test_a_service_that_nobody_offers_is_refused(carrier: EasyPostCarrier) -> None:
    rate = (await offers(carrier, parcel()))[GROUND].model_copy(update={"service": "Balloon"})

    with pytest.raises(PermanentRefusal, match="unknown_service"):
        await carrier.buy(KEY, parcel(), rate, FRIDAY)


def calls(carrier: EasyPostCarrier, rate: Rate) -> dict[str, Callable[[], Awaitable[object]]]:
    return {
        "rates": lambda: carrier.rates(KEY, parcel(), FRIDAY),
        "buy": lambda: carrier.buy(KEY, parcel(), rate, FRIDAY),
        "find": lambda: carrier.find(KEY),
        "void": lambda: carrier.void(KEY, FRIDAY),
        "track": lambda: carrier.track("UPS", "1Z", FRIDAY),
    }


async def ready(carrier: EasyPostCarrier, operation: str) -> Callable[[], Awaitable[object]]:
    """The call, on a shipment that it would act on."""
    rate = (await offers(carrier, parcel()))[GROUND]
    if operation == "void":
        await buy(carrier)
    return calls(carrier, rate)[operation]


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


async def test_the_documented_way_to_authenticate_is_understood(url: str) -> None:
    async with httpx.AsyncClient(auth=(API_KEY, "")) as client:
        assert (await client.get(f"{url}/trackers", params={"tracking_code": "1Z"})).is_success
        assert (await client.get(f"{url}/addresses")).status_code == 404


def test_a_fault_of_an_unknown_operation_is_a_mistake_of_the_test(easypost: FakeEasyPost) -> None:
    with pytest.raises(ValueError, match="no such operation"):
        easypost.fail("sell", 1)


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


async def test_a_parcel_is_tracked_from_its_label_to_the_door(carrier: EasyPostCarrier, clock: Clock) -> None:
    label = await buy(carrier)
    seen = []
    for clock.now in (FRIDAY, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=6)):
        seen.append(await carrier.track("UPS", label.tracking, clock.now))

    due = date(2026, 3, 12)
    assert seen == [
        Tracked(status="pre_transit", estimated_delivery=due, at=FRIDAY),
        Tracked(status="in_transit", estimated_delivery=due, at=datetime(2026, 3, 7, tzinfo=UTC)),
        Tracked(status="delivered", estimated_delivery=due, at=datetime(2026, 3, 12, tzinfo=UTC)),
    ]


async def test_what_was_never_sold_is_nowhere_and_a_voided_label_is_cancelled(
    carrier: EasyPostCarrier,
) -> None:
    label = await buy(carrier)

    assert await carrier.track("UPS", "1Z999AA10123456784", FRIDAY) is None
    assert await carrier.track("FedEx", label.tracking, FRIDAY) is None
    await carrier.void(KEY, FRIDAY)
    tracked = await carrier.track("UPS", label.tracking, FRIDAY)
    assert tracked is not None
    assert tracked.status == "cancelled"


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
