"""Random histories of every operation that exists, each step held against a plain model (B8, B9).

New operations join `Run`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain import life, steps
from domain.cancellation import CancelResult
from domain.choice import Choice, Wish
from domain.decision import DECIDED_WITHIN
from domain.errors import Refused
from domain.order import Fulfilment, Order, Timing
from domain.parcel import ParcelStage
from domain.policy import Policy, Product, ShippedWhen
from domain.state import OrderState
from domain.status import Status
from store import audit, labels, money, notices
from store.base import Base
from store.database import Database
from store.life_tables import ParcelRow
from store.money import Approval, Decline
from store.notices import Telling
from store.parcels import Step
from store.tables import LineRow, ProductRow
from tests.histories import many_in_a_soak, tries
from tests.store.changing import change_on_the_way
from tests.store.plain_model import PARTS, Model
from tests.store.stockroom import MINI, SKU, Stockroom, bought, day, order_of

OFF = "NOT-ON-BACKORDER"
SKUS = (SKU, MINI, SKU, OFF)
TIERS = ("standard", "standard", "vip", "wholesale")
FULFILMENTS = ("split", "together", "ask")
OPERATIONS = (
    *["place"] * 4,
    *["receive"] * 3,
    *["live"] * 9,
    *["cancel"] * 2,
    *["again"] * 2,
    "adjust",
    "announce",
    "refuse",
    *["change"] * 3,
    "terms",
)


class Move(NamedTuple):
    """One step: what is done, and numbers from which it takes what it needs."""

    what: str
    who: int
    units: int
    dice: int


MOVES = st.builds(
    Move, st.sampled_from(OPERATIONS), st.integers(0, 3), st.integers(1, 6), st.integers(0, 4095)
)


@dataclass
class Run:
    """One history: the same done to the store and to the model."""

    stock: Stockroom
    model: Model
    now: datetime = field(default_factory=lambda: day(15))
    lives: dict[str, Order] = field(default_factory=dict)
    repeats: list[Callable[[], Any]] = field(default_factory=list)
    moves: int = 0

    def play(self, move: Move) -> None:
        self.moves += 1
        self.now += timedelta(hours=9)
        getattr(self, f"_{move.what}")(move)
        self.stock.database.read(_check, self.model)

    # Orders.

    def _place(self, move: Move) -> None:
        order_id = f"o{move.who}"
        known = self.lives.get(order_id)
        state = self.stock.state(order_id) if known else None
        again = state is not None and (state.status is not Status.REJECTED or state.ended_at is None)
        if known and state and again:
            self._place_known(known, state, other=bool(move.dice & 1))
            return
        order = self._order(order_id, move)
        asked = self.now

        def place() -> Any:
            return self.stock.place_order(order, on=asked)

        self.lives[order_id] = order
        self.model.orders.pop(order_id, None)
        accepted = self.model.place(order)
        assert (place().state.status is not Status.REJECTED) == accepted
        self.repeats.append(lambda: _unless_refused(place))

    def _place_known(self, known: Order, state: OrderState, *, other: bool) -> None:
        """The same is only read; but one that was left undecided for too long is rejected: who asked has given up."""
        if not other:
            self.stock.place_order(known, on=self.now)
            if state.status is Status.PLACING and self.now - state.asked_at > DECIDED_WITHIN:
                self.model.refuse(known.order_id)
            return
        with pytest.raises(Refused):
            self.stock.place_order(known.model_copy(update={"expedited": True}), on=self.now)

    def _order(self, order_id: str, move: Move) -> Order:
        dice = move.dice
        lines = {SKUS[dice % 4]: move.units}
        if dice & 4:
            lines[MINI] = 1 + dice % 5
        if dice % 32 == 31:
            lines["NOWHERE"] = 1
        return order_of(
            order_id,
            lines=lines,
            placed=self.now - timedelta(days=dice % 11),
            tier=TIERS[dice // 8 % 4],
            fulfilment=FULFILMENTS[dice // 32 % 3],
            timing="at_order" if dice // 128 % 3 == 0 else "at_shipment",
            shipping_minor=dice // 1024 * 250,
        )

    def _refuse(self, move: Move) -> None:
        order = self.lives.get(f"o{move.who}")
        if order is None:
            return
        state, asked = self.stock.state(order.order_id), self.now - timedelta(days=1)
        self.stock.refuse(order, on=self.now, asked=asked)
        if state.status is Status.PLACING:
            self.model.refuse(order.order_id)
        elif state.status is Status.REJECTED and state.ended_at and state.asked_at < asked:
            self.model.orders.pop(order.order_id, None)  # a new life, that was refused before it began

    def _cancel(self, move: Move) -> None:
        order_id = f"o{move.who}"
        if order_id not in self.model.orders:
            return
        still_open = self.model.open(order_id)
        sku = sorted(still_open)[move.dice % len(still_open)]
        lines = {sku: move.units} if move.dice & 8 else None
        cancellation_id, at = f"cancel-{self.moves}", self.now

        def cancel() -> Any:
            return self.stock.cancel(order_id, cancellation_id, lines=lines, on=at).outcome

        outcome = cancel()
        taken = self.model.cancel(order_id, lines or still_open)
        assert outcome.units_cancelled == taken
        assert (outcome.outcome is CancelResult.TOO_LATE) == (taken == 0)
        self._repeatable(cancel, outcome)

    def _change(self, move: Move) -> None:
        if f"o{move.who}" in self.model.orders:
            change_on_the_way(self.stock, self.model, f"o{move.who}", move.units, move.dice, self.now)

    def _terms(self, move: Move) -> None:
        """The shop's policy for the orders to come."""
        when = ShippedWhen.HANDED_OVER if move.dice & 1 else ShippedWhen.LABEL
        self.stock.policy(Policy(shipped_when=when))

    # Inventory.

    def _receive(self, move: Move) -> None:
        sku, change_id, at = SKUS[move.dice % 4], f"change-{self.moves}", self.now

        def receive() -> Any:
            return self.stock.receive(2 * move.units, sku, change_id, on=at)

        outcome = receive()
        self.model.receive(sku, 2 * move.units)
        self._repeatable(receive, outcome)

    def _adjust(self, move: Move) -> None:
        sku, change_id, at = SKUS[move.dice % 4], f"change-{self.moves}", self.now
        units = move.units if move.dice & 4 else -2 * move.units

        def adjust() -> Any:
            return self.stock.adjust(units, sku, change_id, on=at)

        outcome = adjust()
        assert outcome.uncovered == self.model.adjust(sku, units)
        self._repeatable(adjust, outcome)

    def _announce(self, move: Move) -> None:
        self.stock.announce(
            f"PO-{move.who}",
            2 * move.units,
            eta=1 + move.dice % 30,
            sku=SKUS[move.dice % 4],
            on=self.now - timedelta(days=move.dice % 2),
            cancelled=move.dice % 8 == 0,
        )

    # What the order's own rules make due.

    def _live(self, move: Move) -> None:
        if f"o{move.who}" in self.lives:
            for number in range(1 + move.dice % 4):
                self._live_on(move, refuses=move.dice >> number & 7 == 0)

    def _live_on(self, move: Move, *, refuses: bool) -> None:
        order_id = f"o{move.who}"
        self.now += timedelta(minutes=1)
        state = self.stock.state(order_id)
        if state.status is Status.PLACING:
            self._charge(order_id, refuses=refuses)
            return
        match life.next_step(state, self.now):
            case steps.Claim():
                self.stock.claim(order_id, on=self.now)
                self.model.claim(order_id)
            case steps.GiveUp():
                self._give_up(order_id)
            case steps.Label(parcel):
                self._ship(order_id, parcel, refuses=refuses)
            case steps.KeepTogether():
                self.stock.change(order_id, Choice(choice=Wish.TOGETHER), on=self.now)
                self.model.orders[order_id].fulfilment = Fulfilment.TOGETHER
            case steps.Wait() | steps.End():
                self._rest(state)
            case due:
                self._reach(order_id, due, refuses=refuses)

    def _give_up(self, order_id: str) -> None:
        still_open = self.model.open(order_id)
        self.stock.cancel(order_id, f"gave-up-{self.moves}", on=self.now)
        self.model.cancel(order_id, still_open)

    def _charge(self, order_id: str, *, refuses: bool) -> None:
        self._money(order_id, 0, money.to_charge, money.charged, refuses=refuses)
        if refuses:
            self.model.refuse(order_id)
        else:
            self.model.orders[order_id].accepted = True

    def _ship(self, order_id: str, parcel: int, *, refuses: bool) -> None:
        step, label = Step(order_id=order_id, at=self.now, parcel=parcel), bought(parcel)
        if refuses:
            self.stock.database.write(labels.refuse_address, step)
            return
        self.stock.database.write(labels.about_to_buy, step, [])
        state = self.stock.database.write(labels.bought, step, label)
        if state.terms.shipped_when is ShippedWhen.LABEL:
            self.model.ship(order_id)
        self.repeats.append(lambda: self.stock.database.write(labels.bought, step, label))

    def _reach(self, order_id: str, due: steps.Step, *, refuses: bool) -> None:
        match due:
            case steps.Authorise(parcel):
                self._money(order_id, parcel, money.to_authorise, money.authorised, refuses=refuses)
            case steps.Capture(parcel):
                self._money(order_id, parcel, money.to_capture, money.captured, refuses=refuses)
                self.model.orders[order_id].capturing = False
            case steps.Void(parcel):
                step = Step(order_id=order_id, at=self.now, parcel=parcel)
                attempt = self.stock.database.write(money.to_void, step)
                reference = attempt.reference or (None if refuses else "pi-found")
                self.stock.database.write(money.voided, step, attempt.key, reference)
            case steps.VoidLabel(parcel):
                step = Step(order_id=order_id, at=self.now, parcel=parcel)
                self.stock.database.write(
                    labels.given_back, step, self.stock.database.read(labels.in_vain, step)
                )
            case steps.LookUpCharge():
                step = Step(order_id=order_id, at=self.now)
                key = self.stock.database.write(money.to_charge, step).key
                self.stock.database.write(money.charge_found, step, key, None if refuses else "ch-found")
            case steps.Refund():
                self.stock.refund(order_id, on=self.now)
                self.stock.refund(order_id, on=self.now)
            case steps.Tell(kind, occasion):
                telling = Telling(order_id=order_id, kind=kind, occasion=occasion, at=self.now)
                self.stock.database.read(notices.facts, telling)
                self.stock.tell(order_id, kind, occasion, on=self.now)

    def _money(
        self,
        order_id: str,
        parcel: int,
        ask: Callable[..., Any],
        answer: Callable[..., Any],
        *,
        refuses: bool,
    ) -> None:
        """Ask, write the answer, and do both again as after a crash between commit and report."""
        step = Step(order_id=order_id, at=self.now, parcel=parcel)
        attempt = self.stock.database.write(ask, step)
        said = Decline(code="no", final=False) if refuses else Approval(reference=f"ref-{attempt.key}")
        self.stock.database.write(answer, step, attempt, said)
        assert self.stock.database.write(ask, step).key == attempt.key
        self.stock.database.write(answer, step, attempt, said)
        self.repeats.append(lambda: self.stock.database.write(answer, step, attempt, said))

    def _rest(self, state: OrderState) -> None:
        """Nothing is due: then every cent lies where it must."""
        if state.status is Status.REJECTED:
            assert state.charged == state.refunded
        elif state.timing is Timing.AT_ORDER:
            assert state.charged.minor - state.refunded.minor == _worth(state, "kept")
        elif not any(parcel.in_progress for parcel in state.parcels):
            # An earlier life of the order may have been charged at order, and refunded when it was rejected.
            taken = state.charged.minor - state.refunded.minor + state.unpaid.minor
            assert taken == _worth(state, "shipped") - _waived(state)
            assert all(not parcel.money_held for parcel in state.parcels)

    # The same again.

    def _repeatable(self, call: Callable[[], Any], first: Any) -> None:
        def repeat() -> None:
            assert call() == first

        self.repeats.append(repeat)

    def _again(self, move: Move) -> None:
        if self.repeats:
            self.repeats[-1 - move.dice % min(4, len(self.repeats))]()


