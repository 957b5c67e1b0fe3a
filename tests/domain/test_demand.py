"""What backorders are worth, from sums that are known."""

from datetime import date

from domain.demand import Demand, Fate, Part, Value, value

DAYS = (date(2026, 1, 1), date(2026, 1, 15))


def part(fate: Fate, orders: int, minor: int, kept: int = 0, kept_minor: int = 0, **of: str) -> Part:
    """An order is a unit here."""
    named = {"sku": "A", "currency": "USD"} | of
    return Part(named["sku"], named["currency"], fate, orders, orders, minor, kept, kept, kept_minor)


def told(*parts: Part) -> Value:
    return value(*DAYS, None, parts, parts)


def test_what_was_not_captured_is_lost() -> None:
    report = told(part(Fate.ACCEPTED, 5, 500, 4, 400), part(Fate.REJECTED, 2, 200), part(Fate.QUOTED, 1, 100))

    assert report.days == 14
    assert (
        report.asked == report.lost_without_backorders == Demand(orders=8, units=8, value_minor={"USD": 800})
    )
    assert report.captured == Demand(orders=4, units=4, value_minor={"USD": 400})
    assert report.lost == Demand(orders=4, units=4, value_minor={"USD": 400})
    assert (report.accepted.orders, report.rejected.orders, report.quoted.orders) == (5, 2, 1)
    assert report.saved == 0.5


def test_currencies_are_never_added_together() -> None:
    report = told(part(Fate.ACCEPTED, 1, 500, 1, 500), part(Fate.ACCEPTED, 1, 70, currency="EUR"))

    assert report.asked.value_minor == {"EUR": 70, "USD": 500}
    assert report.lost.value_minor == {"EUR": 70, "USD": 0}
    assert [(one.currency, one.saved) for one in report.products] == [("EUR", 0), ("USD", 1)]


def test_the_product_that_was_asked_for_most_stands_first() -> None:
    report = told(
        part(Fate.QUOTED, 1, 9), part(Fate.REJECTED, 3, 9, sku="B"), part(Fate.ACCEPTED, 1, 9, 1, 9)
    )

    assert [(one.sku, one.asked_orders, one.captured_orders) for one in report.products] == [
        ("B", 3, 0),
        ("A", 2, 1),
    ]


def test_where_nothing_was_asked_nothing_was_saved() -> None:
    report = told()

    assert (report.asked, report.saved, report.products) == (Demand(), None, ())
