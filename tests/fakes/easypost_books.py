"""What EasyPost would remember: shipments, rates, labels, refunds and trackers, in its own JSON shapes.

Shapes: docs.easypost.com/docs/shipments, /docs/trackers, /docs/errors.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from domain.money import Money
from domain.order import Address
from domain.working_days import after_working_days
from gateways import tariff
from gateways.carrier import ParcelSpec, Rate
from gateways.sandbox_carrier import UNDELIVERABLE, BookedLabel, tracking_number
from tests.fakes.loopback import HttpRefusal

REFUSED_WHEN_BOUGHT = "00001"
"""The postal code that carriers quote for, and refuse once a label is wanted."""

OUNCES_PER_UNIT = 16

Body = dict[str, Any]


class Refused(HttpRefusal):
    """An error as EasyPost answers it."""

    def __init__(self, status: int, code: str, message: str = "", fields: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.status = status
        errors = [{"field": name, "message": message, "suggestion": None} for name in fields]
        self.body: Body = {"error": {"code": code, "message": message, "errors": errors}}


@dataclass
class EasyPostBooks:
    """Everything that was ever asked of this EasyPost; as with the real one, a reference is not unique."""

    shipments: dict[str, Body] = field(default_factory=dict)
    by_reference: dict[str, str] = field(default_factory=dict)
    silence: list[Body] | None = None
    """When set, carriers make no offers and say these messages."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def create(self, wanted: Body, now: datetime) -> Body:
        if wanted["from_address"]["zip"] == UNDELIVERABLE:
            raise Refused(422, "ADDRESS.VERIFY.FAILURE", "Unable to verify.", ("from_address.zip",))
        shipment: Body = {
            "id": self._id("shp"),
            "object": "Shipment",
            "mode": "test",
            "created_at": _instant(now),
            "reference": wanted.get("reference"),
            "status": "unknown",
            "tracking_code": None,
            "refund_status": None,
            "selected_rate": None,
            "postage_label": None,
            "tracker": None,
            "from_address": self._address(wanted["from_address"]),
            "to_address": self._address(wanted["to_address"]),
            "parcel": self._parcel(wanted["parcel"]),
        }
        shipment |= self._quote(shipment, now)
        self.shipments[shipment["id"]] = shipment
        self.by_reference[shipment["reference"]] = shipment["id"]
        return shipment

    def retrieve(self, name: str) -> Body:
        """By its id or its reference, of which the newest counts."""
        shipment = self.shipments.get(self.by_reference.get(name, name))
        if shipment is None:
            raise Refused(404, "NOT_FOUND", "The requested resource could not be found.")
        return shipment

    def rerate(self, name: str, now: datetime) -> Body:
        shipment = self.retrieve(name)
        shipment |= self._quote(shipment, now)
        return {"rates": shipment["rates"]}

    def buy(self, name: str, rate_id: str, now: datetime) -> Body:
        """Once; the carrier writes the address in its own way."""
        shipment = self.retrieve(name)
        if shipment["postage_label"]:
            raise Refused(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        rate = next((rate for rate in shipment["rates"] if rate["id"] == rate_id), None)
        if rate is None:
            raise Refused(404, "NOT_FOUND", "The rate was not found.")
        if shipment["to_address"]["zip"] == REFUSED_WHEN_BOUGHT:
            raise Refused(422, "ADDRESS.VERIFY.FAILURE", "Unable to verify address.", ("address",))
        tracking = tracking_number(shipment["id"], _offer(rate, now))
        shipment |= {
            "selected_rate": rate,
            "tracking_code": tracking,
            "postage_label": self._label(tracking, now),
            "to_address": _upper(shipment["to_address"]),
        }
        return shipment

    def refund(self, name: str) -> Body:
        shipment = self.retrieve(name)
        if not shipment["postage_label"] or shipment["refund_status"]:
            raise Refused(422, "SHIPMENT.REFUND.UNAVAILABLE", "Unable to request refund.")
        shipment["refund_status"] = "submitted"
        return shipment

    def trackers(self, tracking: str, now: datetime) -> Body:
        """The newest first, as EasyPost lists them."""
        sold = [one for one in reversed(self.shipments.values()) if one["tracking_code"] == tracking]
        return {"trackers": [_tracker(shipment, now) for shipment in sold], "has_more": False}

    def labels(self, order_id: str) -> list[BookedLabel]:
        """Every label ever bought for the order, with whether it was voided."""
        bought = [one for one in self.shipments.values() if one["postage_label"]]
        return [_booked(one) for one in bought if _key(one).partition("/")[0] == order_id]

    def _quote(self, shipment: Body, now: datetime) -> Body:
        if self.silence is not None:
            return {"rates": [], "messages": self.silence}
        if shipment["to_address"]["zip"] == UNDELIVERABLE:
            carriers = sorted({service.carrier for service in tariff.TARIFF})
            return {"rates": [], "messages": [_undeliverable(carrier) for carrier in carriers]}
        offers = tariff.rates(_spec(shipment), now)
        return {"rates": [self._rate(shipment, offer, now) for offer in offers], "messages": []}

    def _rate(self, shipment: Body, offer: Rate, now: datetime) -> Body:
        return {
            "id": self._id("rate"),
            "object": "Rate",
            "mode": "test",
            "carrier": offer.carrier,
            "service": offer.service,
            "rate": str(Decimal(offer.cost.minor).scaleb(-2)),
            "currency": offer.cost.currency,
            "delivery_days": offer.days,
            "delivery_date": None,
            "delivery_date_guaranteed": False,
            "created_at": _instant(now),
            "shipment_id": shipment["id"],
        }

    def _address(self, place: Body) -> Body:
        return {"id": self._id("adr"), "object": "Address", **place, "phone": None, "verifications": {}}

    def _parcel(self, parcel: Body) -> Body:
        return {"id": self._id("prcl"), "object": "Parcel", "length": None, "weight": float(parcel["weight"])}

    def _label(self, tracking: str, now: datetime) -> Body:
        return {
            "id": self._id("pl"),
            "object": "PostageLabel",
            "label_date": _instant(now),
            "label_url": f"https://easypost.example/{tracking}.png",
            "label_file_type": "image/png",
        }

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):032x}"