def _worth(state: OrderState, part: str) -> int:
    counted = {line.sku: getattr(line, part) for line in state.lines}
    goods = sum(line.unit_price_minor * counted[line.sku] for line in state.lines)
    return goods + (state.shipping_minor if any(counted.values()) else 0)


def _waived(state: OrderState) -> int:
    """Shipping that was charged with a parcel which was stopped, while others arrived."""
    prices = {line.sku: line.unit_price_minor for line in state.lines}
    stopped = [parcel for parcel in state.parcels if parcel.stage is ParcelStage.STOPPED]
    goods = [sum(prices[line.sku] * line.quantity for line in parcel.lines) for parcel in stopped]
    waived = sum(parcel.amount_minor - worth for parcel, worth in zip(stopped, goods, strict=True))
    return waived if _worth(state, "shipped") and not _carried(state, prices) else 0


def _carried(state: OrderState, prices: dict[str, int]) -> bool:
    """Whether a parcel that arrived carries the shipping."""
    return any(
        parcel.sent and parcel.amount_minor > sum(prices[li.sku] * li.quantity for li in parcel.lines)
        for parcel in state.parcels
    )


def _unless_refused(call: Callable[[], Any]) -> None:
    """A placing of an earlier life may be refused by the one that followed."""
    try:
        call()
    except Refused:
        return


