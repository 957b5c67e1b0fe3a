"""What an inventory change must say, by its kind."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.inventory import InventoryChange
from tests.domain.samples import MINI, SKU, example

INBOUND = {"sku": SKU, "inbound_id": "PO-1", "eta": "2026-02-20"}

FITS: list[tuple[str, dict[str, Any]]] = [
    ("received", {"sku": SKU, "quantity": 1}),
    ("received", {"sku": SKU, "quantity": 5, "inbound_id": "PO-1"}),
    ("adjusted", {"sku": SKU, "quantity": -5}),
    ("adjusted", {"sku": SKU, "quantity": 5}),
    ("inbound", INBOUND | {"quantity": 50}),
    ("inbound", INBOUND | {"quantity": 0}),
    ("inbound", {"sku": SKU, "inbound_id": "PO-1", "cancelled": True}),
    ("discontinued", {"sku": SKU}),
]

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("received", {"sku": SKU, "quantity": 0}, "lines.0.quantity: a receipt has at least 1 unit"),
    ("received", {"sku": SKU, "quantity": -1}, "lines.0.quantity: a receipt has at least 1 unit"),
    ("received", {"sku": SKU}, "lines.0.quantity: a receipt has at least 1 unit"),
    ("adjusted", {"sku": SKU, "quantity": 0}, "lines.0.quantity: an adjustment of 0 changes nothing"),
    (
        "inbound",
        {"sku": SKU, "quantity": 5, "eta": "2026-02-20"},
        "lines.0.inbound_id: an inbound line needs its id",
    ),
    ("inbound", INBOUND | {"quantity": -1}, "lines.0.quantity: outstanding units are not negative"),
    (
        "inbound",
        {"sku": SKU, "quantity": 5, "inbound_id": "PO-1"},
        "lines.0.eta: an inbound line needs its date",
    ),
]


def change(kind: str, *lines: dict[str, Any], **fields: Any) -> InventoryChange:
    body = {"change_id": "CH-1", "kind": kind, "happened_at": "2026-01-10T08:00:00Z", "lines": lines}
    return InventoryChange.model_validate(body | fields)


@pytest.mark.parametrize("name", ["inventory_received", "inventory_adjusted", "inbound", "discontinued"])
def test_the_contracts_examples_are_changes(name: str) -> None:
    assert InventoryChange.model_validate(example(name)).change_id == example(name)["change_id"]


@pytest.mark.parametrize(("kind", "line"), FITS)
def test_a_line_that_says_what_its_kind_needs_is_taken(kind: str, line: dict[str, Any]) -> None:
    assert change(kind, line).skus == (SKU,)


@pytest.mark.parametrize(("kind", "line", "fault"), FAULTS)
def test_a_line_that_does_not_is_refused_by_its_field(kind: str, line: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        change(kind, line)


def test_the_bad_line_is_named_by_its_number() -> None:
    with pytest.raises(ValidationError, match=r"lines\.1\.quantity"):
        change("received", {"sku": SKU, "quantity": 1}, {"sku": MINI, "quantity": 0})


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"change_id": "a/b"}, "change_id"),
        ({"kind": "stolen"}, "kind"),
        ({"happened_at": "2026-01-10T08:00:00"}, "happened_at"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": SKU, "quantity": 1, "units": 2}]}, "lines.0.units"),
        ({"lines": [{"sku": SKU, "quantity": 1_000_001}]}, "lines.0.quantity"),
        ({"sender": "warehouse"}, "sender"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(fields: dict[str, Any], bad: str) -> None:
    with pytest.raises(ValidationError) as refused:
        InventoryChange.model_validate(example("inventory_received") | fields)

    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [bad]


def test_a_sku_stands_once_unless_its_inbound_lines_differ() -> None:
    first, second = INBOUND | {"quantity": 5}, INBOUND | {"quantity": 5, "inbound_id": "PO-2"}

    assert change("inbound", first, second).skus == (SKU,)
    with pytest.raises(ValidationError, match="the same SKU stands twice"):
        change("inbound", first, first)
    with pytest.raises(ValidationError, match="the same SKU stands twice"):
        change("received", {"sku": SKU, "quantity": 1}, {"sku": SKU, "quantity": 2})


def test_a_change_sent_again_with_a_new_stamp_is_the_same_change() -> None:
    line = {"sku": SKU, "quantity": 5}
    first = change("received", line)

    assert change("received", line, happened_at="2026-01-11T08:00:00Z").digest() == first.digest()
    assert change("received", line | {"quantity": 6}).digest() != first.digest()
    assert change("adjusted", line).digest() != first.digest()


def test_skus_stand_in_order_however_the_lines_do() -> None:
    lines = [{"sku": SKU, "quantity": 1}, {"sku": MINI, "quantity": 1}]

    assert change("received", *lines).skus == (MINI, SKU)
