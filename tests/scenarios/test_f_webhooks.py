"""The order system hears of every order by webhook: signed, in order per order, and again until it has taken it."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from domain.events import Completed, EventType
from gateways.oms_webhook import OmsWebhook, keys_of
from store import events
from store.database import Database
from store.events import EventState, ListedEvent
from tests.fakes.oms_server import DROPPED, SECRET, OmsServer
from tests.shop import PRICE, Books, Shop, eventually
from worker.relay import relay

LIFE = ["order.backordered", "order.parcel_shipped", "order.completed"]


class Clock:
    """The real one, put forward by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def relaying(
    database: Database, oms: OmsServer, clock: Callable[[], datetime], relays: int = 1
) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(oms.serving())
        for _ in range(relays):
            webhook = await stack.enter_async_context(aclosing(OmsWebhook(url, keys_of(SECRET))))
            await stack.enter_async_context(relay(database, webhook, clock))
        yield


def _all(database: Database) -> list[ListedEvent]:
    return database.read(events.listing)[::-1]


async def _delivered(database: Database, count: int) -> list[ListedEvent]:
    """All events, once there are so many and each is delivered."""

    def look() -> list[ListedEvent] | None:
        found = _all(database)
        done = len(found) == count and all(event.state is EventState.DELIVERED for event in found)
        return found if done else None

    found: list[ListedEvent] = await eventually(look, "every event delivered")
    return found


def _write(database: Database, *event_ids: str, at: datetime | None = None) -> None:
    """Events of streams that the part before the dash names."""
    for event_id in event_ids:
        stream = event_id.partition("-")[0]
        says = Completed(
            order_id=stream, shipped=1, cancelled=0, charged_minor=1, refunded_minor=0, currency="USD"
        )
        at = at or datetime.now(UTC)
        database.write(events.write, event_id, EventType.COMPLETED, stream, at, says)


async def test_f7_the_life_of_each_order_arrives_signed_and_in_order(shop_on_both: Shop) -> None:
    shop, oms, clock = shop_on_both, OmsServer(), Clock()
    oms.fail(503, times=2)
    oms.fail(DROPPED)

    async with relaying(shop.database, oms, clock):
        await shop.place("100", 2)
        await shop.place("101", 1)
        await shop.place("102", 1)
        await eventually(lambda: len(oms.tried) >= 3, "three tries")
        await shop.cancel("102", cancellation_id="C-1")
        await shop.receive(3, change_id="R-1")
        for order_id in ("100", "101", "102"):
            await shop.ended(order_id)
        clock.ahead = timedelta(seconds=6)
        written = await _delivered(shop.database, 9)

    assert [got.type for got in oms.of("100")] == LIFE
    assert [got.type for got in oms.of("101")] == LIFE
    assert [got.type for got in oms.of("102")] == ["order.backordered", "order.cancelled"]
    assert sorted(got.event_id for got in oms.taken) == sorted(event.event_id for event in written)
    assert len(oms.tried) == len(oms.taken) + 3
    bodies = {event.event_id: event.body for event in written}
    assert all(Webhook(SECRET).verify(got.content, got.headers) == bodies[got.event_id] for got in oms.tried)
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.books("102") == Books(cancelled=1)
    assert shop.findings() == []


async def test_f7_with_two_relays_each_event_arrives_once_and_in_order(database: Database) -> None:
    oms = OmsServer()
    ids = [f"{order}-{number:02}" for number in range(8) for order in range(100, 125)]
    _write(database, *ids)

    async with relaying(database, oms, Clock(), relays=2):
        await eventually(lambda: len(oms.taken) >= len(ids), "all of them")

    assert len(oms.tried) == len(ids)
    for order in range(100, 125):
        assert [got.event_id for got in oms.of(str(order))] == [f"{order}-{number:02}" for number in range(8)]


