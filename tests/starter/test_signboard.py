"""What stands on an order's workflow from its start: goods, units and ids, and nobody's name."""

from typing import Any

from starter.signboard import details, summary
from tests.domain.samples import order


def line(number: int, title: str = "", **fields: Any) -> dict[str, Any]:
    return {"sku": f"S{number}", "title": title, "quantity": number, "unit_price_minor": 100} | fields


def test_the_summary_names_goods_units_and_customer_id() -> None:
    assert summary(order(3)) == "3 × Widget Pro - Blue · C-7"


def test_many_products_are_counted() -> None:
    many = order(lines=[line(number) for number in range(1, 31)])

    assert summary(many) == "1 × S1, 2 × S2, 3 × S3, 27 more products · C-7"
    assert details(many).count("\n- ") == 20
    assert "- and 10 more products" in details(many)


def test_the_details_say_on_what_terms() -> None:
    said = details(order(3, tier="vip", expedited=True, need_by="2026-01-30"))

    assert said.splitlines() == [
        "- 3 × Widget Pro - Blue (**WIDGET-PRO-BLUE**)",
        "",
        "placed 2026-01-05 12:00 UTC · vip · sent split · paid at shipment · expedited · needed by 2026-01-30",
    ]


def test_a_title_is_shown_as_it_is_written() -> None:
    said = details(order(lines=[line(1, "<b>*5_mm* [x](http://a.example)")]))

    assert r"1 × \<b\>\*5\_mm\* \[x\]\(http://a.example\) (**S1**)" in said


def test_no_order_is_too_long_for_temporal() -> None:
    longest = order(lines=[line(number, "𝔘" * 200, quantity=1_000_000) for number in range(100)])

    assert len(summary(longest).encode()) < 350
    assert len(details(longest).encode()) < 10_000


def test_neither_names_a_person_or_an_address() -> None:
    said = summary(order(3)) + details(order(3))

    for private in ("Ada", "Jensen", "Harbour", "Portland", "97201", "ada@example.com"):
        assert private not in said
