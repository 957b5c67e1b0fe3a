"""Why an order stands where it stands: each history in the words that are read to a customer."""

from typing import Any

import pytest
from sqlalchemy import event

from domain.changes import How, Prioritisation, Settlement
from domain.errors import UnknownOrder
from domain.explanation import Ahead, ExplainedLine, Explanation, HandOut, What
from domain.policy import Product
from store.explain import explain
from tests.store.stockroom import MINI, SKU, Stockroom, day, order_of

Told = tuple[int, str, int, int, int | None]


def explained(stock: Stockroom, order_id: str) -> Explanation:
    return stock.database.read(explain, order_id)


def line_of(stock: Stockroom, order_id: str, sku: str = SKU) -> ExplainedLine:
    return next(line for line in explained(stock, order_id).lines if line.sku == sku)


def history(stock: Stockroom, order_id: str, sku: str = SKU) -> list[Told]:
    """The day of January, what happened, the units that it got, what it needs then, and its place."""
    return [
        (one.at.day, one.words, one.units, one.needs, one.place)
        for one in line_of(stock, order_id, sku).history
    ]


def latest(stock: Stockroom, order_id: str) -> Told:
    return history(stock, order_id)[-1]


def places(stock: Stockroom, order_id: str) -> list[tuple[int, int | None, What]]:
    return [(place.at.day, place.place, place.what) for place in line_of(stock, order_id).places]


def by_hand(days: int, reason: str = "was late last time", by: str = "operations:li") -> Prioritisation:
    return Prioritisation(days=days, reason=reason, requested_by=by)


def send(stock: Stockroom, order_id: str, parcel: int = 1, *, on: int) -> None:
    stock.claim(order_id, on=on)
    stock.authorise(order_id, parcel, on=on)
    stock.ship(order_id, parcel, on=on)
    stock.capture(order_id, parcel, on=on)


def test_why_an_order_got_ten_of_fifty(stock: Stockroom) -> None:
    for order_id, units, on in (("100", 20, 5), ("101", 20, 6), ("102", 15, 8)):
        stock.place(order_id, units, placed=on)
    stock.receive(50, change_id="ASN-5001", on=12)
    for order_id in ("100", "101", "102"):
        send(stock, order_id, on=12)
    stock.receive(5, change_id="ASN-5002", on=20)
    send(stock, "102", 2, on=21)

    assert history(stock, "102") == [
        (8, "Placed: 15 needed, none at once", 0, 15, 3),
        (
            12,
            "Receipt ASN-5001, 50 came in: 40 went to 2 orders ahead, 10 to this one, 5 still needed",
            10,
            5,
            3,
        ),
        (12, "2 orders ahead were packed", 0, 5, 1),
        (12, "10 packed into parcel 1", 0, 5, 1),
        (12, "Parcel 1 shipped with 10", 0, 5, 1),
        (20, "Receipt ASN-5002, 5 came in: 5 went to this one, it has all", 5, 0, 1),
        (21, "5 packed into parcel 2", 0, 0, None),
        (21, "Parcel 2 shipped with 5", 0, 0, None),
    ]
    assert places(stock, "102") == [(8, 3, What.PLACED), (12, 1, What.PACKED_AHEAD), (21, None, What.PACKED)]
    receipt = line_of(stock, "102").history[1]
    assert receipt.handed_out == HandOut(units=50, to_others=40, others=2, to_this=10)
    assert (receipt.change_id, line_of(stock, "102").history[2].order_ids) == ("ASN-5001", ("100", "101"))


def test_who_is_ahead_is_counted_by_priority(stock: Stockroom) -> None:
    stock.receive(1, on=1)
    stock.place("first", 3, placed=2)
    stock.place("second", 2, placed=3)
    stock.place("mine", 5, placed=8)
    stock.place("vip", 4, placed=12, tier="vip")
    stock.place("behind", 1, placed=9)

    line = line_of(stock, "mine")

    assert (line.place, line.queue_length) == (4, 5)
    assert line.ahead == (
        Ahead(priority="standard", orders=2, units=4),
        Ahead(priority="vip", orders=1, units=4),
    )


def test_what_decides_a_place_is_told_apart(stock: Stockroom) -> None:
    stock.place("vip", 1, placed=12, tier="vip")
    stock.change("vip", by_hand(3), on=13)

    line = line_of(stock, "vip")

    assert (line.placed_at, line.queue_at) == (day(12), day(2))
    assert (line.priority, line.head_start_days) == ("vip", 7)
    assert line.by_hand
    assert (line.by_hand.days, line.by_hand.at, line.by_hand.by) == (3, day(13), "operations:li")
    stock.change("vip", by_hand(0), on=14)
    assert (line_of(stock, "vip").by_hand, line_of(stock, "vip").queue_at) == (None, day(5))


