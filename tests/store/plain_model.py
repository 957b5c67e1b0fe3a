"""The deal in plain Python: what the database must say after every step, written as simply as can be."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.order import Fulfilment, Order, Tier, Timing

HEAD_START = {Tier.VIP: 7, Tier.WHOLESALE: 3, Tier.STANDARD: 0}
PARTS = ("backordered", "allocated", "claimed", "shipped", "cancelled")

Line = Counter[str]


@dataclass
class Waiting:
    """One order: its lines' units, and the parcel that is being packed."""

    order: Order
    place: tuple[datetime, datetime, str]
    lines: dict[str, Line]
    accepted: bool
    fulfilment: Fulfilment
    parcel: dict[str, int] = field(default_factory=dict)
    capturing: bool = False


@dataclass
class Model:
    """Units on hand, and every order that is not forgotten."""

    on_hand: Counter[str] = field(default_factory=Counter)
    orders: dict[str, Waiting] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    never_backordered: frozenset[str] = frozenset()

    def deal(self) -> None:
        """Every unit on hand that is in no parcel goes to the front of its queue."""
        for sku in self.known:
            queue = sorted(
                (one for one in self.orders.values() if sku in one.lines), key=lambda one: one.place
            )
            free = self.on_hand[sku] - sum(one.lines[sku]["claimed"] for one in queue)
            for one in queue:
                line = one.lines[sku]
                wanted = line["backordered"] + line["allocated"]
                line["allocated"] = min(wanted, free)
                line["backordered"] = wanted - line["allocated"]
                free -= line["allocated"]

    def place(self, order: Order) -> bool:
        """Whether it was accepted, or waits for its charge."""
        before = deepcopy(self)
        ahead = timedelta(days=HEAD_START[order.customer.tier])
        lines = {line.sku: Counter(backordered=line.quantity) for line in order.lines}
        place = (order.placed_at - ahead, order.placed_at, order.order_id)
        accepted = order.payment.timing is not Timing.AT_ORDER
        wish = order.fulfilment or Fulfilment.SPLIT
        self.orders[order.order_id] = Waiting(order, place, lines, accepted, wish)
        self.deal()
        short = [sku for sku, line in lines.items() if line["backordered"] and sku in self.never_backordered]
        if short or not set(lines) <= self.known:
            self.on_hand, self.orders = before.on_hand, before.orders
            self.orders.pop(order.order_id, None)
            return False
        return True

    def refuse(self, order_id: str) -> None:
        for line in self.orders[order_id].lines.values():
            line["cancelled"] += line.pop("backordered", 0) + line.pop("allocated", 0)
        self.deal()

    def receive(self, sku: str, units: int) -> None:
        self.on_hand[sku] += units
        self.deal()

    def adjust(self, sku: str, units: int) -> int:
        """The units that nothing covers."""
        claimed = sum(one.lines[sku]["claimed"] for one in self.orders.values() if sku in one.lines)
        applied = max(units, claimed - self.on_hand[sku])
        self.receive(sku, applied)
        return applied - units

    def claim(self, order_id: str) -> None:
        one = self.orders[order_id]
        if not one.accepted or one.parcel or one.capturing:
            return
        if one.fulfilment is not Fulfilment.SPLIT and any(li["backordered"] for li in one.lines.values()):
            return
        for sku, line in one.lines.items():
            if line["allocated"]:
                one.parcel[sku] = line.pop("allocated")
                line["claimed"] += one.parcel[sku]

    def ship(self, order_id: str) -> None:
        one = self.orders[order_id]
        for sku, units in one.parcel.items():
            one.lines[sku]["claimed"] -= units
            one.lines[sku]["shipped"] += units
            self.on_hand[sku] -= units
        one.parcel = {}
        one.capturing = one.order.payment.timing is not Timing.AT_ORDER

    def stop(self, order_id: str, units: dict[str, int]) -> None:
        """A parcel that had left is back in the building, and its order goes without it."""
        for sku, quantity in units.items():
            line = self.orders[order_id].lines[sku]
            line["shipped"] -= quantity
            line["cancelled"] += quantity
            self.on_hand[sku] += quantity
        self.deal()

    def cancel(self, order_id: str, wanted: dict[str, int]) -> int:
        """The units that were cancelled; a parcel that they reach into is undone first."""
        one = self.orders[order_id]
        if any(wanted.get(sku, 0) > _unpacked(one.lines[sku]) for sku in one.parcel):
            for sku, units in one.parcel.items():
                one.lines[sku]["claimed"] -= units
                one.lines[sku]["allocated"] += units
            one.parcel = {}
        taken = 0
        for sku, units in wanted.items():
            line = one.lines[sku]
            backordered = min(units, line["backordered"])
            allocated = min(units - backordered, line["allocated"])
            line["backordered"] -= backordered
            line["allocated"] -= allocated
            line["cancelled"] += backordered + allocated
            taken += backordered + allocated
        self.deal()
        return taken

    def open(self, order_id: str) -> dict[str, int]:
        lines = self.orders[order_id].lines
        return {sku: _unpacked(line) + line["claimed"] for sku, line in lines.items()}

    def units(self) -> dict[tuple[str, str], tuple[int, ...]]:
        return {
            (order_id, sku): tuple(line[part] for part in PARTS)
            for order_id, one in self.orders.items()
            for sku, line in one.lines.items()
        }


def _unpacked(line: Line) -> int:
    return line["backordered"] + line["allocated"]
