"""Updates: every so many local days, at the same clock time, and silent where something else was said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.life import next_step
from domain.notices import Kind, last_full_day, told_that_day, update_at, updates_passed
from domain.parcel import ParcelStage
from domain.policy import Policy
from domain.steps import Tell, Wait
from tests.domain.samples import CONFIRMED, day, january, line, parcel, sent, state

ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]

# The clocks go forward on 8 March in New York and 29 March in Berlin, back on 1 November and 25 October.
ACROSS = [
    ("America/New_York", "2026-03-05T10:15"),
    ("America/New_York", "2026-10-28T23:45"),
    ("Europe/Berlin", "2026-03-20T00:05"),
    ("Europe/Berlin", "2026-10-19T10:15"),
]


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _accepted(clock: str, zone: str) -> datetime:
    return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("zone", "clock"), ACROSS)
def test_days_7_14_and_21_keep_their_clock_time_when_the_clocks_change(zone: str, clock: str) -> None:
    accepted = _accepted(clock, zone)

    moments = [update_at(accepted, number, 7, zone) for number in (1, 2, 3)]

    assert [_local(moment, zone) for moment in moments] == [
        datetime.fromisoformat(clock) + timedelta(days=days) for days in (7, 14, 21)
    ]
    assert {moment - accepted - timedelta(days=7 * n) for n, moment in enumerate(moments, 1)} != {timedelta()}
    assert [moment.tzinfo for moment in moments] == [UTC] * 3


def test_a_clock_time_that_the_day_does_not_have_is_made_up_for_on_that_day() -> None:
    accepted = _accepted("2026-03-01T02:30", "America/New_York")

    assert update_at(accepted, 1, 7, "America/New_York") == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_of_a_clock_time_that_the_day_has_twice_the_first_counts() -> None:
    accepted = _accepted("2026-10-25T01:30", "America/New_York")

    assert update_at(accepted, 1, 7, "America/New_York") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "clock"), ACROSS)
def test_an_update_has_passed_at_its_moment_and_not_a_second_before(zone: str, clock: str) -> None:
    accepted = _accepted(clock, zone)
    moment = update_at(accepted, 2, 7, zone)

    assert updates_passed(accepted, accepted, 7, zone) == 0
    assert updates_passed(accepted, moment - timedelta(seconds=1), 7, zone) == 1
    assert updates_passed(accepted, moment, 7, zone) == 2


@given(
    st.integers(0, 730 * 24 * 60),
    st.integers(0, 400 * 24 * 60),
    st.integers(1, 60),
    st.sampled_from(ZONES),
)
def test_the_updates_passed_are_those_whose_moments_have_come(
    began: int, minutes: int, every: int, zone: str
) -> None:
    accepted = day(1) + timedelta(minutes=began)
    now = accepted + timedelta(minutes=minutes)

    passed = updates_passed(accepted, now, every, zone)

    assert passed == 0 or update_at(accepted, passed, every, zone) <= now
    assert update_at(accepted, passed + 1, every, zone) > now


SAID = [
    # New York's 12 January runs from 05:00 UTC to 05:00 UTC of the 13th.
    ("America/New_York", datetime(2026, 1, 12, 4, 59, tzinfo=UTC), False),
    ("America/New_York", datetime(2026, 1, 12, 5, 0, tzinfo=UTC), True),
    ("America/New_York", datetime(2026, 1, 13, 4, 59, tzinfo=UTC), True),
    ("America/New_York", datetime(2026, 1, 13, 5, 0, tzinfo=UTC), False),
    ("UTC", datetime(2026, 1, 12, 4, 59, tzinfo=UTC), True),
    ("UTC", datetime(2026, 1, 13, 4, 59, tzinfo=UTC), False),
]


@pytest.mark.parametrize(("zone", "at", "same"), SAID)
def test_a_day_is_the_shops_local_day(zone: str, at: datetime, same: bool) -> None:
    assert told_that_day(day(12, 20), [day(3), at], zone) is same


def test_no_update_falls_on_a_day_on_which_something_else_was_sent() -> None:
    quiet = state(line(backordered=2))
    spoken = state(line(backordered=2), notices=(CONFIRMED, sent(Kind.CANCELLED, "C-1", on=12)))

    assert next_step(quiet, day(12)) == Tell(Kind.UPDATE, "1")
    assert next_step(spoken, day(12)) == Wait("update", day(19))
    assert next_step(spoken, day(13)) == Wait("update", day(19))
    assert next_step(spoken, day(19)) == Tell(Kind.UPDATE, "2")


def test_updates_that_nobody_could_send_in_time_are_one_the_latest() -> None:
    late = state(line(backordered=2))

    assert next_step(late, day(28)) == Tell(Kind.UPDATE, "3")


def test_an_update_that_is_late_keeps_silent_on_the_day_of_another_notice() -> None:
    """The worker was down on the 12th; on the 14th a part was shipped, and the customer was told."""
    late = state(line(backordered=1, shipped=1), notices=(CONFIRMED, sent(Kind.SHIPPED, on=14)))

    assert next_step(late, day(14, 18)) == Wait("update", day(19))
    assert next_step(late, day(15)) == Tell(Kind.UPDATE, "1")


def test_the_terms_say_how_often_an_order_is_told() -> None:
    often = state(line(backordered=2), terms=Policy(update_every_days=2))

    assert next_step(often, day(7)) == Tell(Kind.UPDATE, "1")


def test_an_order_whose_units_are_all_there_gets_no_updates() -> None:
    held = parcel(ParcelStage.CLAIMED, declined_at=day(25), declines=1, final_decline=True)
    problem = sent(Kind.PAYMENT_PROBLEM, "1", on=25)
    covered = state(line(claimed=2), parcels=(held,), notices=(CONFIRMED, problem))

    assert next_step(covered, day(26)) == Wait("payment_retry", day(25) + timedelta(days=7))


@pytest.mark.parametrize(
    ("deadline", "zone", "told"),
    [(day(9, 10), "UTC", 8), (day(9, 3), "America/New_York", 7), (day(9, 0), "UTC", 8)],
)
def test_a_customer_who_answers_late_on_the_day_that_was_named_is_in_time(
    deadline: datetime, zone: str, told: int
) -> None:
    assert last_full_day(deadline, zone) == january(told)
