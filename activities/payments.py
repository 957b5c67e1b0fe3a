"""Calls that move money: stored before, made once under their key, and looked up before they are repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.money import Money
from domain.payment import Attempt
from domain.state import OrderState
from gateways.errors import OutcomeUnknown, PermanentRefusal
from gateways.payment import (
    REFUND_FAILED,
    Authorised,
    Captured,
    Charged,
    Declined,
    PaymentOutcome,
    PaymentProvider,
    PaymentRequest,
    Refunded,
)
from store import money, orders
from store.database import Database
from store.money import Approval, Decline
from store.parcels import Step
from store.placing import Placed

_LONG = timedelta(hours=1)

CHARGE_LASTS = timedelta(seconds=90)
"""So long after a charge was stored it may still reach its provider: the placing deadline, and the last try's time."""


@dataclass(frozen=True)
class Payments:
    database: Database
    provider: PaymentProvider

    @activity.defn
    async def authorise_payment(self, step: Step) -> OrderState:
        """Hold the parcel's amount on the customer's method."""
        attempt = await self._stored(money.to_authorise, step)
        answer = await self._found(step, attempt)
        if not isinstance(answer, Authorised | Declined):
            answer = await self.provider.authorise(_request(attempt, step))
        return await self.database.awrite(money.authorised, step, attempt, _answer(answer))

    @activity.defn
    async def capture_payment(self, step: Step) -> OrderState:
        """Take what was held, now that the parcel is on its way; a capture that fails for good is recorded."""
        attempt = await self._stored(money.to_capture, step)
        return await self.database.awrite(money.captured, step, attempt, await self._capture(step, attempt))

    @activity.defn
    async def void_payment(self, step: Step) -> OrderState:
        """Let go of what was held for a parcel that was undone; an unknown authorisation is looked up first."""
        attempt = await self.database.awrite(money.to_void, step)
        reference, declined = attempt.reference, None
        unknown = await self.database.alook(money.unknown_authorisation, step)
        if unknown is not None:
            found = await self.provider.find(unknown)
            reference = found.reference if isinstance(found, Authorised) else reference
            declined = found.code if isinstance(found, Declined) else None
        if reference is not None:
            await self.provider.void(attempt.key, reference, step.at)
        return await self.database.awrite(money.voided, step, attempt.key, reference, declined)

    @activity.defn
    async def charge_order(self, step: Step) -> Placed:
        """Charge the whole order before it is accepted."""
        attempt = await self.database.awrite(money.to_charge, step)
        answer = await self._found(step, attempt)
        if not isinstance(answer, Charged | Declined):
            answer = await self.provider.charge(_request(attempt, step))
        return await self.database.awrite(money.charged, step, attempt, _answer(answer))

    @activity.defn
    async def look_up_charge(self, step: Step) -> OrderState:
        """Find what became of a charge that nobody answered for; one that is answered already is only read."""
        charge = await self.database.alook(money.unknown_charge, step)
        if charge is None:
            return await self.database.alook(orders.state, step.order_id)
        found = await self.provider.find(charge)
        if found is None:
            _be_over(step, charge)
        reference = found.reference if isinstance(found, Charged) else None
        declined = found.code if isinstance(found, Declined) else None
        return await self.database.awrite(money.charge_found, step, charge.key, reference, declined)

    @activity.defn
    async def refund_payment(self, step: Step) -> OrderState:
        """Give back what is due; one that came back is given up under its key, and shown until the next try."""
        attempt = await self.database.awrite(money.to_refund, step)
        try:
            found = await self._refund(step, attempt)
        except PermanentRefusal as refusal:
            if refusal.code == REFUND_FAILED:
                await self.database.awrite(money.refund_came_back, step, attempt)
            raise
        return await self.database.awrite(money.refunded, step, attempt.key, found.reference)

    async def _refund(self, step: Step, attempt: Attempt) -> Refunded:
        found = await self._found(step, attempt)
        if isinstance(found, Refunded):
            return found
        return await self.provider.refund(attempt.key, attempt.reference or "", _amount(attempt), step.at)

    async def _stored(self, ask: Callable[..., Attempt], step: Step) -> Attempt:
        """The call to make: the one that an earlier step stored, else one that is stored now."""
        return await self.database.awrite(ask, step) if step.call is None else step.call

    async def _capture(self, step: Step, attempt: Attempt) -> Approval | Decline:
        found = await self._found(step, attempt)
        if isinstance(found, Captured):
            return Approval(reference=found.reference)
        try:
            done = await self.provider.capture(
                attempt.key, attempt.reference or "", _amount(attempt), step.at
            )
        except PermanentRefusal as refusal:
            taken = await self.provider.find(attempt)
            if not isinstance(taken, Captured):
                return Decline(code=refusal.code, final=True)
            done = taken
        return Approval(reference=done.reference)

    async def _found(self, step: Step, attempt: Attempt) -> PaymentOutcome | None:
        """What came of this call, when an earlier try may have reached the provider.

        One that was stored long ago may have been made by a workflow that got lost, and no provider knows a key for ever.
        """
        long_ago = attempt.stored_at is not None and step.at - attempt.stored_at > _LONG
        if step.again or long_ago or activity.info().attempt > 1:
            return await self.provider.find(attempt)
        return None


def _be_over(step: Step, charge: Attempt) -> None:
    """That it was never made is known once it can't be made any more: its activity was given up, and may still go on."""
    info = activity.info()
    waited = info.current_attempt_scheduled_time - info.scheduled_time
    left = (charge.stored_at or step.at) + CHARGE_LASTS - (step.at + waited)
    if left > timedelta(0):
        raise ApplicationError(
            "it may still be under way", type=OutcomeUnknown.__name__, next_retry_delay=left
        )


def _amount(attempt: Attempt) -> Money:
    return Money(minor=attempt.amount_minor, currency=attempt.currency)


def _request(attempt: Attempt, step: Step) -> PaymentRequest:
    return PaymentRequest(
        key=attempt.key, order_id=attempt.order_id, amount=_amount(attempt), method=attempt.method, at=step.at
    )


def _answer(answer: Authorised | Charged | Declined) -> Approval | Decline:
    match answer:
        case Declined():
            return Decline(code=answer.code, final=answer.final)
        case Authorised():
            return Approval(reference=answer.reference, expires_at=answer.expires_at)
        case Charged():
            return Approval(reference=answer.reference)
