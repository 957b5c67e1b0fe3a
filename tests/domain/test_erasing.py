"""What tells of a person is found in what was written, and codes and ids of other things are left."""

from typing import Any

import pytest

from domain.erasing import ERASED, ERASED_EMAIL, Traces, somewhere_in, without_customer
from domain.order import Address, Order
from tests.store.stockroom import order_of

TRACES = Traces.of(
    ["Ada Lovelace", "Li"], ["C-1815", "ada@poets.example", "12 St James Square", "7"], "erased-1"
)


def test_an_order_without_its_customer_is_an_order_still() -> None:
    order = order_of("100", 2, tier="vip")

    erased = without_customer(order, "erased-1")

    assert Order.model_validate(erased.model_dump(mode="json")) == erased
    assert (erased.customer.customer_id, erased.customer.email) == ("erased-1", ERASED_EMAIL)
    assert (erased.customer.tier, erased.lines, erased.value) == (
        order.customer.tier,
        order.lines,
        order.value,
    )
    assert erased.ship_to == Address(name=ERASED, street=ERASED, city=ERASED, country=order.ship_to.country)


def test_of_an_address_its_country_is_left() -> None:
    assert somewhere_in("DE").written == (ERASED, ERASED, ERASED, "DE")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("Call Ada Lovelace back", "Call erased back"),
        ("lovelace, of 12 st james square", "erased, of erased"),
        ("wrote from ADA@poets.example.", "wrote from erased."),
        ("C-1815 asked", "erased asked"),
        ("Adamant: no nevada", "Adamant: no nevada"),
        ("held for 7 days, says Li", "held for 7 days, says Li"),
        ("", ""),
    ],
)
def test_what_somebody_wrote_is_kept_without_whom_it_names(written: str, left: str) -> None:
    assert TRACES.out_of_text(written) == left


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"customer_id": "C-1815", "order_id": "C-1815"}, {"customer_id": "erased-1", "order_id": "C-1815"}),
        ({"customer": {"email": "x@y.example"}}, {"customer": {"email": ERASED_EMAIL}}),
        ({"ship_to": {"city": "Rome", "country": "IT"}}, {"ship_to": {"city": ERASED, "country": "IT"}}),
        ({"reason": "price", "note": None, "lines": [1]}, {"reason": "price", "note": None, "lines": [1]}),
        ({"note": "hers"}, {"note": ERASED}),
        ({"requested_by": "customer:C-1815"}, {"requested_by": "customer:erased"}),
        ({"said": ["for Ada Lovelace"]}, {"said": ["for erased"]}),
    ],
)
def test_json_keeps_its_shape(body: dict[str, Any], left: dict[str, Any]) -> None:
    assert TRACES.out_of(body) == left


def test_nothing_known_leaves_a_text_as_it_is() -> None:
    assert Traces.of([], [], "erased-1").out_of_text("as it is") == "as it is"