def test_a_hand_out_that_passed_it_by_is_told(stock: Stockroom) -> None:
    stock.place("100", 20, placed=5)
    stock.place("101", 20, placed=6)
    stock.place("102", 15, placed=8)

    stock.receive(30, change_id="ASN-1")

    words = "Receipt ASN-1, 30 came in: 30 went to 2 orders ahead, 15 still needed"
    assert latest(stock, "102") == (10, words, 0, 15, 3)


def test_hand_outs_behind_an_order_that_has_all_are_none_of_its_history(stock: Stockroom) -> None:
    stock.place("100", 2, placed=5)
    stock.place("101", 2, placed=6)
    stock.receive(2, change_id="ASN-1")

    stock.receive(2, change_id="ASN-2", on=11)

    assert latest(stock, "100") == (10, "Receipt ASN-1, 2 came in: 2 went to this one, it has all", 2, 0, 1)


def test_a_vip_that_enters_ahead_takes_its_units_back(stock: Stockroom) -> None:
    stock.receive(5, on=1)
    stock.place("100", 5, placed=8)

    stock.place("V1", 3, placed=12, tier="vip")

    assert history(stock, "100") == [
        (8, "Placed: all 5 at once", 5, 0, 1),
        (12, "VIP order V1 entered ahead: 3 taken back from this one, 3 needed now", -3, 3, 2),
    ]
    assert history(stock, "V1") == [(12, "Placed: all 3 at once", 3, 0, 1)]
    assert line_of(stock, "100").history[1].order_ids == ("V1",)


def test_an_import_enters_ahead_of_those_placed_later(stock: Stockroom) -> None:
    stock.place("100", 2, placed=8)

    stock.place("old", 2, placed=2, on=9)

    assert latest(stock, "100") == (9, "Order old, placed earlier, entered ahead", 0, 2, 2)
    assert latest(stock, "old") == (
        9,
        "Entered the queue, placed 2026-01-02: 2 needed, none at once",
        0,
        2,
        1,
    )


def test_several_that_enter_ahead_one_after_another_are_told_as_one(stock: Stockroom) -> None:
    stock.place("100", 2, placed=8)

    stock.place("V1", 1, placed=9, tier="vip")
    stock.place("W1", 1, placed=10, tier="wholesale")
    stock.place("V2", 1, placed=11, tier="vip")

    assert latest(stock, "100") == (11, "3 orders entered ahead (2 VIP, 1 wholesale)", 0, 2, 4)
    assert places(stock, "100") == [(8, 1, What.PLACED), (11, 4, What.ENTERED_AHEAD)]


def test_of_equal_times_the_order_id_decides(stock: Stockroom) -> None:
    stock.place("b", placed=6)
    assert latest(stock, "b") == (6, "Placed: 1 needed, none at once", 0, 1, 1)

    stock.place("a", placed=6)
    stock.place("B", placed=6)
    stock.place("c", placed=6)

    in_turn = stock.queue()
    assert set(in_turn) == {"a", "B", "b", "c"}
    for place, order_id in enumerate(in_turn, 1):
        line = line_of(stock, order_id)
        assert (line.place, line.history[-1].place) == (place, place)


def test_an_order_moved_by_hand_tells_by_whom_and_why(stock: Stockroom) -> None:
    stock.place("100", 4, placed=5)
    stock.place("101", 2, placed=6)
    stock.receive(3, change_id="ASN-1", on=10)

    stock.change("101", by_hand(2), on=11)

    why = "2 days ahead of its own place, by operations:li (was late last time)"
    given = f"Moved by hand {why}: 2 went to this one, it has all"
    assert latest(stock, "101") == (11, given, 2, 0, 1)
    moved = "Order 101 was moved ahead of it by hand: 2 taken back from this one, 3 needed now"
    assert latest(stock, "100") == (11, moved, -2, 3, 2)

    stock.change("101", by_hand(0, "a mistake"), on=12)

    back = "Moved by hand back to its own place, by operations:li (a mistake)"
    lost = ": 2 taken back from this one, 2 needed now"
    assert latest(stock, "101") == (12, back + lost, -2, 2, 2)
    regained = "Order 101 was moved behind it by hand: 2 went to this one, 1 still needed"
    assert latest(stock, "100") == (12, regained, 2, 1, 1)


