"""What the review command prints."""

import io
from datetime import UTC, date, datetime

from rich.console import Console

from domain.metrics import Current
from domain.review import Asked, Ended, Findings, Late, LateShown, Need, Needing, Needy, Review
from starter.commands.review import ReviewShown

AT = datetime(2026, 1, 17, 6, tzinfo=UTC)


def shown(review: Review) -> list[str]:
    text = io.StringIO()
    ReviewShown(review).show(Console(file=text, width=160))
    return [line.strip() for line in text.getvalue().splitlines() if line.strip()]


def test_a_day_with_nothing_is_one_calm_line_a_heading() -> None:
    assert shown(Review(day=date(2026, 1, 17), at=AT, since=AT)) == [
        "Daily review, 2026-01-17, made at 06:00 UTC",
        "Needs a person",
        "Nothing needs a person.",
        "Cancelled by themselves",
        "No order was cancelled by itself.",
        "Overdue supply",
        "No supply is overdue.",
        "New dates",
        "No date has moved.",
        "Books",
        "The books are right.",
        "Figures",
        "Current backorders      0",
        "Units                   0",
        "Value                   -",
        "Oldest                  -",
        "Expected within 7 days  -",
    ]


def test_everything_that_was_found_is_shown() -> None:
    late = LateShown(
        inbound_id="PO-1",
        sku="WIDGET",
        title="Widget",
        quantity=40,
        eta=date(2026, 1, 12),
        supplier="Acme",
        asked=Asked.TODAY,
    )
    orders = (Needy(order_id="100", why="[red]odd[/]"), Needy(order_id="101"))
    review = Review(
        day=date(2026, 1, 17),
        at=AT,
        since=AT,
        needs=(Needing(need=Need.ADDRESS_HOLD, count=3, orders=orders),),
        ended=Ended(orders=2, by_reason={"payment_failed": 2}, order_ids=("7", "8")),
        late=Late(count=1, lines=(late,)),
        orders_with_new_dates=2,
        bells_rung=1,
        findings=Findings(count=1, sentences=("WIDGET: odd",)),
        figures=Current(
            orders=47, units=50, value_minor={"USD": 475000}, oldest_days=12, expected_within_7_days=0.8
        ),
        refused="550 gone",
    )

    assert shown(review)[1:] == [
        "Needs a person",
        "address hold (3)",
        "order 100: [red]odd[/]",
        "order 101",
        "and 1 more",
        "Cancelled by themselves",
        "2 × payment failed",
        "orders 7, 8",
        "Overdue supply",
        "PO-1: 40 × WIDGET, due 2026-01-12, Acme: asked today",
        "New dates",
        "2 orders have a new date.",
        "Books",
        "WIDGET: odd",
        "1 order heard only now of a change.",
        "Figures",
        "Current backorders      47",
        "Units                   50",
        "Value                   $4,750.00",
        "Oldest                  12 days",
        "Expected within 7 days  80%",
        "Operations could not be told: 550 gone",
    ]
