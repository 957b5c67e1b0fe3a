"""The life of one order."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.bells import Bells, Ring
    from activities.notices import Notices
    from activities.payments import Payments
    from activities.shipping import Shipping
    from activities.stock import NewMethod, Stock, Unreadable
    from domain import life
    from domain.cancellation import Cancellation, CancellationOutcome, Reason
    from domain.decision import Decision
    from domain.life import (
        Authorise,
        Capture,
        Claim,
        End,
        GiveUp,
        Label,
        LookUpCharge,
        Refund,
        Tell,
        Void,
        Wait,
    )
    from domain.order import Order
    from domain.report import Status, status_report
    from domain.state import OrderState, Outcome, PaymentKind, outcome
    from domain.status import Status as OrderStatus
    from store.cancelling import Cancelled, Cancelling
    from store.notices import Telling
    from store.parcels import Step
    from store.placing import Placed, Placing
    from store.rests import Resting
    from workflows import options, telling
    from workflows.inbox import Ask, Inbox
    from workflows.messages import PLACING_DEADLINE, backorder_workflow_id, malformed, moment_faults, read

T = TypeVar("T")

MALFORMED = "MalformedOrder"

_MOST_EVENTS = 2_000
_MOST_BYTES = 2_000_000


@workflow.defn(name="BackorderWorkflow")
class BackorderWorkflow:
    """Waits for stock, for a cancellation, for a date; and does the right thing when the wait ends."""

    @workflow.init
    def __init__(self, *inputs: Any) -> None:
        self._input = _meant(read(Order, inputs, MALFORMED))
        self._inbox = Inbox(self._input.order_id if isinstance(self._input, Order) else "")
        self._refused: ApplicationError | None = None
        self._known: OrderState | None = None
        self._read_at = workflow.now()

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:  # noqa: ARG002 - read in __init__, before any handler runs
        await self._place()
        while not self._over:
            await self._act()
        telling.show(self._state)
        return outcome(self._state)

    # What others may say and ask. A signal takes whatever comes: one that raised would hold the order up for ever.

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
        if isinstance(self._input, ApplicationError):
            raise self._input
        if order.digest() != self._input.digest():
            text = f"order {self._input.order_id} is here with another body"
            raise ApplicationError(text, type="OrderBodyChanged", non_retryable=True)

    @workflow.update
    async def request_cancellation(self, cancellation: Cancellation) -> CancellationOutcome:
        """Cancel what has not shipped; answers `cancelled`, `partly_shipped` or `too_late`."""
        ask = self._inbox.ask(cancellation, workflow.now())
        await workflow.wait_condition(lambda: ask.answer is not None)
        if not isinstance(ask.answer, CancellationOutcome):
            raise ask.answer or AssertionError("waited for an answer")
        return ask.answer

    @request_cancellation.validator
    def _lines_are_known(self, cancellation: Cancellation) -> None:
        ordered = self._order.skus
        unknown = [line.sku for line in cancellation.lines or () if line.sku not in ordered]
        if unknown:
            text = f"lines: order {self._order.order_id} has no line {', '.join(unknown)}"
            raise ApplicationError(text, type="UnknownLine", non_retryable=True)

    @workflow.query
    def status(self) -> Status:
        """The order as of its last reading."""
        return status_report(self._state, self._read_at)

    # Placing.

    async def _place(self) -> None:
        """Into the queue with a decision, within the deadline; past it nobody gets an order later."""
        asked_at = workflow.info().workflow_start_time
        late = workflow.now() - asked_at > PLACING_DEADLINE
        order = Placing(order=self._order, at=workflow.now(), asked_at=asked_at, late=late)
        try:
            await self._enter(order, asked_at + PLACING_DEADLINE - workflow.now(), late=late)
        except ActivityError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.non_retryable:
                await self._refuse(error.cause)
            await self._give_up_placing(order)

    async def _enter(self, order: Placing, remaining: timedelta, *, late: bool) -> None:
        limits = options.DATABASE if late else options.placing(remaining)
        placed = await self._effect(
            workflow.execute_activity_method(Stock.place_order, order, summary="decide", **limits)
        )
        await self._hear(placed)
        if placed.state.status is OrderStatus.PLACING:
            remaining = order.asked_at + PLACING_DEADLINE - workflow.now()
            limits = options.placing(max(remaining, timedelta(milliseconds=1)))
            charge = workflow.execute_activity_method(
                Payments.charge_order, self._step(), summary="charge the order", **limits
            )
            await self._hear(await self._effect(charge))

    async def _give_up_placing(self, order: Placing) -> None:
        placing = order.model_copy(update={"at": workflow.now()})
        refuse = workflow.execute_activity_method(
            Stock.refuse_order, placing, summary="too late: free its units", **options.DATABASE
        )
        await self._hear(await self._effect(refuse))

    async def _refuse(self, error: ApplicationError) -> None:
        """Another body under a used id: whoever asked is told, and nothing happens."""
        self._refused = ApplicationError(error.message, type=error.type, non_retryable=True)
        await workflow.wait_condition(workflow.all_handlers_finished)
        raise self._refused

    # The loop: one thing at a time, and only the wait can be interrupted.

    @property
    def _over(self) -> bool:
        return self._state.ended_at is not None and self._inbox.empty and workflow.all_handlers_finished()

    async def _act(self) -> None:
        if self._inbox.unreadable:
            await self._keep_unreadable(self._inbox.unreadable.popleft())
        elif self._inbox.methods:
            await self._change_method(self._inbox.methods.popleft().method)
        elif self._inbox.cancellations and not life.label_rests(self._state, workflow.now()):
            await self._cancel(self._inbox.cancellations[0])
        elif self._inbox.bell:
            await self._claim()
        else:
            await self._live()

    async def _live(self) -> None:
        """What the state itself makes due."""
        match life.next_step(self._state, workflow.now()):
            case Claim():
                await self._claim()
            case GiveUp(parcel):
                await self._give_up(parcel)
            case Wait() as wait:
                await self._wait(wait)
            case End():
                await self._wait(Wait("handlers", None))
            case gateway_step:
                await self._reach(self._call(gateway_step), gateway_step.rests_as)

    async def _wait(self, wait: Wait) -> None:
        """Until something arrives, or the moment comes; the one place where Temporal's Cancel is heard at once."""
        telling.show(self._state, wait)
        if self._history_is_long and self._inbox.empty and workflow.all_handlers_finished():
            workflow.continue_as_new(self._order)
        seen = self._inbox.arrived
        timeout = wait.until - workflow.now() if wait.until else None
        ended = self._state.ended_at is not None
        try:
            await workflow.wait_condition(
                lambda: self._inbox.arrived != seen or (ended and workflow.all_handlers_finished()),
                timeout=timeout,
                timeout_summary=wait.what,
            )
        except TimeoutError:
            return
        except asyncio.CancelledError:
            self._inbox.ask_natively(workflow.now())

    async def _claim(self) -> None:
        self._inbox.bell = False
        claim = workflow.execute_activity_method(
            Stock.claim_parcel, self._step(), summary="what may be packed now?", **options.DATABASE
        )
        self._read(await self._effect(claim))

    async def _reach(self, call: Coroutine[Any, Any, OrderState], rests_as: str) -> None:
        """Reach outside; when that is away for two minutes, rest and serve what else there is."""
        try:
            self._read(await self._effect(call))
        except ActivityError:
            await self._rest(rests_as)

    def _call(self, step: life.Gateway) -> Coroutine[Any, Any, OrderState]:  # noqa: PLR0911 - one row a step
        again = any(rest.what == step.rests_as for rest in self._state.rests)
        match step:
            case Authorise(parcel):
                paying = self._paying(PaymentKind.AUTHORISE, parcel, again=again)
                return _gateway(Payments.authorise_payment, paying, f"parcel {parcel}: authorise")
            case Label(parcel):
                return _gateway(
                    Shipping.buy_label, self._step(parcel, again=again), f"parcel {parcel}: buy the label"
                )
            case Capture(parcel):
                paying = self._paying(PaymentKind.CAPTURE, parcel, again=again)
                return _gateway(Payments.capture_payment, paying, f"parcel {parcel}: capture")
            case Void(parcel):
                return _gateway(
                    Payments.void_payment, self._step(parcel, again=again), f"parcel {parcel}: void"
                )
            case LookUpCharge():
                return _gateway(Payments.look_up_charge, self._step(again=True), "was it charged?")
            case Refund(amount):
                return _gateway(
                    Payments.refund_payment,
                    self._step(again=again),
                    f"refund {amount.minor} {amount.currency}",
                )
            case Tell():
                return self._tell(step)

    def _tell(self, due: Tell) -> Coroutine[Any, Any, OrderState]:
        order_id = self._order.order_id
        notice = Telling(order_id=order_id, kind=due.kind, occasion=due.occasion, at=workflow.now())
        return workflow.execute_activity_method(
            Notices.tell_customer, notice, summary=f"e-mail: {due.kind}", **options.MAIL
        )

    async def _rest(self, what: str) -> None:
        resting = Resting(order_id=self._order.order_id, what=what, at=workflow.now())
        rest = workflow.execute_activity_method(
            Stock.rest_step, resting, summary=f"{what}: out of reach, try later", **options.DATABASE
        )
        self._read(await self._effect(rest))

    async def _cancel(self, ask: Ask) -> None:
        """Cancel, unless a label may have been bought meanwhile: that is looked up first."""
        parcel = self._state.parcel
        if parcel is not None and parcel.label_unknown:
            await self._look_up_label(parcel.number)
            return
        self._inbox.cancellations.popleft()
        try:
            ask.answer = (await self._cancel_units(ask.cancellation)).outcome
        except ActivityError as error:
            cause = error.cause if isinstance(error.cause, ApplicationError) else None
            text = cause.message if cause else "the cancellation failed"
            ask.answer = ApplicationError(text, type=cause.type if cause else None, non_retryable=True)
            self._inbox.unreadable.append(f"cancel: {text}")

    async def _look_up_label(self, parcel: int) -> None:
        look_up = _gateway(
            Shipping.look_up_label, self._step(parcel), f"parcel {parcel}: was the label bought?"
        )
        await self._reach(look_up, life.parcel_rest(parcel))

    async def _cancel_units(self, cancellation: Cancellation) -> Cancelled:
        asked = Cancelling(order_id=self._order.order_id, cancellation=cancellation, at=workflow.now())
        cancel = workflow.execute_activity_method(
            Stock.cancel_units, asked, summary=f"cancel: {cancellation.reason}", **options.DATABASE
        )
        cancelled = await self._effect(cancel)
        await self._hear(cancelled)
        return cancelled

    async def _give_up(self, parcel: int) -> None:
        """The grace period is over: the units go to the next in line."""
        named = f"{self._order.order_id}-p{parcel}-payment-failed"[-64:]
        wish = Cancellation(cancellation_id=named, reason=Reason.PAYMENT_FAILED, requested_by="backorder")
        await self._cancel_units(wish)

    async def _change_method(self, method: str) -> None:
        new = NewMethod(order_id=self._order.order_id, method=method, at=workflow.now())
        change = workflow.execute_activity_method(
            Stock.change_payment_method, new, summary="another payment method", **options.DATABASE
        )
        self._read(await self._effect(change))

    async def _keep_unreadable(self, what: str) -> None:
        message = Unreadable(order_id=self._order.order_id, what=what, at=workflow.now())
        keep = workflow.execute_activity_method(
            Stock.record_unreadable, message, summary="keep an unreadable message", **options.DATABASE
        )
        self._read(await self._effect(keep))

    async def _hear(self, changed: Placed | Cancelled) -> None:
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

    # What it knows.

    @property
    def _order(self) -> Order:
        if isinstance(self._input, ApplicationError):
            raise self._input
        return self._input

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

    @property
    def _history_is_long(self) -> bool:
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > _MOST_EVENTS
            or info.get_current_history_size() > _MOST_BYTES
        )

    def _step(self, parcel: int = 0, *, again: bool = False) -> Step:
        return Step(order_id=self._order.order_id, at=workflow.now(), parcel=parcel, again=again)

    def _paying(self, kind: PaymentKind, parcel: int, *, again: bool) -> Step:
        """A step that calls the payment provider, with the call that is stored for it."""
        call = self._state.call(kind, parcel)
        return self._step(parcel, again=again).model_copy(update={"call": call})


def _gateway(activity: Any, step: Step, summary: str) -> Coroutine[Any, Any, OrderState]:
    call: Coroutine[Any, Any, OrderState] = workflow.execute_activity_method(
        activity, step, summary=summary, **options.GATEWAY
    )
    return call


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
