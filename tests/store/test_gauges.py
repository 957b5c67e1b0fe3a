"""What monitoring reads agrees with the figures and the room, falls to nothing, and is answered from indexes."""

from domain import metrics
from domain.cancellation import Reason
from domain.changes import Hold
from domain.metrics import Waiting
from domain.status import Status
from store import gauges, outbox, room
from store import metrics as sums
from store.database import Database
from store.gauges import Concerns, Given, OpenOrders
from tests.store.month import finish, give_up
from tests.store.stockroom import MINI, PRICE, Stockroom, day, january


def _in_parts(parts: list[OpenOrders]) -> dict[str, tuple[int, int, int]]:
    """Orders, units and value by currency."""
    found: dict[str, tuple[int, int, int]] = {}
    for one in parts:
        orders, units, value = found.get(one.currency, (0, 0, 0))
        found[one.currency] = (orders + one.orders, units + one.units, value + one.value_minor)
    return found


def _as_figures(waiting: list[Waiting]) -> dict[str, tuple[int, int, int]]:
    return {one.currency: (one.orders, one.units, one.value_minor) for one in waiting}


def _shop(stock: Stockroom) -> None:
    """Two wait, one of them in euros; one ended, one was cancelled, one was never a backorder."""
    stock.place("waits", 3, placed=5)
    stock.place("waits-in-euros", 2, placed=4, currency="EUR")
    stock.place("ended", sku=MINI, placed=5)
    stock.receive(1, MINI)
    finish(stock, "ended", on=11)
    stock.place("gone", placed=2)
    give_up(stock, "gone", Reason.TOO_SLOW, on=12)
    stock.receive(1, MINI)
    stock.place("in-stock", sku=MINI)


def test_the_open_orders_are_those_of_the_figures(stock: Stockroom) -> None:
    _shop(stock)

    found = stock.database.read(gauges.open_orders)
    figures = stock.database.read(sums.waiting, january(17))
    current = metrics.current(figures, january(17), "UTC")

    assert _in_parts(found) == _as_figures(figures) == {"USD": (1, 3, 3 * PRICE), "EUR": (1, 2, 2 * PRICE)}
    assert sum(one.units for one in found) == current.units
    assert min(one.oldest for one in found) == day(4)
    assert {one.status for one in found} == {Status.WAITING}


def test_concerns_are_what_the_room_counts(stock: Stockroom) -> None:
    _shop(stock)
    stock.change("waits", Hold(reason="the customer called"), on=13)
    stock.receive(5, on=14)

    found = stock.database.read(gauges.concerns)
    needs = stock.database.read(room.needs)

    assert found == Concerns(
        holds={"payment_hold": 0, "address_hold": 0, "held": 1},
        notices_failed=needs.undelivered,
        outbox_pending=needs.pending_events,
        outbox_dead=needs.dead_events,
        unrung_bells=found.unrung_bells,
    )
    assert found.outbox_pending > 0
    assert found.unrung_bells > 0


def test_an_event_that_was_set_aside_is_given_up_by_nobody(stock: Stockroom) -> None:
    stock.place("100", on=5)
    claimed = stock.database.write(outbox.claim, day(5), 1)
    stock.database.write(outbox.failed, claimed[0], "410", None, day(5))
    stock.place("101", on=6)

    aside = stock.database.write(outbox.set_aside, day(8))

    assert aside >= 1
    assert stock.database.read(gauges.concerns).outbox_dead == 1
    assert stock.database.read(room.needs).dead_events == 1


def test_the_oldest_event_is_the_first_that_was_not_sent(stock: Stockroom) -> None:
    assert stock.database.read(gauges.oldest_event) is None

    stock.place("first", on=5)
    stock.place("second", on=7)

    assert stock.database.read(gauges.oldest_event) == day(5)


def test_units_handed_out_are_the_ledgers_and_are_counted_once(stock: Stockroom) -> None:
    stock.place("100", 3)
    stock.place("101", 2)
    stock.receive(4)
    first, last = stock.database.read(gauges.given, 0, 0), stock.database.read(gauges.latest_row)
    stock.cancel("100")
    second = stock.database.read(gauges.given, last, last)

    assert first == Given(units=4, settled=0)
    assert second == Given(units=1, settled=0)  # what 100 held went on to 101
    assert stock.database.read(gauges.given, 0, last) == Given(units=5, settled=4)


def test_an_empty_shop_has_nothing(database: Database) -> None:
    assert database.read(gauges.open_orders) == []
    assert database.read(gauges.concerns).outbox_pending == 0
    assert database.read(gauges.given, 0, 0) == Given(units=0, settled=0)
