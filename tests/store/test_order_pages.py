"""Pages of orders and of a queue: every one once, in order, each page by an index."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.changes import Hold
from domain.errors import UnknownSku
from domain.status import Status
from store.order_pages import Place, Wanted, _statement, page
from store.stock import QueueAt, queue_page, stock
from tests.store.stockroom import MINI, SKU, Stockroom, day


def pages(stock: Stockroom, limit: int, **conditions: Any) -> Iterator[list[str]]:
    """The ids of one page after the other."""
    after: Place | None = None
    while True:
        found = stock.database.read(page, Wanted(after=after, limit=limit, **conditions))
        yield [order.order_id for order in found.orders]
        after = found.next
        if after is None:
            return


def ids(stock: Stockroom, limit: int = 3, **conditions: Any) -> list[str]:
    return [order_id for some in pages(stock, limit, **conditions) for order_id in some]


def queue_ids(stock: Stockroom, limit: int) -> list[tuple[int, str]]:
    after: QueueAt | None = None
    found: list[tuple[int, str]] = []
    while True:
        some = stock.database.read(queue_page, SKU, after, limit)
        found += [(place.place, place.order_id) for place in some.places]
        after = some.next
        if after is None:
            return found


def many(stock: Stockroom) -> None:
    """Seven orders on three days; one of another SKU, one held."""
    for number in range(6):
        stock.place(f"{number}", 2, placed=5 + number // 3)
    stock.place("mini", 1, MINI, placed=7)
    stock.change("4", Hold(reason="looks odd"))


def test_each_order_comes_once_by_the_date_of_placing_however_long_the_pages(stock: Stockroom) -> None:
    many(stock)

    expected = ["0", "1", "2", "3", "4", "5", "mini"]
    assert [ids(stock, limit) for limit in range(1, 9)] == [expected] * 8
    assert list(pages(stock, 7)) == [expected]
    assert [len(some) for some in pages(stock, 3)] == [3, 3, 1]


def test_an_order_that_comes_in_between_moves_none_from_one_page_to_another(stock: Stockroom) -> None:
    many(stock)
    walk = pages(stock, 2)

    first = next(walk)
    stock.place("early", 1, placed=4)
    stock.place("0b", 1, placed=5)

    assert [first, *walk] == [["0", "1"], ["2", "3"], ["4", "5"], ["mini"]]


def test_conditions_hold_together(stock: Stockroom) -> None:
    many(stock)

    assert ids(stock, status=Status.HELD) == ["4"]
    assert ids(stock, status=Status.WAITING) == ["0", "1", "2", "3", "5", "mini"]
    assert ids(stock, sku=SKU) == ["0", "1", "2", "3", "4", "5"]
    assert ids(stock, sku=SKU, status=Status.HELD) == ["4"]
    assert ids(stock, sku=MINI, placed_since=day(7)) == ["mini"]
    assert ids(stock, sku=MINI, placed_until=day(7)) == []
    assert ids(stock, customer_id="nobody") == []
    assert ids(stock, placed_since=day(6), placed_until=day(7)) == ["3", "4", "5"]


def plan(session: Session, wanted: Wanted) -> str:
    statement = _statement(wanted).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
        return "\n".join(str(row[3]) for row in rows)
    session.execute(text("SET LOCAL enable_seqscan = off"))
    return "\n".join(row[0] for row in session.execute(text(f"EXPLAIN {statement}")))


@pytest.mark.parametrize(
    ("conditions", "index"),
    [
        ({}, "ix_orders_placed_at_order_id"),
        ({"placed_since": day(5)}, "ix_orders_placed_at_order_id"),
        ({"status": "waiting"}, "ix_orders_status_placed_at"),
        ({"customer_id": "C-7"}, "ix_orders_customer_id_placed_at_order_id"),
        ({"sku": SKU}, "ix_lines_sku_placed_at"),
    ],
)
def test_each_page_is_found_by_an_index(stock: Stockroom, conditions: dict[str, Any], index: str) -> None:
    wanted = Wanted(after=Place(placed_at=day(6), order_id="3"), **conditions)

    found = stock.database.read(plan, wanted)

    assert index in found, found


def test_a_queue_comes_once_in_its_order_with_its_places(stock: Stockroom) -> None:
    for number in range(5):
        stock.place(f"{number}", 2, placed=5 + number)
    stock.place("vip", 2, placed=8, tier="vip")
    stock.receive(5)

    expected = [(1, "vip"), (2, "0"), (3, "1"), (4, "2"), (5, "3"), (6, "4")]
    assert [queue_ids(stock, limit) for limit in range(1, 8)] == [expected] * 7


def test_a_sku_shows_its_units_and_what_can_still_be_promised_by_when(stock: Stockroom) -> None:
    stock.announce("PO-1", 3, 20)
    stock.announce("PO-2", 4, 25)
    stock.place("100", 5, placed=5)
    stock.receive(1)

    now = stock.database.read(stock_of)

    assert (now.on_hand, now.reserved, now.available, now.waiting_units) == (1, 1, 0, 4)
    assert [(one.units, one.needed, one.available_to_promise) for one in now.supply] == [(2, 2, 0), (4, 2, 2)]


def stock_of(session: Session) -> Any:
    return stock(session, SKU)


def test_an_unknown_sku_has_neither_stock_nor_queue(database: Any) -> None:
    with pytest.raises(UnknownSku):
        database.read(stock, "NONE")
    with pytest.raises(UnknownSku):
        database.read(queue_page, "NONE", None, 5)
