"""Sending: in order within a stream, by one sender at a time, again after a failure, and at last no more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import UnknownEvent
from domain.events import Completed, EventType
from store import events, outbox
from store.database import Database
from store.events import EventState, ListedEvent
from store.outbox import Due
from store.shop_tables import OperationRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def _says(order_id: str) -> Completed:
    return Completed(
        order_id=order_id, shipped=1, cancelled=0, charged_minor=1, refunded_minor=0, currency="USD"
    )


def _write(database: Database, *event_ids: str, at: datetime = NOW) -> None:
    """Events of streams that the part before the dash names."""
    for event_id in event_ids:
        stream = event_id.partition("-")[0]
        says = _says(stream)
        database.write(events.write, event_id, EventType.COMPLETED, stream, at, says)


def _claim(database: Database, after: timedelta = timedelta(), most: int = 20) -> list[Due]:
    return database.write(outbox.claim, NOW + after, most)


def _ids(due: list[Due]) -> list[str]:
    return [event.event_id for event in due]


def _event(database: Database, event_id: str) -> ListedEvent:
    return next(one for one in database.read(events.listing) if one.event_id == event_id)


def test_of_each_stream_only_the_first_goes_and_the_next_once_it_arrived(database: Database) -> None:
    _write(database, "100-a", "101-a", "100-b", "100-c")

    first, other = _claim(database)
    second = database.write(outbox.delivered, first, NOW)

    assert _ids([first, other]) == ["100-a", "101-a"]
    assert second is not None
    assert (second.event_id, second.attempts) == ("100-b", 0)
    assert database.write(outbox.delivered, other, NOW) is None
    assert _claim(database) == []
    assert (_event(database, "100-a").state, _event(database, "100-b").state) == (
        EventState.DELIVERED,
        EventState.PENDING,
    )
    assert (_event(database, "100-a").attempts, _event(database, "100-a").delivered_at) == (1, NOW)


def test_the_oldest_go_first_and_no_more_than_asked_for(database: Database) -> None:
    _write(database, "103-a", "101-a", "102-a")

    assert _ids(_claim(database, most=2)) == ["103-a", "101-a"]
    assert _ids(_claim(database, most=2)) == ["102-a"]


def test_what_is_claimed_is_the_claimers_until_its_lease_is_over(database: Database) -> None:
    _write(database, "100-a", "100-b")
    _claim(database)

    assert _claim(database, 59 * SECOND) == []
    assert _ids(_claim(database, 61 * SECOND)) == ["100-a"]


def test_what_was_claimed_and_not_sent_is_given_back(database: Database) -> None:
    _write(database, "100-a")
    (event,) = _claim(database)

    database.write(outbox.give_back, event)

    assert (_ids(_claim(database)), _event(database, "100-a").attempts) == (["100-a"], 0)


def test_two_claimers_at_once_never_get_the_same(database: Database) -> None:
    _write(database, *(f"{number}-a" for number in range(100, 130)), *(f"{n}-b" for n in range(100, 130)))
    together, got = Barrier(4), []

    def claimer() -> None:
        together.wait()
        for _ in range(4):
            got.extend(_claim(database, most=5))

    threads = [Thread(target=claimer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(_ids(got)) == sorted(f"{number}-a" for number in range(100, 130))


def test_a_second_claimer_does_not_wait_for_the_first(postgres_database: Database) -> None:
    _write(postgres_database, "100-a", "101-a", "100-b")

    def both(session: Session) -> tuple[list[str], list[str]]:
        first = outbox.claim(session, NOW, 1)
        return _ids(first), _ids(postgres_database.write(outbox.claim, NOW, 20))

    assert postgres_database.write(both) == (["100-a"], ["101-a"])


def test_a_failure_is_tried_again_later_and_the_rest_of_its_stream_waits(database: Database) -> None:
    _write(database, "100-a", "100-b")
    (event,) = _claim(database)

    assert database.write(outbox.failed, event, "answered 500", NOW + 5 * SECOND, NOW) is None

    failed = _event(database, "100-a")
    assert (failed.state, failed.attempts, failed.error) == (EventState.PENDING, 1, "answered 500")
    assert failed.next_at == NOW + 5 * SECOND
    assert _claim(database, 4 * SECOND) == []
    (again,) = _claim(database, 5 * SECOND)
    assert (again.event_id, again.attempts) == ("100-a", 1)
    database.write(outbox.delivered, again, NOW + 5 * SECOND)
    assert (_event(database, "100-a").error, _event(database, "100-a").attempts) == (None, 2)


def test_what_is_not_sent_again_is_dead_and_its_stream_goes_on(database: Database) -> None:
    _write(database, "100-a", "100-b")
    (event,) = _claim(database)

    following = database.write(outbox.failed, event, "answered 410", None, NOW)

    assert following is not None
    assert following.event_id == "100-b"
    dead = _event(database, "100-a")
    assert (dead.state, dead.next_at, dead.error) == (EventState.DEAD, None, "answered 410")


def test_a_late_word_of_a_failure_changes_nothing_of_what_was_delivered(database: Database) -> None:
    _write(database, "100-a")
    (slow,) = _claim(database)
    (quick,) = _claim(database, 61 * SECOND)
    database.write(outbox.delivered, quick, NOW + 62 * SECOND)

    database.write(outbox.failed, slow, "ReadTimeout", NOW + HOUR, NOW + 63 * SECOND)

    assert (_event(database, "100-a").state, _event(database, "100-a").error) == (EventState.DELIVERED, None)


# Without a webhook, by hand, and at last.


def test_without_a_webhook_what_is_a_day_old_is_set_aside(database: Database) -> None:
    _write(database, "100-a", at=NOW - 25 * HOUR)
    _write(database, "100-b", at=NOW - 23 * HOUR)

    assert database.write(outbox.set_aside, NOW) == 1

    aside = _event(database, "100-a")
    assert (aside.state, aside.error) == (EventState.DEAD, "no webhook was set")
    assert _ids(_claim(database)) == ["100-b"]


def _dead(database: Database, *event_ids: str) -> None:
    _write(database, *event_ids)
    for event in _claim(database):
        database.write(outbox.failed, event, "answered 410", None, NOW)


@pytest.mark.parametrize("named", [["101-a", "100-a"], None], ids=["named", "all dead"])
def test_dead_events_are_sent_again_by_hand_and_it_is_kept_who_said_so(
    database: Database, named: list[str] | None
) -> None:
    _dead(database, "100-a", "101-a")

    assert database.write(events.resend, named, "operations:li", NOW + HOUR) == 2

    assert _ids(_claim(database, HOUR)) == ["100-a", "101-a"]
    assert (_event(database, "100-a").attempts, _event(database, "100-a").error) == (0, None)
    assert database.read(_operations) == [("resend_events", "operations:li", NOW + HOUR, 2)]


def _operations(session: Session) -> list[tuple[str, str, datetime, int]]:
    return [
        (row.what, row.requested_by, row.at, row.body["count"])
        for row in session.scalars(select(OperationRow))
    ]


def test_what_was_delivered_can_be_sent_again_too_and_what_is_unknown_is_refused(database: Database) -> None:
    _write(database, "100-a", "100-b")
    (event,) = _claim(database)
    database.write(outbox.delivered, event, NOW)

    with pytest.raises(UnknownEvent, match="unknown event: 100-x"):
        database.write(events.resend, ["100-a", "100-x"], "operations", NOW)
    assert _event(database, "100-a").state is EventState.DELIVERED

    assert database.write(events.resend, ["100-a"], "operations", NOW) == 1
    assert _ids(_claim(database, 61 * SECOND)) == ["100-a"]


def test_events_are_listed_by_stream_by_death_and_in_pages(database: Database) -> None:
    _dead(database, "100-a")
    _write(database, "100-b", "101-a", "102-a")

    def listed(**which: object) -> list[str]:
        question: Callable[[Session], list[ListedEvent]] = lambda session: events.listing(session, **which)  # type: ignore[arg-type]  # noqa: E731
        return [event.event_id for event in database.read(question)]

    assert listed() == ["102-a", "101-a", "100-b", "100-a"]
    assert listed(stream="100") == ["100-b", "100-a"]
    assert listed(dead=True) == ["100-a"]
    assert listed(limit=2) == ["102-a", "101-a"]
    assert listed(limit=2, before=_event(database, "101-a").number) == ["100-b", "100-a"]


def test_events_that_are_over_are_forgotten_after_ninety_days(database: Database) -> None:
    _dead(database, "100-a")
    _write(database, "101-a", "102-a")
    (event, _) = _claim(database)
    database.write(outbox.delivered, event, NOW)
    _write(database, "103-a", at=NOW + DAY)

    assert database.write(outbox.forget, NOW + 89 * DAY) == 0
    assert database.write(outbox.forget, NOW + 90 * DAY + SECOND) == 2

    left = [one.event_id for one in database.read(events.listing)]
    assert left == ["103-a", "102-a"]
