"""The order's own books: placing, claiming, cancelling, and the inventory that moves them."""

from dataclasses import dataclass

from temporalio import activity

from domain.changes import PaymentMethod
from domain.inventory import InventoryOutcome
from domain.model import Instant, Model
from domain.state import OrderState
from store import cancelling, changes, inventory, orders, parcels, placing, rests
from store.cancelling import Cancelled, Cancelling
from store.changes import Changed, Changing
from store.database import Database
from store.inventory import Change
from store.parcels import Step
from store.placing import Placed, Placing
from store.rests import Resting


class NewMethod(Model):
    """As orders of 0.1 ask for another payment method."""

    order_id: str
    method: str
    at: Instant


class Unreadable(Model):
    order_id: str
    what: str
    at: Instant


@dataclass(frozen=True)
class Stock:
    database: Database
    time_zone: str

    @activity.defn
    async def place_order(self, order: Placing) -> Placed:
        """Enter the order into its queues and decide; an order that is known already is only read."""
        return await self.database.awrite(placing.place, self._here(order))

    @activity.defn
    async def refuse_order(self, order: Placing) -> Placed:
        """Reject an order that was not accepted in time, and free its units."""
        return await self.database.awrite(placing.refuse, self._here(order))

    @activity.defn
    async def claim_parcel(self, step: Step) -> OrderState:
        """Take the order's allocated units into its next parcel, if its preference allows; read it anew in any case."""
        return await self.database.awrite(parcels.claim, step)

    @activity.defn
    async def cancel_units(self, asked: Cancelling) -> Cancelled:
        """Cancel what has not shipped, and deal the freed units on."""
        return await self.database.awrite(cancelling.cancel, asked)

    @activity.defn
    async def rest_step(self, resting: Resting) -> OrderState:
        """Remember when to try a gateway again."""
        return await self.database.awrite(rests.begin, resting)

    @activity.defn
    async def change_order(self, asked: Changing) -> Changed:
        """Change what may be changed on the way: address, quantity, method, fulfilment, an unpaid parcel's end."""
        return await self.database.awrite(changes.change, asked)

    @activity.defn
    async def change_payment_method(self, new: NewMethod) -> OrderState:
        """From now on this method pays."""
        change = PaymentMethod(method=new.method)
        changed = await self.change_order(Changing(order_id=new.order_id, change=change, at=new.at))
        return changed.state

    @activity.defn
    async def record_unreadable(self, message: Unreadable) -> OrderState:
        """Keep a message that could not be read."""
        return await self.database.awrite(
            orders.record_unreadable, message.order_id, message.what, message.at
        )

    @activity.defn
    async def apply_inventory_change(self, change: Change) -> InventoryOutcome:
        """Move stock or supply once, and deal."""
        here = change.model_copy(update={"time_zone": self.time_zone})
        return await self.database.awrite(inventory.apply, here)

    def _here(self, order: Placing) -> Placing:
        return order.model_copy(update={"time_zone": self.time_zone})
