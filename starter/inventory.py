"""Telling what happened to stock and supply."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.inventory import ChangeKind, ChangeLine, InventoryChange, InventoryOutcome
from starter import limits
from starter.asking import asked
from starter.errors import Refusal
from workflows.messages import INVENTORY_CHANGE, TASK_QUEUE, inventory_workflow_id


class InventoryDoor:
    """The warehouse's and the suppliers' part of the client."""

    client: Client

    async def apply(self, change: InventoryChange) -> InventoryOutcome:
        """Report one inventory change; the same again gets the first outcome, another body under its id is refused.

        Raises:
            BadInput: it holds what no change can.
        """
        limits.check(change)
        while True:
            try:
                return await self._apply(change)
            except WorkflowAlreadyStartedError:
                # Its answer may be one to another body: the next start is answered from the books.
                await self._applied(change)

    async def _apply(self, change: InventoryChange) -> InventoryOutcome:
        outcome: InventoryOutcome = await asked(
            self.client.execute_workflow(
                INVENTORY_CHANGE,
                change,
                id=inventory_workflow_id(change.change_id),
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                result_type=InventoryOutcome,
                static_summary=f"{change.kind}: {', '.join(change.skus[:3])}",
            )
        )
        return outcome

    async def _applied(self, change: InventoryChange) -> None:
        """Until the change that runs under this id has ended, however it does."""
        with suppress(Refusal):
            await asked(self.client.get_workflow_handle(inventory_workflow_id(change.change_id)).result())

    async def receive(
        self,
        change_id: str,
        units: Mapping[str, int],
        *,
        inbound_id: str | None = None,
        at: datetime | None = None,
    ) -> InventoryOutcome:
        """Units came in, by SKU; `inbound_id` names the purchase-order line that they belong to."""
        lines = [ChangeLine(sku=sku, quantity=count, inbound_id=inbound_id) for sku, count in units.items()]
        return await self.apply(_change(change_id, ChangeKind.RECEIVED, lines, at))

    async def adjust(
        self, change_id: str, units: Mapping[str, int], reason: str, *, at: datetime | None = None
    ) -> InventoryOutcome:
        """Stock was counted or returned: signed units by SKU."""
        lines = [ChangeLine(sku=sku, quantity=count) for sku, count in units.items()]
        return await self.apply(_change(change_id, ChangeKind.ADJUSTED, lines, at, reason))

    async def announce(
        self,
        change_id: str,
        inbound_id: str,
        units: Mapping[str, int],
        *,
        eta: date | None = None,
        supplier: str | None = None,
        cancelled: bool = False,
        at: datetime | None = None,
    ) -> InventoryOutcome:
        """A supplier announced units (still outstanding) for a date, revised them, or cancelled them."""
        lines = [
            ChangeLine(
                sku=sku,
                quantity=count,
                inbound_id=inbound_id,
                eta=eta,
                supplier=supplier,
                cancelled=cancelled,
            )
            for sku, count in units.items()
        ]
        return await self.apply(_change(change_id, ChangeKind.INBOUND, lines, at))


def _change(
    change_id: str, kind: ChangeKind, lines: list[ChangeLine], at: datetime | None, reason: str | None = None
) -> InventoryChange:
    return InventoryChange(
        change_id=change_id,
        kind=kind,
        happened_at=at or datetime.now(UTC),
        lines=tuple(lines),
        reason=reason,
    )
