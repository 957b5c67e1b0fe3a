"""The figures of now, as the database adds them up."""

from datetime import UTC, datetime

from domain import metrics
from domain.metrics import Current
from store import metrics as sums
from tests.store.stockroom import MINI, Stockroom, january


def test_figures_are_those_computed_by_hand(stock: Stockroom) -> None:
    """47 orders, 50 units at 95.00, the oldest placed 12 days ago, 40 units with a date within a week."""
    for number in range(44):
        stock.place(f"single-{number}", placed=5 if number == 0 else 6)
    for number in range(3):
        stock.place(f"double-{number}", 2, placed=7)
    stock.announce("PO-1", 40, 18)
    stock.receive(1, MINI)
    stock.place("in-stock", sku=MINI)
    stock.place("gone", placed=1)
    stock.cancel("gone")

    current = metrics.current(stock.database.read(sums.waiting, january(17)), january(17), "UTC")

    assert current == Current(
        orders=47, units=50, value_minor={"USD": 475000}, oldest_days=12, expected_within_7_days=0.8
    )


def test_days_are_those_of_the_shop(stock: Stockroom) -> None:
    stock.place("100", placed=datetime(2026, 1, 5, 23, 30, tzinfo=UTC), on=6)
    waiting = stock.database.read(sums.waiting, january(17))

    assert metrics.current(waiting, january(17), "UTC").oldest_days == 12
    assert metrics.current(waiting, january(17), "Europe/Oslo").oldest_days == 11


def test_nothing_has_no_share_and_no_age(stock: Stockroom) -> None:
    assert metrics.current(stock.database.read(sums.waiting, january(17)), january(17), "UTC") == Current()
