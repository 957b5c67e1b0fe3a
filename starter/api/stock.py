"""Stock and supply: what happened to them, and how they stand."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from domain.inventory import InventoryChange, InventoryOutcome
from domain.model import Id
from starter.api.auth import needs
from starter.api.described import answers, body, with_body
from starter.api.doors import Door, PatientDoor
from starter.api.orders import READ
from starter.api.pages import After, Limit, Page, cursor, place
from starter.tokens import Scope
from starter.web.house import House
from store import stock as questions
from store.queue import QueuePlace
from store.stock import QueueAt, Stock

_OMS = (Scope.OMS,)
_BODIES = ("inventory_received", "inventory_adjusted", "inbound", "discontinued")

Sku = Annotated[Id, Path(examples=["WIDGET-PRO-BLUE"])]


class Queue(Page[QueuePlace]):
    """One page of a queue."""


def router(house: House) -> APIRouter:
    """The warehouse's and the buyer's doors."""
    doors = APIRouter(tags=["stock"])
    _change(doors, house)
    _look(doors, house)
    return doors


def _change(doors: APIRouter, house: House) -> None:
    changing = APIRouter(route_class=PatientDoor, dependencies=[Depends(needs(house, *_OMS))])
    says = answers("inventory_outcome", scopes=_OMS, fails=with_body(404, 409))

    @changing.post("/inventory-changes", summary="Report an inventory change", responses=says)
    async def change_inventory(change: Annotated[InventoryChange, body(*_BODIES)]) -> InventoryOutcome:
        """Units received or adjusted, inbound supply announced, revised or cancelled, a product discontinued.

        The answer comes once every order that it reaches was told. The same `change_id` again gets the first outcome,
        whatever its `happened_at`; with another body it is refused.
        """
        return await house.backorders.apply(change)

    doors.include_router(changing)


def _look(doors: APIRouter, house: House) -> None:
    looking = APIRouter(route_class=Door, dependencies=[Depends(needs(house, *READ))])

    @looking.get(
        "/stock/{sku}", summary="Look at a SKU", responses=answers("stock", scopes=READ, fails=(404,))
    )
    async def get_stock(sku: Sku) -> Stock:
        """Units on hand, reserved, available and waited for; and by date what is to come and can still be promised."""
        return await house.database.aread(questions.stock, sku)

    @looking.get(
        "/stock/{sku}/queue", summary="Its queue", responses=answers("queue", scopes=READ, fails=(404,))
    )
    async def get_queue(sku: Sku, limit: Limit = 50, after: After = None) -> Queue:
        """The orders that wait for the SKU or hold unclaimed units of it, in the order in which stock is dealt."""
        page = await house.database.aread(questions.queue_page, sku, place(QueueAt, after), limit)
        return Queue(items=page.places, next=cursor(page.next))

    doors.include_router(looking)
