"""How long each kind of activity may take, and how it is tried again."""

from datetime import timedelta

import pytest

from activities.shipping import PURCHASE_SECONDS
from workflows import options
from workflows.messages import PLACING_DEADLINE

SECOND = timedelta(seconds=1)


def test_no_gateway_is_tried_for_more_than_two_minutes() -> None:
    for limits in (options.GATEWAY, options.LABEL, options.MAIL):
        assert limits["schedule_to_close_timeout"] == timedelta(minutes=2)
        assert limits["start_to_close_timeout"] < limits["schedule_to_close_timeout"]


def test_a_label_may_be_quoted_for_half_a_minute_and_still_be_bought_in_time() -> None:
    assert options.LABEL["start_to_close_timeout"] >= (30 + PURCHASE_SECONDS) * SECOND


def test_our_own_database_and_the_bells_are_tried_until_they_are_back() -> None:
    for limits in (options.DATABASE, options.RINGING):
        assert "schedule_to_close_timeout" not in limits
        assert limits["retry_policy"].maximum_attempts == 0
        assert limits["retry_policy"].maximum_interval == 10 * SECOND


def test_who_rings_for_long_is_missed_soon() -> None:
    assert options.RINGING["heartbeat_timeout"] < options.RINGING["start_to_close_timeout"]


@pytest.mark.parametrize("remaining", [PLACING_DEADLINE, 12 * SECOND, timedelta(milliseconds=1)])
def test_placing_ends_with_its_deadline(remaining: timedelta) -> None:
    assert options.placing(remaining)["schedule_to_close_timeout"] == remaining


def test_placing_has_time_for_a_second_try_within_its_deadline() -> None:
    limits = options.placing(PLACING_DEADLINE)

    assert 2 * limits["start_to_close_timeout"] <= PLACING_DEADLINE
