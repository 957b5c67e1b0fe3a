"""What the store says: one order, a queue, a list, the audit; and that a notice is told once."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from domain.errors import UnknownOrder, UnknownSku
from domain.notices import Kind
from domain.status import Status
from store import audit, bells, keys, mailed, notices, orders, queue, rests, status
from store.notices import Telling
from store.rests import Resting
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, ProductRow
from tests.store.stockroom import MINI, SKU, Stockroom, day, january


def test_a_status_shows_where_each_unit_is_and_the_place_in_line(stock: Stockroom) -> None:
    stock.place("100", 2, placed=5)
    stock.place("101", lines={SKU: 3, MINI: 1}, placed=6)
    stock.receive(4, SKU)
    stock.receive(1, MINI)

    told = stock.database.read(status.status, "101", day(12))

    assert told.as_of == day(12)
    widget, mini = told.lines
    assert (widget.allocated, widget.backordered, widget.queue_position) == (2, 1, 2)
    assert (mini.allocated, mini.queue_position) == (1, 1)
    assert told.cancellable
    assert told.next is not None


def test_a_line_that_waits_for_nothing_has_no_place(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 1)
    stock.claim("100")

    told = stock.database.read(status.status, "100", day(12))

    assert told.lines[0].queue_position is None
    assert told.parcels == ()


def test_a_status_shows_sent_parcels_and_what_was_taken(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 1)
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100")

    told = stock.database.read(status.status, "100", day(12))

    assert [parcel.tracking for parcel in told.parcels] == ["1Z1"]
    assert [payment.kind.value for payment in told.payments] == ["capture"]
    assert not told.cancellable


def test_an_unknown_order_or_sku_is_named(stock: Stockroom) -> None:
    with pytest.raises(UnknownOrder, match="999"):
        stock.database.read(status.status, "999", day(12))
    with pytest.raises(UnknownSku, match="NOWHERE"):
        stock.database.read(queue.queue, "NOWHERE")


def test_a_queue_shows_its_front_in_the_order_of_the_deal(stock: Stockroom) -> None:
    stock.place("100", 2, placed=8)
    stock.place("vip", 1, placed=9, tier="vip")
    stock.receive(2)

    shown = stock.database.read(queue.queue, SKU)

    assert [(place.place, place.order_id, place.priority) for place in shown.places] == [
        (1, "vip", "vip"),
        (2, "100", "standard"),
    ]
    assert (shown.on_hand, shown.reserved, shown.available, shown.waiting_units) == (2, 2, 0, 1)
    assert shown.places[0].queue_at == day(2)
    assert len(stock.database.read(queue.queue, SKU, 1).places) == 1


def test_a_list_shows_open_orders_or_those_of_one_status(stock: Stockroom) -> None:
    stock.place("102", 3, placed=7)
    stock.place("100", lines={SKU: 2, MINI: 1}, placed=5)
    stock.place("101", 1, "NOWHERE", placed=6)

    listed = stock.database.read(queue.listing)

    assert [(order.order_id, order.units_open) for order in listed] == [("100", 3), ("102", 3)]
    rejected = stock.database.read(queue.listing, Status.REJECTED)
    assert [order.order_id for order in rejected] == ["101"]


def test_an_order_is_read_back_as_it_was_placed(stock: Stockroom) -> None:
    stock.place("100", 2, need_by=january(20).isoformat(), expedited=True)

    body = stock.database.read(orders.body, "100")

    assert body.need_by == january(20)
    assert stock.state("100").placed_at == day(5)
    assert stock.state("100").priority == "expedited"


def test_a_notice_is_told_once(stock: Stockroom) -> None:
    stock.place("100")
    first = stock.tell("100", Kind.UPDATE, "1", on=12)

    again = stock.tell("100", Kind.UPDATE, "1", on=13)

    assert again == first
    assert [notice.at for notice in again.notices] == [day(12)]
    telling = Telling(order_id="100", kind=Kind.UPDATE, occasion="1", at=day(13))
    assert stock.database.read(notices.facts, telling).already_sent


def test_a_mailbox_that_refuses_is_recorded_and_the_order_goes_on(stock: Stockroom) -> None:
    stock.place("100")
    telling = Telling(order_id="100", kind=Kind.CONFIRMATION, occasion="placed", at=day(6))

    state = stock.database.write(
        mailed.told, telling, delivered=False, message_id=None, error="550 no such mailbox"
    )

    assert [notice.delivered for notice in state.notices] == [False]
    assert state.told(Kind.CONFIRMATION)


def test_a_confirmation_says_what_was_decided_and_an_update_what_still_waits(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", lines={SKU: 3, MINI: 1})
    stock.announce("PO-1", 5, eta=20)
    stock.announce("PO-2", 5, eta=22, sku=MINI)

    def facts(kind: Kind) -> notices.Facts:
        telling = Telling(order_id="100", kind=kind, occasion="1", at=day(9))
        return stock.database.read(notices.facts, telling)

    assert facts(Kind.CONFIRMATION).backordered
    assert [(line.sku, line.quantity) for line in facts(Kind.CONFIRMATION).lines] == [(SKU, 3), (MINI, 1)]
    assert [(line.sku, line.quantity) for line in facts(Kind.UPDATE).lines] == [(SKU, 2), (MINI, 1)]
    assert facts(Kind.UPDATE).promised_on == january(23)


def test_a_shipped_notice_names_its_parcel(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 2)
    stock.claim("100")
    stock.ship("100")
    telling = Telling(order_id="100", kind=Kind.SHIPPED, occasion="1", at=day(12))

    facts = stock.database.read(notices.facts, telling)

    assert (facts.carrier, facts.tracking, facts.estimated_delivery) == ("Post", "1Z1", january(20))
    assert [(line.sku, line.quantity) for line in facts.lines] == [(SKU, 1)]


def test_bells_hang_until_they_are_rung(stock: Stockroom) -> None:
    stock.place("100", 1, placed=5)
    stock.place("101", 1, placed=6)
    cause = keys.changed(stock.receive(2).change_id)

    first, second = stock.database.read(bells.unrung, cause, 10)
    stock.database.write(bells.mark_rung, [first.id], day(11), [second.id])

    assert (first.order_id, second.order_id) == ("100", "101")
    assert stock.database.read(bells.unrung, cause, 10) == []
    assert stock.database.read(bells.hanging, cause) == 0
    assert stock.database.read(audit.unrung_bells) == 0


def test_a_rest_grows_from_a_minute_to_an_hour_and_is_over_at_once(stock: Stockroom) -> None:
    stock.place("100")
    waits = []
    for _ in range(8):
        state = stock.database.write(rests.begin, Resting(order_id="100", what="mail", at=day(6)))
        waits.append((state.rests[0].retry_at - day(6)).total_seconds() / 60)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert stock.tell("100", Kind.CONFIRMATION, "placed").rests == ()


def test_a_message_that_cannot_be_read_is_counted(stock: Stockroom) -> None:
    stock.place("100")

    state = stock.database.write(orders.record_unreadable, "100", "cancel: reason: unknown", day(6))

    assert state.unreadable == 1


def test_the_audit_lists_orders_that_must_have_a_workflow_in_pages(stock: Stockroom) -> None:
    for order_id in ("100", "101", "102"):
        stock.place(order_id)
    stock.place("103", 1, "NOWHERE")

    assert stock.database.read(audit.should_run, "", 2) == ["100", "101"]
    assert stock.database.read(audit.should_run, "101", 2) == ["102"]


def _spoil(session: Session, what: str) -> None:
    if what == "movements":
        session.execute(
            update(ProductRow).where(ProductRow.sku == SKU).values(on_hand=ProductRow.on_hand + 1)
        )
    elif what == "reserved":
        session.execute(update(ProductRow).where(ProductRow.sku == SKU).values(reserved=1))
    elif what == "ledger":
        session.execute(update(StockLedgerRow).where(StockLedgerRow.kind == "ordered").values(backordered=9))
    else:
        moved = {"backordered": LineRow.allocated, "allocated": LineRow.backordered}
        session.execute(update(LineRow).where(LineRow.order_id.in_(["100", "101"])).values(moved))


@pytest.mark.parametrize(
    ("what", "finding"),
    [
        ("movements", "3 on hand, but its movements add up to 2"),
        ("reserved", "1 reserved, but its lines hold 2"),
        ("ledger", "order 100, WIDGET-PRO-BLUE: backordered differ from the ledger"),
        ("deal", "order 100, WIDGET-PRO-BLUE: needs 2 while a later line holds some"),
    ],
)
def test_the_audit_finds_what_is_spoiled(stock: Stockroom, what: str, finding: str) -> None:
    stock.receive(2)
    stock.place("100", 2, placed=5)
    stock.place("101", 2, placed=6)

    stock.database.write(_spoil, what)

    assert any(finding in found for found in stock.findings())
    stock.database.write(_forget_everything)


def _forget_everything(session: Session) -> None:
    for table in ("lines", "stock_ledger", "products"):
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
