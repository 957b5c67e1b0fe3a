"""Histories: what happens to a few orders, and to the world around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain import choice, life, steps
from domain.cancellation import Cancellation
from domain.inventory import ChangeKind, InventoryChange
from domain.policy import Policy, Product
from domain.status import Status
from store import catalog
from store.base import Base
from store.database import Database
from tests.money import samples
from tests.money.runner import Life, Runner
from tests.money.samples import SKUS, Dice, Move
from tests.money.tries import Clock
from tests.shop import Outside

MOST_DAYS = 60
"""After which nothing may be due any more."""


@dataclass
class History:
    runner: Runner
    clock: Clock
    beginning: object = None
    moves: int = 0

    async def play(self, move: Move) -> None:
        self.moves += 1
        await getattr(self, f"_{move.what}")(f"o{move.who}", Dice(self.beginning, self.moves))

    async def receive(self, units: Mapping[str, int]) -> None:
        self.moves += 1
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]
        body = {"kind": ChangeKind.RECEIVED, "happened_at": self.clock.now, "lines": lines}
        await self.runner.receive(InventoryChange.model_validate({"change_id": f"CH-{self.moves}", **body}))

    async def settled(self) -> None:
        """The world is well again, and time passes until nothing is due."""
        for gateway in (self.runner.outside.bank, self.runner.outside.labels):
            gateway.down_until(self.clock.now)
        for _ in range(MOST_DAYS):
            await self._live_on()
            if all(_is_quiet(one, self.clock) for one in self._lives):
                return
            self.clock.go_on(days=1)
        raise AssertionError([one.state for one in self._lives if not one.over])

    async def ended(self) -> None:
        """What stands ready leaves, or not; what is unpaid is settled, or not; all the rest is cancelled."""
        dice = Dice(self.beginning)
        for one in self._lives:
            if dice.pick((True, False)):
                self._ask(one, samples.hand_over(one.state))
            if dice.pick((True, True, False)):
                self._ask(one, samples.settlement(one.state, dice))
            self._ask(one, Cancellation(cancellation_id=f"end-{one.order.order_id}"))
        await self.settled()

    # Orders and stock.

    async def _place(self, order_id: str, dice: Dice) -> None:
        """Anew too, once it was rejected."""
        known = self.runner.lives.get(order_id)
        if known is None or (known.state.status is Status.REJECTED and known.over):
            await self.runner.place(samples.order(order_id, dice, self.clock))

    async def _receive(self, _: str, dice: Dice) -> None:
        await self.receive({dice.pick(SKUS): dice.pick((2, 4, 1, 7)) for _ in range(3)})

    async def _live(self, order_id: str, dice: Dice) -> None:
        if order_id in self.runner.lives:
            await self.runner.live_on(self.runner.lives[order_id], dice.pick((1, 2, 3, 5, 8)))

    # Time and trouble.

    async def _pass_time(self, _: str, dice: Dice) -> None:
        self.clock.go_on(hours=dice.pick((0.1, 1, 6, 25, 49, 73, 8 * 24)))
        await self._live_on()

    async def _sleep(self, _: str, dice: Dice) -> None:
        """Nobody works meanwhile."""
        self.clock.go_on(hours=dice.pick((0.02, 1, 30, 8 * 24)))

    async def _fault(self, _: str, dice: Dice) -> None:
        """Calls fail before or after they act; sometimes what came of them can't be looked up for a while either."""
        bank, labels = self.runner.outside.bank, self.runner.outside.labels
        times, acted = dice.pick((1, 1, 2, 5)), dice.pick((True, True, False))
        blind = dice.pick((0, 0, 3, 6))
        if dice.pick((True, False)):
            calls = ("authorise", "charge", "capture", "void", "refund", "find")
            bank.fail(dice.pick(calls), times, acted=acted)
            bank.fail("find", blind)
        else:
            labels.fail(dice.pick(("rates", "buy", "buy", "void", "find")), times, acted=acted)
            labels.fail("find", blind)

    async def _outage(self, _: str, dice: Dice) -> None:
        until = self.clock.now + timedelta(hours=dice.pick((1, 30, 8 * 24)))
        if dice.pick((True, False)):
            self.runner.outside.bank.down_until(until)
        else:
            self.runner.outside.labels.down_until(until)

    async def _lose(self, _: str, dice: Dice) -> None:
        self.runner.tries.lost += dice.pick((1, 2, 5))

    async def _terms(self, _: str, dice: Dice) -> None:
        """The shop's policy for the orders to come."""
        self.runner.database.write(catalog.load_policy, samples.terms(dice), self.clock.now)

    # Wishes.

    async def _cancel(self, order_id: str, dice: Dice) -> None:
        for one in self._asked(order_id):
            self._ask(one, samples.cancellation(f"C-{self.moves}", one.state, dice))

    async def _change(self, order_id: str, dice: Dice) -> None:
        for one in self._asked(order_id):
            self._ask(one, samples.change(one.state, dice))

    async def _pay_with(self, order_id: str, dice: Dice) -> None:
        for one in self._asked(order_id):
            self._ask(one, samples.method(dice))

    async def _hand_over(self, _: str, __: Dice) -> None:
        for one in self._lives:
            self._ask(one, samples.hand_over(one.state))

    async def _settle(self, _: str, dice: Dice) -> None:
        for one in self._lives:
            self._ask(one, samples.settlement(one.state, dice))

    # What they share.

    @property
    def _lives(self) -> list[Life]:
        return list(self.runner.lives.values())

    def _asked(self, order_id: str) -> list[Life]:
        return [one for one in self._lives if one.order.order_id == order_id]

    def _ask(self, one: Life, wish: Any) -> None:
        """One whose workflow has ended is not asked."""
        if wish is not None and not one.over:
            one.ask(wish)

    async def _live_on(self) -> None:
        """Round by round, for one order's act may be another one's bell."""
        while any([await self._lives_on(one) for one in self._lives]):
            pass

    async def _lives_on(self, one: Life) -> bool:
        waits = isinstance(life.next_step(one.state, self.clock.now), steps.Wait | steps.End)
        busy = not one.over and (one.bell or not one.heard or not waits)
        await self.runner.live_on(one)
        return busy


def _is_quiet(one: Life, clock: Clock) -> bool:
    """Nothing but stock, a hand-over, or a person's word can take it on."""
    tries = any(rest.retry_at > clock.now for rest in one.state.rests)
    held = one.state.parcel is not None and one.state.parcel.declined_at is not None
    return one.over or not (tries or held or choice.deadline(one.state))


def begin(
    database: Database, outside: Outside, clock: Clock, terms: Policy, beginning: object = None
) -> History:
    """A shop with nothing in stock and no orders."""
    database.write(_empty)
    products = (Product(sku=sku, title=sku.title(), may_split=sku != "WHOLE") for sku in SKUS)
    database.write(catalog.load_products, tuple(products))
    database.write(catalog.load_policy, terms, clock.now)
    return History(Runner(database, outside, clock), clock, beginning)


def _empty(session: Session) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))