async def test_f7_a_receiver_that_comes_back_gets_what_it_missed_and_the_log_has_one_line_of_it(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "worker.relay")
    oms, clock = OmsServer(500), Clock()
    _write(sqlite_database, *(f"{order}-a" for order in range(100, 110)))

    async with relaying(sqlite_database, oms, clock):
        await eventually(lambda: len(oms.tried) == 10, "ten tries")
        await eventually(lambda: all(one.error for one in _all(sqlite_database)), "ten failures on record")
        oms.status = 200
        clock.ahead = timedelta(seconds=6)
        await _delivered(sqlite_database, 10)

    assert caplog.messages == [
        "events wait; the order system's webhook: answered 500",
        "events go on; the order system's webhook answers again",
    ]


async def test_f7_an_event_is_given_up_at_last_or_when_it_is_not_wanted_and_the_next_one_goes(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    oms, clock = OmsServer(), Clock()
    oms.fail(500, times=2)
    oms.fail(410)
    _write(sqlite_database, "100-a", "100-b", "100-c")
    sqlite_database.write(_sql, "UPDATE events SET attempts = 7 WHERE event_id = '100-a'")

    async with relaying(sqlite_database, oms, clock):
        await eventually(lambda: _all(sqlite_database)[0].attempts == 8, "the last try but one")
        clock.ahead = timedelta(hours=10)
        await eventually(lambda: len(oms.taken) == 1, "the last event")

    assert [(one.state, one.error) for one in _all(sqlite_database)] == [
        (EventState.DEAD, "answered 500"),
        (EventState.DEAD, "answered 410"),
        (EventState.DELIVERED, None),
    ]
    assert [got.event_id for got in oms.taken] == ["100-c"]
    assert caplog.messages == [
        "events wait; the order system's webhook: answered 500",
        "event 100-a is given up: answered 500",
        "event 100-b is given up: answered 410",
    ]


async def test_f7_a_database_that_is_away_for_a_while_ends_nothing(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    oms = OmsServer()

    async with relaying(sqlite_database, oms, Clock()):
        sqlite_database.write(_sql, "ALTER TABLE events RENAME TO elsewhere")
        await eventually(lambda: bool(caplog.messages), "a line in the log")
        sqlite_database.write(_sql, "ALTER TABLE elsewhere RENAME TO events")
        _write(sqlite_database, "100-a")
        await eventually(lambda: len(oms.taken) == 1, "the event")

    assert caplog.messages == ["events wait; the database: OperationalError"]


def _sql(session: Session, statement: str) -> None:
    session.execute(text(statement))


async def test_f7_a_relay_that_is_stopped_finishes_what_it_sends_and_keeps_nothing(
    sqlite_database: Database,
) -> None:
    oms = OmsServer()
    _write(sqlite_database, *(f"100-{number:03}" for number in range(90)))

    async with relaying(sqlite_database, oms, Clock()):
        await eventually(lambda: bool(oms.taken), "the first event")

    states = [event.state for event in _all(sqlite_database)]
    assert len(oms.taken) == len(oms.tried) < 90
    assert sqlite_database.read(_under_way) == 0
    assert states.count(EventState.DELIVERED) == len(oms.taken)


def _under_way(session: Session) -> int:
    return session.scalar(text("SELECT COUNT(*) FROM events WHERE next_at IS NOT NULL")) or 0


async def test_f7_without_a_webhook_only_the_last_day_is_kept_for_one(database: Database) -> None:
    _write(database, "100-old", at=datetime.now(UTC) - timedelta(days=1, minutes=1))
    _write(database, "100-new")

    async with relay(database, None):
        await eventually(lambda: _all(database)[0].state is EventState.DEAD, "the old one set aside")
    oms = OmsServer()
    async with relaying(database, oms, Clock()):
        await eventually(lambda: bool(oms.taken), "the new one")

    assert [got.event_id for got in oms.tried] == ["100-new"]
    assert _all(database)[0].error == "no webhook was set"
