"""What the commands of stock and supply read and print."""

import io
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from domain.inventory import InventoryOutcome
from starter import door
from starter.commands import stock
from starter.errors import BadInput


def shown(said: str = "", **outcome: Any) -> str:
    text = io.StringIO()
    done = InventoryOutcome.model_validate({"change_id": "C-1", "applied": True, **outcome})
    stock.Applied(done, said).show(Console(file=text, width=160))
    return text.getvalue()


def word(*, cancelled: bool = False) -> stock.Word:
    return stock.Word("PO-77-1", (), None, None, cancelled, None)


def test_a_sku_that_stands_there_twice_is_bad_input_and_named() -> None:
    assert door.units(["ODD=3", "EVEN=-4"]) == {"ODD": 3, "EVEN": -4}
    with pytest.raises(BadInput, match="ODD stands there twice"):
        door.units(["ODD=3", "EVEN=4", "ODD=3"])


def test_units_that_came_are_counted() -> None:
    said = shown(units=1, handed_out=1, orders_reached=1)

    assert said == "C-1: 1 unit, 1 handed out, 0 left over, 1 order reached.\n"


def test_units_that_could_not_be_taken_may_never_have_been_there() -> None:
    many, one = shown(units=-9, uncovered=4), shown(units=-9, uncovered=1)

    assert "4 units could not be taken: they are in parcels, or are not on hand." in many
    assert "1 unit could not be taken: it is in a parcel, or is not on hand." in one


def test_word_of_supply_is_said_as_what_it_is() -> None:
    told = stock.told(word(), {"WIDGET": 40, "ODD": 2}, date(2026, 12, 4))

    assert shown(told) == "PO-77-1: 40 × WIDGET, 2 × ODD expected on 2026-12-04.\n"
    assert shown(told, orders_reached=2).endswith("on 2026-12-04; 2 orders reached.\n")
    assert shown(stock.told(word(cancelled=True), {"ODD": 0}, None)) == "PO-77-1 is cancelled.\n"
    assert shown(told, applied=False) == "C-1: nothing was changed, for a later word is in force.\n"
