"""What a shop measures its backorders by (A10, A11, A12): each figure as it is computed by hand."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from domain.cancellation import Reason
from domain.metrics import Current, Kpi
from domain.policy import Product
from starter.commands.kpi import Figures
from starter.commands.value import Worth
from starter.quoting import quoted
from store import figures, history, value
from store.database import Database
from tests.store.month import Month, give_up
from tests.store.stockroom import PRICE, SKU, Stockroom, day, january, moment, order_of

JANUARY = (january(1), january(31).replace(month=2, day=1))


@pytest.fixture
def stock(database: Database) -> Iterator[Stockroom]:
    """A stockroom on each database; whatever a scenario did, its books are right in the end."""
    stockroom = Stockroom(database)
    yield stockroom
    assert stockroom.findings() == []


def kpi(stock: Stockroom, on: int = 25) -> Kpi:
    return stock.database.read(figures.kpi, *JANUARY, day(on), "UTC")


def shown(report: Figures | Worth) -> str:
    """As on a terminal of 80 columns, without the spaces of its columns."""
    text = io.StringIO()
    report.show(Console(file=text, width=80))
    assert max(len(line) for line in text.getvalue().splitlines()) <= 80
    return " ".join(text.getvalue().split())


def test_a10_47_open_backorders_are_counted_valued_and_dated(stock: Stockroom) -> None:
    for number in range(44):
        stock.place(f"single-{number}", placed=5 if number == 0 else 6)
    for number in range(3):
        stock.place(f"double-{number}", 2, placed=7)
    stock.announce("PO-1", 40, 18)

    found = kpi(stock, on=17)
    text = shown(Figures(found))

    assert found.open == Current(
        orders=47, units=50, value_minor={"USD": 475000}, oldest_days=12, expected_within_7_days=0.8
    )
    assert "Open now: 47 backorders, 50 units, $4,750.00; the oldest placed 12 days ago." in text
    assert "Expected within 7 days: 80% of the backordered units." in text
    ages = {age.from_days: age.orders for age in stock.database.read(history.age_histogram, day(17), "UTC")}
    assert ages == {0: 0, 8: 47, 15: 0, 31: 0, 61: 0, 91: 0}


def test_a11_backorders_saved_71_percent_of_sales_in_14_days_out_of_stock(stock: Stockroom) -> None:
    """140 asked: 120 accepted of which 20 gave up, 15 rejected at the product's cap, 5 asked and never ordered."""
    stock.catalogue(Product(sku=SKU, title="Widget", max_backordered_units=120))
    for number in range(120):
        stock.place(f"b-{number}", placed=4 + number % 12)
    for number in range(15):
        assert not stock.place(f"r-{number}", placed=16).state.decision.accepted
    for number in range(5):
        quoted(stock.database, order_of(f"q-{number}", placed=17), moment(17), "UTC")
    for number in range(20):
        give_up(stock, f"b-{number}", Reason.TOO_SLOW, on=17)

    found = stock.database.read(value.report, january(4), january(18), "UTC", SKU)
    text = shown(Worth(found))

    assert found.days == 14
    assert (found.asked.orders, found.lost_without_backorders.orders) == (140, 140)
    assert (found.accepted.orders, found.rejected.orders, found.quoted.orders) == (120, 15, 5)
    assert (found.captured.orders, found.captured.units) == (100, 100)
    assert (found.captured.value_minor, found.lost.value_minor) == ({"USD": 100 * PRICE}, {"USD": 40 * PRICE})
    assert found.saved == 100 / 140
    assert found == stock.database.read(value.report, january(4), january(18), "UTC").model_copy(
        update={"sku": SKU}
    )
    assert "2026-01-04 to 2026-01-17 (14 days)" in text
    assert "Without backorders all 140 would be lost; 100 were captured: 71% of sales saved." in text


