"""What must be true of a crowd of orders once they have ended, whatever failed meanwhile."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.state import OrderState
from store.tables import ProductRow
from tests.crowd import REFUSED, Crowd, Sort
from tests.live import MINI, LiveShop
from tests.shop import PRICE, SKU, Books


def faults(crowd: Crowd) -> list[str]:
    """All that is not as it must be, in sentences."""
    found = [
        f"{order_id}: {fault}" for order_id in crowd.order_ids for fault in _Ended(crowd, order_id).faults()
    ]
    return [*found, *_stock_faults(crowd), *crowd.shop.findings()]


@dataclass(frozen=True)
class _Ended:
    crowd: Crowd
    order_id: str

    def faults(self) -> Iterator[str]:
        yield from self._of_decision()
        yield from self._of_units()
        yield from self._of_money()
        yield from self._of_labels()
        yield from self._of_notices()

    @property
    def shop(self) -> LiveShop:
        return self.crowd.shop

    @property
    def sort(self) -> Sort:
        return self.crowd.sort(self.order_id)

    @property
    def state(self) -> OrderState:
        return self.shop.state(self.order_id)

    @property
    def accepted(self) -> bool:
        return self.crowd.decisions[self.order_id].accepted

    @property
    def sent(self) -> int:
        """Its parcels that left."""
        return sum(parcel.sent for parcel in self.state.parcels)

    def _of_decision(self) -> Iterator[str]:
        if self.accepted == (self.sort.placed == REFUSED):
            yield f"decided {self.crowd.decisions[self.order_id].reasons}"

    def _of_units(self) -> Iterator[str]:
        cancelled = self.crowd.cancelled[self.order_id]
        shipped = self.sort.units + self.sort.minis - cancelled if self.accepted else 0
        books = self.shop.books(self.order_id)
        if self.accepted and books != Books(shipped=shipped, cancelled=cancelled, charged=shipped * PRICE):
            yield f"{books}, wanted {shipped} shipped and {cancelled} cancelled"
        if not self.accepted and (books.charged or books.shipped or books.claimed or books.allocated):
            yield f"{books} of an order that was refused"

    def _of_money(self) -> Iterator[str]:
        """One charge at order, but for those that were given back as too late; at shipment one capture a parcel."""
        yield from self.shop.differences(self.order_id)
        entries = [one for one in self.shop.payments.books(self.order_id) if one.state == "succeeded"]
        kinds = Counter(entry.kind for entry in entries)
        at_order = self.sort.placed.get("timing") == "at_order"
        charges, too_late = int(at_order and self.accepted), self.crowd.too_late[self.order_id] * at_order
        right = charges <= kinds["charge"] <= charges + too_late
        if not right or kinds["capture"] != (0 if at_order else self.sent):
            yield f"paid by {dict(kinds)} for {self.sent} parcels, {too_late} times too late"

    def _of_labels(self) -> Iterator[str]:
        if self.shop.labels(self.order_id) != self.sent:
            yield f"{self.shop.labels(self.order_id)} labels for {self.sent} parcels"

    def _of_notices(self) -> Iterator[str]:
        """Each is in the customer's mailbox, at least once."""
        told = Counter(self.shop.told(self.order_id))
        cancelled = int(self.crowd.cancelled[self.order_id] > 0)
        wanted = {"confirmation": int(self.accepted), "shipped": self.sent, "cancelled": cancelled}
        if any(told[kind] != count for kind, count in wanted.items()):
            yield f"told {dict(told)}, wanted {wanted}"
        mails = len({mail["Message-ID"] for mail in self.shop.letters(self.order_id)})
        if mails != told.total():
            yield f"told {dict(told)}, but {mails} letters came"


def _stock_faults(crowd: Crowd) -> Iterator[str]:
    """What came in is on hand or was shipped."""
    shipped: Counter[str] = Counter()
    for order_id in crowd.order_ids:
        for row in crowd.shop.state(order_id).lines:
            shipped[row.sku] += row.shipped
    for sku in (SKU, MINI):
        on_hand = crowd.shop.database.read(_on_hand, sku)
        if on_hand + shipped[sku] != crowd.wanted(sku):
            yield f"{sku}: {crowd.wanted(sku)} came, {on_hand} on hand and {shipped[sku]} shipped"


def _on_hand(session: Session, sku: str) -> int:
    return session.get_one(ProductRow, sku).on_hand