def _check(session: Session, model: Model) -> None:
    """The database says what the model says, and the audit finds nothing."""
    lines = session.scalars(select(LineRow)).all()
    units = {(line.order_id, line.sku): tuple(getattr(line, part) for part in PARTS) for line in lines}
    assert units == model.units()
    on_hand = {product.sku: product.on_hand for product in session.scalars(select(ProductRow))}
    assert on_hand == {sku: model.on_hand[sku] for sku in on_hand}
    assert audit.findings(session) == []
    _check_parcels(session, lines)


def _check_parcels(session: Session, lines: Sequence[LineRow]) -> None:
    claimed: Counter[tuple[str, str]] = Counter()
    shipped: Counter[tuple[str, str]] = Counter()
    gone = (ParcelStage.UNDONE, ParcelStage.STOPPED)
    here = {ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.READY}
    for parcel in session.scalars(select(ParcelRow).where(ParcelRow.stage.not_in(gone))):
        into = claimed if parcel.stage in here else shipped
        for line in parcel.lines:
            into[parcel.order_id, line["sku"]] += line["quantity"]
    for row in lines:
        key = (row.order_id, row.sku)
        assert (row.claimed, row.shipped) == (claimed[key], shipped[key])


def _empty(session: Session) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))


def _play(database: Database, moves: list[Move]) -> None:
    database.write(_empty)
    stock = Stockroom(database)
    stock.catalogue(Product(sku=OFF, title="Off", accepts_backorders=False))
    run = Run(stock, Model(known=frozenset(SKUS), never_backordered=frozenset({OFF})))
    for move in moves:
        run.play(move)


_HISTORIES = st.lists(MOVES, min_size=30, max_size=30)


def _conserves(database: Database, histories: int, number: int) -> None:
    """Play that many histories; `number` chooses which."""
    unhurried = tries(histories)
    seed(number)(unhurried(given(_HISTORIES)(lambda moves: _play(database, moves))))()


@pytest.mark.slow
@many_in_a_soak
@pytest.mark.parametrize("number", range(2))
def test_units_and_money_are_conserved_on_sqlite(sqlite_database: Database, number: int) -> None:
    _conserves(sqlite_database, 90, number)


@pytest.mark.slow
@many_in_a_soak
def test_units_and_money_are_conserved_on_postgresql(postgres_database: Database) -> None:
    _conserves(postgres_database, 20, 2)
