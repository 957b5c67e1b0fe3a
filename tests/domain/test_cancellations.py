"""Why customers cancel, from sums of days."""

from datetime import date

import pytest

from domain.cancellations import Asker, Cancelled, Row, Sum, asker, cancellations

DAYS = (date(2026, 1, 1), date(2026, 2, 1))


def test_days_are_put_into_weeks_and_names_into_kinds() -> None:
    report = cancellations(
        *DAYS,
        [
            Cancelled(date(2026, 1, 4), "price", "customer", 1, 2),  # a Sunday
            Cancelled(date(2026, 1, 5), "too_slow", "support:maria", 1, 1),
            Cancelled(date(2026, 1, 11), "too_slow", "support:li", 2, 3),
        ],
    )

    assert report.rows == (
        Row(week=date(2025, 12, 29), reason="price", asked_by=Asker.CUSTOMER, cancellations=1, units=2),
        Row(week=date(2026, 1, 5), reason="too_slow", asked_by=Asker.SUPPORT, cancellations=3, units=4),
    )
    assert report.total == Sum(cancellations=4, units=6)
    assert list(report.by_reason) == ["too_slow", "price"]
    assert report.by_asker["support"] == Sum(cancellations=3, units=4)


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        ("customer", Asker.CUSTOMER),
        ("operations:li", Asker.OPERATIONS),
        ("oms:web", Asker.OMS),
        ("backorder", Asker.BACKORDER),
        ("law", Asker.BACKORDER),
        ("temporal", Asker.OTHER),
        ("jane@example.com", Asker.OTHER),
        ("", Asker.OTHER),
    ],
)
def test_nobody_is_named(by: str, kind: Asker) -> None:
    assert asker(by) is kind


def test_nothing_was_cancelled() -> None:
    report = cancellations(*DAYS, [])

    assert (report.total, report.by_reason, report.by_asker, report.rows) == (Sum(), {}, {}, ())
