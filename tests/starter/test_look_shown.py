"""What `status`, `queue` and `list` print, at 80 columns."""

import io
from datetime import date
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import update

from domain.changes import Consent, Hold
from domain.delays import Offer, Silence
from domain.policy import Product
from domain.status import Status
from starter.commands import look
from starter.door import Answer
from store import delays, queue, shop
from store.database import Database
from store.tables import OrderRow
from tests.store.stockroom import SKU, Stockroom, day


def printed(answer: Answer, width: int = 80) -> list[str]:
    text = io.StringIO()
    answer.show(Console(file=text, width=width))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def shown(database: Database, order_id: str) -> list[str]:
    return printed(database.read(look.shown, order_id, day(20)))


@pytest.fixture
def stock(sqlite_database: Database) -> Stockroom:
    return Stockroom(sqlite_database)


def test_an_order_that_waits_shows_the_date_of_each_line(stock: Stockroom) -> None:
    stock.announce("PO-1", 40, eta=28)
    stock.place("100", 20)

    lines = shown(stock.database, "100")

    promised = stock.line("100").promised_on
    assert promised is not None
    assert lines[:5] == [
        "Order 100 · waiting · standard",
        f"placed 2026-01-05 12:00 UTC · promised {promised}",
        "Ordered Backordered Allocated Claimed Shipped Cancelled Place Promised",
        f"{SKU} Widget-Pro-Blue",
        f"     20          20         0       0       0         0     1 {promised}",
    ]


def test_only_an_order_that_waits_for_a_date_has_none_yet(stock: Stockroom) -> None:
    stock.place("100")
    stock.place("101")
    stock.cancel("101")

    assert "promised no date yet" in shown(stock.database, "100")[1]
    assert shown(stock.database, "101")[1] == "placed 2026-01-05 12:00 UTC"
    stock.receive(1)
    assert shown(stock.database, "100")[1] == "placed 2026-01-05 12:00 UTC"


def test_an_open_question_names_the_notice_that_consent_needs(stock: Stockroom) -> None:
    stock.place("100")
    offer = Offer(
        deadline=date(2026, 1, 15),
        offered_on=date(2026, 2, 9),
        silence=Silence.CANCELS,
        answer_by=date(2026, 1, 22),
    )
    stock.database.write(
        lambda session: delays.record(session, _row(session, "100"), 1, offer, None, day(16))
    )

    said = " ".join(shown(stock.database, "100"))

    assert "An answer is awaited by 2026-01-22 to the delay of 2026-01-16" in said
    assert "which offers its new date 2026-02-09; without one it is cancelled" in " ".join(said.split())
    assert "backorder consent 100 100-delay-1 --accept, or --refuse" in said
    stock.change("100", Consent(notice_id="100-delay-1", accepted=True), on=18)
    assert not any("consent" in line for line in shown(stock.database, "100"))


def _row(session: Any, order_id: str) -> Any:
    return session.get_one(OrderRow, order_id)


def test_an_address_is_awaited_and_shipping_is_paused_by_somebody(stock: Stockroom) -> None:
    stock.place("100")
    stock.database.write(lambda session: session.execute(update(OrderRow).values(status=Status.ADDRESS_HOLD)))
    stock.database.write(shop.pause, "a [flood]", "operations:li", day(19))

    lines = shown(stock.database, "100")

    assert "An address is awaited: no parcel can be sent to the one it has" in lines
    said = "Shipping is paused for the whole shop by operations:li since 2026-01-19 12:00 UTC: a [flood]"
    assert said in " ".join(lines)


@pytest.mark.parametrize("width", [80, 120])
def test_a_queue_and_a_list_keep_their_ids_dates_and_figures_whole(stock: Stockroom, width: int) -> None:
    order_id = "WEB-2026-0000100"
    stock.announce("PO-1", 4000, eta=28)
    stock.place(order_id, 1200, tier="wholesale")
    promised = stock.line(order_id).promised_on

    (head, *rows) = printed(look.QueueShown(stock.database.read(queue.queue, SKU)), width)
    listed = printed(look.OrdersShown(stock.database.read(queue.listing, None)), width)

    assert head.endswith("1200 units waiting")
    assert rows[-1].split() == [
        *("1", order_id, "wholesale", "2026-01-05", "1200", "1200", "0", str(promised))
    ]
    assert listed[-1].split() == [order_id, "waiting", "2026-01-05", "wholesale", "1200", str(promised)]


def test_a_list_of_open_orders_says_that_there_are_others(stock: Stockroom) -> None:
    stock.place("100")
    open_ones = stock.database.read(queue.listing, None)
    assert not stock.database.read(queue.any_ended)
    stock.place("ended", lines={"UNKNOWN": 1})
    assert stock.database.read(queue.any_ended)

    hint = "Orders that have ended are not shown: --status completed, cancelled or rejected."
    assert printed(look.OrdersShown(open_ones, ended_too=True))[-1] == hint
    assert printed(look.OrdersShown([], ended_too=True)) == ["No open orders.", hint]
    assert printed(look.OrdersShown([])) == ["No orders."]


def test_one_unit_waits(stock: Stockroom) -> None:
    stock.place("100")

    assert printed(look.QueueShown(stock.database.read(queue.queue, SKU)))[0].endswith("1 unit waiting")


def test_words_that_others_wrote_are_shown_as_they_are(stock: Stockroom) -> None:
    """A title that looks like markup ended both commands with a traceback, or vanished."""
    odd = "Odd [/x] [red]Widget"
    stock.catalogue(Product(sku=SKU, title=odd))
    stock.place("100")
    stock.change("100", Hold(reason="see [/ticket]", requested_by="support:[bold]"))

    order, line = (
        shown(stock.database, "100"),
        printed(look.QueueShown(stock.database.read(queue.queue, SKU))),
    )

    assert any(odd in text for text in line)
    assert any("support:[bold]" in text for text in order)
    assert any("[/ticket]" in text for text in order)
