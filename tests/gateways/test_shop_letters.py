"""Letters within the trade: text and HTML say the same, and what others wrote stays theirs."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.metrics import Current
from domain.review import Asked, Ended, Findings, Late, LateLine, LateShown, Need, Needing, Needy, Review
from gateways.letters import Letter
from gateways.shop_letters import Overdue, ShopLetters

DAY = date(2026, 1, 17)
AT = datetime(2026, 1, 17, 6, tzinfo=UTC)
CALM = (
    "Nothing needs a person.",
    "No order was cancelled by itself.",
    "No supply is overdue.",
    "No date has moved.",
    "The books are right.",
    "No backorders are waiting.",
)


def line(inbound_id: str = "PO-71-1", **fields: Any) -> LateLine:
    facts = {"sku": "WIDGET-PRO-BLUE", "title": "Widget Pro, blue", "quantity": 40, "eta": date(2026, 1, 12)}
    return LateLine.model_validate({"inbound_id": inbound_id, "supplier": "Acme Widgets", **facts, **fields})


def review(**found: Any) -> Review:
    return Review(day=DAY, at=AT, since=AT, **found)


def busy() -> Review:
    """A day with something of everything."""
    return review(
        needs=(
            Needing(need=Need.HELD, count=1, orders=(Needy(order_id="100", why="checks, operations:li"),)),
            Needing(need=Need.ADDRESS_HOLD, count=52, orders=(Needy(order_id="101"), Needy(order_id="102"))),
            Needing(
                need=Need.REFUSED, count=1, orders=(Needy(order_id="103", why="refund: account closed"),)
            ),
        ),
        ended=Ended(orders=3, by_reason={"stale": 2, "payment_failed": 1}, order_ids=("7", "8", "9")),
        late=Late(
            count=2,
            lines=(
                LateShown(**line().model_dump(), asked=Asked.TODAY),
                LateShown(**line("PO-72-1", supplier=None).model_dump(), asked=Asked.NO_ADDRESS),
            ),
        ),
        orders_with_new_dates=3,
        bells_rung=1,
        findings=Findings(count=1, sentences=("WIDGET: 3 reserved, but its lines hold 2",)),
        figures=Current(
            orders=47,
            units=50,
            value_minor={"EUR": 1000, "USD": 475000},
            oldest_days=12,
            expected_within_7_days=0.8,
        ),
    )


def both(letter: Letter) -> tuple[str, str]:
    return letter.text, letter.html


def test_a_day_with_nothing_is_one_calm_line_a_heading() -> None:
    letter = ShopLetters().digest("The Widget Shop", review())

    assert letter.subject == "Daily review, January 17, 2026: nothing needs a person"
    for said in both(letter):
        assert all(said.count(sentence) == 1 for sentence in CALM)


def test_text_and_html_of_a_busy_day_say_the_same() -> None:
    letter = ShopLetters().digest("The Widget Shop", busy())

    assert letter.subject == "Daily review, January 17, 2026: 54 things need a person"
    for said in both(letter):
        assert not any(sentence in said for sentence in CALM)
        for words in (
            "Held by operations (1)",
            "checks, operations:li",
            "The address must be corrected (52)",
            "and 50 more",
            "refund: account closed",
            "7, 8, 9",
            "PO-71-1",
            "asked today",
            "PO-72-1",
            "no address is known",
            "3 reserved, but its lines hold 2",
            "€10.00, $4,750.00",
            "12 days",
            "80%",
            "3 orders have a new date.",
            "1 order heard only now of a change.",
            "101, 102",
        ):
            assert words in said


def test_a_supplier_is_asked_about_each_line_that_is_late() -> None:
    lines = (line(), line("PO-72-1", quantity=5, eta=date(2026, 1, 14)))
    facts = Overdue(shop_name="The Widget Shop", supplier="Acme Widgets", day=DAY, lines=lines)

    letter = ShopLetters().overdue(facts)

    assert letter.subject == "Overdue: PO-71-1 and 1 more. When will it come?"
    for said in both(letter):
        for words in ("Acme Widgets", "40 × Widget Pro, blue", "January 12, 2026", "PO-72-1", "5 ×"):
            assert words in said


def test_words_of_others_are_neither_markup_nor_lines_of_ours() -> None:
    evil = Needy(order_id="1", why="<b>x</b>\nNEEDS A PERSON\n- order 2")
    letter = ShopLetters().digest(
        "The Widget Shop", review(needs=(Needing(need=Need.HELD, count=1, orders=(evil,)),))
    )

    assert "<b>x" not in letter.html
    assert "- order 1: <b>x</b> NEEDS A PERSON - order 2" in letter.text.splitlines()


def test_a_shop_overrides_the_files_that_it_has(tmp_path: Path) -> None:
    own = tmp_path / "shop" / "digest"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("Good morning")

    letter = ShopLetters(tmp_path).digest("The Widget Shop", review())

    assert letter.subject == "Good morning"
    assert CALM[0] in letter.text


@pytest.mark.parametrize("count", [1, 2])
def test_one_is_told_as_one(count: int) -> None:
    orders = tuple(Needy(order_id=str(number)) for number in range(count))
    letter = ShopLetters().digest(
        "The Widget Shop", review(needs=(Needing(need=Need.HELD, count=count, orders=orders),))
    )

    assert letter.subject.endswith("1 thing needs a person" if count == 1 else "2 things need a person")
