"""When an event is sent again, and when it is given up."""

from datetime import UTC, datetime, timedelta

from domain.events import next_try

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_an_event_is_tried_again_ever_more_rarely_for_a_bit_more_than_a_day() -> None:
    now, waits = NOW, []
    while (again := next_try(len(waits) + 1, now)) is not None:
        waits.append(again - now)
        now = again

    assert waits[0] == timedelta(seconds=5)
    assert waits == sorted(waits)
    assert timedelta(days=1) < now - NOW < timedelta(days=1, hours=6)
    assert next_try(len(waits) + 1, now) is None
