"""What a review asks of the books: exactly what was planted, however many orders there are."""

import time
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from domain.cancellation import Reason
from domain.review import Ended, Findings, Need, Needing, Review, gathered
from domain.status import Status
from store import metrics as sums
from store import review, review_orders, review_supply
from store.life_tables import CancellationRow, NoticeRow, ParcelRow, PaymentRow
from store.stock_tables import BellRow
from store.supply_tables import InboundRow, SupplierRow
from store.tables import OrderRow
from tests.store.crowd import crowd
from tests.store.stockroom import MINI, SKU, Stockroom, day, january

NOW = day(17)
SINCE = day(16)
LONG_AGO = day(10)


def write(stock: Stockroom, table: Any, **values: Any) -> None:
    stock.database.write(lambda session: session.execute(insert(table).values(**values)))


def change(stock: Stockroom, order_id: str, **values: Any) -> None:
    stock.database.write(
        lambda session: session.execute(
            update(OrderRow).where(OrderRow.order_id == order_id).values(**values)
        )
    )


def needs(stock: Stockroom, page: int = 5_000) -> dict[Need, list[tuple[str, str]]]:
    """What needs a person, gathered page by page."""
    found: tuple[Needing, ...] = ()
    after: str | None = ""
    while after is not None:
        one = stock.database.read(review_orders.needs, after, SINCE, NOW, page)
        found, after = gathered(one.found, found), one.last
    found += tuple(stock.database.read(review_orders.happened, SINCE, NOW))
    assert all(one.count == len(one.orders) for one in found)
    return {one.need: [(order.order_id, order.why) for order in one.orders] for one in found if one.count}


def parcel(stock: Stockroom, order_id: str, stage: str, **values: Any) -> None:
    rest = {"number": 1, "stage": stage, "lines": [], "amount_minor": 1, "labels_to_void": []}
    write(stock, ParcelRow, order_id=order_id, **rest, **values)


def test_a_shop_without_troubles_needs_nobody(stock: Stockroom) -> None:
    stock.place("100")

    assert needs(stock) == {}


def test_orders_that_stand_still_are_found_as_they_stand(stock: Stockroom) -> None:
    for order_id in ("address", "held", "old-hold", "new-hold", "refused", "resting", "waiting"):
        stock.place(order_id)
    change(stock, "address", status=Status.ADDRESS_HOLD)
    change(stock, "held", held={"reason": "checks", "by": "operations:li"}, law_hold_until=day(18))
    for order_id, declined_at in (("old-hold", LONG_AGO), ("new-hold", day(17, 1))):
        change(stock, order_id, status=Status.PAYMENT_HOLD)
        parcel(stock, order_id, "claimed", declined_at=declined_at)
    rest = {"what": "refund", "failures": 1, "retry_at": NOW.isoformat()}
    change(stock, "refused", rests=[{**rest, "refused": "account closed"}])
    change(stock, "resting", rests=[{**rest, "refused": None}])

    law = "past its legal deadline, the law decides at 2026-01-18 12:00 UTC"
    assert needs(stock, page=2) == {
        Need.ADDRESS_HOLD: [("address", "")],
        Need.HELD: [("held", f"checks, operations:li, {law}")],
        Need.PAYMENT_HOLD: [("old-hold", "")],
        Need.REFUSED: [("refused", "refund: account closed")],
    }


def test_a_parcel_that_left_unpaid_counts_from_the_day_on_which_it_left(stock: Stockroom) -> None:
    for order_id, shipped_at in (("long-ago", LONG_AGO), ("today", day(17, 1)), ("settled", LONG_AGO)):
        stock.place(order_id)
        change(stock, order_id, status=Status.PAYMENT_HOLD)
        settled = "written_off" if order_id == "settled" else None
        parcel(stock, order_id, "unpaid", shipped_at=shipped_at, settled=settled)

    assert needs(stock) == {Need.PAYMENT_HOLD: [("long-ago", "")]}


def test_what_ended_needs_nobody(stock: Stockroom) -> None:
    stock.place("100")
    change(stock, "100", status=Status.CANCELLED, held={"reason": "checks"}, ended_at=LONG_AGO)

    assert needs(stock) == {}


