import pytest

from gateways.carrier import AddressRefused
from gateways.easypost_carrier import EasyPostCarrier
from gateways.errors import GatewayUnavailable, PermanentRefusal
from tests.fakes.easypost_books import REFUSED_WHEN_BOUGHT
from tests.fakes.easypost_server import API_KEY, FakeEasyPost
from tests.gateways.easypost.samples import FRIDAY, GROUND, KEY, WAREHOUSE, buy, offers, parcel


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
