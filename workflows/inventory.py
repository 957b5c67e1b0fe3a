"""One inventory change: applied once, then every order that it reaches hears of it."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.bells import Bells, Ring
from activities.stock import Stock
from domain.inventory import InventoryChange, InventoryOutcome
from domain.limits import beyond_limits
from store.inventory import Change
from workflows import options
from workflows.messages import inventory_workflow_id, malformed, read

MALFORMED = "MalformedInventoryChange"


@workflow.defn(name="InventoryChangeWorkflow")
class InventoryChangeWorkflow:
    @workflow.run
    async def run(self, *inputs: Any) -> InventoryOutcome:
        change = read(InventoryChange, inputs, MALFORMED)
        if isinstance(change, ApplicationError):
            raise change
        _check(change)
        outcome = await workflow.execute_activity_method(
            Stock.apply_inventory_change,
            Change(change=change, at=workflow.now()),
            summary=f"{change.kind}: {', '.join(change.skus[:3])}",
            **options.DATABASE,
        )
        if outcome.orders_reached:
            await self._ring(change, outcome)
        return outcome

    async def _ring(self, change: InventoryChange, outcome: InventoryOutcome) -> None:
        await workflow.execute_activity_method(
            Bells.ring_bells,
            Ring(cause=inventory_workflow_id(change.change_id), at=workflow.now()),
            summary=f"tell {outcome.orders_reached} orders",
            **options.RINGING,
        )


def _check(change: InventoryChange) -> None:
    """A change under another one's workflow id, or beyond the limits, can't be meant."""
    problems = beyond_limits(change)
    wanted = inventory_workflow_id(change.change_id)
    if workflow.info().workflow_id != wanted:
        problems.append({"field": "change_id", "problem": f"this change belongs to the workflow id {wanted}"})
    if problems:
        raise malformed(MALFORMED, problems)
