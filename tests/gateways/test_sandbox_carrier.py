from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.money import Money
from domain.order import Address
from gateways.carrier import AddressRefused, Carrier, Label, ParcelSpec, Rate, Tracked
from gateways.errors import GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.sandbox_carrier import SandboxCarrier
from gateways.tracking import is_valid_ups_tracking

FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
KEY = "100/1/label/1"


def parcel(units: int = 1, postal_code: str = "97201", country: str = "US") -> ParcelSpec:
    home = Address(
        name="Ada Byron", street="1 Main St", city="Portland", postal_code=postal_code, country=country
    )
    return ParcelSpec(
        order_id="100",
        number=1,
        ship_to=home,
        units=units,
        weight_grams=500 * units,
        value=Money(minor=9_998, currency="USD"),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "carrier.sqlite"


@pytest.fixture
def carrier(file: Path) -> Iterator[SandboxCarrier]:
    with SandboxCarrier(file) as carrier:
        yield carrier


async def offers(carrier: SandboxCarrier, spec: ParcelSpec) -> dict[tuple[str, str], Rate]:
    rates = await carrier.rates(KEY, spec, FRIDAY)
    assert not isinstance(rates, AddressRefused)
    return {(rate.carrier, rate.service): rate for rate in rates}


async def buy(carrier: SandboxCarrier, key: str = KEY, service: tuple[str, str] = ("UPS", "Ground")) -> Label:
    spec = parcel()
    label = await carrier.buy(key, spec, (await offers(carrier, spec))[service], FRIDAY)
    assert isinstance(label, Label)
    return label


def test_the_sandbox_is_a_carrier(carrier: SandboxCarrier) -> None:
    provider: Carrier = carrier

    assert provider is carrier


async def test_three_carriers_offer_rates_the_cheapest_first(carrier: SandboxCarrier) -> None:
    rates = await carrier.rates(KEY, parcel(), FRIDAY)

    assert not isinstance(rates, AddressRefused)
    assert {rate.carrier for rate in rates} == {"UPS", "FedEx", "USPS"}
    assert [rate.cost.minor for rate in rates] == sorted(rate.cost.minor for rate in rates)
    assert await carrier.rates(KEY, parcel(), FRIDAY) == rates


async def test_more_units_and_farther_countries_cost_more_and_take_longer(carrier: SandboxCarrier) -> None:
    ground = ("UPS", "Ground")
    home = (await offers(carrier, parcel()))[ground]
    many = (await offers(carrier, parcel(units=10)))[ground]
    canada = (await offers(carrier, parcel(country="CA")))[ground]
    norway = (await offers(carrier, parcel(country="NO")))[ground]

    assert home.cost.minor < many.cost.minor
    assert home.cost.minor < canada.cost.minor < norway.cost.minor
    assert home.days < canada.days < norway.days


@pytest.mark.parametrize(
    ("service", "arrives"),
    [
        (("UPS", "Next Day Air"), date(2026, 3, 9)),
        (("UPS", "2nd Day Air"), date(2026, 3, 10)),
        (("UPS", "Ground"), date(2026, 3, 12)),
        (("USPS", "Ground Advantage"), date(2026, 3, 13)),
    ],
)
async def test_delivery_counts_business_days(
    carrier: SandboxCarrier, service: tuple[str, str], arrives: date
) -> None:
    assert (await offers(carrier, parcel()))[service].estimated_delivery == arrives


async def test_a_bought_label_has_what_the_warehouse_and_the_customer_need(carrier: SandboxCarrier) -> None:
    label = await buy(carrier)

    assert (label.carrier, label.service, label.cost.minor) == ("UPS", "Ground", 895)
    assert label.label_url == f"https://labels.example/{label.tracking}.pdf"
    assert label.estimated_delivery == date(2026, 3, 12)
    assert await carrier.find(KEY) == label


async def test_tracking_numbers_have_their_carriers_shape(carrier: SandboxCarrier) -> None:
    ups = [
        await buy(carrier, f"{n}/1/label/1", ("UPS", service))
        for n, service in enumerate(["Ground", "2nd Day Air", "Next Day Air"])
    ]
    fedex = await buy(carrier, "8/1/label/1", ("FedEx", "Ground"))
    usps = await buy(carrier, "9/1/label/1", ("USPS", "Priority"))

    assert all(is_valid_ups_tracking(label.tracking) for label in ups)
    assert [label.tracking[8:10] for label in ups] == ["03", "02", "01"]
    assert fedex.tracking.isdigit()
    assert (len(fedex.tracking), len(usps.tracking), usps.tracking[:2]) == (12, 22, "94")


async def test_the_same_purchase_again_gets_the_first_label(carrier: SandboxCarrier, file: Path) -> None:
    first = await buy(carrier)
    rate = (await offers(carrier, parcel()))["UPS", "Ground"]

    with SandboxCarrier(file) as after_restart:
        again = await after_restart.buy(KEY, parcel(), rate, FRIDAY + timedelta(days=2))

    assert again == first
    assert len(carrier.labels("100")) == 1


async def test_the_same_key_with_another_parcel_or_service_is_refused(carrier: SandboxCarrier) -> None:
    await buy(carrier)
    rates = await offers(carrier, parcel())

    for spec, service in ((parcel(units=2), ("UPS", "Ground")), (parcel(), ("USPS", "Priority"))):
        with pytest.raises(PermanentRefusal, match="idempotency_conflict"):
            await carrier.buy(KEY, spec, rates[service], FRIDAY)


async def test_a_service_that_nobody_offers_is_refused(carrier: SandboxCarrier) -> None:
    rate = (await offers(carrier, parcel()))["UPS", "Ground"].model_copy(update={"service": "Balloon"})

    with pytest.raises(PermanentRefusal, match="unknown_service"):
        await carrier.buy(KEY, parcel(), rate, FRIDAY)


async def test_an_address_that_nobody_delivers_to_is_an_answer(carrier: SandboxCarrier) -> None:
    rate = (await offers(carrier, parcel()))["UPS", "Ground"]
    nowhere = parcel(postal_code="00000")

    assert isinstance(await carrier.rates(KEY, nowhere, FRIDAY), AddressRefused)
    assert isinstance(await carrier.buy(KEY, nowhere, rate, FRIDAY), AddressRefused)

    assert isinstance(await carrier.buy(KEY, parcel(), rate, FRIDAY), Label)


async def test_a_voided_label_is_gone_and_its_key_is_used_up(carrier: SandboxCarrier) -> None:
    first = await buy(carrier)

    await carrier.void(KEY, FRIDAY)
    await carrier.void(KEY, FRIDAY)
    second = await buy(carrier, "100/1/label/2")

    assert await carrier.find(KEY) is None
    with pytest.raises(PermanentRefusal, match="label_voided"):
        await buy(carrier)
    assert [(label.label_id, label.voided) for label in carrier.labels("100")] == [
        (first.label_id, True),
        (second.label_id, False),
    ]


async def test_voiding_what_was_never_bought_changes_nothing(carrier: SandboxCarrier) -> None:
    await carrier.void(KEY, FRIDAY)

    assert await buy(carrier) == await carrier.find(KEY)


async def test_a_label_with_a_lost_answer_is_found_by_its_key(carrier: SandboxCarrier) -> None:
    carrier.fail("buy", 1, acted=True)

    with pytest.raises(OutcomeUnknown):
        await buy(carrier)

    found = await carrier.find(KEY)
    assert found is not None
    assert await buy(carrier) == found
    assert len(carrier.labels("100")) == 1


@pytest.mark.parametrize(
    ("at", "status", "since"),
    [
        (FRIDAY, "pre_transit", FRIDAY),
        (datetime(2026, 3, 6, 23, 59, tzinfo=UTC), "pre_transit", FRIDAY),
        (datetime(2026, 3, 7, tzinfo=UTC), "in_transit", datetime(2026, 3, 7, tzinfo=UTC)),
        (datetime(2026, 3, 11, 23, 59, tzinfo=UTC), "in_transit", datetime(2026, 3, 7, tzinfo=UTC)),
        (datetime(2026, 3, 12, tzinfo=UTC), "delivered", datetime(2026, 3, 12, tzinfo=UTC)),
    ],
)
async def test_a_parcel_travels_from_the_day_after_its_label_and_arrives_on_its_date(
    carrier: SandboxCarrier, at: datetime, status: str, since: datetime
) -> None:
    label = await buy(carrier)

    tracked = await carrier.track("UPS", label.tracking, at)

    assert tracked == Tracked(status=status, estimated_delivery=date(2026, 3, 12), at=since)


async def test_what_was_never_sold_or_was_voided_is_nowhere(carrier: SandboxCarrier) -> None:
    label = await buy(carrier)

    assert await carrier.track("FedEx", label.tracking, FRIDAY) is None
    assert await carrier.track("UPS", "1Z999AA10123456784", FRIDAY) is None
    await carrier.void(KEY, FRIDAY)
    assert await carrier.track("UPS", label.tracking, FRIDAY + timedelta(days=2)) is None


@pytest.mark.parametrize("operation", ["rates", "buy", "find", "void", "track"])
async def test_every_operation_can_fail_before_acting(carrier: SandboxCarrier, operation: str) -> None:
    rate = (await offers(carrier, parcel()))["UPS", "Ground"]
    carrier.fail(operation, 1)
    calls = {
        "rates": lambda: carrier.rates(KEY, parcel(), FRIDAY),
        "buy": lambda: carrier.buy(KEY, parcel(), rate, FRIDAY),
        "find": lambda: carrier.find(KEY),
        "void": lambda: carrier.void(KEY, FRIDAY),
        "track": lambda: carrier.track("UPS", "1Z", FRIDAY),
    }

    with pytest.raises(GatewayUnavailable):
        await calls[operation]()

    await calls[operation]()


async def test_an_outage_ends_at_its_instant_and_spares_the_lookup(carrier: SandboxCarrier) -> None:
    carrier.down_until(FRIDAY + timedelta(hours=2))

    with pytest.raises(GatewayUnavailable):
        await carrier.rates(KEY, parcel(), FRIDAY)

    assert await carrier.find(KEY) is None
    assert await carrier.rates(KEY, parcel(), FRIDAY + timedelta(hours=2))
