"""What arrives is kept in its order until the story acts on it; nothing that comes is lost, read or not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cancellation import Cancellation, Reason
from domain.changes import Handover, PaymentMethod
from tests.domain.samples import SKU, day
from workflows.inbox import Inbox


@pytest.fixture
def inbox() -> Inbox:
    return Inbox("100")


def wishes(inbox: Inbox) -> list[Cancellation]:
    return [ask.wish for ask in inbox.asks if isinstance(ask.wish, Cancellation)]


def named(inbox: Inbox, wish: Cancellation, on: int = 5) -> Cancellation:
    """The wish as it stands in the inbox."""
    inbox.ask_to_cancel(wish, day(on))
    return wishes(inbox)[-1]


def reasons(inbox: Inbox) -> list[str]:
    return [wish.reason.value for wish in wishes(inbox)]


def test_a_new_inbox_is_empty(inbox: Inbox) -> None:
    assert inbox.empty
    assert (inbox.arrived, inbox.bell) == (0, False)


def test_cancellations_stand_in_the_order_in_which_they_came(inbox: Inbox) -> None:
    inbox.read_cancellation({"reason": "price"}, day(5))
    inbox.ask_to_cancel(Cancellation(reason=Reason.TOO_SLOW), day(5))
    inbox.ask_natively(day(5))

    assert reasons(inbox) == ["price", "too_slow", "other"]
    assert inbox.arrived == 3


@pytest.mark.parametrize(
    "message", [{"reason": "price", "agent": {"id": 7}}, {"reason": "price", "note": None}]
)
def test_a_reason_is_enough_and_unknown_fields_are_ignored(inbox: Inbox, message: dict[str, Any]) -> None:
    inbox.read_cancellation(message, day(5))

    assert reasons(inbox) == ["price"]
    assert not inbox.unreadable


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_cancel_that_says_nothing_is_one_for_another_reason(inbox: Inbox, nothing: Any) -> None:
    inbox.read_cancellation(nothing, day(5))

    assert reasons(inbox) == ["other"]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ({"reason": "bored"}, "cancel: reason: Input should be"),
        ({"lines": [{"sku": SKU, "quantity": 0}]}, "cancel: lines.0.quantity: Input should be greater"),
        ({"cancellation_id": "a b"}, "cancel: cancellation_id: String should match"),
        ("please cancel", "cancel: body: Input should be"),
        (["price"], "cancel: body: Input should be"),
        (7, "cancel: body: Input should be"),
    ],
)
def test_a_cancellation_that_cannot_be_read_is_kept_with_its_bad_fields(
    inbox: Inbox, message: Any, kept: str
) -> None:
    inbox.read_cancellation(message, day(5))

    assert [what.startswith(kept) for what in inbox.unreadable] == [True]
    assert not inbox.asks
    assert inbox.arrived == 1


def test_what_is_kept_never_shows_the_bad_value_for_it_may_be_private(inbox: Inbox) -> None:
    inbox.read_cancellation({"reason": "ada@example.com"}, day(5))
    inbox.read_method({"method": 4111_1111_1111_1111})

    assert "ada" not in inbox.unreadable[0]
    assert "4111" not in inbox.unreadable[1]


def test_a_wish_keeps_its_id(inbox: Inbox) -> None:
    assert named(inbox, Cancellation(cancellation_id="web-1")).cancellation_id == "web-1"


@given(st.text("abcXYZ019._-", min_size=1, max_size=64), st.integers(1, 20))
def test_wishes_without_an_id_get_one_each_however_long_the_orders_is(order_id: str, count: int) -> None:
    inbox = Inbox(order_id)

    all_named = [named(inbox, Cancellation()) for _ in range(count)]

    assert len({wish.cancellation_id for wish in all_named}) == count
    for wish in all_named:
        assert Cancellation.model_validate(wish.model_dump()) == wish


def test_two_wishes_of_one_moment_in_two_runs_do_not_share_an_id() -> None:
    first, later = Inbox("100"), Inbox("100")

    one = named(first, Cancellation()).cancellation_id
    other = named(later, Cancellation(), on=6).cancellation_id

    assert one != other


@given(st.text("abcXYZ019._-", min_size=1, max_size=64))
def test_temporals_own_cancel_is_one_wish_however_often_it_is_asked(order_id: str) -> None:
    inbox = Inbox(order_id)
    inbox.ask_natively(day(5))
    inbox.ask_natively(day(6))

    one, other = wishes(inbox)

    assert one == other
    assert one.requested_by == "temporal"
    assert Cancellation.model_validate(one.model_dump()) == one


def test_methods_stand_in_their_order_and_unknown_fields_are_ignored(inbox: Inbox) -> None:
    inbox.read_method({"method": "pm_1", "brand": "visa"})
    inbox.read_method({"method": "pm_2", "requested_by": "support:maria"})

    assert [ask.wish for ask in inbox.methods] == [
        PaymentMethod(method="pm_1"),
        PaymentMethod(method="pm_2", requested_by="support:maria"),
    ]


@pytest.mark.parametrize("message", [None, {}, "pm_1", {"method": None}])
def test_a_method_that_cannot_be_read_is_kept(inbox: Inbox, message: Any) -> None:
    inbox.read_method(message)

    assert inbox.unreadable[0].startswith("payment_method_updated: ")
    assert (len(inbox.methods), inbox.arrived) == (0, 1)


@pytest.mark.parametrize("message", [1, {"number": 1}, {"number": 1, "by": "dock 4"}])
def test_a_hand_over_is_read_by_its_number(inbox: Inbox, message: Any) -> None:
    inbox.read_handover(message)

    assert [ask.wish for ask in inbox.asks] == [Handover(number=1)]


@pytest.mark.parametrize("message", [None, 0, "one", {}, {"number": -1}])
def test_a_hand_over_that_cannot_be_read_is_kept(inbox: Inbox, message: Any) -> None:
    inbox.read_handover(message)

    assert inbox.unreadable[0].startswith("parcel_handed_over: number: ")
    assert not inbox.asks


def test_a_bell_is_rung_once_however_often_and_needs_no_answer(inbox: Inbox) -> None:
    inbox.ring()
    inbox.ring()

    assert (inbox.bell, inbox.arrived) == (True, 2)
    assert inbox.empty


@pytest.mark.parametrize(
    "arrive",
    [
        lambda inbox: inbox.read_cancellation({}, day(5)),
        lambda inbox: inbox.read_cancellation("?", day(5)),
        lambda inbox: inbox.read_method({"method": "pm_1"}),
        lambda inbox: inbox.ask_natively(day(5)),
    ],
)
def test_an_inbox_with_anything_to_act_on_is_not_empty(inbox: Inbox, arrive: Any) -> None:
    arrive(inbox)

    assert not inbox.empty