def test_messages_notices_and_disputes_are_told_once_in_the_review_after_them(stock: Stockroom) -> None:
    stock.place("100")
    moments = (("before", day(16, 11)), ("within", SINCE), ("after", NOW))
    change(stock, "100", unreadable=[{"at": at.isoformat(), "what": name} for name, at in moments])
    for name, at in moments:
        lost = {"at": at, "delivered": False, "error": "550 gone"}
        write(stock, NoticeRow, order_id="100", kind="update", occasion=name, **lost)
        money = {"parcel": 0, "attempt": 0, "amount_minor": 1, "currency": "USD", "method": ""}
        row = {"key": name, "reference": name, "kind": "dispute", "state": "open", "at": at, **money}
        write(stock, PaymentRow, order_id="100", **row)
    write(stock, NoticeRow, order_id="100", kind="shipped", occasion="1", at=SINCE, delivered=True)

    assert needs(stock) == {
        Need.UNREADABLE: [("100", "within")],
        Need.UNDELIVERED: [("100", "update: 550 gone")],
        Need.DISPUTE: [("100", "within")],
    }


def test_a_refund_that_came_back_needs_a_person_until_it_is_settled(stock: Stockroom) -> None:
    stock.place("100", timing="at_order")
    stock.charge("100")
    stock.cancel("100", on=15)
    stock.refund("100")
    returned = update(PaymentRow).where(PaymentRow.kind == "refund").values(state="failed")
    stock.database.write(lambda session: session.execute(returned))

    assert needs(stock)[Need.REFUND_FAILED] == [("100", "")]

    stock.refund("100", on=17)

    assert needs(stock) == {}


def test_what_orders_did_by_themselves_is_counted_by_reason(stock: Stockroom) -> None:
    wishes = (
        ("1", "backorder", Reason.STALE, SINCE),
        ("2", "backorder", Reason.STALE, day(16, 15)),
        ("3", "law", Reason.DELAY_NOT_ACCEPTED, day(17, 11)),
        ("4", "customer", Reason.STALE, day(16, 15)),
        ("5", "support:maria", Reason.DISCONTINUED, day(16, 15)),
        ("6", "backorder", Reason.PAYMENT_FAILED, day(15)),
        ("7", "deadline", Reason.DISCONTINUED, NOW),
    )
    for order_id, by, reason, at in wishes:
        facts = {"digest": "", "reason": reason, "outcome": {}, "units": 1, "at": at}
        body = {"requested_by": by}
        write(stock, CancellationRow, cancellation_id=f"c-{order_id}", order_id=order_id, body=body, **facts)

    ended = stock.database.read(review_orders.ended, SINCE, NOW)

    by_reason = {Reason.STALE.value: 2, Reason.DELAY_NOT_ACCEPTED.value: 1}
    assert ended == Ended(orders=3, by_reason=by_reason, order_ids=("1", "2", "3"))


def supply(stock: Stockroom, inbound_id: str, eta: int, supplier: str | None, **fields: Any) -> None:
    facts = {"quantity": 5, "happened_at": day(8), "cancelled": False, "sku": SKU, **fields}
    write(stock, InboundRow, inbound_id=inbound_id, eta=january(eta), supplier=supplier, **facts)


@pytest.fixture
def late(stock: Stockroom) -> Stockroom:
    """One supplier with an address, one without, and lines that are late or not."""
    write(stock, SupplierRow, supplier="acme", email="acme@example.com")
    write(stock, SupplierRow, supplier="mute", email=None)
    supply(stock, "late", 16, "acme")
    supply(stock, "later", 10, "acme", sku=MINI)
    supply(stock, "today", 17, "acme")
    supply(stock, "came", 10, "acme", quantity=0)
    supply(stock, "off", 10, "acme", cancelled=True)
    supply(stock, "no-address", 11, "mute")
    supply(stock, "no-supplier", 12, None)
    return stock


def to_ask(stock: Stockroom) -> list[str]:
    lines = stock.database.read(review_supply.to_ask, "acme", january(17))
    return [line.inbound_id for line in lines]


def test_open_lines_whose_date_has_passed_are_overdue(late: Stockroom) -> None:
    count, lines = late.database.read(review_supply.overdue, january(17), 3)

    assert count == 4
    assert [line.inbound_id for line in lines] == ["later", "no-address", "no-supplier"]
    assert [line.email for line in lines] == ["acme@example.com", None, None]
    assert late.database.read(review_supply.suppliers_to_ask, january(17)) == ["acme"]
    assert to_ask(late) == ["later", "late"]


