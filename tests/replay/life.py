"""One order with a product of its own, in the words of its life."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowHandle

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.inventory import InventoryChange
from domain.notices import Kind
from domain.order import Order
from domain.state import OrderState
from tests.shop import Shop, eventually, line
from workflows.messages import (
    BACKORDER,
    TASK_QUEUE,
    backorder_workflow_id,
    inventory_workflow_id,
)

_AT_REST = {
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
}
"""The last events of a history whose workflow waits."""


class Life:
    """One order with a product of its own, so that the lives do not meet."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop, self.name, self.sku = shop, name, name.upper()

    async def order(self, units: int = 2, **fields: Any) -> Order:
        return await self.shop.order(self.name, units, **{"lines": [line(self.sku, units)]} | fields)

    async def place(self, units: int = 2, **fields: Any) -> None:
        await self.shop.doors.place(await self.order(units, **fields))

    async def until(self, condition: Callable[[OrderState], bool]) -> None:
        """Once it is so, and the workflow has come to rest: what follows always meets the same life."""
        await self.shop.until(self.name, condition)
        await eventually(self._still, f"{self.name} to come to rest")

    async def _still(self) -> bool:
        last = (await self.handle.fetch_history()).events[-1]
        return last.event_type in _AT_REST

    async def waits(self) -> None:
        """Placed, confirmed, and waiting for stock."""
        await self.until(lambda order: order.told(Kind.CONFIRMATION))

    async def rests(self) -> None:
        """A gateway was away for two minutes."""
        await self.shop.env.sleep(timedelta(seconds=125))
        await self.until(lambda order: bool(order.rests))

    async def receive(self, units: int) -> None:
        await self.shop.receive(units, self.sku)

    async def changes(self, kind: str, reason: str | None = None, **fields: Any) -> None:
        """An inventory change with the life's name for an id."""
        at = await self.shop.now()
        body = {"change_id": self.name, "kind": kind, "happened_at": at, "reason": reason}
        change = InventoryChange.model_validate(body | {"lines": [{"sku": self.sku} | fields]})
        with self.shop.env.auto_time_skipping_disabled():
            await self.shop.doors.apply(change)

    async def cancel(self, units: int | None = None) -> None:
        lines = (CancelledLine(sku=self.sku, quantity=units),) if units else None
        wish = Cancellation(cancellation_id=f"{self.name}-{units}", reason=Reason.TOO_SLOW, lines=lines)
        await self.shop.doors.cancel(self.name, wish)

    async def ends(self) -> None:
        await self.shop.ended(self.name)

    async def ends_within(self, days: float, step_hours: float = 6) -> None:
        await self.shop.ended_within(self.name, days, step_hours)

    async def starts(self, body: Any, workflow: str = BACKORDER, **options: Any) -> WorkflowHandle[Any, Any]:
        """Started by a foreign client, with any body."""
        named = backorder_workflow_id if workflow == BACKORDER else inventory_workflow_id
        return await self.shop.client.start_workflow(
            workflow, body, id=named(self.name), task_queue=TASK_QUEUE, **options
        )

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.shop.handle(self.name)


async def failed(handle: WorkflowHandle[Any, Any]) -> None:
    """Until it has ended as it must."""
    with suppress(WorkflowFailureError):
        await handle.result()
