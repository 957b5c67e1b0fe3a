"""What the books cannot hold is refused at once, and never tried again for ever."""

import pytest

from domain.errors import TooManyUnits
from domain.inventory import ChangeKind
from tests.store.stockroom import SKU, Stockroom, change_of


def million_times(stock: Stockroom, number: int, count: int) -> None:
    lines = [{"sku": SKU, "quantity": 1_000_000, "inbound_id": f"{one}"} for one in range(count)]
    stock.apply(change_of(ChangeKind.ADJUSTED, f"C-{number}", *lines))


def test_more_units_of_a_sku_than_a_column_holds_are_refused(stock: Stockroom) -> None:
    for number in range(4):
        million_times(stock, number, 500)
    million_times(stock, 4, 147)

    with pytest.raises(TooManyUnits):
        million_times(stock, 5, 1)

    assert stock.product() == (2_147_000_000, 0)
    stock.adjust(483_647)
    assert stock.product() == (2_147_483_647, 0)
