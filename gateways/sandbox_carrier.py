"""Three carriers on this machine: a tariff, labels with tracking numbers, no trucks."""

import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from domain.model import Instant
from gateways.carrier import AddressRefused, Label, ParcelSpec, Rate, Tracked
from gateways.sandbox import Sandbox, digest
from gateways.tariff import rates
from gateways.tracking import is_valid_ups_tracking, ups_check_digit

__all__ = ["BookedLabel", "SandboxCarrier", "is_valid_ups_tracking", "ups_check_digit"]

UNDELIVERABLE: Final = "00000"
"""The postal code that no carrier delivers to."""


_UPS_SERVICE: Final = {"Ground": "03", "2nd Day Air": "02", "Next Day Air": "01"}


class BookedLabel(Label):
    """A label as the carrier's books show it."""

    voided: bool


class SandboxCarrier(Sandbox):
    """Rates by units and country; refuses postal code 00000; remembers its keys across restarts.

    The cost is in the currency of the parcel's value; delivery counts from the UTC day of `at`.
    """

    gateway = "carrier"
    operations = frozenset({"rates", "buy", "find", "void", "track"})
    tables = """
    CREATE TABLE IF NOT EXISTS labels (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL, order_id TEXT NOT NULL,
        label TEXT NOT NULL, voided INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS labels_of_order ON labels (order_id);
    CREATE TABLE IF NOT EXISTS journeys (key TEXT PRIMARY KEY, tracking TEXT NOT NULL, bought_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS journeys_by_tracking ON journeys (tracking);
    """

    async def rates(self, key: str, spec: ParcelSpec, at: Instant) -> tuple[Rate, ...] | AddressRefused:  # noqa: ARG002 - the tariff keeps no quotes
        """Every service of the tariff, the cheapest first."""

        def act(_: sqlite3.Connection) -> tuple[Rate, ...] | AddressRefused:
            return _address_refused(spec) or rates(spec, at)

        return self._call("rates", act, at)

    async def buy(self, key: str, spec: ParcelSpec, rate: Rate, at: Instant) -> Label | AddressRefused:
        """Buy the label once, at the tariff's cost."""
        body = digest(spec.model_dump_json(), rate.carrier, rate.service)

        def act(db: sqlite3.Connection) -> Label | AddressRefused:
            known = _row(db, key)
            if known is not None:
                return self._again(known, body)
            refused = _address_refused(spec)
            if refused is not None:
                return refused
            label = _label(key, self._offered(spec, rate, at))
            db.execute(
                "INSERT INTO labels (key, body, order_id, label) VALUES (?, ?, ?, ?)",
                (key, body, spec.order_id, label.model_dump_json()),
            )
            db.execute("INSERT INTO journeys VALUES (?, ?, ?)", (key, label.tracking, at.isoformat()))
            return label

        return self._call("buy", act, at)

    async def find(self, key: str) -> Label | None:
        """The label bought under this key, unless it was voided."""

        def look(db: sqlite3.Connection) -> Label | None:
            row = _row(db, key)
            return None if row is None or row["voided"] else _read(row)

        return self._call("find", look)

    async def void(self, key: str, at: Instant) -> None:
        """Give the label back."""

        def act(db: sqlite3.Connection) -> None:
            db.execute("UPDATE labels SET voided = 1 WHERE key = ?", (key,))

        self._call("void", act, at)

    async def track(self, carrier: str, tracking: str, at: Instant) -> Tracked | None:
        """On its way from the day after the purchase, delivered on its estimated date; a voided label goes nowhere."""

        def look(db: sqlite3.Connection) -> Tracked | None:
            row = db.execute(
                "SELECT label, bought_at FROM labels JOIN journeys USING (key) WHERE tracking = ? AND NOT voided",
                (tracking,),
            ).fetchone()
            label = row and _read(row)
            return _progress(label, row["bought_at"], at) if label and label.carrier == carrier else None

        return self._call("track", look, at)

    def labels(self, order_id: str) -> list[BookedLabel]:
        """Every label ever bought for the order, with whether it was voided."""
        with self._transaction() as db:
            rows = db.execute("SELECT * FROM labels WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()
        return [BookedLabel(**_read(row).model_dump(), voided=row["voided"]) for row in rows]

    def _again(self, known: sqlite3.Row, body: str) -> Label:
        if known["body"] != body:
            raise self._refusal("idempotency_conflict", "this key was used with another body")
        if known["voided"]:
            raise self._refusal("label_voided", "the label under this key was voided")
        return _read(known)

    def _offered(self, spec: ParcelSpec, rate: Rate, at: Instant) -> Rate:
        for offer in rates(spec, at):
            if (offer.carrier, offer.service) == (rate.carrier, rate.service):
                return offer
        raise self._refusal("unknown_service", "the tariff has no such service")


def _address_refused(spec: ParcelSpec) -> AddressRefused | None:
    if spec.ship_to.postal_code != UNDELIVERABLE:
        return None
    return AddressRefused(message=f"No carrier delivers to postal code {UNDELIVERABLE}.")


def _label(key: str, rate: Rate) -> Label:
    tracking = tracking_number(key, rate)
    return Label(
        key=key,
        label_id=f"lb_{digest(key)[:24]}",
        carrier=rate.carrier,
        service=rate.service,
        tracking=tracking,
        cost=rate.cost,
        estimated_delivery=rate.estimated_delivery,
        label_url=f"https://labels.example/{tracking}.pdf",
    )


def _progress(label: Label, bought_at: str, at: Instant) -> Tracked:
    bought = datetime.fromisoformat(bought_at)
    steps = [
        ("delivered", _midnight(label.estimated_delivery)),
        ("in_transit", _midnight(bought.date() + timedelta(days=1))),
    ]
    status, since = next((step for step in steps if step[1] <= at), ("pre_transit", bought))
    return Tracked(status=status, estimated_delivery=label.estimated_delivery, at=since)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def tracking_number(key: str, rate: Rate) -> str:
    """A number in the carrier's shape, always the same for the same key."""
    seed = digest("tracking", key)
    digits = f"{int(seed, 16):022d}"[-22:]
    match rate.carrier:
        case "UPS":
            body = seed[:6].upper() + _UPS_SERVICE[rate.service] + digits[-7:]
            return f"1Z{body}{ups_check_digit(body)}"
        case "FedEx":
            return digits[-12:]
        case _:
            return f"94{digits[-20:]}"


def _row(db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM labels WHERE key = ?", (key,)).fetchone()
    return row


def _read(row: sqlite3.Row) -> Label:
    return Label.model_validate_json(row["label"])
