"""The OMS's way in: place orders, report stock, cancel, change, ask."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel
from temporalio.client import Client

from domain.cancellation import Cancellation, CancellationOutcome
from domain.changes import (
    AddressChange,
    ChangeOutcome,
    Consent,
    Hold,
    KeepWaiting,
    PaymentMethod,
    Prioritisation,
    QuantityChange,
    Release,
    Settlement,
)
from domain.choice import Choice
from domain.decision import Decision
from domain.errors import UnknownOrder
from domain.order import Order
from domain.report import Status
from starter import limits
from starter.asking import NoWorkflow, asked
from starter.correcting import CorrectingDoor
from starter.errors import BadInput, OutOfReach, Refusal, refusing
from starter.inventory import InventoryDoor
from starter.quoting import quoted
from starter.starts import start
from store import cancelling, status
from store.database import Database
from workflows.connection import PLAIN, Speech, connect
from workflows.messages import (
    ANSWER_WITHIN,
    PLACING_DEADLINE,
    backorder_workflow_id,
    cancel_update_id,
    moment_faults,
)


class Backorders(InventoryDoor, CorrectingDoor):
    """Backorders over one Temporal client; `database` answers for orders whose workflow has ended.

    `clock`: what tells whether an order was placed in the future; `time_zone`: the shop's, for quotes.

    Raises, from every method:
        Refusal: a rule said no; its `code` and message say which.
        OutOfReach: Temporal (or a worker) did not answer in time; the same call may be made again.
    """

    def __init__(
        self,
        client: Client,
        database: Database | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        time_zone: str = "UTC",
    ) -> None:
        self.client = client
        self.database = database
        self._clock = clock
        self._time_zone = time_zone

    @classmethod
    async def connect(
        cls,
        address: str | None = None,
        database_url: str | None = None,
        time_zone: str = "UTC",
        speech: Speech = PLAIN,
    ) -> Self:
        """Connect to a plain server at `address`, or (with namespace, TLS and key) to where the environment says.

        `speech`: how the workers speak to Temporal too, as `Speech(codec=Encryption(read_keys("ID:BASE64")))`.
        """
        try:
            client = await connect(address, speech)
        except RuntimeError as error:
            raise OutOfReach("Temporal") from error
        return cls(client, Database(database_url) if database_url else None, time_zone=time_zone)

    async def place(self, order: Order) -> Decision:
        """Place an order and wait for its decision; the same order again gets the first decision.

        A rejected order may be placed again. So each call is an update of its own: under one id
        Temporal would give the rejection again for as long as it keeps the ended workflow.

        Raises:
            BadInput: it was placed in the future, or holds what no order can.
        """
        limits.check(order, *moment_faults(order, self._clock()))
        decision: Decision = await asked(
            self.client.execute_update_with_start_workflow(
                "decision",
                order,
                start_workflow_operation=start(order),
                result_type=Decision,
                rpc_timeout=PLACING_DEADLINE,
            ),
            PLACING_DEADLINE,
        )
        return decision

    async def quote(self, order: Order) -> Decision:
        """The decision that placing the order now would get; no payment is asked for.

        Neither order nor stock nor customer is touched or kept; that it was asked for counts as demand.

        Raises:
            BadInput: as for placing; or this client has no database.
        """
        limits.check(order, *moment_faults(order, self._clock()))
        if self.database is None:
            raise BadInput("database: a quote reads the shop's database, and this client has none")
        with refusing():
            return await asyncio.to_thread(quoted, self.database, order, self._clock(), self._time_zone)

    async def cancel(self, order_id: str, cancellation: Cancellation) -> CancellationOutcome:
        """Cancel what has not shipped."""
        limits.check(cancellation)
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id))
        try:
            outcome: CancellationOutcome = await asked(
                handle.execute_update(
                    "request_cancellation",
                    cancellation,
                    id=cancel_update_id(cancellation),
                    result_type=CancellationOutcome,
                    rpc_timeout=ANSWER_WITHIN,
                ),
                ANSWER_WITHIN,
            )
        except NoWorkflow:
            return await asyncio.to_thread(self._cancel_ended, order_id, cancellation)
        return outcome

    async def choose(self, order_id: str, choice: Choice) -> ChangeOutcome:
        """What is here now and the rest later, all together, or cancel."""
        return await self._change(order_id, "choose", choice)

    async def change_address(self, order_id: str, address: AddressChange) -> ChangeOutcome:
        """Send what has not left to another address."""
        return await self._change(order_id, "change_address", address)

    async def change_quantity(self, order_id: str, quantity: QuantityChange) -> ChangeOutcome:
        """Fewer units of a line; more are another order, and refused."""
        return await self._change(order_id, "change_quantity", quantity)

    async def change_payment_method(self, order_id: str, method: PaymentMethod) -> ChangeOutcome:
        """Pay with another method from now on; a payment hold is tried again at once."""
        return await self._change(order_id, "change_payment_method", method)

    async def settle(self, order_id: str, settlement: Settlement) -> ChangeOutcome:
        """End an unpaid parcel: paid elsewhere, written off, or stopped and its label voided."""
        return await self._change(order_id, "settle", settlement)

    async def consent_to_delay(self, order_id: str, consent: Consent) -> ChangeOutcome:
        """The customer's answer to the latest option notice: wait for the new date, or cancel."""
        return await self._change(order_id, "consent_to_delay", consent)

    async def prioritise(self, order_id: str, wanted: Prioritisation) -> ChangeOutcome:
        """Move an order ahead of its own place, or back."""
        return await self._change(order_id, "prioritise", wanted)

    async def hold(self, order_id: str, hold: Hold) -> ChangeOutcome:
        """Let nothing of an order ship until it is released."""
        return await self._change(order_id, "hold", hold)

    async def release(self, order_id: str, release: Release) -> ChangeOutcome:
        """Let a held order go on."""
        return await self._change(order_id, "release", release)

    async def keep_waiting(self, order_id: str, wish: KeepWaiting) -> ChangeOutcome:
        """Let an order that waited for long go on waiting."""
        return await self._change(order_id, "keep_waiting", wish)

    async def hand_over(self, order_id: str, number: int) -> None:
        """The warehouse gave a parcel to its carrier."""
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id))
        await asked(handle.signal("parcel_handed_over", number))

    async def _change(self, order_id: str, name: str, change: BaseModel) -> ChangeOutcome:
        limits.check(change)
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id))
        try:
            outcome: ChangeOutcome = await asked(
                handle.execute_update(name, change, result_type=ChangeOutcome, rpc_timeout=ANSWER_WITHIN),
                ANSWER_WITHIN,
            )
        except NoWorkflow as none:
            raise await asyncio.to_thread(self.gone, order_id) or none from None
        return outcome

    def gone(self, order_id: str) -> Refusal | None:
        """Why an order has no workflow any more, where the database knows that it ended."""
        if self.database is None:
            return None
        try:
            became = self.database.read(status.status, order_id, datetime.now(UTC)).status
        except UnknownOrder:
            return None
        return Refusal("ChangeRefused", f"order {order_id} is {became}") if became.ended else None

    async def status(self, order_id: str) -> Status:
        """How the order stands: from the database, or as of the workflow's last reading."""
        if self.database is not None:
            with refusing():
                return self.database.read(status.status, order_id, datetime.now(UTC))
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id))
        report: Status = await asked(handle.query("status", result_type=Status))
        return report

    def _cancel_ended(self, order_id: str, cancellation: Cancellation) -> CancellationOutcome:
        """An order whose workflow is no more is answered from the database."""
        if self.database is None:
            raise Refusal("UnknownOrder", f"no open order {order_id}")
        asked = cancelling.Cancelling(order_id=order_id, cancellation=cancellation, at=datetime.now(UTC))
        with refusing():
            return self.database.write(cancelling.answer_ended, asked)