def test_a12_a_month_gives_the_figures_computed_by_hand(stock: Stockroom) -> None:
    Month(stock).play()

    found = kpi(stock)

    # 10 orders in stock, and 6 backorders: two, late, part, slow, mind, open; none was rejected.
    assert (found.backorder_rate.value, found.backorder_rate.target, found.backorder_rate.met) == (
        6 / 16,
        0.05,
        False,
    )
    # two: 5th to 12th, 7 days; late: 5th to 14th, 9; part: 6th to 20th, 14. 90 %: 9 + 0.8 * (14 - 9).
    fill = found.fill_time_days
    assert (fill.mean, fill.p50, fill.p90, fill.target, fill.met) == (10, 9, 13, 14, True)
    # two, late, part, slow and mind ended; nothing shipped of slow and mind. Of part some did, so its reason is no reason.
    cancel = found.cancel_rate
    assert (cancel.value, cancel.target, cancel.met) == (2 / 5, 0.2, False)
    assert cancel.by_reason == {"changed_mind": 1, "too_slow": 1}
    # two's 2 units left before the 13th, late's unit after; part was promised nothing, orders in stock neither.
    assert (found.promises_kept.value, found.promises_kept.count) == (2 / 3, 3)
    # two, late, part and open were kept, of 6 backorders, 1 rejection (none) and 1 quote that no order followed (never).
    assert (found.saved_sales.value, found.saved_sales.count) == (4 / 8, 8)
    # open: 2 units, placed on the 8th; nothing is announced for it.
    assert found.open == Current(
        orders=1, units=2, value_minor={"USD": 2 * PRICE}, oldest_days=17, expected_within_7_days=0
    )
    assert (found.at, found.since, found.until) == (day(25), *JANUARY)
    check_value(stock, found)


def check_value(stock: Stockroom, month: Kpi) -> None:
    """The value of that month, of the units beyond stock."""
    found = stock.database.read(value.report, *JANUARY, "UTC")
    # Backorders 2 + 1 + 4 + 1 + 1 + 2, rejected 2, quoted 3; kept 2 + 1 + 3 + 2.
    assert (found.asked.orders, found.asked.units, found.asked.value_minor) == (8, 16, {"USD": 16 * PRICE})
    assert (found.captured.orders, found.captured.units) == (4, 8)
    assert (found.saved, found.asked.orders) == (month.saved_sales.value, month.saved_sales.count)
    assert {one.sku: (one.asked_orders, one.captured_orders) for one in found.products} == {
        SKU: (7, 4),
        "NO-SUCH": (1, 0),
    }


def test_a12_the_figures_move_after_a_receipt(stock: Stockroom) -> None:
    month = Month(stock)
    month.play()
    before = kpi(stock, on=27)

    month.receive_the_rest()

    after = kpi(stock, on=27)
    assert before.open.orders == 1
    assert after.open == Current()
    # open: 8th to 26th, 18 days, beside 7, 9 and 14: 48 ÷ 4, (9 + 14) ÷ 2, and 14 + 0.7 * (18 - 14).
    fill = after.fill_time_days
    assert (fill.mean, fill.p50, fill.p90) == (12, 11.5, 16.8)
    assert (before.cancel_rate.value, after.cancel_rate.value) == (2 / 5, 2 / 6)
    assert after.backorder_rate == before.backorder_rate


def test_a12_where_there_is_nothing_to_divide_there_is_no_figure(stock: Stockroom) -> None:
    found = kpi(stock)

    assert found.open == Current()
    assert (found.backorder_rate.value, found.backorder_rate.met) == (None, None)
    fill = found.fill_time_days
    assert (fill.mean, fill.p50, fill.p90, fill.met) == (None, None, None, None)
    assert (found.cancel_rate.value, found.cancel_rate.met, found.cancel_rate.by_reason) == (None, None, {})
    assert (found.promises_kept.value, found.promises_kept.count) == (None, 0)
    assert (found.saved_sales.value, found.saved_sales.count) == (None, 0)
    assert "Nothing to measure against a target in this period. Open now: no backorder." in shown(
        Figures(found)
    )
