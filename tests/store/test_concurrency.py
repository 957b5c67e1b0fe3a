"""Many at once, in threads, on both databases: stock is given once, and to the first in line."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy.orm import Session

from domain.cancellation import CancelResult
from domain.errors import OrderBodyChanged
from domain.status import Status
from store import orders
from store.database import Database
from tests.store.stockroom import MINI, SKU, Stockroom, Units, order_of


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; their results, or what they raised."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait(10)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_twenty_orders_for_ten_units_give_ten_to_the_first_in_line(stock: Stockroom) -> None:
    stock.receive(10)

    at_once(*[lambda number=n: stock.place(f"{number:02}", placed=1 + number) for n in range(20)])

    allocated = [stock.units(f"{number:02}") for number in range(20)]
    assert allocated == [Units(allocated=1)] * 10 + [Units(backordered=1)] * 10
    assert stock.product() == (10, 10)


def test_the_same_receipt_three_times_at_once_raises_stock_once(stock: Stockroom) -> None:
    for number in range(3):
        stock.place(f"10{number}", 2, placed=5 + number)

    outcomes = at_once(*[lambda: stock.receive(5, change_id="R-1")] * 3)

    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert stock.product() == (5, 5)
    assert stock.units("102") == Units(allocated=1, backordered=1)


def test_the_same_order_three_times_at_once_has_one_life(stock: Stockroom) -> None:
    stock.receive(10)

    placed = at_once(*[lambda: stock.place("100", 3)] * 3)

    assert [one.state for one in placed] == [placed[0].state] * 3
    assert stock.product() == (10, 3)


def test_two_bodies_under_one_order_id_at_once_make_one_order(stock: Stockroom) -> None:
    answers = at_once(lambda: stock.place("100", 3), lambda: stock.place("100", 4))

    refused = [answer for answer in answers if isinstance(answer, OrderBodyChanged)]
    assert len(refused) == 1
    assert stock.units("100").backordered in {3, 4}


def test_nobody_overtakes_the_head_of_the_queue_during_a_receipt(stock: Stockroom) -> None:
    stock.place("head", 5, placed=5)

    at_once(
        lambda: stock.receive(5),
        lambda: stock.place("new", 5, placed=9),
        lambda: stock.place("low", 5, placed=10),
    )

    assert stock.units("head") == Units(allocated=5)
    assert stock.units("new") == stock.units("low") == Units(backordered=5)


def test_a_vip_during_a_receipt_gets_the_unclaimed_units_of_those_behind(stock: Stockroom) -> None:
    stock.place("100", 5, placed=8)

    at_once(lambda: stock.receive(5), lambda: stock.place("vip", 3, placed=9, tier="vip"))

    assert stock.units("vip") == Units(allocated=3)
    assert stock.units("100") == Units(allocated=2, backordered=3)


def test_orders_and_receipts_of_two_skus_at_once_never_deadlock(stock: Stockroom) -> None:
    answers = at_once(
        *[lambda n=n: stock.place(f"a{n}", lines={SKU: 1, MINI: 1}, placed=5) for n in range(4)],
        *[lambda n=n: stock.place(f"b{n}", lines={MINI: 1, SKU: 1}, placed=6) for n in range(4)],
        *[lambda: stock.receive(2, SKU), lambda: stock.receive(2, MINI)] * 2,
    )

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert [stock.units(f"a{n}") for n in range(4)] == [Units(allocated=2)] * 4
    assert [stock.units(f"b{n}") for n in range(4)] == [Units(backordered=2)] * 4


def test_the_same_claim_twice_at_once_makes_one_parcel(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)

    at_once(*[lambda: stock.claim("100")] * 4)

    assert len(stock.state("100").parcels) == 1
    assert stock.units("100") == Units(claimed=2)


def test_a_cancellation_and_a_claim_at_once_leave_one_of_two_ends(stock: Stockroom) -> None:
    for number in range(8):
        order_id = f"10{number}"
        stock.receive(2)
        stock.place(order_id, 2)

        at_once(lambda i=order_id: stock.claim(i), lambda i=order_id: stock.cancel(i, f"C-{i}"))

        state = stock.state(order_id)
        assert stock.units(order_id) == Units(cancelled=2)
        assert state.parcel is None
        assert state.status is Status.WAITING


def test_a_cancellation_and_a_shipment_at_once_never_both_win(stock: Stockroom) -> None:
    for number in range(8):
        order_id = f"10{number}"
        stock.receive(2)
        stock.place(order_id, 2)
        stock.claim(order_id)
        stock.authorise(order_id)

        _, cancelled = at_once(lambda i=order_id: stock.ship(i), lambda i=order_id: stock.cancel(i, f"C-{i}"))

        late = cancelled.outcome.outcome is CancelResult.TOO_LATE
        assert stock.units(order_id) == (Units(shipped=2) if late else Units(cancelled=2))
        assert stock.state(order_id).status is (Status.SHIPPING if late else Status.WAITING)


def test_the_same_cancellation_three_times_at_once_is_one(stock: Stockroom) -> None:
    stock.place("100", 5)

    answers = at_once(*[lambda: stock.cancel("100", "C-1", lines={SKU: 1})] * 3)

    assert [answer.outcome for answer in answers] == [answers[0].outcome] * 3
    assert stock.units("100") == Units(backordered=4, cancelled=1)


def test_a_refusal_and_a_receipt_at_once_give_the_units_to_the_next(stock: Stockroom) -> None:
    for number in range(6):
        first = order_of(f"a{number}", 2, timing="at_order")
        stock.place_order(first)
        at_once(lambda o=first: stock.refuse(o), lambda: stock.receive(2))
        assert stock.units(f"a{number}") == Units(cancelled=2)

    assert stock.product() == (12, 0)


def test_who_takes_an_orders_units_does_not_wait_for_what_the_order_does_itself(
    postgres_database: Database,
) -> None:
    """The order holds its own row and waits for the SKU: whoever holds the SKU must not want that row, or both stand."""
    stock = Stockroom(postgres_database, (SKU,))
    stock.place("100", 1, placed=5)
    stock.receive(1)

    with ThreadPoolExecutor(1) as thread, postgres_database.engine.connect() as at_work:
        orders.own(Session(at_work), "100")
        thread.submit(stock.place, "099", 1, placed=4).result(10)

    assert stock.units("099") == Units(allocated=1)
    assert stock.units("100") == Units(backordered=1)
    assert stock.findings() == []
