from datetime import UTC, date, datetime, timedelta

import pytest

from domain.money import Money
from gateways.carrier import AddressRefused, Carrier, Rate, Tracked
from gateways.easypost_carrier import EasyPostCarrier
from gateways.errors import PermanentRefusal
from gateways.tracking import is_valid_ups_tracking
from tests.fakes.easypost_server import FakeEasyPost
from tests.gateways.easypost.samples import FRIDAY, GROUND, KEY, Clock, buy, offers, parcel


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


async def test_a_purchase_without_rates_before_makes_its_shipment(carrier: EasyPostCarrier) -> None:
    rate = (await offers(carrier, parcel()))[GROUND]

    label = await carrier.buy("100/2/label/1", parcel(), rate, FRIDAY)

    assert label == await carrier.find("100/2/label/1")


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
