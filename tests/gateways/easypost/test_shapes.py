from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from domain.money import Money
from gateways.easypost_shapes import Offer, Place, Tracker, ounces, to_rates, to_tracked

FRIDAY = datetime(2026, 3, 6, 23, tzinfo=UTC)


def offer(**fields: Any) -> Offer:
    body = {"id": "rate_1", "carrier": "UPS", "service": "Ground", "rate": "8.95", "currency": "USD"}
    return Offer.model_validate(body | fields)


@pytest.mark.parametrize(
    ("rate", "currency", "minor"),
    [
        ("8.95", "USD", 895),
        ("0.29", "USD", 29),
        ("1000000.07", "USD", 100_000_007),
        ("5.49000", "USD", 549),
        ("12", "EUR", 1200),
        ("895", "JPY", 895),
        ("1.234", "KWD", 1234),
        ("8.955", "USD", 896),
        ("8.9549", "USD", 895),
    ],
)
def test_decimal_strings_become_whole_minor_units(rate: str, currency: str, minor: int) -> None:
    assert offer(rate=rate, currency=currency).cost == Money(minor=minor, currency=currency)


@pytest.mark.parametrize(
    ("fields", "days", "arrives"),
    [
        ({"delivery_days": 2}, 2, date(2026, 3, 10)),
        ({"delivery_date": "2026-03-11T00:00:00Z"}, 3, date(2026, 3, 11)),
        ({"delivery_days": 2, "delivery_date": "2026-03-11T00:00:00Z"}, 2, date(2026, 3, 11)),
        ({"delivery_date": "2026-03-01T00:00:00Z"}, 0, date(2026, 3, 1)),
        ({}, 10, date(2026, 3, 20)),
    ],
)
def test_delivery_is_the_carriers_date_or_its_business_days(
    fields: dict[str, Any], days: int, arrives: date
) -> None:
    (rate,) = to_rates((offer(**fields),), FRIDAY)

    assert (rate.days, rate.estimated_delivery) == (days, arrives)


def test_offers_that_do_not_say_how_long_they_take_are_left_out_beside_one_that_does() -> None:
    silent, known = offer(rate="1.00", service="Slow"), offer(delivery_days=4)

    assert [rate.service for rate in to_rates((silent, known), FRIDAY)] == ["Ground"]
    assert [rate.service for rate in to_rates((silent,), FRIDAY)] == ["Slow"]


@pytest.mark.parametrize(
    ("grams", "weight"), [(0, "0.1"), (1, "0.1"), (28, "1.0"), (29, "1.1"), (454, "16.1"), (1000, "35.3")]
)
def test_grams_are_rounded_up_to_tenths_of_an_ounce(grams: int, weight: str) -> None:
    assert ounces(grams) == Decimal(weight)


def test_a_parcel_that_its_carrier_does_not_know_yet_is_nowhere() -> None:
    assert to_tracked(Tracker(carrier="UPS", status="unknown")) is None


def test_an_answer_that_cannot_be_read_is_not_shown() -> None:
    with pytest.raises(ValidationError) as unread:
        Place.model_validate({"street1": ["1 Main St"]})

    assert "Main" not in str(unread.value)
