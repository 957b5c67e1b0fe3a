"""What others may say to an order, and ask of it. Handlers only put what arrived into the inbox."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.errors import refusing
from domain import changes, choice
from domain.cancellation import Cancellation, CancellationOutcome
from domain.changes import (
    AddressChange,
    Change,
    ChangeOutcome,
    PaymentMethod,
    QuantityChange,
    Settlement,
)
from domain.choice import Choice
from domain.decision import Decision
from domain.errors import OrderBodyChanged
from domain.order import Order
from domain.report import Status, status_report
from domain.state import OrderState
from domain.status import Status as OrderStatus
from workflows.inbox import A, Ask, Inbox
from workflows.messages import backorder_workflow_id, malformed, moment_faults, read

MALFORMED = "MalformedOrder"


class OrderDoors:
    """The doors of an order's workflow, and what it knows of the order."""

    def __init__(self, *inputs: Any) -> None:
        meant = _meant(read(Order, inputs, MALFORMED))
        self._inputs = inputs
        self._malformed = meant if isinstance(meant, ApplicationError) else None
        self._order_id = meant.order_id if isinstance(meant, Order) else ""
        self._inbox = Inbox(self._order_id)
        self._refused: ApplicationError | None = None
        self._known: OrderState | None = None
        self._read_at = workflow.now()

    # A signal takes whatever comes: one that raised would hold the order up for ever.

    @workflow.signal
    def inventory_received(self, *cause: Any) -> None:  # noqa: ARG002 - the order reads the database
        self._inbox.ring()

    @workflow.signal
    def promise_changed(self, *cause: Any) -> None:  # noqa: ARG002 - the order reads the database
        self._inbox.ring()

    @workflow.signal
    def cancel(self, *cancellation: Any) -> None:
        self._inbox.read_cancellation(_message(cancellation), workflow.now())

    @workflow.signal
    def payment_method_updated(self, *method: Any) -> None:
        self._inbox.read_method(_message(method))

    @workflow.signal
    def parcel_handed_over(self, *number: Any) -> None:
        self._inbox.read_handover(_message(number))

    @workflow.update
    async def decision(self, order: Order) -> Decision:  # noqa: ARG002 - the validator compared it
        """The answer at checkout: in stock, backordered or rejected."""
        await workflow.wait_condition(lambda: self._decision is not None or self._refused is not None)
        if self._refused is not None:
            raise self._refused
        if self._decision is None:
            raise AssertionError("waited for a decision")
        return self._decision

    @decision.validator
    def _same_order(self, order: Order) -> None:
        if order.digest() != self._order.digest():
            with refusing():
                raise OrderBodyChanged(self._order_id)

    @workflow.update
    async def request_cancellation(self, cancellation: Cancellation) -> CancellationOutcome:
        """Cancel what has not shipped; answers `cancelled`, `partly_shipped` or `too_late`."""
        return await answer(self._inbox.ask_to_cancel(cancellation, workflow.now()))

    @request_cancellation.validator
    def _lines_are_known(self, cancellation: Cancellation) -> None:
        ordered = self._order.skus
        unknown = [line.sku for line in cancellation.lines or () if line.sku not in ordered]
        if unknown:
            text = f"lines: order {self._order_id} has no line {', '.join(unknown)}"
            raise ApplicationError(text, type="UnknownLine", non_retryable=True)

    @workflow.update
    async def choose(self, wish: Choice) -> ChangeOutcome:
        """What is here now and the rest later, all together, or cancel; also later, another than before."""
        return await answer(self._inbox.ask(wish))

    @choose.validator
    def _may_choose(self, wish: Choice) -> None:
        with refusing():
            choice.check(self._state, wish.choice)

    @workflow.update
    async def change_address(self, address: AddressChange) -> ChangeOutcome:
        """Send what has not left to another address."""
        return await answer(self._inbox.ask(address))

    @change_address.validator
    def _is_still_here(self, address: AddressChange) -> None:  # noqa: ARG002 - any address will do
        with refusing():
            changes.check_open(self._state, Change.ADDRESS)

    @workflow.update
    async def change_quantity(self, quantity: QuantityChange) -> ChangeOutcome:
        """Fewer units of a line: those too many are cancelled."""
        return await answer(self._inbox.ask(quantity))

    @change_quantity.validator
    def _is_fewer(self, quantity: QuantityChange) -> None:
        with refusing():
            changes.check_open(self._state, Change.QUANTITY)
            changes.units_too_many(self._state, quantity)

    @workflow.update
    async def change_payment_method(self, method: PaymentMethod) -> ChangeOutcome:
        """Pay with another method from now on; a payment hold is tried again at once."""
        return await answer(self._inbox.ask(method))

    @change_payment_method.validator
    def _is_to_be_paid(self, method: PaymentMethod) -> None:  # noqa: ARG002 - the provider knows it
        with refusing():
            changes.check_payable(self._state)

    @workflow.update
    async def settle(self, settlement: Settlement) -> ChangeOutcome:
        """End an unpaid parcel: paid elsewhere, written off, or stopped and its label voided."""
        return await answer(self._inbox.ask(settlement))

    @settle.validator
    def _is_unpaid(self, settlement: Settlement) -> None:
        with refusing():
            changes.unpaid_parcel(self._state, settlement)

    @workflow.query
    def status(self) -> Status:
        """The order as of its last reading."""
        return status_report(self._state, self._read_at)

    # What it knows.

    @property
    def _order(self) -> Order:
        """As it came. Read anew when it is asked for: while an order waits that is seldom, and very many wait."""
        order = self._malformed or read(Order, self._inputs, MALFORMED)
        if isinstance(order, ApplicationError):
            raise order
        return order

    @property
    def _state(self) -> OrderState:
        """The order as the database last told it; before that, as it came."""
        if self._known is None:
            order = self._order
            return OrderState(
                order_id=order.order_id,
                status=OrderStatus.PLACING,
                placed_at=order.placed_at,
                asked_at=workflow.info().workflow_start_time,
                currency=order.currency,
            )
        return self._known

    def _read(self, state: OrderState) -> None:
        self._known = state
        self._read_at = workflow.now()

    @property
    def _decision(self) -> Decision | None:
        known = self._known
        return None if known is None or known.status is OrderStatus.PLACING else known.decision


async def answer(ask: Ask[A]) -> A:
    await workflow.wait_condition(lambda: ask.answer is not None)
    if isinstance(ask.answer, BaseException) or ask.answer is None:
        raise ask.answer or AssertionError("waited for an answer")
    return ask.answer


def _message(inputs: tuple[Any, ...]) -> Any:
    """A signal's one input; several can't be read as one."""
    return inputs[0] if len(inputs) == 1 else inputs or None


def _meant(order: Order | ApplicationError) -> Order | ApplicationError:
    """An order under another order's workflow id, or placed in the future, can't be meant."""
    if isinstance(order, ApplicationError):
        return order
    problems = moment_faults(order, workflow.now())
    wanted = backorder_workflow_id(order.order_id)
    if workflow.info().workflow_id != wanted:
        problems.append({"field": "order_id", "problem": f"this order belongs to the workflow id {wanted}"})
    return malformed(MALFORMED, problems) if problems else order
