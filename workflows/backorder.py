"""The life of one order."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.stock import Stock, Unreadable
from domain import life, steps
from domain.cancellation import Cancellation, Reason
from domain.changes import ChangeOutcome, ChangeWish, LawHold, PaymentMethod
from domain.choice import Choice
from domain.choice import Wish as Chosen
from domain.next_words import comes
from domain.outcome import Outcome, outcome
from domain.steps import CancelWaiting, Claim, End, GiveUp, HoldForLaw, KeepTogether, Wait
from domain.waiting import HOLD_FOR
from store.cancelling import Cancelled, Cancelling
from store.changes import Changed, Changing
from store.parcels import Step
from store.rests import Resting
from workflows import earlier, effects, groups, options, telling
from workflows.entering import Entering
from workflows.inbox import Ask, Wish, named
from workflows.messages import own_cancellation_id

_MOST_EVENTS = 2_000
_MOST_BYTES = 2_000_000


@workflow.defn(name="BackorderWorkflow")
class BackorderWorkflow(Entering):
    """Waits for stock, for a cancellation, for a date; and does the right thing when the wait ends."""

    @workflow.init
    def __init__(self, *inputs: Any) -> None:
        super().__init__(*inputs)

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:  # noqa: ARG002 - read in __init__, before any handler runs
        with groups.placing():
            await self._place()
        while not self._over:
            await self._act()
        telling.show(self._state)
        return outcome(self._state)

    @property
    def _over(self) -> bool:
        return self._state.ended_at is not None and self._inbox.empty and workflow.all_handlers_finished()

    # One thing at a time, and only the wait can be interrupted.

    async def _act(self) -> None:
        """What was asked comes first, then what the state itself makes due."""
        if self._inbox.unreadable:
            await self._keep_unreadable(self._inbox.unreadable.popleft())
        elif self._inbox.methods:
            await self._serve(self._inbox.methods.popleft())
        elif self._inbox.asks and not life.label_rests(self._state, workflow.now()):
            await self._serve_or_look_up()
        elif self._inbox.bell:
            await self._claim()
        else:
            await self._live()

    async def _live(self) -> None:
        match earlier.next_step(self._state, workflow.now()):
            case Claim():
                await self._claim()
            case KeepTogether():
                await self._serve(Ask(Choice(choice=Chosen.TOGETHER, requested_by="deadline")))
            case GiveUp(parcel):
                await self._serve(Ask(self._given_up(parcel)))
            case CancelWaiting() as end:
                await self._serve(Ask(self._ended(end)))
            case HoldForLaw():
                await self._serve(Ask(LawHold(until=workflow.now() + HOLD_FOR)))
            case Wait() as wait:
                await self._wait(wait)
            case End():
                await self._wait(Wait("handlers", None))
            case gateway_step:
                await self._reach(gateway_step)

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
                timeout_summary=comes(self._state, wait),
            )
        except TimeoutError:
            return
        except asyncio.CancelledError:
            self._inbox.ask_natively(workflow.now())

    async def _claim(self) -> None:
        self._inbox.bell = False
        claim = workflow.execute_activity_method(
            Stock.claim_parcel,
            Step(order_id=self._order_id, at=workflow.now()),
            summary="what may be packed now?",
            **options.DATABASE,
        )
        self._read(await self._effect(claim))

    async def _reach(self, due: steps.Gateway) -> None:
        with groups.of_step(due, self._state):
            await self._try(effects.effect(due, self._state, workflow.now()), due.rests_as)

    async def _try(self, call: effects.Effect, rests_as: str) -> None:
        """Reach outside; when that is away for two minutes, or refuses, rest and serve what else there is."""
        try:
            self._read(await self._effect(call))
        except ActivityError as error:
            await self._rest(rests_as, _refusal(error))

    async def _rest(self, what: str, refused: str | None) -> None:
        resting = Resting(order_id=self._order_id, what=what, at=workflow.now(), refused=refused)
        why = "refused, a person must look" if refused else "out of reach, try later"
        rest = workflow.execute_activity_method(
            Stock.rest_step, resting, summary=f"{what}: {why}", **options.DATABASE
        )
        self._read(await self._effect(rest))

    async def _serve_or_look_up(self) -> None:
        """Serve the next wish; a label that may have been bought is looked up first, for it decides what can be done."""
        parcel = self._state.parcel
        if parcel is not None and parcel.label_unknown:
            look_up = effects.look_up_label(self._state, parcel.number, workflow.now())
            with groups.of_parcel(parcel.number, self._state):
                await self._try(look_up, steps.parcel_rest(parcel.number))
        else:
            await self._serve(self._inbox.asks.popleft())

    async def _serve(self, ask: Ask[Any]) -> None:
        """Do what was asked; a refusal goes to whoever asked, and is kept in case nobody waits for it."""
        try:
            done = await self._do(ask.wish)
            await self._hear(done)
            ask.answer = done.outcome
        except ActivityError as error:
            cause = error.cause if isinstance(error.cause, ApplicationError) else None
            text = cause.message if cause else "it failed"
            ask.answer = ApplicationError(text, type=cause.type if cause else None, non_retryable=True)
            self._inbox.unreadable.append(f"{named(ask.wish)}: {text}")

    async def _do(self, wish: Wish) -> Cancelled | Changed:
        return await (self._cancel(wish) if isinstance(wish, Cancellation) else self._change(wish))

    async def _cancel(self, cancellation: Cancellation) -> Cancelled:
        asked = Cancelling(order_id=self._order_id, cancellation=cancellation, at=workflow.now())
        cancel = workflow.execute_activity_method(
            Stock.cancel_units, asked, summary=f"cancel: {cancellation.reason}", **options.DATABASE
        )
        return await self._effect(cancel)

    async def _change(self, change: ChangeWish) -> Changed:
        if isinstance(change, PaymentMethod) and not workflow.patched(earlier.RECORDS):
            call = earlier.change_method(self._order_id, change, workflow.now())
            outcome = ChangeOutcome(order_id=self._order_id, message="")
            return Changed(state=await self._effect(call), outcome=outcome)
        asked = Changing(order_id=self._order_id, change=change, at=workflow.now())
        make = workflow.execute_activity_method(
            Stock.change_order, asked, summary=effects.named(change), **options.DATABASE
        )
        with groups.of_change(change, self._state):
            return await self._effect(make)

    def _given_up(self, parcel: int) -> Cancellation:
        """The grace period is over: the units go to the next in line."""
        wish_id = own_cancellation_id(self._order_id, f"p{parcel}-payment-failed")
        return Cancellation(cancellation_id=wish_id, reason=Reason.PAYMENT_FAILED, requested_by="backorder")

    def _ended(self, end: CancelWaiting) -> Cancellation:
        """A wait that ends by itself, named by how many ends there were before."""
        number = len(self._state.cancellations) + 1
        wish_id = own_cancellation_id(self._order_id, f"{end.reason}-{number}")
        return Cancellation(cancellation_id=wish_id, reason=end.reason, requested_by=end.by, lines=end.lines)

    async def _keep_unreadable(self, what: str) -> None:
        message = Unreadable(order_id=self._order_id, what=what, at=workflow.now())
        keep = workflow.execute_activity_method(
            Stock.record_unreadable, message, summary="keep an unreadable message", **options.DATABASE
        )
        self._read(await self._effect(keep))

    @property
    def _history_is_long(self) -> bool:
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > _MOST_EVENTS
            or info.get_current_history_size() > _MOST_BYTES
        )


def _refusal(error: ActivityError) -> str | None:
    """Why a gateway will not do it; None when it was only away."""
    cause = error.cause
    refused = isinstance(cause, ApplicationError) and cause.type == "PermanentRefusal"
    return cause.message if refused and isinstance(cause, ApplicationError) else None