def test_a_move_by_hand_that_shifts_no_unit_is_told_in_its_turn(stock: Stockroom) -> None:
    for order_id, on in (("100", 5), ("101", 6), ("102", 7)):
        stock.place(order_id, 2, placed=on)
    stock.change("102", by_hand(5), on=8)
    stock.change("100", by_hand(-1, "asked to wait"), on=9)
    stock.change("101", by_hand(-20, "asked to wait"), on=10)
    stock.receive(2, change_id="ASN-1", on=11)
    stock.place("late", 2, placed=12)

    assert [told[1:] for told in history(stock, "101")] == [
        ("Placed: 2 needed, none at once", 0, 2, 2),
        ("Order 102 was moved ahead of it by hand", 0, 2, 3),
        ("Moved by hand 20 days behind its own place, by operations:li (asked to wait)", 0, 2, 3),
        ("Receipt ASN-1, 2 came in: 2 went to 1 order ahead, 2 still needed", 0, 2, 3),
        ("Order late entered ahead", 0, 2, 4),
    ]
    assert places(stock, "101") == [
        (6, 2, What.PLACED),
        (8, 3, What.OTHER_MOVED_BY_HAND),
        (12, 4, What.ENTERED_AHEAD),
    ]
    assert history(stock, "late") == [(12, "Placed: 2 needed, none at once", 0, 2, 3)]


def test_units_that_an_adjustment_takes_are_told(stock: Stockroom) -> None:
    stock.place("100", 2, placed=5)
    stock.place("101", 4, placed=6)
    stock.receive(6, change_id="ASN-1", on=10)

    stock.adjust(-3, change_id="CC-1", on=11)
    stock.adjust(1, change_id="CC-2", on=12)

    lost = "Adjustment CC-1, 3 taken off: 3 taken back from this one, 3 needed now"
    found = "Adjustment CC-2, 1 added: 1 went to this one, 2 still needed"
    assert history(stock, "101")[-2:] == [(11, lost, -3, 3, 2), (12, found, 1, 2, 2)]


def test_a_cancellation_ahead_moves_it_up_and_frees_units(stock: Stockroom) -> None:
    for order_id, on in (("100", 5), ("101", 6), ("102", 7), ("103", 8)):
        stock.place(order_id, 4, placed=on)
    stock.receive(3, change_id="ASN-1", on=10)

    stock.cancel("101", on=11)
    stock.cancel("100", lines={SKU: 2}, on=12)
    stock.cancel("100", on=13)

    assert [told[:2] + told[3:] for told in history(stock, "103")] == [
        (8, "Placed: 4 needed, none at once", 4, 4),
        (10, "Receipt ASN-1, 3 came in: 3 went to 1 order ahead, 4 still needed", 4, 4),
        (11, "Order 101 cancelled 4 units", 4, 3),
        (12, "Order 100 cancelled 2 units: 1 freed, 1 went to 1 order ahead, 4 still needed", 4, 3),
        (13, "Order 100 cancelled 2 units: 2 freed, 2 went to 1 order ahead, 4 still needed", 4, 2),
    ]
    assert latest(stock, "102") == (
        13,
        "Order 100 cancelled 2 units: 2 freed, 2 went to this one, 1 still needed",
        2,
        1,
        1,
    )


def test_several_cancellations_ahead_are_told_as_one(stock: Stockroom) -> None:
    for order_id, on in (("100", 5), ("101", 6), ("102", 7)):
        stock.place(order_id, 4, placed=on)

    stock.cancel("100", on=11)
    stock.cancel("101", on=12)

    assert latest(stock, "102") == (12, "2 orders ahead cancelled units", 0, 4, 1)


def test_its_own_cancellation_says_why(stock: Stockroom) -> None:
    stock.place("100", 5, placed=5)
    stock.receive(3, change_id="ASN-1", on=10)
    stock.claim("100", on=11)

    stock.cancel("100", lines={SKU: 4}, on=12)

    assert history(stock, "100")[-2:] == [
        (11, "3 packed into parcel 1", 0, 2, 1),
        (12, "Parcel 1 undone, 4 of it cancelled (changed mind)", -2, 0, 1),
    ]
    assert line_of(stock, "100").allocated == 1


def test_a_parcel_undone_ahead_brings_its_order_back(stock: Stockroom) -> None:
    stock.place("100", 3, placed=5)
    stock.place("101", 3, placed=6)
    stock.receive(3, change_id="ASN-1", on=10)
    stock.claim("100", on=11)
    assert latest(stock, "101") == (11, "Order 100 ahead was packed", 0, 3, 1)

    stock.cancel("100", lines={SKU: 1}, on=12)

    back = "Order 100 is ahead again, its parcel undone: 1 went to this one, 2 still needed"
    assert latest(stock, "101") == (12, back, 1, 2, 2)


