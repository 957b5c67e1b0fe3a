"""How late suppliers are, learned without a look into the future."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.lateness import Lateness, learn, pinball, rehearse
from domain.lateness_sample import Delivery

START = date(2025, 1, 1)
TODAY = date(2026, 1, 1)


def delivery(supplier: str, promised: int, late: int) -> Delivery:
    """Promised on a day from the start, so many days late."""
    on = START + timedelta(days=promised)
    return Delivery(supplier=supplier, promised_on=on, received_on=on + timedelta(days=late))


def weekly(supplier: str, *late: int, first: int = 0) -> list[Delivery]:
    """Six lines of a purchase order each week."""
    return [delivery(supplier, first + 7 * week, days) for week, days in enumerate(late) for _ in range(6)]


def test_a_supplier_who_is_always_late_gets_that_for_a_buffer_and_a_punctual_one_much_less() -> None:
    learned = learn(weekly("slow", *[5] * 48) + weekly("punctual", *[0] * 48), TODAY)

    assert 4 <= learned.buffer("slow") <= 5
    assert learned.buffer("punctual") <= 2


def test_a_short_history_is_drawn_towards_all_suppliers() -> None:
    others = [one for name in "abcdefgh" for one in weekly(name, *[0] * 48)]
    once_late = learn([*others, delivery("new", 330, 30)], TODAY)
    often_late = learn([*others, *weekly("new", *[30] * 48)], TODAY)

    assert once_late.buffer("new") < 15 < often_late.buffer("new")


def test_of_whom_nothing_is_known_all_suppliers_speak_and_without_any_nobody() -> None:
    learned = learn(weekly("slow", *[6] * 48), TODAY)

    assert learned.buffer("unheard of") == learned.buffer(None) == 6
    assert (learn([], TODAY).buffer("unheard of"), learn([], TODAY).on_time(None)) == (0, None)


def test_drift_is_followed() -> None:
    worse = learn(weekly("drifting", *[0] * 36, *[10] * 12), TODAY)
    better = learn(weekly("drifting", *[10] * 24, *[0] * 24), TODAY)
    good_for_long = learn(weekly("drifting", *[10] * 24, *[0] * 100), TODAY + timedelta(days=600))

    assert worse.buffer("drifting") >= 8
    assert good_for_long.buffer("drifting") < better.buffer("drifting")


def test_what_has_not_come_is_expected_later_than_it_already_is() -> None:
    learned = learn(weekly("slow", *[0, 3, 10, 30] * 12), TODAY)

    assert learned.buffer_when_late("slow", 3) in range(10, 31)
    assert learned.buffer_when_late("slow", 10) == 30
    assert [learned.buffer_when_late("slow", days) for days in (30, 34, 35, 41)] == [35, 35, 42, 42]
    assert all(learned.buffer_when_late("slow", days) > days for days in range(60))


def test_on_time_is_the_share_received_by_the_first_date() -> None:
    learned = learn(weekly("mixed", -2, 0, 1, 5) + weekly("good", 0, 0), TODAY)

    assert learned.on_time("mixed") == 0.5
    assert learned.on_time(None) == pytest.approx(4 / 6)
    assert learned.on_time("unheard of") is None


def test_only_what_came_up_to_the_day_is_known() -> None:
    future = [delivery("slow", 370, 0), *weekly("slow", *[40] * 10, first=330)]
    known = weekly("slow", *[2] * 40)

    with_future, without = learn([*known, *future], TODAY), learn(known, TODAY)

    assert [learned.buffer("slow") for learned in (with_future, without)] == [2, 2]


def test_a_higher_share_wants_a_longer_buffer() -> None:
    deliveries = weekly("mixed", *([0] * 7 + [5, 9, 20]) * 5)

    buffers = [learn(deliveries, TODAY, share).buffer("mixed") for share in (0.5, 0.8, 0.95)]

    assert buffers == sorted(buffers)
    assert buffers[0] < buffers[-1]


@pytest.mark.parametrize(("error", "loss"), [(10, 9.0), (0, 0.0), (-10, 1.0)])
def test_too_early_a_promise_costs_nine_times_what_too_late_a_one_does(error: int, loss: float) -> None:
    assert pinball(error, 0.9) == pytest.approx(loss)


DELIVERIES = st.lists(
    st.builds(delivery, st.sampled_from("abc"), st.integers(0, 300), st.integers(-20, 60)),
    min_size=5,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(DELIVERIES, st.integers(0, 39), st.integers(1, 60))
def test_nothing_that_comes_after_the_cut_off_changes_an_estimate(
    deliveries: list[Delivery], which: int, later: int
) -> None:
    changed = deliveries[which % len(deliveries)]
    other = changed.model_copy(update={"received_on": changed.received_on + timedelta(days=later)})
    others = [other if one is changed else one for one in deliveries]

    before, after = _estimates(deliveries), _estimates(others)

    for (one, buffer), (_, again) in zip(before, after, strict=True):
        if one.promised_on - timedelta(days=30) < changed.received_on:
            assert buffer == again, one


def _estimates(deliveries: list[Delivery]) -> list[tuple[Delivery, int]]:
    known = sorted(deliveries, key=lambda one: one.received_on)
    return list(rehearse(Lateness(), known, deliveries, 30))
