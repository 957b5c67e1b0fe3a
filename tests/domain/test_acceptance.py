"""Why what stock does not cover is refused: each rule on both sides of its limit, and without one."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acceptance import PRIOR_WEIGHT, Asked, expected_cancel_rate, refusals, unconditional
from domain.decision import Refusal
from domain.policy import Acceptance, Policy, Product
from tests.domain.samples import january

TODAY = january(5)
SHARES = st.integers(0, 100).map(lambda percent: percent / 100)

EVERY_LIMIT: dict[str, Any] = {
    "accepts_backorders": False,
    "accept_until": january(4),
    "needs_known_eta": True,
    "max_wait_days": 10,
    "min_supplier_on_time": 0.8,
    "max_expected_cancel_rate": 0.3,
    "max_units_per_customer": 3,
    "max_backordered_units": 20,
}

BEYOND_EVERY_LIMIT: dict[str, Any] = {
    "discontinued": True,
    "on_time": 0.1,
    "cancel_rate": 0.9,
    "customers": 1000,
    "waiting": 1000,
}


def widget(**says: Any) -> Product:
    return Product(sku="W", title="A widget", **says)


def against(product: Product, **fields: Any) -> list[Refusal]:
    """The codes of all that speaks against waiting for it."""
    return [reason.code for reason in refusals(Asked(product, TODAY, **fields))]


@pytest.mark.parametrize(("discontinued", "codes"), [(False, []), (True, [Refusal.DISCONTINUED])])
def test_a_product_that_never_comes_again_is_not_waited_for(discontinued: bool, codes: list[Refusal]) -> None:
    assert against(widget(), discontinued=discontinued) == codes


@pytest.mark.parametrize(
    ("says", "codes"),
    [
        ({}, []),
        ({"accepts_backorders": True}, []),
        ({"accepts_backorders": False}, [Refusal.BACKORDERS_OFF]),
    ],
)
def test_backorders_are_taken_unless_the_shop_says_no(says: dict[str, bool], codes: list[Refusal]) -> None:
    assert against(widget(**says)) == codes


@pytest.mark.parametrize(
    ("first", "last", "codes"),
    [
        (None, None, []),
        (january(4), None, []),
        (TODAY, None, []),
        (january(6), None, [Refusal.OUT_OF_SEASON]),
        (None, january(6), []),
        (None, TODAY, []),
        (None, january(4), [Refusal.OUT_OF_SEASON]),
        (TODAY, TODAY, []),
        (january(1), january(4), [Refusal.OUT_OF_SEASON]),
        (january(6), january(31), [Refusal.OUT_OF_SEASON]),
    ],
)
def test_the_first_and_the_last_day_belong_to_a_season(
    first: date | None, last: date | None, codes: list[Refusal]
) -> None:
    assert against(widget(accept_from=first, accept_until=last)) == codes


@pytest.mark.parametrize(
    ("needed", "promised_on", "special_request", "codes"),
    [
        (False, None, False, []),
        (True, january(9), False, []),
        (True, None, False, [Refusal.NO_KNOWN_DATE]),
        (True, None, True, []),
    ],
)
def test_a_date_must_be_known_where_the_shop_needs_one_and_the_customer_did_not_ask_for_the_item(
    needed: bool, promised_on: date | None, special_request: bool, codes: list[Refusal]
) -> None:
    product = widget(needs_known_eta=needed)

    assert against(product, promised_on=promised_on, special_request=special_request) == codes


@pytest.mark.parametrize(
    ("most", "promised_on", "codes"),
    [
        (None, january(31), []),
        (10, None, []),
        (10, january(14), []),
        (10, january(15), []),
        (10, january(16), [Refusal.WAIT_TOO_LONG]),
        (0, TODAY, []),
        (0, january(6), [Refusal.WAIT_TOO_LONG]),
    ],
)
def test_the_wait_may_be_as_long_as_the_limit(
    most: int | None, promised_on: date | None, codes: list[Refusal]
) -> None:
    assert against(widget(max_wait_days=most), promised_on=promised_on) == codes


@pytest.mark.parametrize(
    ("least", "on_time", "codes"),
    [
        (None, 0.0, []),
        (0.8, None, []),
        (0.8, 0.81, []),
        (0.8, 0.8, []),
        (0.8, 0.79, [Refusal.SUPPLIER_UNRELIABLE]),
        (0.0, 0.0, []),
        (1.0, 0.99, [Refusal.SUPPLIER_UNRELIABLE]),
    ],
)
def test_a_supplier_is_on_time_as_often_as_the_shop_wants(
    least: float | None, on_time: float | None, codes: list[Refusal]
) -> None:
    assert against(widget(min_supplier_on_time=least), on_time=on_time) == codes


@pytest.mark.parametrize(
    ("most", "cancel_rate", "codes"),
    [
        (None, 1.0, []),
        (0.3, None, []),
        (0.3, 0.29, []),
        (0.3, 0.3, []),
        (0.3, 0.31, [Refusal.CANCELLATION_LIKELY]),
        (0.0, 0.01, [Refusal.CANCELLATION_LIKELY]),
    ],
)
def test_what_is_cancelled_too_often_is_not_waited_for(
    most: float | None, cancel_rate: float | None, codes: list[Refusal]
) -> None:
    assert against(widget(max_expected_cancel_rate=most), cancel_rate=cancel_rate) == codes


@pytest.mark.parametrize(
    ("most", "customers", "codes"),
    [
        (None, 1000, []),
        (3, 2, []),
        (3, 3, []),
        (3, 4, [Refusal.CUSTOMER_LIMIT]),
    ],
)
def test_a_customer_may_have_as_many_units_open_as_the_limit(
    most: int | None, customers: int, codes: list[Refusal]
) -> None:
    assert against(widget(max_units_per_customer=most), customers=customers) == codes


@pytest.mark.parametrize(
    ("most", "waiting", "codes"),
    [
        (None, 1000, []),
        (20, 19, []),
        (20, 20, []),
        (20, 21, [Refusal.PRODUCT_CAP]),
        (0, 1, [Refusal.PRODUCT_CAP]),
    ],
)
def test_as_many_units_of_a_product_may_wait_as_the_cap(
    most: int | None, waiting: int, codes: list[Refusal]
) -> None:
    assert against(widget(max_backordered_units=most), waiting=waiting) == codes


@pytest.mark.parametrize(
    ("promised_on", "special_request", "not_against"),
    [
        (None, False, {Refusal.WAIT_TOO_LONG}),
        (january(31), False, {Refusal.NO_KNOWN_DATE}),
        (january(31), True, {Refusal.NO_KNOWN_DATE}),
        (None, True, {Refusal.WAIT_TOO_LONG, Refusal.NO_KNOWN_DATE}),
    ],
)
def test_all_reasons_are_given_together_and_a_special_request_waives_only_that_of_the_date(
    promised_on: date | None, special_request: bool, not_against: set[Refusal]
) -> None:
    elsewhere = {Refusal.UNKNOWN_SKU, Refusal.PAYMENT_DECLINED, Refusal.UNAVAILABLE}
    dated = {"promised_on": promised_on, "special_request": special_request}

    codes = against(widget(**EVERY_LIMIT), **BEYOND_EVERY_LIMIT, **dated)

    assert len(codes) == len(set(codes))
    assert set(codes) == set(Refusal) - elsewhere - not_against


def test_each_reason_names_the_product_and_the_limit_in_a_sentence() -> None:
    asked = Asked(widget(**EVERY_LIMIT), TODAY, promised_on=january(31), **BEYOND_EVERY_LIMIT)

    reasons = refusals(asked)

    assert {reason.sku for reason in reasons} == {"W"}
    assert [reason.message for reason in reasons] == [
        "A widget is being discontinued and will not be restocked.",
        "A widget is out of stock and not sold on backorder.",
        "A widget could be ordered until 2026-01-04.",
        "A widget is not expected before 2026-01-31, more than 10 days from now.",
        "A widget comes from a supplier whose dates can't be relied on.",
        "A widget is cancelled too often while it is waited for.",
        "A widget is limited to 3 units per customer, all open orders together.",
        "A widget is waited for by as many as the shop takes orders for.",
    ]


@pytest.mark.parametrize(
    ("cancelled", "ended", "usual", "rate"),
    [
        (0, 0, 0.2, 0.2),  # nothing is known: 2 of 10
        (0, 10, 0.2, 0.1),  # 2 of 20
        (10, 10, 0.2, 0.6),  # 12 of 20
        (1, 1, 0.2, 3 / 11),  # 1 cancellation says little
        (30, 90, 0.2, 0.32),  # 32 of 100
        (0, 10, 0.0, 0.0),
        (10, 10, 1.0, 1.0),
    ],
)
def test_a_products_own_history_counts_beside_ten_usual_backorders(
    cancelled: int, ended: int, usual: float, rate: float
) -> None:
    assert expected_cancel_rate(cancelled, ended, usual) == pytest.approx(rate)


@given(st.integers(1, 500), st.integers(0, 500), SHARES)
def test_one_more_cancellation_raises_the_expected_rate_and_one_more_shipment_does_not(
    cancelled: int, shipped: int, usual: float
) -> None:
    ended = cancelled + shipped

    rate = expected_cancel_rate(cancelled, ended, usual)

    assert expected_cancel_rate(cancelled - 1, ended, usual) < rate
    assert expected_cancel_rate(cancelled + 1, ended + 1, usual) >= rate
    assert expected_cancel_rate(cancelled, ended + 1, usual) < rate


@given(st.integers(0, 500), st.integers(0, 500), SHARES)
def test_the_expected_rate_lies_between_the_products_own_and_the_usual(
    cancelled: int, shipped: int, usual: float
) -> None:
    ended = cancelled + shipped
    own = cancelled / ended if ended else usual

    rate = expected_cancel_rate(cancelled, ended, usual)

    assert min(own, usual) - 1e-9 <= rate <= max(own, usual) + 1e-9
    assert abs(rate - own) <= PRIOR_WEIGHT / (ended + PRIOR_WEIGHT) + 1e-9


@pytest.mark.parametrize(
    ("says", "free"),
    [
        ({}, True),
        ({"usual_restock_days": 14, "release_on": january(31), "may_split": False}, True),
        ({"accepts_backorders": False}, False),
        ({"max_units_per_customer": 1}, False),
        ({"max_backordered_units": 0}, False),
        ({"max_wait_days": 0}, False),
        ({"needs_known_eta": True}, False),
        ({"min_supplier_on_time": 0.0}, False),
        ({"max_expected_cancel_rate": 1.0}, False),
        ({"accept_from": TODAY}, False),
        ({"accept_until": TODAY}, False),
    ],
)
def test_a_product_without_any_limit_is_unconditional(says: dict[str, Any], free: bool) -> None:
    assert unconditional(widget(**says)) is free


def test_the_shops_limits_are_those_of_a_product_that_says_nothing_else() -> None:
    careful = Policy(acceptance=Acceptance(max_wait_days=10))

    assert not unconditional(widget().under(careful))
    assert unconditional(widget(max_wait_days=None).under(careful))


@pytest.mark.parametrize("promised_on", [None, january(31)])
def test_an_unconditional_product_is_refused_for_nothing_but_being_discontinued(
    promised_on: date | None,
) -> None:
    assert against(widget(), **BEYOND_EVERY_LIMIT, promised_on=promised_on) == [Refusal.DISCONTINUED]
