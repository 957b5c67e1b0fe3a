"""Lives orders without Temporal: the rules say what is due, the real activities do it (see workflows/backorder.py)."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from activities.notices import Notices, Shop
from activities.payments import Payments
from activities.shipping import Shipping
from activities.stock import Stock, Unreadable
from domain import life as rules
from domain import steps
from domain.cancellation import Cancellation, Reason
from domain.changes import LawHold, PaymentMethod
from domain.choice import Choice, Wish
from domain.errors import Refused
from domain.inventory import InventoryChange
from domain.order import Order
from domain.payment import PaymentKind
from domain.state import OrderState
from domain.status import Status
from domain.steps import CancelWaiting, Claim, End, GiveUp, HoldForLaw, KeepTogether, Wait
from domain.waiting import HOLD_FOR
from gateways.letters import Letters
from gateways.mail import Accepted, Mail
from store import bells
from store.cancelling import Cancelling
from store.changes import Changing
from store.database import Database
from store.inventory import Change
from store.keys import changed
from store.notices import Telling
from store.parcels import Step
from store.placing import Placing
from store.rests import Resting
from tests.money.tries import PLACING, Act, Clock, GaveUp, Tries
from tests.shop import LINKS, Outside
from workflows.messages import own_cancellation_id

MOST_ACTS = 80
"""An order that does more than this at one moment goes round in circles."""

LETTERS = Letters()


class Mailbox:
    """A mail server that takes everything."""

    async def send(self, mail: Mail) -> Accepted:
        return Accepted(message_id=f"<{mail.notice_id}>")


@dataclass
class Life:
    """One order's workflow: what it last read, and what arrived and was not acted on yet."""

    order: Order
    state: OrderState
    asks: deque[Any] = field(default_factory=deque)
    methods: deque[PaymentMethod] = field(default_factory=deque)
    unreadable: deque[str] = field(default_factory=deque)
    bell: bool = False

    def ask(self, wish: Any) -> None:
        (self.methods if isinstance(wish, PaymentMethod) else self.asks).append(wish)

    @property
    def heard(self) -> bool:
        """Nothing that arrived waits to be acted on."""
        return not (self.asks or self.methods or self.unreadable)

    @property
    def over(self) -> bool:
        return self.state.ended_at is not None and self.heard


