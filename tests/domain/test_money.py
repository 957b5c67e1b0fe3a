"""Money adds up in one currency only, and what goes back is what was taken for units that nobody keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.money import CurrencyMismatch, Money
from domain.order import Timing
from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.state import LineState, OrderState
from domain.status import Status
from tests.domain.samples import MINI, PRICE, line, order, paid, parcel, state

MINOR = st.integers(-(10**12), 10**12)


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


@given(MINOR, MINOR, st.integers(0, 1000))
def test_amounts_add_up_as_whole_numbers_do(one: int, other: int, count: int) -> None:
    assert usd(one) + usd(other) == usd(one + other)
    assert usd(one) + usd(other) - usd(other) == usd(one)
    assert usd(one) * count == usd(one * count)


def test_two_currencies_never_add_up() -> None:
    yen = Money(minor=1, currency="JPY")

    with pytest.raises(CurrencyMismatch, match="USD and JPY do not add up"):
        usd(1) + yen
    with pytest.raises(CurrencyMismatch):
        usd(1) - yen


def test_only_an_amount_of_nothing_is_false() -> None:
    assert not usd(0)
    assert usd(1)
    assert usd(-1)


@pytest.mark.parametrize(
    "fields", [{"minor": 9.5}, {"minor": "nine"}, {"currency": "usd"}, {"currency": "$"}]
)
def test_money_is_whole_minor_units_of_a_known_kind_of_currency(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"minor": 1, "currency": "USD"} | fields)


def test_an_orders_value_is_its_units_at_their_prices_and_the_shipping() -> None:
    lines = [
        {"sku": "A", "quantity": 3, "unit_price_minor": 1050},
        {"sku": "B", "quantity": 1, "unit_price_minor": 399},
    ]

    assert order(lines=lines, shipping_minor=490).value == usd(3 * 1050 + 399 + 490)


CHARGED = paid(PaymentKind.CHARGE, 2 * PRICE + 490)

DUE: list[tuple[str, OrderState, int]] = [
    ("all is kept", state(line(backordered=2), payments=(CHARGED,)), 0),
    ("one is cancelled", state(line(backordered=1, cancelled=1), payments=(CHARGED,)), PRICE),
    ("all is cancelled, shipping too", state(line(cancelled=2), payments=(CHARGED,)), 2 * PRICE + 490),
    ("one shipped, one cancelled", state(line(shipped=1, cancelled=1), payments=(CHARGED,)), PRICE),
    (
        "the shipping stays while any line is kept",
        state(line(cancelled=2), line(MINI, price=0, backordered=1), payments=(CHARGED,)),
        2 * PRICE,
    ),
    (
        "part of it went back before",
        state(line(cancelled=2), payments=(CHARGED, paid(PaymentKind.REFUND, PRICE))),
        PRICE + 490,
    ),
    (
        "all of it went back before",
        state(line(cancelled=2), payments=(CHARGED, paid(PaymentKind.REFUND, 2 * PRICE + 490))),
        0,
    ),
    ("rejected", state(line(backordered=2), status=Status.REJECTED, payments=(CHARGED,)), 2 * PRICE + 490),
    ("never charged", state(line(cancelled=2)), 0),
]


@pytest.mark.parametrize(("known", "due"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_at_order_what_was_charged_for_units_that_nobody_keeps_is_due(known: OrderState, due: int) -> None:
    at_order = known.model_copy(update={"timing": Timing.AT_ORDER, "shipping_minor": 490})

    assert at_order.refund_due == usd(due)


def test_at_shipment_nothing_is_ever_due_for_nothing_was_taken_too_early() -> None:
    captured = (paid(PaymentKind.CAPTURE, PRICE),)

    assert not state(line(shipped=1, cancelled=1), payments=captured).refund_due


_LINES = st.lists(
    st.builds(
        lambda price, backordered, shipped, cancelled: line(
            price=price, backordered=backordered, shipped=shipped, cancelled=cancelled
        ),
        st.integers(0, 10_000),
        st.integers(0, 20),
        st.integers(0, 20),
        st.integers(0, 20),
    ),
    max_size=4,
)


@given(_LINES, st.integers(0, 1000), st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(Status))
def test_what_goes_back_is_never_more_than_what_was_taken_and_never_less_than_nothing(
    lines: list[LineState], shipping: int, charged: int, refunded: int, status: Status
) -> None:
    payments = (paid(PaymentKind.CHARGE, charged), paid(PaymentKind.REFUND, min(refunded, charged)))
    known = state(*lines, status=status, timing=Timing.AT_ORDER, shipping_minor=shipping, payments=payments)

    assert known.refund_due.minor >= 0
    assert known.refund_due.minor + known.refunded.minor <= known.charged.minor


@given(_LINES, st.integers(0, 1000))
def test_an_order_charged_its_value_keeps_the_value_of_its_kept_units(
    lines: list[LineState], shipping: int
) -> None:
    value = sum(one.ordered * one.unit_price_minor for one in lines) + shipping
    known = state(
        *lines,
        timing=Timing.AT_ORDER,
        shipping_minor=shipping,
        payments=(paid(PaymentKind.CHARGE, value),),
    )

    kept = sum(one.kept * one.unit_price_minor for one in lines)
    kept += shipping if any(one.kept for one in lines) else 0
    assert known.charged.minor - known.refund_due.minor == kept


def test_charges_and_captures_are_what_was_taken_and_unpaid_parcels_what_was_not() -> None:
    payments = (
        paid(PaymentKind.AUTHORISE, 700),
        paid(PaymentKind.CHARGE, 1000),
        paid(PaymentKind.CAPTURE, 200),
        paid(PaymentKind.VOID, 700),
        paid(PaymentKind.REFUND, 30),
    )
    known = state(
        line(shipped=3),
        payments=payments,
        parcels=(parcel(ParcelStage.UNPAID), parcel(ParcelStage.SHIPPED, 2)),
    )

    assert (known.charged, known.refunded, known.unpaid) == (usd(1200), usd(30), usd(2 * PRICE))
