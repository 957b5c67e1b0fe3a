"""What becomes of parcels."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from domain.changes import How, Settlement
from domain.choice import Choice
from domain.report import Status, StatusParcel
from gateways.carrier import Tracked
from starter import door
from starter.door import Said
from starter.errors import BadInput, Refusal
from store import orders, status
from store.database import Database
from worker import gateways


async def choose(order_id: str, choice: str, by: str) -> Said:
    wish = Choice.model_validate({"choice": choice, "requested_by": by})
    async with door.backorders() as doors:
        return door.changed(await doors.choose(order_id, wish))


async def hand_over(order_id: str, number: int) -> Said:
    """Tell the order; an order that has no such parcel to hand over is a refusal."""
    async with door.backorders() as doors, door.database() as database:
        parcel = _parcel(await database.aread(status.status, order_id, datetime.now(UTC)), number)
        if parcel.shipped_at is None:
            await doors.hand_over(order_id, number)
    document = {"order_id": order_id, "parcel": number, "tracking": parcel.tracking}
    return Said(document, f"Order {order_id}: parcel {number} is with its carrier.")


def _parcel(order: Status, number: int) -> StatusParcel:
    for parcel in order.parcels:
        if parcel.number == number:
            return parcel
    raise Refusal("ChangeRefused", f"number: order {order.order_id} has no parcel {number} with a label")


async def settle(order_id: str, how: str, reason: str, parcel: int | None, by: str) -> Said:
    if how not in set(How):
        raise BadInput(f"--how: {how} is none of {', '.join(How)}")
    async with door.backorders() as doors, door.database() as database:
        number = _only_unpaid(database, order_id) if parcel is None else parcel
        body = {"parcel": number, "how": how, "reason": reason, "requested_by": by}
        return door.changed(await doors.settle(order_id, Settlement.model_validate(body)))


def _only_unpaid(database: Database, order_id: str) -> int:
    owed = [parcel.number for parcel in database.read(orders.state, order_id).parcels if parcel.owed]
    if not owed:
        raise Refusal("ChangeRefused", f"order {order_id} has no unpaid parcel")
    if len(owed) > 1:
        raise BadInput(f"--parcel: order {order_id} has several unpaid parcels: {', '.join(map(str, owed))}")
    return owed[0]


@dataclass(frozen=True)
class ParcelTracked:
    parcel: StatusParcel
    tracked: Tracked | None


@dataclass(frozen=True)
class Tracks:
    order_id: str
    parcels: tuple[ParcelTracked, ...]
    refused: bool = False

    @property
    def document(self) -> Any:
        return {"order_id": self.order_id, "parcels": [_document(one) for one in self.parcels]}

    def show(self, console: Console) -> None:
        if not self.parcels:
            console.print(f"Order {self.order_id} has no parcel with a label.", highlight=False)
            return
        table = Table("Parcel", "Carrier", "Tracking", "Status", "Expected", box=None)
        for one in self.parcels:
            parcel, tracked = one.parcel, one.tracked
            expected = (tracked.estimated_delivery if tracked else None) or parcel.estimated_delivery
            carrier = f"{parcel.carrier} {parcel.service}"
            where = tracked.status if tracked else "not known to the carrier yet"
            table.add_row(str(parcel.number), carrier, parcel.tracking, where, str(expected or ""))
        console.print(table)


def _document(one: ParcelTracked) -> dict[str, Any]:
    tracked = one.tracked.model_dump(mode="json") if one.tracked else None
    parcel = one.parcel
    return {
        "number": parcel.number,
        "carrier": parcel.carrier,
        "tracking": parcel.tracking,
        "tracked": tracked,
    }


async def track(order_id: str) -> Tracks:
    now = datetime.now(UTC)
    async with door.database() as database, gateways.carrier(door.settings()) as carrier:
        order = await database.aread(status.status, order_id, now)
        parcels = [
            ParcelTracked(one, await carrier.track(one.carrier, one.tracking, now))
            for one in order.parcels
            if one.carrier and one.tracking
        ]
    return Tracks(order_id, tuple(parcels))
