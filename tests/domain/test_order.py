"""What an order may look like: every bad field is named, and nothing is silently dropped."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.order import Order
from tests.domain.samples import example

BAD: list[tuple[str, Any]] = [
    ("order_id", ""),
    ("order_id", "a b"),
    ("order_id", "100/1"),
    ("order_id", "x" * 65),
    ("placed_at", "2026-01-05T09:30:00"),
    ("placed_at", "soon"),
    ("customer.customer_id", "C 7"),
    ("customer.name", "Ada\nBcc: all@example.com"),
    ("customer.email", "ada.example.com"),
    ("customer.email", "ada@example.com, bob@example.com"),
    ("customer.email", "Ada <ada@example.com>"),
    ("customer.tier", "gold"),
    ("customer.locale", "English, please"),
    ("ship_to.street", None),
    ("ship_to.country", "USA"),
    ("ship_to.country", "us"),
    ("currency", "usd"),
    ("currency", "DOLLAR"),
    ("lines", []),
    ("lines.0.sku", "Ü-1"),
    ("lines.0.quantity", 0),
    ("lines.0.quantity", -1),
    ("lines.0.quantity", 1.5),
    ("lines.0.quantity", 1_000_001),
    ("lines.0.unit_price_minor", -1),
    ("lines.0.unit_price_minor", 99.95),
    ("payment.timing", "later"),
    ("payment.method", ""),
    ("payment.method", "pm card visa"),
    ("fulfilment", "half"),
    ("need_by", "2026-02-30"),
    ("shipping_minor", -1),
    ("promised_on", "January"),
    ("discount", 5),
    ("customer.phone", "555"),
    ("ship_to.planet", "Earth"),
    ("lines.0.colour", "blue"),
    ("payment.token", "tok"),
]


def put(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with one field changed; `path` as a fault names it."""
    *parents, last = path.split(".")
    inner: Any = body
    for name in parents:
        inner = inner[int(name) if name.isdigit() else name]
    inner[last] = value
    return body


def faults(body: dict[str, Any]) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        Order.model_validate(body)
    return {".".join(map(str, fault["loc"])) for fault in refused.value.errors()}


@pytest.mark.parametrize(("path", "value"), BAD)
def test_a_bad_field_is_refused_by_its_name(path: str, value: object) -> None:
    assert faults(put(example("order"), path, value)) == {path}


def test_every_bad_field_is_named_at_once() -> None:
    body = example("order")
    for path, value in (("order_id", "a b"), ("customer.email", "?"), ("lines.0.quantity", 0), ("extra", 1)):
        put(body, path, value)

    assert faults(body) == {"order_id", "customer.email", "lines.0.quantity", "extra"}


NEEDED = ["order_id", "placed_at", "customer", "ship_to", "currency", "lines", "payment"]


@pytest.mark.parametrize("name", NEEDED)
def test_what_an_order_cannot_do_without_is_asked_for(name: str) -> None:
    body = example("order")
    del body[name]

    assert faults(body) == {name}


def test_what_the_example_shows_as_null_zero_or_false_may_be_left_out() -> None:
    full = Order.model_validate(example("order"))
    body = {name: value for name, value in example("order").items() if value not in (None, 0, False)}

    assert Order.model_validate(body) == full


def _lines(count: int) -> dict[str, Any]:
    line = {"quantity": 1, "unit_price_minor": 1}
    return example("order") | {"lines": [line | {"sku": f"SKU-{n}"} for n in range(count)]}


def test_an_order_has_one_to_a_hundred_lines() -> None:
    assert len(Order.model_validate(_lines(1)).lines) == 1
    assert len(Order.model_validate(_lines(100)).lines) == 100
    assert faults(_lines(0)) == faults(_lines(101)) == {"lines"}


def test_a_sku_stands_in_one_line_only() -> None:
    body = _lines(2)
    body["lines"][1]["sku"] = "SKU-0"

    with pytest.raises(ValidationError, match="a SKU stands in one line only"):
        Order.model_validate(body)


@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True))
def test_an_id_is_letters_digits_dots_dashes_and_underscores(order_id: str) -> None:
    assert Order.model_validate(example("order") | {"order_id": order_id}).order_id == order_id


@pytest.mark.parametrize("order_id", ["100\n", "\n100", "100 ", "１００"])
def test_an_id_has_nothing_before_or_after_it(order_id: str) -> None:
    assert faults(example("order") | {"order_id": order_id}) == {"order_id"}


def test_instants_are_kept_in_utc_wherever_they_were_written() -> None:
    order = Order.model_validate(example("order") | {"placed_at": "2026-01-05T10:30:00+01:00"})

    assert order.placed_at == datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    assert order.placed_at.tzinfo is UTC


def test_the_same_order_has_the_same_digest_however_it_was_written() -> None:
    body = example("order")
    written_otherwise = dict(reversed(body.items())) | {"placed_at": "2026-01-05T10:30:00+01:00"}
    del written_otherwise["need_by"]
    digest = Order.model_validate(body).digest()

    assert Order.model_validate(written_otherwise).digest() == digest
    assert Order.model_validate(Order.model_validate(body).model_dump(mode="json")).digest() == digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("placed_at", "2026-01-05T09:30:01Z"),
        ("lines.0.quantity", 21),
        ("lines.0.title", "Blue"),
        ("customer.email", "b@example.com"),
        ("payment.method", "pm_other"),
        ("special_request", True),
    ],
)
def test_another_body_has_another_digest(path: str, value: object) -> None:
    changed = Order.model_validate(put(example("order"), path, value))

    assert changed.digest() != Order.model_validate(example("order")).digest()


def test_units_and_skus_are_those_of_all_lines_in_sku_order() -> None:
    body = _lines(3)
    body["lines"].reverse()
    order = Order.model_validate(body)

    assert (order.units, order.skus) == (3, ("SKU-0", "SKU-1", "SKU-2"))