def _spec(shipment: Body) -> ParcelSpec:
    """The tariff counts units; EasyPost is only told what they weigh."""
    place, units = shipment["to_address"], -(-int(shipment["parcel"]["weight"]) // OUNCES_PER_UNIT)
    return ParcelSpec(
        order_id="-",
        number=1,
        ship_to=Address(name="-", street="-", city="-", country=place["country"]),
        units=max(units, 1),
        weight_grams=1,
        value=Money(minor=0, currency="USD"),
    )


def _offer(rate: Body, now: datetime) -> Rate:
    return Rate(
        carrier=rate["carrier"],
        service=rate["service"],
        cost=Money(minor=int(Decimal(rate["rate"]).scaleb(2)), currency=rate["currency"]),
        days=rate["delivery_days"],
        estimated_delivery=after_working_days(now.date(), rate["delivery_days"]),
    )


def _undeliverable(carrier: str) -> Body:
    words = "The destination postal code is invalid or not served."
    return {"carrier": carrier, "carrier_account_id": "ca_1", "type": "rate_error", "message": words}


def _upper(place: Body) -> Body:
    shown = ("name", "street1", "city", "state")
    return place | {part: place[part].upper() for part in shown if place.get(part)}


def _key(shipment: Body) -> str:
    """Our purchase key, read back from the reference."""
    parts = shipment["reference"].replace("~", ".").split(":")
    return "/".join(parts[1:5])


def _booked(shipment: Body) -> BookedLabel:
    bought_at = datetime.fromisoformat(shipment["postage_label"]["label_date"])
    rate = _offer(shipment["selected_rate"], bought_at)
    return BookedLabel(
        key=_key(shipment),
        label_id=shipment["id"],
        carrier=rate.carrier,
        service=rate.service,
        tracking=shipment["tracking_code"],
        cost=rate.cost,
        estimated_delivery=rate.estimated_delivery,
        label_url=shipment["postage_label"]["label_url"],
        voided=shipment["refund_status"] is not None,
    )


def _tracker(shipment: Body, now: datetime) -> Body:
    label = _booked(shipment)
    bought_at = datetime.fromisoformat(shipment["postage_label"]["label_date"])
    scans = [
        ("pre_transit", bought_at),
        ("in_transit", _midnight(bought_at.date() + timedelta(days=1))),
        ("delivered", _midnight(label.estimated_delivery)),
    ]
    seen = scans[:1] if label.voided else [scan for scan in scans if scan[1] <= now]
    return {
        "id": f"trk_{shipment['id'].removeprefix('shp_')}",
        "object": "Tracker",
        "mode": "test",
        "tracking_code": label.tracking,
        "carrier": label.carrier,
        "status": "cancelled" if label.voided else seen[-1][0],
        "est_delivery_date": _instant(_midnight(label.estimated_delivery)),
        "tracking_details": [
            {"object": "TrackingDetail", "status": status, "datetime": _instant(when)}
            for status, when in seen
        ],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
