"""Placing orders, and asking what placing them would come to."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import ValidationError

from domain.decision import Decision
from domain.model import Model
from domain.order import Order
from starter.api.auth import needs
from starter.api.described import answers, body, orders_of, with_body
from starter.api.doors import PLACING_SECONDS, Door, PatientDoor
from starter.api.problems import Problem, bad, problem_of
from starter.tokens import Scope
from starter.web.house import House
from workflows.messages import faults

_MOST = 100
_AT_ONCE = 16
_ANSWER_SECONDS = PLACING_SECONDS - 1
"""A batch still has to be answered within its own time."""

_OMS = (Scope.OMS,)
_DECIDES = answers("decision", "decision_rejected", scopes=_OMS, fails=with_body(409))
_ORDERS = {"requestBody": {"content": {"application/json": orders_of("order")}}}


class Decided(Model):
    """An order of a batch that was decided, whatever the outcome."""

    decision: Decision


class Undecided(Model):
    """An order of a batch on which no decision was made, and why."""

    problem: Problem


def router(house: House) -> APIRouter:
    """Orders come in here."""
    doors = APIRouter(tags=["orders"])
    asks = Depends(needs(house, *_OMS))
    placing = APIRouter(route_class=PatientDoor, dependencies=[asks])
    _place(placing, house)
    _place_all(placing, house)
    doors.include_router(placing)
    quoting = APIRouter(route_class=Door, dependencies=[asks])
    _quote(quoting, house)
    doors.include_router(quoting)
    return doors


def _place(doors: APIRouter, house: House) -> None:
    @doors.post("/orders", summary="Place an order", responses=_DECIDES)
    async def place_order(order: Annotated[Order, body("order")]) -> Decision:
        """The decision at checkout: `in_stock`, `backordered` or `rejected`, with the promise or the reasons.

        The same order again gets its first decision; another body under its id is refused (409). A rejected order may
        be placed again. An order that is not decided within 30 seconds is never placed later.
        """
        return await house.backorders.place(order)


def _place_all(doors: APIRouter, house: House) -> None:
    says = answers("batch", scopes=_OMS, fails=with_body())

    @doors.post("/orders/batch", summary="Place up to 100 orders", responses=says, openapi_extra=_ORDERS)
    async def place_orders(
        orders: Annotated[list[Any], Body(min_length=1, max_length=_MOST)],
    ) -> list[Decided | Undecided]:
        """For each order, in their order, its decision or the problem with it; a bad one does not stop the others."""
        ends = asyncio.get_running_loop().time() + _ANSWER_SECONDS
        lines = asyncio.Semaphore(_AT_ONCE)

        async def one(given: Any) -> Decided | Undecided:
            return await _decided(house, given, lines, ends)

        return list(await asyncio.gather(*(one(given) for given in orders)))


async def _decided(house: House, given: Any, lines: asyncio.Semaphore, ends: float) -> Decided | Undecided:
    try:
        order = Order.model_validate(given)
        async with asyncio.timeout_at(ends), lines:
            return Decided(decision=await house.backorders.place(order))
    except ValidationError as error:
        return Undecided(problem=bad(faults(error)))
    except Exception as error:  # noqa: BLE001 - as at the door, but for one order of many
        return Undecided(problem=problem_of(error))


def _quote(doors: APIRouter, house: House) -> None:
    @doors.post("/quotes", summary="Ask for a decision", responses=_DECIDES)
    async def quote_order(order: Annotated[Order, body("order")]) -> Decision:
        """The decision that placing the order now would get. Nothing is placed, no stock is dealt, nothing is charged."""
        return await house.backorders.quote(order)
