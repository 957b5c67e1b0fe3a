"""The customer's link: it opens one order, changes nothing until a form is sent, and cancels as the other ways do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.cancellation import Reason
from domain.notices import Kind
from store.life_tables import CancellationRow
from tests.customer import Visitor, page_of, text, told, visiting
from tests.scenarios.books import check
from tests.shop import LINKS, PRICE, SKU, Books, Shop, words

UNITS = f"units-{SKU}"


@pytest.fixture
async def visitor(shop: Shop, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting(shop, tmp_path) as visitor:
        yield visitor


async def confirmed(shop: Shop, order_id: str, units: int = 1, **fields: str) -> None:
    await shop.place(order_id, units, **fields)
    await shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))


def _wishes(session: Session, order_id: str) -> list[tuple[str, str, int]]:
    """The cancellations on record: why, by whom, and of how many units."""
    rows = session.scalars(select(CancellationRow).where(CancellationRow.order_id == order_id))
    return [(row.reason, row.body["requested_by"], row.units) for row in rows]


async def test_f1_looking_changes_nothing_however_often_and_by_whom(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, "100", 2)
    await shop.heard("100")
    before, events = shop.state("100"), len((await shop.handle("100").fetch_history()).events)

    for below in (
        "",
        "?r=x",
        "/cancel",
        "/choose",
        "/consent",
        "/address",
        "/payment-method",
        "/payment-page",
        "/card",
    ):
        for method in ("GET", "HEAD"):
            prefetch = {"Purpose": "prefetch", "Sec-Purpose": "prefetch"}
            answer = await visitor.browser.request(method, page_of("100") + below, headers=prefetch)
            assert answer.status_code in {200, 303}

    assert shop.state("100") == before
    assert len((await shop.handle("100").fetch_history()).events) == events
    assert shop.changes("100") == shop.database.read(_wishes, "100") == []


async def test_f1_f2_an_altered_link_opens_nothing_and_tells_nothing(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, "100")
    await confirmed(shop, "101")
    token, other = (page_of(order_id).removeprefix("/o/") for order_id in ("100", "101"))
    payload, _, signature = token.rpartition(".")
    altered = [
        token[:-1],
        token + "A",
        payload,
        f"{other.rpartition('.')[0]}.{signature}",
        f"{payload}.{other.rpartition('.')[2]}",
        token.swapcase(),
        "100",
        LINKS.order_page("unknown").rpartition("/")[2],
        "%00",
        "ü",
    ]

    for link in altered:
        answer = await visitor.get(f"/o/{link}")
        assert answer.status_code == 404
        assert text(answer) == text(await visitor.get("/o/x"))
        sent = await visitor.post(f"/o/{link}/cancel", **{UNITS: "1", "reason": "other"})
        assert sent.status_code == 404

    assert shop.books("100") == shop.books("101") == Books(backordered=1)


async def test_f1_a_link_opens_its_order_for_ninety_days_beyond_its_end(shop: Shop, visitor: Visitor) -> None:
    await shop.receive(1)
    await shop.place("100")
    await shop.ended("100")

    await shop.pass_days(89.9)
    last = await visitor.look("100")
    await shop.pass_days(0.2)
    expired = await visitor.look("100")
    cancelled = await visitor.post(f"{page_of('100')}/cancel", **{UNITS: "1", "reason": "other"})

    assert (last.status_code, expired.status_code, cancelled.status_code) == (200, 410, 410)
    assert "This link has expired" in text(expired)
    assert "100" not in text(expired)
    check(shop, "100", Books(shipped=1, charged=PRICE), "confirmation", "shipped")


async def test_f1_the_link_of_an_erased_customer_opens_nothing(shop: Shop, visitor: Visitor) -> None:
    await shop.receive(1)
    await shop.place("100")
    await shop.ended("100")

    await shop.doors.erase("C-100", "operations:li")
    answer = await visitor.look("100")

    assert answer.status_code == 410
    assert "100" not in text(answer)


async def test_f1_the_link_in_the_letter_opens_the_page_and_its_cancel_form(
    shop: Shop, visitor: Visitor
) -> None:
    await confirmed(shop, "100")
    (letter,) = shop.letters("100")
    links = [word for word in words(letter).split() if word.startswith("https://shop.example/o/")]

    pages = [await visitor.get(link) for link in links]

    assert any(link.endswith("#cancel") for link in links)
    for page in pages:
        assert "Order 100" in text(page)
        assert '<h2 id="cancel">' in page.text


@pytest.mark.parametrize(
    "shop", [{}, {"database": "postgres_database"}], ids=["sqlite", "postgresql"], indirect=True
)
async def test_a5_the_whole_order_is_cancelled_by_its_link_and_its_units_go_to_the_next(
    shop: Shop, visitor: Visitor
) -> None:
    await confirmed(shop, "100", 3, fulfilment="together")
    await confirmed(shop, "101", 2)
    await shop.receive(2)
    await shop.heard("100")
    assert shop.books("100") == Books(backordered=1, allocated=2)

    answer = await visitor.send("100", "cancel", **{UNITS: "3", "reason": "too_slow"})
    await shop.ended("100")
    await shop.ended("101")

    assert told(answer) == "3 items are cancelled. Nothing was charged."
    check(shop, "100", Books(cancelled=3), "confirmation", "cancelled")
    check(shop, "101", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")
    assert shop.database.read(_wishes, "100") == [(Reason.TOO_SLOW, "customer", 3)]


async def test_a5_a_part_is_cancelled_by_the_link_and_the_rest_ships(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, "100", 5, timing="at_order")

    answer = await visitor.send("100", "cancel", **{UNITS: "2", "reason": "found_elsewhere"})
    await shop.receive(3)
    await shop.ended("100")

    assert told(answer) == "2 items are cancelled. We send $190.00 back to you."
    check(
        shop,
        "100",
        Books(shipped=3, cancelled=2, charged=3 * PRICE),
        "confirmation",
        "cancelled",
        "refunded",
        "shipped",
    )
    assert shop.database.read(_wishes, "100") == [(Reason.FOUND_ELSEWHERE, "customer", 2)]


async def test_a5_after_a_part_has_left_the_link_cancels_the_rest(shop: Shop, visitor: Visitor) -> None:
    await shop.receive(2)
    await shop.place("100", 3, fulfilment="split")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))

    answer = await visitor.send("100", "cancel", reason="other")
    await shop.ended("100")
    late = await visitor.send("100", "cancel", **{UNITS: "1", "reason": "other"})

    assert told(answer) == "1 item is cancelled. 2 items had already shipped."
    assert told(late).startswith("That form was out of date")
    check(
        shop,
        "100",
        Books(shipped=2, cancelled=1, charged=2 * PRICE),
        "confirmation",
        "shipped",
        "cancelled",
    )
