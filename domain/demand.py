"""What backorders are worth: sales that stock did not cover, and what became of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.metrics import share
from domain.model import Currency, Model


class Fate(StrEnum):
    """What an order that was asked for came to."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    QUOTED = "quoted"
    """No order followed."""


class Part(NamedTuple):
    """Orders of one fate, added up; `kept_…`: of those accepted, what was not cancelled. `sku` is empty of totals."""

    sku: str
    currency: str
    fate: Fate
    orders: int
    units: int
    minor: int
    kept_orders: int
    kept_units: int
    kept_minor: int


class Demand(Model):
    """Orders, their units that stock did not cover, and the value of those by currency in minor units."""

    orders: int = 0
    units: int = 0
    value_minor: dict[str, int] = {}


class ProductValue(Model):
    """One SKU in one currency; an order counts for each of its SKUs that stock did not cover."""

    sku: str
    currency: Currency
    asked_orders: int = 0
    asked_units: int = 0
    asked_minor: int = 0
    accepted_orders: int = 0
    accepted_units: int = 0
    accepted_minor: int = 0
    captured_orders: int = 0
    captured_units: int = 0
    captured_minor: int = 0
    saved: float | None = None


class Value(Model):
    """Demand of a period that stock did not cover, by the shop's days; `until` is exclusive.

    `asked`: accepted backorders, rejections, and quotes that no order followed; a shop that takes no backorders loses
    all of it. `captured`: accepted and not cancelled; `lost`: the rest. `saved`: the share of orders that was captured.
    """

    since: date
    until: date
    days: int
    sku: str | None
    asked: Demand
    accepted: Demand
    rejected: Demand
    quoted: Demand
    lost_without_backorders: Demand
    captured: Demand
    lost: Demand
    saved: float | None
    products: tuple[ProductValue, ...]


def value(
    since: date, until: date, sku: str | None, totals: Iterable[Part], products: Iterable[Part]
) -> Value:
    """The report over these sums; products by what was asked of them, in orders."""
    parts = list(totals)
    asked = _demand(parts)
    captured = _added((part.currency, part.kept_orders, part.kept_units, part.kept_minor) for part in parts)
    return Value(
        since=since,
        until=until,
        days=(until - since).days,
        sku=sku,
        asked=asked,
        **{fate.value: _demand(part for part in parts if part.fate is fate) for fate in Fate},
        lost_without_backorders=asked,
        captured=captured,
        lost=_less(asked, captured),
        saved=share(captured.orders, asked.orders),
        products=tuple(
            sorted(_products(products), key=lambda one: (-one.asked_orders, one.sku, one.currency))
        ),
    )


def _demand(parts: Iterable[Part]) -> Demand:
    return _added((part.currency, part.orders, part.units, part.minor) for part in parts)


def _added(sums: Iterable[tuple[str, int, int, int]]) -> Demand:
    orders, units, minor = 0, 0, defaultdict[str, int](int)
    for currency, of_orders, of_units, of_minor in sums:
        orders, units = orders + of_orders, units + of_units
        minor[currency] += of_minor
    return Demand(orders=orders, units=units, value_minor=dict(sorted(minor.items())))


def _less(asked: Demand, captured: Demand) -> Demand:
    return Demand(
        orders=asked.orders - captured.orders,
        units=asked.units - captured.units,
        value_minor={
            currency: minor - captured.value_minor.get(currency, 0)
            for currency, minor in asked.value_minor.items()
        },
    )


def _products(parts: Iterable[Part]) -> Iterable[ProductValue]:
    found: defaultdict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in parts:
        found[part.sku, part.currency].append(part)
    return (_product(sku, currency, of) for (sku, currency), of in found.items())


def _product(sku: str, currency: str, parts: list[Part]) -> ProductValue:
    accepted = [part for part in parts if part.fate is Fate.ACCEPTED]
    asked_orders, captured_orders = (
        sum(part.orders for part in parts),
        sum(part.kept_orders for part in parts),
    )
    return ProductValue(
        sku=sku,
        currency=currency,
        asked_orders=asked_orders,
        asked_units=sum(part.units for part in parts),
        asked_minor=sum(part.minor for part in parts),
        accepted_orders=sum(part.orders for part in accepted),
        accepted_units=sum(part.units for part in accepted),
        accepted_minor=sum(part.minor for part in accepted),
        captured_orders=captured_orders,
        captured_units=sum(part.kept_units for part in parts),
        captured_minor=sum(part.kept_minor for part in parts),
        saved=share(captured_orders, asked_orders),
    )