def test_a_supplier_who_was_asked_is_not_asked_about_the_same_dates(late: Stockroom) -> None:
    lines = late.database.read(review_supply.to_ask, "acme", january(17))
    new_date = update(InboundRow).where(InboundRow.inbound_id == "late").values(eta=january(15))
    late.database.write(lambda session: session.execute(new_date))

    late.database.write(review_supply.was_asked, lines, NOW)

    assert to_ask(late) == ["late"]


def test_a_review_is_written_once_and_told_once(stock: Stockroom) -> None:
    first = Review(day=january(17), at=NOW, since=SINCE, findings=Findings(count=1, sentences=("odd",)))
    second = first.model_copy(update={"at": NOW + timedelta(hours=1), "findings": Findings()})

    assert stock.database.write(review.write, first) == first
    assert stock.database.write(review.write, second) == first
    told = stock.database.write(review.told, january(17), NOW)
    assert stock.database.write(review.told, january(17), NOW + timedelta(hours=1)) == told
    assert stock.database.read(review.known, january(17)) == told
    assert told.told_at == NOW


def test_a_review_looks_back_to_the_one_before_it_else_a_day(stock: Stockroom) -> None:
    assert stock.database.read(review.since, NOW) == day(16)

    stock.database.write(review.write, Review(day=january(14), at=day(14), since=SINCE))

    assert stock.database.read(review.since, NOW) == day(14)


def test_bells_that_hang_too_long_are_found_by_their_cause(stock: Stockroom) -> None:
    hung = {"signal": "inventory_received", "order_id": "100"}
    write(stock, BellRow, cause="old", at=day(16), **hung)
    write(stock, BellRow, cause="new", at=NOW, **hung)
    write(stock, BellRow, cause="rung", at=day(15), rung_at=day(15), **hung)

    assert stock.database.read(review.forgotten, NOW - timedelta(hours=1)) == ["old"]


def test_the_books_are_seen_at_one_moment(stock: Stockroom) -> None:
    """Else an order placed between two questions would look like a fault."""

    def orders_seen_by_the_next_question(session: Session) -> int | None:
        assert review.books(session) == []
        stock.place("100", 2)
        return session.scalar(select(func.count()).select_from(OrderRow))

    assert stock.database.read(orders_seen_by_the_next_question) == 0


def plant(stock: Stockroom, orders: int) -> set[str]:
    """A few troubled orders among very many."""
    crowd(stock, orders)
    planted = {f"c-{number:06}" for number in range(0, orders, orders // 7)}
    for order_id in planted:
        change(stock, order_id, status=Status.ADDRESS_HOLD)
    return planted


def in_a_crowd(stock: Stockroom, orders: int, seconds: float) -> None:
    planted = plant(stock, orders)
    times: dict[str, float] = {}

    def timed(name: str, question: Any, *args: Any) -> Any:
        began = time.perf_counter()
        answer = question(*args)
        times[name] = time.perf_counter() - began
        return answer

    found = timed("needs", needs, stock)
    waiting = timed("figures", stock.database.read, sums.waiting, january(17))
    timed("ended", stock.database.read, review_orders.ended, SINCE, NOW)
    timed("books", stock.findings)

    assert {order_id for order_id, _ in found[Need.ADDRESS_HOLD]} == planted
    assert [(one.orders, one.units) for one in waiting] == [(orders, orders)]
    told = ", ".join(f"{name} {took:.2f} s" for name, took in times.items())
    print(f"{stock.database.url.get_backend_name()}, {orders} open orders: {told}")  # noqa: T201
    assert sum(times.values()) < seconds


def test_what_is_needed_is_found_among_five_thousand_orders(stock: Stockroom) -> None:
    in_a_crowd(stock, 5_000, 20)


@pytest.mark.soak
def test_what_is_needed_is_found_among_a_hundred_thousand_orders(stock: Stockroom) -> None:
    in_a_crowd(stock, 100_000, 120)


def test_a_page_holds_few_orders_in_memory(sqlite_database: Any) -> None:
    stock = Stockroom(sqlite_database)
    crowd(stock, 5_000)
    tracemalloc.start()

    needs(stock, page=500)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000
