"""Looking at orders."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from domain.explanation import Explanation
from domain.model import Id, Instant
from domain.report import Status
from domain.status import Status as OrderStatus
from starter.api.auth import needs
from starter.api.described import answers
from starter.api.doors import Door
from starter.api.pages import After, Limit, Page, cursor, place
from starter.tokens import Scope
from starter.web.house import House
from store import delays as records
from store import order_pages, status
from store.delays import DelayReport
from store.explain import explain
from store.listing import Listed
from store.order_pages import Place, Wanted

READ = (Scope.OMS, Scope.SUPPORT)

OrderId = Annotated[Id, Path(description="The order system's own id.", examples=["100"])]


class Orders(Page[Listed]):
    """One page of orders."""


@dataclass(frozen=True)
class Conditions:
    """Which orders; all conditions hold together."""

    status: OrderStatus | None = None
    sku: Annotated[Id | None, Query(description="With a line of it; rejected orders keep no lines.")] = None
    customer_id: Id | None = None
    placed_since: Annotated[Instant | None, Query(description="With an offset: `2026-01-05T09:30:00Z`.")] = (
        None
    )
    placed_until: Annotated[Instant | None, Query(description="Exclusive; with an offset.")] = None

    def wanted(self, after: str | None, limit: int) -> Wanted:
        return Wanted.model_validate({**vars(self), "after": place(Place, after), "limit": limit})


def router(house: House) -> APIRouter:
    """Orders, and one of them from several sides."""
    doors = APIRouter(tags=["orders"], route_class=Door, dependencies=[Depends(needs(house, *READ))])
    _listing(doors, house)
    _one(doors, house)
    return doors


def _listing(doors: APIRouter, house: House) -> None:
    @doors.get("/orders", summary="List orders", responses=answers("orders", scopes=READ))
    async def list_orders(
        conditions: Annotated[Conditions, Depends()], limit: Limit = 50, after: After = None
    ) -> Orders:
        """Orders by the date of placing, earliest first; units and value are those neither shipped nor cancelled.

        Ask again with `after` set to the page's `next` until that is null: each order that stays as it is comes once.
        """
        page = await house.database.aread(order_pages.page, conditions.wanted(after, limit))
        return Orders(items=page.orders, next=cursor(page.next))


def _one(doors: APIRouter, house: House) -> None:
    says = answers("status", scopes=READ, fails=(404,))

    @doors.get("/orders/{order_id}", summary="Look at an order", responses=says)
    async def get_order(order_id: OrderId) -> Status:
        """How the order stands: units, parcels, payments, notices, its places in the queues, and what comes next."""
        return await house.database.aread(status.status, order_id, house.now())

    explained = answers("explanation", scopes=READ, fails=(404,))

    @doors.get("/orders/{order_id}/explanation", summary="Why it stands where it stands", responses=explained)
    async def explain_order(order_id: OrderId) -> Explanation:
        """For each line its place, what decides it, who is ahead, and all that moved it."""
        return await house.database.aread(explain, order_id)

    recorded = answers("delays", scopes=READ, fails=(404,))

    @doors.get("/orders/{order_id}/delays", summary="What is on record of its delays", responses=recorded)
    async def get_delays(order_id: OrderId) -> DelayReport:
        """The law it is under, its deadlines, every option notice with its answer, and the money that went back."""
        return await house.database.aread(records.report, order_id)
