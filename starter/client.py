"""The OMS's way in: place orders, report stock, cancel, ask."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Self

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.cancellation import Cancellation, CancellationOutcome
from domain.decision import Decision
from domain.inventory import ChangeKind, ChangeLine, InventoryChange, InventoryOutcome
from domain.order import Order
from domain.report import Status
from starter.errors import BadInput, OutOfReach, Refusal
from store import cancelling, status
from store.database import Database
from workflows.connection import connect
from workflows.messages import (
    BACKORDER,
    CUSTOMER,
    INVENTORY_CHANGE,
    PLACED,
    PLACING_DEADLINE,
    PRIORITY,
    SKUS,
    STATUS,
    TASK_QUEUE,
    backorder_workflow_id,
    cancel_update_id,
    inventory_workflow_id,
    moment_faults,
    sentence,
)


class Backorders:
    """Backorders over one Temporal client; `database` answers for orders whose workflow has ended.

    `clock`: what tells whether an order was placed in the future.

    Raises, from every method:
        Refusal: a rule said no; its `code` and message say which.
        OutOfReach: Temporal (or a worker) did not answer in time; the same call may be made again.
    """

    def __init__(
        self,
        client: Client,
        database: Database | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.client = client
        self.database = database
        self._clock = clock

    @classmethod
    async def connect(cls, address: str | None = None, database_url: str | None = None) -> Self:
        """Connect to a plain server at `address`, or (with namespace, TLS and key) to where the environment says."""
        try:
            client = await connect(address)
        except RuntimeError as error:
            raise OutOfReach("Temporal") from error
        return cls(client, Database(database_url) if database_url else None)

    async def place(self, order: Order) -> Decision:
        """Place an order and wait for its decision; the same order again gets the first decision.

        A rejected order may be placed again. So each call is an update of its own: under one id
        Temporal would give the rejection again for as long as it keeps the ended workflow.

        Raises:
            BadInput: it was placed in the future.
        """
        if problems := moment_faults(order, self._clock()):
            raise BadInput(sentence(problems))
        decision: Decision = await _asked(
            self.client.execute_update_with_start_workflow(
                "decision",
                order,
                start_workflow_operation=_start(order),
                result_type=Decision,
                rpc_timeout=PLACING_DEADLINE,
            )
        )
        return decision

    async def apply(self, change: InventoryChange) -> InventoryOutcome:
        """Report one inventory change; the same again gets the first outcome, another body under its id is refused."""
        while True:
            try:
                return await self._apply(change)
            except WorkflowAlreadyStartedError:
                # Its answer may be one to another body: the next start is answered from the books.
                await self._applied(change)

    async def _apply(self, change: InventoryChange) -> InventoryOutcome:
        outcome: InventoryOutcome = await _asked(
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
            await _asked(self.client.get_workflow_handle(inventory_workflow_id(change.change_id)).result())

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

    async def cancel(self, order_id: str, cancellation: Cancellation) -> CancellationOutcome:
        """Cancel what has not shipped."""
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id))
        try:
            outcome: CancellationOutcome = await _asked(
                handle.execute_update(
                    "request_cancellation",
                    cancellation,
                    id=cancel_update_id(cancellation),
                    result_type=CancellationOutcome,
                )
            )
        except NoWorkflow:
            return self._cancel_ended(order_id, cancellation)
        return outcome

    async def status(self, order_id: str) -> Status:
        """How the order stands: from the database, or as of the workflow's last reading."""
        if self.database is not None:
            return self.database.read(status.status, order_id, datetime.now(UTC))
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id))
        report: Status = await _asked(handle.query("status", result_type=Status))
        return report

    def _cancel_ended(self, order_id: str, cancellation: Cancellation) -> CancellationOutcome:
        """An order whose workflow is no more is answered from the database."""
        if self.database is None:
            raise Refusal("UnknownOrder", f"no open order {order_id}")
        asked = cancelling.Cancelling(order_id=order_id, cancellation=cancellation, at=datetime.now(UTC))
        return self.database.write(cancelling.answer_ended, asked)


class NoWorkflow(Refusal):
    """No open workflow has this id."""

    def __init__(self) -> None:
        super().__init__("UnknownOrder", "no open order has this id")


async def _asked(call: Any) -> Any:
    """The call's answer, with Temporal's failures in our own words."""
    try:
        return await call
    except (WorkflowUpdateFailedError, WorkflowFailureError) as error:
        raise _refusal(error) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise OutOfReach("a worker") from error
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NoWorkflow from error
        raise OutOfReach("Temporal") from error


def _refusal(error: WorkflowUpdateFailedError | WorkflowFailureError) -> Refusal:
    cause: BaseException | None = error.cause
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    if isinstance(cause, ApplicationError):
        return Refusal(cause.type or "Failed", cause.message)
    return Refusal("Failed", str(error.cause))


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


def _start(order: Order) -> WithStartWorkflowOperation[Any, Any]:
    return WithStartWorkflowOperation(
        BACKORDER,
        order,
        id=backorder_workflow_id(order.order_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"{order.units} units of {', '.join(order.skus[:3])}",
        search_attributes=_search_attributes(order),
    )


def _search_attributes(order: Order) -> TypedSearchAttributes:
    """At the start they cost nothing; the workflow adds what it decides."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(STATUS, "placing"),
            SearchAttributePair(SKUS, list(order.skus)),
            SearchAttributePair(CUSTOMER, order.customer.customer_id),
            SearchAttributePair(PRIORITY, order.customer.tier),
            SearchAttributePair(PLACED, order.placed_at),
        ]
    )
