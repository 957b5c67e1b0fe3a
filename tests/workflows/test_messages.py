"""The contract with other systems: names, ids, and the readers of what arrives."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.exceptions import ApplicationError

from domain.cancellation import Cancellation
from domain.inventory import InventoryChange
from domain.order import Order
from tests.domain.samples import example, order
from workflows import messages
from workflows.messages import (
    backorder_workflow_id,
    faults,
    inventory_workflow_id,
    native_cancellation_id,
    own_cancellation_id,
    read,
    searchable,
)

MALFORMED = "MalformedOrder"


def refused(*inputs: Any) -> ApplicationError:
    answer = read(Order, inputs, MALFORMED)
    assert isinstance(answer, ApplicationError)
    return answer


def test_the_names_that_other_systems_use_never_change() -> None:
    assert messages.TASK_QUEUE == "backorders"
    assert (messages.BACKORDER, messages.INVENTORY_CHANGE) == ("BackorderWorkflow", "InventoryChangeWorkflow")
    assert (backorder_workflow_id("100"), inventory_workflow_id("ASN-1")) == (
        "backorder-100",
        "inventory-ASN-1",
    )
    assert [key.name for key in messages.SEARCH_ATTRIBUTES] == [
        "BackorderStatus",
        "BackorderSku",
        "BackorderCustomer",
        "BackorderPriority",
        "BackorderPromised",
        "BackorderPlaced",
    ]


def test_an_order_is_read_from_plain_json_and_from_the_model() -> None:
    body = order().model_dump(mode="json")

    assert read(Order, (body,), MALFORMED) == order()
    assert read(Order, (order(),), MALFORMED) == order()


def test_a_change_is_read_alike() -> None:
    change = read(InventoryChange, (example("inventory_received"),), "MalformedInventoryChange")

    assert change == InventoryChange.model_validate(example("inventory_received"))


@pytest.mark.parametrize(("inputs", "given"), [((), 0), (({}, {}), 2)])
def test_one_input_is_needed(inputs: tuple[Any, ...], given: int) -> None:
    error = refused(*inputs)

    assert error.message == f"input: one input is needed, {given} were given"


@pytest.mark.parametrize("body", [None, "order 100", 7, [], [{}], True, b"\xff", {"order_id": object()}])
def test_whatever_else_arrives_is_malformed_and_never_a_reason_to_try_again(body: Any) -> None:
    error = refused(body)

    assert (error.type, error.non_retryable) == (MALFORMED, True)


def test_the_failure_names_every_bad_field_and_shows_no_value() -> None:
    body = example("order") | {"order_id": "a b", "currency": "dollars", "colour": "blue"}
    body["customer"]["email"] = "secret"

    error = refused(body)

    problems = error.details[0]
    assert [problem["field"] for problem in problems] == ["order_id", "customer.email", "currency", "colour"]
    assert all(f"{problem['field']}: {problem['problem']}" in error.message for problem in problems)
    for private in ("secret", "dollars", "a b"):
        assert private not in error.message
        assert private not in str(problems)


def test_a_fault_of_the_whole_body_is_named_body() -> None:
    body = example("order")
    body["lines"] = body["lines"] * 2
    with pytest.raises(ValidationError) as wrong:
        Order.model_validate(body)

    assert faults(wrong.value) == [
        {"field": "body", "problem": "Value error, lines: a SKU stands in one line only"}
    ]


def test_the_ids_of_an_orders_own_cancellations_differ_however_long_its_id_is() -> None:
    long_ids = ["A" * 63 + end for end in "12"]

    assert own_cancellation_id("100", "stale-1") == "100-stale-1"
    ids = [own_cancellation_id(order_id, "stale-1") for order_id in long_ids]
    assert len(set(ids)) == 2
    assert [Cancellation(cancellation_id=one).cancellation_id for one in ids] == ids


def test_an_order_is_found_by_as_many_products_as_temporal_takes() -> None:
    few, many = ["B", "A"], [f"{number:064d}" for number in range(100)]

    assert searchable(few) == few
    assert searchable(many) == many[: len(searchable(many))]
    assert len(json.dumps(searchable(many))) <= 2_048 < len(json.dumps(many[: len(searchable(many)) + 2]))


def test_temporals_own_cancel_is_one_wish_an_order_however_long_its_id() -> None:
    alike = [f"{'x' * 63}{end}" for end in "ab"]

    assert native_cancellation_id("100") == "native-100"
    ids = {native_cancellation_id(order_id) for order_id in alike}
    assert len(ids) == 2
    assert all(len(one) <= 64 for one in ids)
