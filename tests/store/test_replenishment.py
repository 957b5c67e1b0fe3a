"""How SKUs stand for the buyer, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from domain.errors import UnknownSku
from domain.inventory import ChangeKind
from domain.policy import Policy, Product
from domain.replenishment import HISTORY_WEEKS, Expected, Position, replenishment, week_starts
from store.replenishment import positions
from store.supply_tables import InboundRow
from tests.store.stockroom import MINI, SKU, Stockroom, change_of, january, order_of

TODAY = january(30)
NEW_YORK = "America/New_York"


def ago(days: int) -> datetime:
    """Noon so many days before the 30th."""
    return datetime(2026, 1, 30, 12, tzinfo=UTC) - timedelta(days=days)


def stands(stock: Stockroom, sku: str = SKU, time_zone: str = "UTC", today: date = TODAY) -> Position:
    (found,) = stock.database.read(positions, today, time_zone, sku)
    return found


def test_d10_needs_are_queue_and_usual_demand_less_supply(stock: Stockroom) -> None:
    """Ordered and kept: 2, 0, 4, 0 units, so 1.48 a week: 2, 3, 5, 6 units after as many weeks."""
    stock.catalogue(Product(sku=SKU, title="Widget Pro Blue", usual_restock_days=3))
    stock.place("100", 2, placed=ago(25))
    stock.place("101", 4, placed=ago(11))
    stock.place("gone", 9, placed=ago(11))
    stock.cancel("gone", on=ago(10))
    stock.place("today", 3, placed=ago(0))
    stock.receive(4, on=ago(5))
    stock.announce("PO-1", 6, eta=30)
    stock.database.write(_expect, "PO-1", TODAY + timedelta(days=10))

    found = replenishment(stands(stock), TODAY, 4)

    assert (found.waiting, found.available, found.on_order) == (5, 0, 6)
    assert (found.demand.weeks, found.demand.per_week) == (4, 1.48)
    assert [(need.demand, need.inbound, need.units) for need in found.needs] == [
        (0, 0, 5),
        (2, 0, 7),
        (3, 6, 2),
        (5, 6, 4),
        (6, 6, 5),
    ]
    assert (found.short_from, found.to_buy, found.order_by) == (TODAY, 5, january(27))


def _expect(session: Session, inbound_id: str, on: date | None) -> None:
    session.execute(update(InboundRow).where(InboundRow.inbound_id == inbound_id).values(expected_on=on))


def test_every_week_begins_and_ends_with_the_shops_own_midnight(stock: Stockroom) -> None:
    """One unit in the first and one in the last second of each week; and one just before, one just after all."""
    stock.receive(200, on=ago(400))
    starts = week_starts(TODAY, NEW_YORK)
    for number, start in enumerate(starts):
        stock.place(f"last-{number}", placed=start - timedelta(seconds=1))
        stock.place(f"first-{number}", placed=start)

    assert stands(stock, time_zone=NEW_YORK).history == (2,) * HISTORY_WEEKS


def test_an_order_belongs_to_the_shops_day(stock: Stockroom) -> None:
    """Half past three in the night of the 23rd is still the 22nd in New York."""
    stock.place("100", placed=datetime(2026, 1, 23, 3, 30, tzinfo=UTC))

    assert stands(stock, time_zone="UTC").history == (1,)
    assert stands(stock, time_zone=NEW_YORK).history == (1, 0)


def test_demand_is_what_was_asked_for_and_kept(stock: Stockroom) -> None:
    stock.receive(2, on=ago(30))
    stock.place("in-stock", 2, placed=ago(20))
    stock.place("in-part", 5, placed=ago(20))
    stock.cancel("in-part", lines={SKU: 1}, on=ago(19))
    stock.place("declined", 7, placed=ago(12), timing="at_order")
    stock.charge("declined", on=ago(12), declined=True)
    stock.catalogue(Product(sku=MINI, title="Mini", accepts_backorders=False))
    stock.place("rejected", lines={SKU: 7, MINI: 1}, placed=ago(12))

    assert stands(stock).history == (6, 0, 0)
    assert stands(stock, MINI).history == ()


def test_supply_is_what_is_open_by_the_date_expected_of_it(stock: Stockroom) -> None:
    stock.announce("PO-1", 6, eta=12)
    stock.announce("PO-2", 4, eta=12)
    stock.announce("PO-3", 9, eta=9)
    stock.announce("PO-4", 3, eta=14)
    stock.announce("PO-4", 3, eta=14, cancelled=True, on=9)
    stock.announce("PO-5", 8, eta=14)
    stock.announce("PO-6", 5, eta=14, sku=MINI)
    stock.receive(9, inbound="PO-3")
    stock.database.write(_expect, "PO-5", None)

    found = stands(stock)

    assert set(found.inbound) == {Expected(on=january(12), units=10), Expected(on=None, units=8)}
    assert (found.available, found.waiting) == (9, 0)
    assert stands(stock, MINI).inbound == (Expected(on=january(14), units=5),)


def test_a_product_says_how_long_it_takes_and_else_the_shop_does(stock: Stockroom) -> None:
    stock.policy(Policy.model_validate({"acceptance": {"usual_restock_days": 14}}))
    stock.catalogue(
        Product(sku=SKU, title="Widget", usual_restock_days=3, release_on=january(31)),
    )
    stock.apply(change_of(ChangeKind.DISCONTINUED, "D-1", {"sku": MINI}))

    widget, mini = stands(stock), stands(stock, MINI)

    assert (widget.restock_days, widget.release_on, widget.discontinued) == (3, january(31), False)
    assert (mini.restock_days, mini.release_on, mini.discontinued) == (14, None, True)


def test_all_products_are_told_in_their_order_and_an_unknown_one_is_refused(stock: Stockroom) -> None:
    assert [one.sku for one in stock.database.read(positions, TODAY, "UTC")] == [MINI, SKU]
    with pytest.raises(UnknownSku, match="NO-SUCH"):
        stands(stock, "NO-SUCH")


def test_many_products_ask_no_more_than_few(stock: Stockroom) -> None:
    few = _asked(stock)
    stock.catalogue(*(Product(sku=f"P-{number:03}", title="One of many") for number in range(60)))
    stock.place_order(order_of("many", lines={f"P-{number:03}": 1 for number in range(60)}, placed=5))

    assert _asked(stock) == few == 4


def _asked(stock: Stockroom) -> int:
    """How many statements the question takes."""
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(stock.database.engine, "before_cursor_execute", count)
    try:
        stock.database.read(positions, TODAY, "UTC")
    finally:
        event.remove(stock.database.engine, "before_cursor_execute", count)
    return sum(one.lstrip().startswith("SELECT") for one in statements)
