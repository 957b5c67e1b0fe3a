"""What the shop may decide, and what it gets when it decides nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain import errors
from domain.policy import Catalog, Policy, Product
from tests.domain.samples import example


def test_the_policys_defaults_are_those_of_the_example() -> None:
    assert Policy().model_dump(mode="json", include=set(example("policy"))) == example("policy")


def test_an_orders_terms_are_read_as_they_were_written() -> None:
    terms = Policy(payment_retry_days=(2,), shipped_when="handed_over")

    assert Policy.model_validate(terms.model_dump(mode="json")) == terms


def test_terms_written_by_a_newer_version_can_be_read() -> None:
    assert Policy.model_validate(example("policy") | {"gift_wrap_days": 2}) == Policy()


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"update_every_days": 0}, "update_every_days"),
        ({"payment_retry_days": [1, -3]}, "payment_retry_days.1"),
        ({"promises_kept_target": 1.1}, "promises_kept_target"),
        ({"shipped_when": "delivered"}, "shipped_when"),
        ({"fulfilment": "half"}, "fulfilment"),
        ({"head_start_days": {"vips": 9}}, "head_start_days.vips"),
        ({"targets": {"fill_time_days": 0}}, "targets.fill_time_days"),
        ({"wholesale_from_units": 0}, "wholesale_from_units"),
    ],
)
def test_what_a_policy_cannot_be_is_refused_by_its_name(fields: dict[str, Any], bad: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate(fields)

    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [bad]


def test_the_example_catalogue_is_read() -> None:
    read = Catalog.model_validate(example("catalog"))

    assert [product.sku for product in read.products] == [
        one["sku"] for one in example("catalog")["products"]
    ]


def test_of_a_product_only_sku_and_title_are_needed() -> None:
    product = Product(sku="A", title="An A")

    assert product.accepts_backorders
    assert product.may_split
    with pytest.raises(ValidationError, match="title"):
        Product.model_validate({"sku": "A"})
    with pytest.raises(ValidationError, match="colour"):
        Product.model_validate({"sku": "A", "title": "An A", "colour": "blue"})


REFUSALS: list[tuple[errors.Refused, str, str]] = [
    (errors.UnknownSku("A", "B"), "UnknownSku", "unknown SKU: A, B"),
    (errors.UnknownOrder("100"), "UnknownOrder", "unknown order: 100"),
    (errors.OrderBodyChanged("100"), "OrderBodyChanged", "order 100 was placed before with another body"),
    (
        errors.ChangeBodyChanged("CH-1"),
        "ChangeBodyChanged",
        "inventory change CH-1 was applied before with another body",
    ),
    (
        errors.CancellationBodyChanged("C-1"),
        "CancellationBodyChanged",
        "cancellation C-1 was asked for before with another body",
    ),
    (errors.UnknownLine("100", "A"), "UnknownLine", "order 100 has no line A"),
]


@pytest.mark.parametrize(("refused", "code", "text"), REFUSALS)
def test_a_refusal_names_the_fact_and_carries_it(refused: errors.Refused, code: str, text: str) -> None:
    assert (refused.code, str(refused)) == (code, text)
