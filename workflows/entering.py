"""How an order enters: a decision within the deadline; past it nobody gets an order later."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.bells import Bells, Ring
from activities.payments import Payments
from activities.stock import Stock
from domain.errors import MalformedOrder, OrderBodyChanged
from domain.status import Status as OrderStatus
from store.cancelling import Cancelled
from store.changes import Changed
from store.parcels import Step
from store.placing import Placed, Placing
from workflows import options
from workflows.messages import PLACING_DEADLINE
from workflows.waiting import WaitingDoors

T = TypeVar("T")

_REFUSED = {OrderBodyChanged.code, MalformedOrder.code}


class Entering(WaitingDoors):
    """An order up to its decision; and how it runs an effect to its end."""

    async def _place(self) -> None:
        """Into the queue, charged where it is paid at order, and decided; else refused."""
        asked_at = workflow.info().workflow_start_time
        late = workflow.now() - asked_at > PLACING_DEADLINE
        order = Placing(order=self._order, at=workflow.now(), asked_at=asked_at, late=late)
        try:
            await self._enter(order)
        except ActivityError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type in _REFUSED:
                await self._refuse(error.cause)
            await self._give_up_placing(order)

    async def _enter(self, order: Placing) -> None:
        limits = options.DATABASE if order.late else options.placing(_left(order))
        placed = await self._effect(
            workflow.execute_activity_method(Stock.place_order, order, summary="decide", **limits)
        )
        await self._hear(placed)
        if placed.state.status is OrderStatus.PLACING:
            step = Step(order_id=self._order_id, at=workflow.now())
            charge = workflow.execute_activity_method(
                Payments.charge_order, step, summary="charge the order", **options.placing(_left(order))
            )
            await self._hear(await self._effect(charge))

    async def _give_up_placing(self, order: Placing) -> None:
        placing = order.model_copy(update={"at": workflow.now()})
        refuse = workflow.execute_activity_method(
            Stock.refuse_order, placing, summary="not in time: free its units", **options.DATABASE
        )
        await self._hear(await self._effect(refuse))

    async def _refuse(self, error: ApplicationError) -> None:
        """Another body under a used id, or one that can't be meant: whoever asked is told, and nothing happens."""
        self._refused = ApplicationError(error.message, type=error.type, non_retryable=True)
        while not workflow.all_handlers_finished():
            self._inbox.refuse(self._refused)
            await workflow.wait_condition(lambda: self._inbox.asked or workflow.all_handlers_finished())
        raise self._refused

    async def _hear(self, changed: Placed | Cancelled | Changed) -> None:
        """Take the new state, and tell the other orders that the change reached."""
        self._read(changed.state)
        if changed.bells:
            ring = workflow.execute_activity_method(
                Bells.ring_bells,
                Ring(cause=changed.cause, at=workflow.now()),
                summary=f"tell {changed.bells} other orders",
                **options.RINGING,
            )
            await self._effect(ring)

    async def _effect(self, call: Coroutine[Any, Any, T]) -> T:
        """Run an effect to its end: a request to cancel meanwhile is only remembered."""
        task = asyncio.create_task(call)
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                self._inbox.ask_natively(workflow.now())
            except ActivityError:
                break
        return task.result()


def _left(order: Placing) -> timedelta:
    """What is left of the placing deadline; an activity needs some time to fail in."""
    return max(order.asked_at + PLACING_DEADLINE - workflow.now(), timedelta(milliseconds=1))
