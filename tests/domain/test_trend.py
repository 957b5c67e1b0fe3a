"""Figures over time: windows of 30 days that end with each day."""

from datetime import date, timedelta

from domain.trend import DayCounts, figures, window_of

DAY = date(2026, 1, 30)


def test_a_window_is_the_30_days_that_end_with_its_day() -> None:
    found = window_of(DAY)

    assert (found[0], found[-1], len(found)) == (date(2026, 1, 1), DAY, 30)


def test_the_figures_of_a_day_are_those_of_its_window() -> None:
    counted = {
        DAY: DayCounts(accepted=10, backorders=1, filled=1, filled_days=3, promised=4, kept=3),
        date(2026, 1, 1): DayCounts(accepted=10, backorders=3, cancelled=1, filled=2, filled_days=24),
        date(2025, 12, 31): DayCounts(accepted=99, backorders=99, cancelled=99, promised=99, kept=99),
    }

    told = figures(DAY, counted)

    assert (told.day, told.backorder_rate, told.fill_time_days) == (DAY, 4 / 20, 9)
    assert (told.cancel_rate, told.promises_kept) == (1 / 4, 3 / 4)


def test_a_window_without_anything_has_no_figures() -> None:
    told = figures(DAY, {DAY + timedelta(days=1): DayCounts(accepted=1)})

    assert set(told.model_dump(exclude={"day"}).values()) == {None}
