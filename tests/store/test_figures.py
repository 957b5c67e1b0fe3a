"""The figures, as the database adds them up, against the same orders counted by hand."""

from datetime import UTC, date, datetime, timedelta
from statistics import mean

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.ages import Age
from domain.cancellation import Reason
from domain.errors import UnknownSku
from domain.metrics import Kpi, share
from domain.period import days
from domain.policy import Policy, Targets
from starter.quoting import quoted
from store import cancellations, figures, history, value
from store.door_tables import QuoteRow
from store.tables import OrderRow
from tests.store import past
from tests.store.month import finish, give_up, leave_unpaid, take_back
from tests.store.past import ByHand
from tests.store.stockroom import MINI, PRICE, SKU, Stockroom, day, january, moment, order_of

JANUARY, FEBRUARY = january(1), january(31) + timedelta(days=1)


def kpi(stock: Stockroom, since: date = JANUARY, until: date = FEBRUARY, zone: str = "UTC") -> Kpi:
    return stock.database.read(figures.kpi, since, until, day(31), zone)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_figures_and_their_history_are_those_counted_order_by_order(stock: Stockroom, zone: str) -> None:
    """Over two changes of the clocks, with orders at all midnights."""
    since, until = date(2025, 10, 1), date(2026, 4, 20)
    orders = past.some(seed=7, count=300, since=since, days=190)
    past.write(stock, orders)
    stock.database.write(_without_the_template)

    told = stock.database.read(history.history, until, (until - since).days, zone)

    assert [one.day for one in told] == days(since, until)
    for one in told:
        window = ByHand(orders, {one.day - timedelta(days=back) for back in range(30)}, zone)
        assert one.backorder_rate == share(*window.accepted)
        assert one.fill_time_days == (mean(window.filled) if window.filled else None)
        assert one.cancel_rate == share(*window.cancelled)
        assert one.promises_kept == share(*window.kept)
    for one in told[60::31]:
        ends = one.day + timedelta(days=1)
        found = kpi(stock, ends - timedelta(days=30), ends, zone)
        values = (found.backorder_rate, found.cancel_rate, found.promises_kept)
        assert [figure.value for figure in values] == [
            one.backorder_rate,
            one.cancel_rate,
            one.promises_kept,
        ]
        assert found.fill_time_days.mean == one.fill_time_days


def _without_the_template(session: Session) -> None:
    """It was lived through only to be copied."""
    session.execute(update(OrderRow).where(OrderRow.order_id == "template").values(accepted_at=None))


def test_an_order_belongs_to_the_day_of_the_shop_on_which_it_was_placed(stock: Stockroom) -> None:
    stock.place("100", placed=datetime(2026, 1, 1, 3, tzinfo=UTC))

    assert kpi(stock).backorder_rate.value == 1
    assert kpi(stock, zone="America/New_York").backorder_rate.value is None
    assert (
        kpi(stock, january(1) - timedelta(days=1), january(1), "America/New_York").backorder_rate.value == 1
    )


def test_the_policy_in_force_sets_the_targets(stock: Stockroom) -> None:
    stock.place("100")
    stock.policy(Policy(targets=Targets(backorder_rate=1, fill_time_days=7.5, cancel_rate=0.1)))

    found = kpi(stock)

    assert (found.backorder_rate.target, found.backorder_rate.met) == (1, False)
    assert (found.fill_time_days.target, found.cancel_rate.target) == (7.5, 0.1)


def test_a_parcel_that_was_taken_back_did_not_ship_and_an_unpaid_one_did(stock: Stockroom) -> None:
    stock.announce("PO-1", 4, 12, on=4)
    for order_id in ("unpaid", "stopped"):
        stock.place(order_id, 2)
    stock.receive(4, inbound="PO-1", on=12)
    for order_id in ("unpaid", "stopped"):
        leave_unpaid(stock, order_id, on=12)
    before = kpi(stock).promises_kept

    take_back(stock, "stopped", 1, on=14)

    after = kpi(stock)
    assert (before.value, before.count) == (1, 4)
    assert (after.promises_kept.value, after.promises_kept.count) == (1, 2)
    assert (after.cancel_rate.value, after.cancel_rate.by_reason) == (1, {"payment_failed": 1})


def test_the_last_parcel_that_left_says_how_long_it_took(stock: Stockroom) -> None:
    stock.place("100", 2, placed=5)
    stock.receive(1, on=8)
    finish(stock, "100", on=8)
    stock.receive(1, on=20)
    number = leave_unpaid(stock, "100", on=20)

    take_back(stock, "100", number, on=22)

    assert stock.state("100").ended_at == day(22)
    assert kpi(stock).fill_time_days.mean == 3


def test_the_last_cancellation_is_the_reason(stock: Stockroom) -> None:
    stock.place("100", 2)
    stock.cancel("100", lines={SKU: 1}, reason=Reason.PRICE, on=6)

    give_up(stock, "100", Reason.FOUND_ELSEWHERE, on=8)

    assert kpi(stock).cancel_rate.by_reason == {"found_elsewhere": 1}
    found = stock.database.read(cancellations.report, JANUARY, FEBRUARY, "UTC")
    assert {why: (one.cancellations, one.units) for why, one in found.by_reason.items()} == {
        "price": (1, 1),
        "found_elsewhere": (1, 1),
    }


