"""EasyPost's shipments and trackers as far as we read them, and what they mean in our words.

Sources: docs.easypost.com/docs/shipments, /docs/shipments/rates, /docs/trackers; a weight is in ounces with one
decimal (/docs/parcels). Amounts come as decimal strings and never pass through a float.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any, Final, Self

from babel.numbers import get_currency_precision
from easypost.easypost_object import EasyPostObject
from pydantic import BaseModel, ConfigDict

from domain.model import Instant
from domain.money import Money
from domain.order import Address
from domain.working_days import after_working_days, working_days_between
from gateways.carrier import Label, ParcelSpec, Rate, Tracked

NO_ESTIMATE_DAYS: Final = 10
"""Business days that we count with when no offer says how long it takes."""

_GRAMS_PER_OUNCE: Final = Decimal("28.349523125")

_REFUNDED: Final = frozenset({"submitted", "refunded"})


class _Shape(BaseModel):
    """What we read; errors of validation do not show it, for it may hold an address."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the SDK's object; its annotations say `dict` where it answers with one too."""
        return cls.model_validate(answer.to_dict())


class Place(_Shape):
    """An address in EasyPost's words."""

    name: str | None = None
    street1: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None


class Parcel(_Shape):
    weight: Decimal


class Offer(_Shape):
    """EasyPost's `Rate`."""

    id: str
    carrier: str
    service: str
    rate: Decimal
    currency: str
    delivery_days: int | None = None
    delivery_date: str | None = None

    @property
    def cost(self) -> Money:
        """In minor units; a fraction of one is rounded half up."""
        minor = self.rate.scaleb(get_currency_precision(self.currency))
        return Money(minor=int(minor.to_integral_value(ROUND_HALF_UP)), currency=self.currency)

    @property
    def has_estimate(self) -> bool:
        return self.delivery_days is not None or self.delivery_date is not None

    def arrives(self, sent: date) -> date:
        """The carrier's own date; else its days, counted as business days."""
        if self.delivery_date is not None:
            return date.fromisoformat(self.delivery_date[:10])
        return after_working_days(sent, self.days(sent))

    def days(self, sent: date) -> int:
        if self.delivery_days is not None:
            return self.delivery_days
        if self.delivery_date is not None:
            return working_days_between(sent, date.fromisoformat(self.delivery_date[:10]))
        return NO_ESTIMATE_DAYS


class Message(_Shape):
    """Why a carrier made no offer, in the carrier's own words."""

    type: str = ""
    message: str = ""


class PostageLabel(_Shape):
    label_url: str
    label_date: datetime


class Shipment(_Shape):
    id: str
    to_address: Place
    parcel: Parcel
    rates: tuple[Offer, ...] = ()
    messages: tuple[Message, ...] = ()

    def is_for(self, spec: ParcelSpec) -> bool:
        """Whether it was made for this parcel; carriers rewrite its address only when they sell the label."""
        there = Place.model_validate(to_place(spec.ship_to))
        same_place = all(
            _plain(getattr(self.to_address, part)) == _plain(getattr(there, part))
            for part in Place.model_fields
        )
        return same_place and self.parcel.weight == ounces(spec.weight_grams)


class Bought(Shipment):
    """A shipment with its label."""

    selected_rate: Offer
    postage_label: PostageLabel
    tracking_code: str
    refund_status: str | None = None

    @property
    def is_voided(self) -> bool:
        """A refund was asked for; one that the carrier rejected leaves the label as it was."""
        return self.refund_status in _REFUNDED


class Rerated(_Shape):
    rates: tuple[Offer, ...] = ()
    messages: tuple[Message, ...] = ()


class TrackingDetail(_Shape):
    datetime: Instant


class Tracker(_Shape):
    carrier: str | None = None
    status: str
    est_delivery_date: datetime | None = None
    tracking_details: tuple[TrackingDetail, ...] = ()


class Trackers(_Shape):
    trackers: tuple[Tracker, ...] = ()


def read_shipment(answer: EasyPostObject) -> Shipment:
    """With its label where it has one."""
    return (Bought if answer.get("postage_label") else Shipment).read(answer)


def _plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def ounces(grams: int) -> Decimal:
    """Rounded up to the tenth that carriers weigh in, and never nothing."""
    return max((Decimal(grams) / _GRAMS_PER_OUNCE).quantize(Decimal("0.1"), ROUND_UP), Decimal("0.1"))


def to_place(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "street1": address.street,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
    }


def to_shipment(reference: str, ship_from: Address, spec: ParcelSpec) -> dict[str, Any]:
    """A parcel by its weight alone: carriers then count with no dimensions, and may correct the cost afterwards."""
    return {
        "reference": reference,
        "from_address": to_place(ship_from),
        "to_address": to_place(spec.ship_to),
        "parcel": {"weight": str(ounces(spec.weight_grams))},
    }


def to_rates(offers: tuple[Offer, ...], at: Instant) -> tuple[Rate, ...]:
    """The cheapest first. Offers that do not say how long they take are left out, unless none of them does."""
    sent = at.date()
    estimated = [offer for offer in offers if offer.has_estimate] or offers
    rates = [
        Rate(
            carrier=offer.carrier,
            service=offer.service,
            cost=offer.cost,
            days=offer.days(sent),
            estimated_delivery=offer.arrives(sent),
        )
        for offer in estimated
    ]
    return tuple(sorted(rates, key=lambda rate: (rate.cost.minor, rate.carrier, rate.service)))


def to_label(key: str, shipment: Bought) -> Label:
    """Delivery counts from the label's own date, so that it is the same whenever it is looked up."""
    offer = shipment.selected_rate
    return Label(
        key=key,
        label_id=shipment.id,
        carrier=offer.carrier,
        service=offer.service,
        tracking=shipment.tracking_code,
        cost=offer.cost,
        estimated_delivery=offer.arrives(shipment.postage_label.label_date.date()),
        label_url=shipment.postage_label.label_url,
    )


def to_tracked(tracker: Tracker) -> Tracked | None:
    """EasyPost says `unknown` until the carrier knows the parcel."""
    if tracker.status == "unknown":
        return None
    scans = [detail.datetime for detail in tracker.tracking_details]
    due = tracker.est_delivery_date
    return Tracked(
        status=tracker.status, estimated_delivery=due.date() if due else None, at=max(scans, default=None)
    )