def test_a_parcel_that_was_stopped_gives_its_units_on(stock: Stockroom) -> None:
    stock.place("100", 3, placed=5)
    stock.place("101", 2, placed=6)
    stock.receive(3, change_id="ASN-1", on=10)
    stock.claim("100", on=11)
    stock.authorise("100", on=11)
    stock.ship("100", on=11)
    stock.capture("100", on=11, refused=True)

    stock.change("100", Settlement(parcel=1, how=How.STOPPED, reason="never left"), on=12)

    freed = "Order 100 cancelled 3 units: 2 freed, 2 went to this one, it has all"
    assert latest(stock, "101") == (12, freed, 2, 0, 1)
    assert latest(stock, "100") == (12, "3 of it cancelled (payment failed)", -3, 0, None)


def test_an_order_whose_charge_was_declined_gave_its_units_on(stock: Stockroom) -> None:
    stock.receive(3, on=1)
    stock.place("100", 2, placed=5, timing="at_order")
    stock.place("101", 3, placed=6)

    stock.charge("100", on=7, declined=True)

    assert latest(stock, "101") == (
        7,
        "Order 100 was not accepted after all: 2 freed, 2 went to this one, it has all",
        2,
        0,
        1,
    )
    declined = explained(stock, "100")
    assert (declined.status, declined.reasons) == ("rejected", ("The payment was declined (stolen_card).",))
    assert history(stock, "100") == [
        (5, "Placed: all 2 at once", 2, 0, 1),
        (7, "Not accepted after all: 2 given up", -2, 0, None),
    ]


def test_an_order_placed_anew_tells_only_its_new_life(stock: Stockroom) -> None:
    stock.place("100", 2, placed=5, timing="at_order")
    stock.charge("100", on=6, declined=True)
    stock.place("101", 2, placed=7)

    stock.place("100", 2, placed=8, timing="at_order")

    assert history(stock, "100") == [(8, "Placed: 2 needed, none at once", 0, 2, 2)]
    assert explained(stock, "100").reasons == ()


def test_a_refused_order_says_why_and_has_no_history(stock: Stockroom) -> None:
    stock.place("100", 2, sku="NOBODY")

    told = explained(stock, "100")

    assert (told.status, told.lines) == ("rejected", ())
    assert told.reasons == ("NOBODY is not in the catalogue.",)


def test_an_unknown_order_is_refused(stock: Stockroom) -> None:
    with pytest.raises(UnknownOrder):
        explained(stock, "nobody")


def test_each_line_has_a_history_of_its_own(stock: Stockroom) -> None:
    stock.place("100", 2, MINI, placed=5)
    stock.place("101", placed=6, lines={SKU: 1, MINI: 3})
    stock.receive(1, change_id="ASN-1", on=10)
    stock.cancel("100", on=11)

    assert history(stock, "101") == [
        (6, "Placed: 1 needed, none at once", 0, 1, 1),
        (10, "Receipt ASN-1, 1 came in: 1 went to this one, it has all", 1, 0, 1),
    ]
    assert history(stock, "101", MINI) == [
        (6, "Placed: 3 needed, none at once", 0, 3, 2),
        (11, "Order 100 cancelled 2 units", 0, 3, 1),
    ]


def test_what_is_in_stock_at_once_needs_no_queue(stock: Stockroom) -> None:
    stock.receive(3, on=1)
    stock.place("100", 2, placed=5)
    stock.place("101", 2, placed=6)

    assert history(stock, "100") == [(5, "Placed: all 2 at once", 2, 0, 1)]
    assert history(stock, "101") == [(6, "Placed: 1 of 2 at once, 1 needed", 1, 1, 2)]


def test_what_happens_meanwhile_is_not_told_by_half(stock: Stockroom) -> None:
    stock.place("100", 2, placed=8)
    before = explained(stock, "100")
    meanwhile = ["V1"]

    def enter(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM changes" in statement and meanwhile:
            stock.place(meanwhile.pop(), 1, placed=9, tier="vip")

    event.listen(stock.database.engine, "after_cursor_execute", enter)

    assert explained(stock, "100") == before
    assert not meanwhile
    assert latest(stock, "100") == (9, "VIP order V1 entered ahead", 0, 2, 2)


def test_nothing_personal_is_in_the_answer(stock: Stockroom) -> None:
    stock.catalogue(Product(sku=SKU, title="Widget"))
    stock.place("100", 2)
    customer = order_of("100").customer

    told = explained(stock, "100").model_dump_json()

    assert not any(word in told for word in (customer.customer_id, customer.email, customer.name))