def test_cancellations_belong_to_the_weeks_and_days_of_the_shop(stock: Stockroom) -> None:
    """The 5th of January is a Monday."""
    stock.place("100", 3)
    for number, at in enumerate((datetime(2026, 1, 5, 2, tzinfo=UTC), datetime(2026, 1, 5, 7, tzinfo=UTC))):
        stock.cancel("100", f"C{number}", lines={SKU: 1}, on=at)
    stock.cancel("100", on=6)
    stock.cancel("100", on=7)  # nothing is left

    found = stock.database.read(cancellations.report, january(1), january(6), "America/New_York")

    assert [(row.week, row.cancellations, row.units, row.asked_by) for row in found.rows] == [
        (date(2025, 12, 29), 1, 1, "customer"),
        (january(5), 1, 1, "customer"),
    ]


def test_open_backorders_are_grouped_by_the_days_they_have_waited(stock: Stockroom) -> None:
    now = datetime(2026, 4, 30, 12, tzinfo=UTC)
    waited = (0, 7, 8, 14, 15, 30, 31, 60, 61, 90, 91, 119)
    for one in waited:
        placed = datetime(2026, 4, 30, 3, tzinfo=UTC) - timedelta(days=one)  # the day before, in New York
        stock.place(f"w-{one}", placed=placed, on=placed)
    stock.receive(1, MINI)
    stock.place("here", sku=MINI)
    stock.place("gone")
    stock.cancel("gone")

    def counts(zone: str) -> list[int]:
        return [one.orders for one in stock.database.read(history.age_histogram, now, zone)]

    assert counts("UTC") == [2, 2, 2, 2, 2, 2]
    assert counts("America/New_York") == [1, 2, 2, 2, 2, 3]
    first, *_, last = stock.database.read(history.age_histogram, now, "UTC")
    assert first == Age(from_days=0, to_days=7, orders=2)
    assert (last.from_days, last.to_days) == (91, None)


def test_only_quotes_beyond_stock_that_no_order_followed_are_lost_demand(stock: Stockroom) -> None:
    stock.receive(2)
    ask = {"in stock": order_of("q-1", 2), "beyond": order_of("q-2", 3), "followed": order_of("q-3", 3)}
    for order in ask.values():
        quoted(stock.database, order, moment(6), "UTC")
    quoted(stock.database, order_of("q-2", 5), moment(7), "UTC")  # asked again, and only then counted
    stock.place_order(ask["followed"], on=8)

    found = stock.database.read(value.report, JANUARY, FEBRUARY, "UTC")

    assert (found.quoted.orders, found.quoted.units, found.quoted.value_minor) == (1, 3, {"USD": 3 * PRICE})
    assert (found.accepted.orders, found.accepted.units) == (1, 1)
    assert kpi(stock).saved_sales.count == 2
    assert (
        stock.database.read(lambda session: session.scalar(select(func.count()).select_from(QuoteRow))) == 3
    )


def test_an_order_of_several_lines_is_one_order_and_counts_for_each_product_beyond_stock(
    stock: Stockroom,
) -> None:
    stock.receive(1)
    stock.place("both", lines={SKU: 3, MINI: 2})
    stock.receive(3, MINI)
    stock.place("one", lines={SKU: 1, MINI: 1})
    stock.cancel("both", lines={MINI: 2})

    found = stock.database.read(value.report, JANUARY, FEBRUARY, "UTC")

    assert (found.asked.orders, found.asked.units, found.captured.orders) == (2, 5, 2)
    told = {one.sku: (one.asked_orders, one.asked_units, one.captured_orders) for one in found.products}
    assert told == {SKU: (2, 3, 2), MINI: (1, 2, 0)}
    mini = stock.database.read(value.report, JANUARY, FEBRUARY, "UTC", MINI)
    assert (mini.asked.orders, mini.captured.orders, mini.saved) == (1, 0, 0)


def test_a_product_that_nobody_knows_or_asked_for_is_refused(stock: Stockroom) -> None:
    with pytest.raises(UnknownSku):
        stock.database.read(value.report, JANUARY, FEBRUARY, "UTC", "NO-SUCH")

    stock.place("100", 1, "NO-SUCH")

    found = stock.database.read(value.report, JANUARY, FEBRUARY, "UTC", "NO-SUCH")
    assert (found.asked.orders, found.rejected.orders, found.saved) == (1, 1, 0)


def test_a_rejection_after_a_declined_charge_is_no_backorder(stock: Stockroom) -> None:
    stock.place("100", timing="at_order")
    stock.charge("100", declined=True)

    found = kpi(stock)

    assert (found.backorder_rate.value, found.cancel_rate.value) == (None, None)
    assert (found.saved_sales.value, found.saved_sales.count) == (0, 1)


def test_a_declined_order_that_stock_would_have_covered_is_no_lost_backorder(stock: Stockroom) -> None:
    stock.receive(1, on=1)
    stock.place("100", timing="at_order")
    stock.charge("100", declined=True)

    assert kpi(stock).saved_sales.count == 0
    assert stock.database.read(value.report, JANUARY, FEBRUARY, "UTC").asked.orders == 0


def test_a_period_to_the_end_of_all_time_is_answered(stock: Stockroom) -> None:
    stock.receive(1, on=1)
    stock.place("100", placed=5)
    finish(stock, "100", on=5)

    assert kpi(stock, date(1970, 1, 1), date(2999, 12, 31), "America/New_York").backorder_rate.value == 0