class Runner:
    """A shop's orders, each taking one step at a time, in any order among themselves."""

    def __init__(self, database: Database, outside: Outside, clock: Clock) -> None:
        signs = Shop(name="The Widget Shop", mail_from="orders@shop.example")
        self.database, self.outside, self.clock, self.tries = database, outside, clock, Tries(clock)
        self.stock = Stock(database, "UTC")
        self.payments = Payments(database, outside.payments)
        self.shipping = Shipping(database, outside.carrier)
        self.notices = Notices(database, Mailbox(), LETTERS, LINKS, signs)
        self.lives: dict[str, Life] = {}

    async def place(self, order: Order) -> Life:
        """Decide, charge where it is paid at order, else refuse."""
        placing = Placing(order=order, at=self.clock.now, asked_at=self.clock.now)
        placed = await self.tries.until_done(self.stock.place_order, placing)
        life = self.lives[order.order_id] = Life(order, placed.state)
        await self._hear(life, placed)
        if life.state.status is Status.PLACING:
            await self._hear(life, await self._charge(placing))
        return life

    async def receive(self, change: InventoryChange) -> None:
        self.clock.go_on(seconds=1)
        await self.tries.until_done(
            self.stock.apply_inventory_change, Change(change=change, at=self.clock.now)
        )
        await self._ring(changed(change.change_id))

    async def live_on(self, life: Life, most: int = MOST_ACTS) -> None:
        """Until the order waits; `most` acts at the most, of which all is too many."""
        for _ in range(most):
            if life.over or await self.act(life):
                return
        assert most < MOST_ACTS, f"{life.order.order_id} goes round in circles: {life.state}"

    async def act(self, life: Life) -> bool:
        """One thing at a time, as the workflow does; whether there is nothing to do but wait."""
        self.clock.go_on(seconds=1)
        if life.unreadable:
            await self._keep_unreadable(life)
        elif life.methods:
            await self._serve(life, life.methods.popleft())
        elif life.asks and not rules.label_rests(life.state, self.clock.now):
            await self._serve_or_look_up(life)
        elif life.bell:
            await self._claim(life)
        else:
            return await self._live(life)
        return False

    async def _live(self, life: Life) -> bool:
        match rules.next_step(life.state, self.clock.now):
            case Claim():
                await self._claim(life)
            case KeepTogether():
                await self._serve(life, Choice(choice=Wish.TOGETHER, requested_by="deadline"))
            case GiveUp(parcel):
                self.tries.tally["given up"] += 1
                await self._serve(life, _given_up(life, parcel))
            case CancelWaiting() as end:
                self.tries.tally["ended by itself"] += 1
                await self._serve(life, _ended(life, end))
            case HoldForLaw():
                self.tries.tally["held for the law"] += 1
                await self._serve(life, LawHold(until=self.clock.now + HOLD_FOR))
            case Wait() | End():
                return True
            case due:
                await self._try(life, due.rests_as, *self._effect(life, due))
        return False

    async def _charge(self, placing: Placing) -> Any:
        step = Step(order_id=placing.order.order_id, at=self.clock.now)
        try:
            return await self.tries.reach(self.payments.charge_order, step, PLACING)
        except GaveUp:
            self.tries.tally["not placed in time"] += 1
            late = placing.model_copy(update={"at": self.clock.now})
            return await self.tries.until_done(self.stock.refuse_order, late)

    async def _claim(self, life: Life) -> None:
        life.bell = False
        life.state = await self.tries.until_done(self.stock.claim_parcel, self._step(life))

    async def _try(self, life: Life, rests_as: str, act: Act, wish: Any) -> None:
        try:
            life.state = await self.tries.reach(act, wish)
        except GaveUp as away:
            self.tries.tally["rests"] += 1
            resting = Resting(
                order_id=life.order.order_id, what=rests_as, at=self.clock.now, refused=away.refused
            )
            life.state = await self.tries.until_done(self.stock.rest_step, resting)

    async def _serve_or_look_up(self, life: Life) -> None:
        parcel = life.state.parcel
        if parcel is not None and parcel.label_unknown:
            self.tries.tally["labels looked up"] += 1
            step = self._step(life, parcel.number)
            await self._try(life, steps.parcel_rest(parcel.number), self.shipping.look_up_label, step)
        else:
            await self._serve(life, life.asks.popleft())

    async def _serve(self, life: Life, wish: Any) -> None:
        asked: dict[str, Any] = {"order_id": life.order.order_id, "at": self.clock.now}
        try:
            await self._hear(life, await self._do(wish, asked))
        except Refused as refusal:
            life.unreadable.append(f"{type(wish).__name__}: {refusal}")

    async def _do(self, wish: Any, asked: dict[str, Any]) -> Any:
        if isinstance(wish, Cancellation):
            return await self.tries.until_done(
                self.stock.cancel_units, Cancelling(cancellation=wish, **asked)
            )
        return await self.tries.until_done(self.stock.change_order, Changing(change=wish, **asked))

    async def _keep_unreadable(self, life: Life) -> None:
        message = Unreadable(order_id=life.order.order_id, what=life.unreadable.popleft(), at=self.clock.now)
        life.state = await self.tries.until_done(self.stock.record_unreadable, message)

    async def _hear(self, life: Life, done: Any) -> None:
        """Take the new state, and tell the other orders that the change reached."""
        life.state = done.state
        if done.bells:
            await self._ring(done.cause)

    async def _ring(self, cause: str) -> None:
        hung = self.database.read(bells.unrung, cause, 1_000)
        for bell in hung:
            self.lives[bell.order_id].bell = True
        self.database.write(bells.mark_rung, [bell.id for bell in hung], self.clock.now)

    def _effect(self, life: Life, due: steps.Gateway) -> tuple[Act, Any]:
        """The activity of a step that reaches outside, and its input (see workflows/effects.py)."""
        again = any(rest.what == due.rests_as for rest in life.state.rests)
        step = self._step(life, getattr(due, "parcel", 0), again=again)
        match due:
            case steps.Authorise():
                return self.payments.authorise_payment, _stored(step, life, PaymentKind.AUTHORISE)
            case steps.Capture():
                return self.payments.capture_payment, _stored(step, life, PaymentKind.CAPTURE)
            case steps.Tell(kind, occasion):
                telling = Telling(order_id=step.order_id, kind=kind, occasion=occasion, at=step.at)
                return self.notices.tell_customer, telling
        acts: dict[type[steps.Gateway], Act] = {
            steps.Label: self.shipping.buy_label,
            steps.Void: self.payments.void_payment,
            steps.VoidLabel: self.shipping.void_labels,
            steps.LookUpCharge: self.payments.look_up_charge,
            steps.Refund: self.payments.refund_payment,
        }
        return acts[type(due)], step

    def _step(self, life: Life, parcel: int = 0, *, again: bool = False) -> Step:
        return Step(order_id=life.order.order_id, at=self.clock.now, parcel=parcel, again=again)


def _stored(step: Step, life: Life, kind: PaymentKind) -> Step:
    """With the call that an earlier step stored for it."""
    return step.model_copy(update={"call": life.state.call(kind, step.parcel)})


def _given_up(life: Life, parcel: int) -> Cancellation:
    wish_id = own_cancellation_id(life.order.order_id, f"p{parcel}-payment-failed")
    return Cancellation(cancellation_id=wish_id, reason=Reason.PAYMENT_FAILED, requested_by="backorder")


def _ended(life: Life, end: CancelWaiting) -> Cancellation:
    wish_id = own_cancellation_id(life.order.order_id, f"{end.reason}-{len(life.state.cancellations) + 1}")
    return Cancellation(cancellation_id=wish_id, reason=end.reason, requested_by=end.by, lines=end.lines)
