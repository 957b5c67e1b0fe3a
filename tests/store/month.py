"""A month of a shop, told so that each of its figures can be computed by hand."""

from dataclasses import dataclass

from domain import news
from domain.cancellation import Reason
from domain.changes import How, Settlement
from starter.quoting import quoted
from store import labels, money
from store.parcels import Step
from tests.store.stockroom import Moment, Stockroom, moment, order_of


def finish(stock: Stockroom, order_id: str, *, on: Moment) -> None:
    """Send what is here of an order, take its money and tell its customer."""
    stock.claim(order_id, on=on)
    number = max(parcel.number for parcel in stock.state(order_id).parcels)
    stock.authorise(order_id, number, on=on)
    stock.ship(order_id, number, on=on)
    stock.capture(order_id, number, on=on)
    tell_all(stock, order_id, on=on)


def tell_all(stock: Stockroom, order_id: str, *, on: Moment) -> None:
    while told := news.untold(stock.state(order_id)):
        stock.tell(order_id, told.kind, told.occasion, on=on)


def give_up(stock: Stockroom, order_id: str, reason: Reason, *, on: Moment) -> None:
    """Its customer cancels, and hears of it."""
    stock.cancel(order_id, reason=reason, on=on)
    tell_all(stock, order_id, on=on)


def leave_unpaid(stock: Stockroom, order_id: str, *, on: Moment) -> int:
    """Send what is here of an order; its money can't be taken. The parcel's number."""
    stock.claim(order_id, on=on)
    number = max(parcel.number for parcel in stock.state(order_id).parcels)
    stock.authorise(order_id, number, on=on)
    stock.ship(order_id, number, on=on)
    stock.capture(order_id, number, refused=True, on=on)
    return number


def take_back(stock: Stockroom, order_id: str, number: int, *, on: Moment) -> None:
    """An unpaid parcel never left: its units, its label and the money held for it are given back."""
    stock.change(order_id, Settlement(parcel=number, how=How.STOPPED, reason="never left"), on=on)
    step = Step(order_id=order_id, at=moment(on), parcel=number)
    held = stock.database.write(money.to_void, step)
    stock.database.write(money.voided, step, held.key, held.reference)
    stock.database.write(labels.given_back, step, stock.database.read(labels.in_vain, step))
    tell_all(stock, order_id, on=on)


@dataclass(frozen=True)
class Month:
    """January 2026 in UTC; the last receipt is still to come."""

    stock: Stockroom

    def play(self) -> None:
        stock = self.stock
        stock.receive(10, on=1)
        for number in range(10):
            stock.place(f"here-{number}", placed=2)
            finish(stock, f"here-{number}", on=3)
        stock.announce("PO-1", 3, 12, on=4)  # promised for the 13th: a day of handling
        stock.place("two", 2, placed=5)
        stock.place("late", 1, placed=5)
        stock.place("part", 4, placed=6)  # nothing is announced for it: no promise
        stock.place("slow", 1, placed=6)
        stock.place("mind", 1, placed=7)
        quoted(stock.database, order_of("open", 2, placed=8), moment(8), "UTC")
        stock.place("open", 2, placed=8)
        stock.place("none", 2, "NO-SUCH", placed=8)
        quoted(stock.database, order_of("never", 3, placed=9), moment(9), "UTC")
        stock.cancel("part", lines={"WIDGET-PRO-BLUE": 1}, reason=Reason.PRICE, on=8)
        give_up(stock, "slow", Reason.TOO_SLOW, on=9)
        give_up(stock, "mind", Reason.CHANGED_MIND, on=10)
        stock.receive(3, inbound="PO-1", on=12)
        finish(stock, "two", on=12)
        finish(stock, "late", on=14)
        stock.receive(3, on=20)
        finish(stock, "part", on=20)

    def receive_the_rest(self) -> None:
        self.stock.receive(2, on=26)
        finish(self.stock, "open", on=26)
