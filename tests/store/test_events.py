"""Events are written with what happened: once each, gone with its transaction, and with nothing personal in them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from domain.changes import Handover, How, PaymentMethod, Settlement
from domain.notices import Kind
from domain.policy import Policy, ShippedWhen
from store import labels, placing
from store.parcels import Step
from store.placing import Placing
from tests.store.crowd import crowd
from tests.store.stockroom import MINI, PRICE, SKU, Stockroom, bought, day, order_of
from tests.store.telling import said, told, types


def _claimed(stock: Stockroom, units: int = 2, **fields: Any) -> None:
    stock.place("100", units, **fields)
    stock.receive(units)
    stock.claim("100")


def test_a_backorder_that_is_accepted_is_told_with_what_was_decided(stock: Stockroom) -> None:
    stock.announce("PO-1", 10, eta=20, on=3)
    stock.receive(1, on=4)
    promised = stock.place("100", lines={SKU: 3, MINI: 1}, special_request=True).state.lines[0].promised_on

    (one,) = told(stock, "100")

    assert (one.event_id, one.type, one.order_id) == ("order:100:backordered:1", "order.backordered", "100")
    assert (one.at, one.body["timestamp"]) == (day(5), "2026-01-05T12:00:00Z")
    assert one.body["type"] == "order.backordered"
    assert one.body["data"] == {
        "order_id": "100",
        "priority": "standard",
        "placed_at": "2026-01-05T12:00:00Z",
        "promised_on": None,
        "lines": [
            {"sku": SKU, "ordered": 3, "allocated": 1, "backordered": 2, "promised_on": str(promised)},
            {"sku": MINI, "ordered": 1, "allocated": 0, "backordered": 1, "promised_on": None},
        ],
    }


def test_of_an_order_that_stock_covers_nothing_is_told_before_it_ships(stock: Stockroom) -> None:
    stock.receive(2, on=4)
    stock.place("100", 2)

    assert told(stock) == []


def test_an_order_that_is_charged_first_is_told_once_its_charge_is_known(stock: Stockroom) -> None:
    stock.place("100", 2, timing="at_order")
    stock.place("101", 2, timing="at_order")
    assert told(stock) == []

    stock.charge("100")
    stock.charge("101", declined=True)
    stock.charge("100")

    assert types(stock) == ["order.backordered"]
    assert said(stock, "order.backordered")["order_id"] == "100"


def test_a_quote_tells_nothing(stock: Stockroom) -> None:
    wish = Placing(order=order_of("100", 2), at=day(5), asked_at=day(5))

    assert stock.database.rehearse(placing.quote, wish).backordered

    assert told(stock) == []


def test_the_same_again_tells_nothing_twice(stock: Stockroom) -> None:
    for _ in range(2):
        stock.place("100", 2, placed=5)
        stock.place("101", 3, placed=6)
        stock.receive(4, change_id="R-1")
        stock.cancel("101", "C-1", lines={SKU: 1})
        stock.tell("100", Kind.CONFIRMATION, "placed")

    assert types(stock, "100") == ["order.backordered"]
    assert types(stock, "101") == ["order.backordered", "order.cancelled"]
    assert types(stock, f"sku:{SKU}") == ["stock.handed_out"]


def test_an_event_is_gone_with_its_transaction(stock: Stockroom) -> None:
    stock.place("100", 2)
    step = Step(order_id="100", at=day(12), parcel=1)
    stock.receive(2)
    stock.claim("100")
    before = told(stock)

    with pytest.raises(LookupError):
        stock.database.write(_ship_and_fail, step)

    assert told(stock) == before


def _ship_and_fail(session: Session, step: Step) -> None:
    labels.bought(session, step, bought())
    raise LookupError


def test_a_promise_that_is_told_anew_is_told_with_the_old_one(stock: Stockroom) -> None:
    stock.announce("PO-1", 10, eta=20, on=3)
    first = stock.place("100", 2).state.promised_on
    stock.tell("100", Kind.CONFIRMATION, "placed")
    assert types(stock) == ["order.backordered"]

    stock.announce("PO-1", 10, eta=28, on=8)
    second = stock.tell("100", Kind.PROMISE_MOVED, "1", on=9).promised_on
    stock.tell("100", Kind.PROMISE_MOVED, "1", on=9)

    assert types(stock) == ["order.backordered", "order.promise_changed"]
    assert said(stock, "order.promise_changed") == {
        "order_id": "100",
        "was_promised_on": str(first),
        "promised_on": str(second),
        "told_by": "promise_moved",
    }
    assert first != second


def test_a_parcel_is_told_when_it_leaves(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")
    stock.ship("100")
    stock.ship("100")

    assert types(stock, "100") == ["order.backordered", "order.parcel_shipped"]
    assert said(stock, "order.parcel_shipped") == {
        "order_id": "100",
        "parcel": 1,
        "carrier": "Post",
        "service": "Ground",
        "tracking": "1Z1",
        "estimated_delivery": "2026-01-20",
        "lines": [{"sku": SKU, "quantity": 2}],
    }


def test_a_parcel_that_the_warehouse_hands_over_is_told_then(stock: Stockroom) -> None:
    stock.policy(Policy(shipped_when=ShippedWhen.HANDED_OVER))
    _claimed(stock)
    stock.authorise("100")
    stock.ship("100")
    assert types(stock, "100") == ["order.backordered"]

    stock.change("100", Handover(number=1))

    assert types(stock, "100") == ["order.backordered", "order.parcel_shipped"]
    assert said(stock, "order.parcel_shipped")["tracking"] == "1Z1"


def test_a_cancellation_is_told_with_its_units_and_what_goes_back(stock: Stockroom) -> None:
    stock.place("100", lines={SKU: 3, MINI: 1}, timing="at_order", special_request=True)
    stock.charge("100")

    stock.cancel("100", "C.1", lines={SKU: 2})
    part = said(stock, "order.cancelled")
    stock.cancel("100", "C-2")
    stock.cancel("100", "C-3")

    assert part == {
        "order_id": "100",
        "cancellation_id": "C.1",
        "reason": "changed_mind",
        "lines": [{"sku": SKU, "quantity": 2}],
        "whole": False,
        "refunded_minor": 2 * PRICE,
        "currency": "USD",
    }
    rest = said(stock, "order.cancelled")
    assert (rest["cancellation_id"], rest["whole"]) == ("C-2", True)
    assert rest["lines"] == [{"sku": MINI, "quantity": 1}, {"sku": SKU, "quantity": 1}]
    assert [one.event_id for one in told(stock)[1:]] == ["cancellation:C~1", "cancellation:C-2"]


def test_a_parcel_that_was_taken_back_is_told_as_cancelled(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100", refused=True)

    stock.change("100", Settlement(parcel=1, how=How.STOPPED, reason="never left the dock"))

    told_of = said(stock, "order.cancelled")
    assert (told_of["cancellation_id"], told_of["reason"]) == ("100-p1-stopped", "payment_failed")
    assert (told_of["lines"], told_of["whole"]) == ([{"sku": SKU, "quantity": 2}], True)


def test_each_payment_hold_is_told_with_what_is_to_be_paid(stock: Stockroom) -> None:
    _claimed(stock)
    stock.decline("100", on=12)
    stock.decline("100", on=13)
    stock.change("100", PaymentMethod(method="pm_other"), on=14)
    stock.authorise("100", on=14)
    stock.ship("100", on=14)
    stock.capture("100", on=15, refused=True)

    holds = [one for one in told(stock, "100") if one.type == "order.payment_hold"]

    assert [one.at for one in holds] == [day(12), day(15)]
    unpaid = {"parcel": 1, "amount_minor": 2 * PRICE}
    assert [one.body["data"] for one in holds] == [
        {"order_id": "100", "parcels": [unpaid | {"left": False}], "currency": "USD"},
        {"order_id": "100", "parcels": [unpaid | {"left": True}], "currency": "USD"},
    ]


def _completed(stock: Stockroom) -> None:
    stock.tell("100", Kind.CONFIRMATION, "placed")
    stock.cancel("100", "C-1", lines={SKU: 1})
    stock.tell("100", Kind.CANCELLED, "C-1")
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100")
    stock.tell("100", Kind.SHIPPED, "1", on=13)


def test_an_order_that_ended_is_told_with_how_its_units_and_its_money_ended(stock: Stockroom) -> None:
    stock.place("100", 3)
    stock.receive(2)
    _completed(stock)

    assert types(stock, "100")[-1] == "order.completed"
    assert said(stock, "order.completed") == {
        "order_id": "100",
        "shipped": 2,
        "cancelled": 1,
        "charged_minor": 2 * PRICE,
        "refunded_minor": 0,
        "currency": "USD",
    }


def test_nothing_that_is_told_is_personal(stock: Stockroom) -> None:
    stock.place("100", 3)
    stock.receive(2)
    _completed(stock)
    order = order_of("100", 3)
    personal = {
        *(str(word) for word in order.customer.model_dump(include={"name", "email", "customer_id"}).values()),
        *(str(line) for line in order.ship_to.model_dump(exclude={"country"}).values() if line),
        order.payment.method,
    }

    text = json.dumps([one.model_dump(mode="json") for one in told(stock)], ensure_ascii=False)

    assert len(personal) > 6
    assert [word for word in personal if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)] == []


# What is handed out.


def test_units_of_a_receipt_are_told_with_the_orders_that_got_them(stock: Stockroom) -> None:
    stock.place("100", 3, placed=5)
    stock.place("101", 2, placed=6)
    stock.place("102", 2, placed=7)

    stock.receive(4, change_id="R-1")

    (one,) = told(stock, f"sku:{SKU}")
    assert (one.event_id, one.order_id) == (f"handed_out:inventory-R-1:{SKU}", None)
    assert one.body["data"] == {
        "sku": SKU,
        "cause": "inventory-R-1",
        "units": 4,
        "order_count": 2,
        "orders": [{"order_id": "100", "units": 3}, {"order_id": "101", "units": 1}],
    }


def test_what_a_cancellation_frees_is_told_and_what_an_order_gets_itself_is_not(stock: Stockroom) -> None:
    stock.receive(2, on=4)
    stock.place("100", 2, placed=5)
    stock.place("101", 2, placed=6)
    assert types(stock, f"sku:{SKU}") == []

    stock.cancel("100", "C-1")

    assert said(stock, "stock.handed_out")["orders"] == [{"order_id": "101", "units": 2}]


def test_an_order_that_takes_its_place_ahead_tells_only_of_others_that_gain(stock: Stockroom) -> None:
    stock.receive(2, on=4)
    stock.place("100", 2, placed=5)

    stock.place("101", 2, placed=6, tier="vip")

    assert told(stock) == []


def test_of_a_hand_out_to_very_many_the_first_hundred_are_named(stock: Stockroom) -> None:
    crowd(stock, 150)

    stock.receive(140)

    told_of = said(stock, "stock.handed_out")
    assert (told_of["units"], told_of["order_count"], len(told_of["orders"])) == (140, 140, 100)
    assert [one["order_id"] for one in told_of["orders"][:2]] == ["c-000000", "c-000001"]


@pytest.fixture
def statements(stock: Stockroom) -> Iterator[list[str]]:
    """What the database is asked, from here on."""
    asked: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(stock.database.engine, "before_cursor_execute", count)
    yield asked
    event.remove(stock.database.engine, "before_cursor_execute", count)


def test_an_event_costs_one_insert_and_a_hand_out_one_question_more(
    stock: Stockroom, statements: list[str]
) -> None:
    for number in range(10):
        stock.place(f"10{number}", 1)
    statements.clear()

    stock.receive(10)

    shares = [one for one in statements if re.search(r"order_id != .*\bLIMIT\b", one, re.DOTALL)]
    assert len([one for one in statements if "INTO events" in one]) == 1
    assert len(shares) == 1
    assert len([one for one in statements if "events" in one]) == 1
