"""The tariff of the sandbox carriers: a function of units, country and day."""

from typing import Final, NamedTuple

from domain.model import Instant
from domain.money import Money
from domain.working_days import after_working_days
from gateways.carrier import ParcelSpec, Rate


class Service(NamedTuple):
    """A line of the tariff: minor units for the first and for each further unit, business days within the US."""

    carrier: str
    name: str
    first: int
    further: int
    days: int


TARIFF: Final = (
    Service("UPS", "Ground", 895, 95, 4),
    Service("UPS", "2nd Day Air", 2190, 240, 2),
    Service("UPS", "Next Day Air", 4580, 510, 1),
    Service("FedEx", "Ground", 925, 99, 4),
    Service("FedEx", "2Day", 2250, 235, 2),
    Service("FedEx", "Standard Overnight", 4490, 525, 1),
    Service("USPS", "Ground Advantage", 905, 120, 5),
    Service("USPS", "Priority", 1240, 160, 3),
)


class Zone(NamedTuple):
    """What a country adds: a factor on the cost, and business days."""

    factor: int
    days: int


DOMESTIC: Final = Zone(1, 0)
NEIGHBOUR: Final = Zone(2, 2)
OVERSEAS: Final = Zone(3, 5)


def rates(spec: ParcelSpec, at: Instant) -> tuple[Rate, ...]:
    """Every service, the cheapest first."""
    return tuple(sorted((_rate(service, spec, at) for service in TARIFF), key=lambda rate: rate.cost.minor))


def _rate(service: Service, spec: ParcelSpec, at: Instant) -> Rate:
    zone = _zone(spec.ship_to.country)
    days = service.days + zone.days
    cost = (service.first + service.further * (spec.units - 1)) * zone.factor
    return Rate(
        carrier=service.carrier,
        service=service.name,
        cost=Money(minor=cost, currency=spec.value.currency),
        days=days,
        estimated_delivery=after_working_days(at.date(), days),
    )


def _zone(country: str) -> Zone:
    return {"US": DOMESTIC, "CA": NEIGHBOUR, "MX": NEIGHBOUR}.get(country, OVERSEAS)
