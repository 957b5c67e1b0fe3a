"""The order's own books: placing, claiming, cancelling, and the inventory that moves them."""

from dataclasses import dataclass

from temporalio import activity

from domain.decision import DecisionReason
from domain.inventory import InventoryOutcome
from domain.model import Instant, Model
from domain.state import OrderState
from store import cancelling, inventory, orders, parcels, placing, rests
from store.cancelling import Cancelled, Cancelling
from store.database import Database
from store.inventory import Change
from store.parcels import Step
from store.placing import Placed, Placing
from store.rests import Resting


class Refusing(Model):
    placing: Placing
    reason: DecisionReason


class NewMethod(Model):
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
    def place_order(self, order: Placing) -> Placed:
        """Enter the order into its queues and decide; an order that is known already is only read."""
        return self.database.write(placing.place, order.model_copy(update={"time_zone": self.time_zone}))

    @activity.defn
    def refuse_order(self, refusing: Refusing) -> Placed:
        """Reject an order that was not accepted in time, and free its units."""
        order = refusing.placing.model_copy(update={"time_zone": self.time_zone})
        return self.database.write(placing.refuse, order.order, refusing.reason, order)

    @activity.defn
    def claim_parcel(self, step: Step) -> OrderState:
        """Take the order's allocated units into its next parcel, if its preference allows; read it anew in any case."""
        return self.database.write(parcels.claim, step)

    @activity.defn
    def cancel_units(self, asked: Cancelling) -> Cancelled:
        """Cancel what has not shipped, and deal the freed units on."""
        return self.database.write(cancelling.cancel, asked)

    @activity.defn
    def rest_step(self, resting: Resting) -> OrderState:
        """Remember when to try a gateway again."""
        return self.database.write(rests.begin, resting)

    @activity.defn
    def change_payment_method(self, new: NewMethod) -> OrderState:
        """From now on this method pays."""
        return self.database.write(orders.change_method, new.order_id, new.method, new.at)

    @activity.defn
    def record_unreadable(self, message: Unreadable) -> OrderState:
        """Keep a message that could not be read."""
        return self.database.write(orders.record_unreadable, message.order_id, message.what, message.at)

    @activity.defn
    def apply_inventory_change(self, change: Change) -> InventoryOutcome:
        """Move stock or supply once, and deal."""
        return self.database.write(inventory.apply, change)
