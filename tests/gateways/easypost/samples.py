"""A parcel, its shop, and what the tests do with them at EasyPost."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from domain.money import Money
from domain.order import Address
from gateways.carrier import AddressRefused, Label, ParcelSpec, Rate
from gateways.easypost_carrier import EasyPostCarrier

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
