"""What a clerk corrects in the operations room is done by the order itself, and on record with who and why."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.notices import Kind
from domain.status import Status
from starter.tokens import Scope
from store.database import Database
from tests.room import Clerk, clerk_of
from tests.shop import PRICE, SKU, Books, Shop, line, open_shop

UNITS = f"units-{SKU}"


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def room(shop: Shop) -> AsyncIterator[Clerk]:
    async with clerk_of(shop, secret_key="a secret of the tests") as one:
        yield one


async def test_a_held_order_ships_nothing_until_it_is_released(room: Clerk, shop: Shop) -> None:
    await shop.place("100", 2)

    held = await room.correct("100", "hold", reason="looks like fraud")
    await shop.receive(2)
    await shop.heard("100")

    assert "Held: nothing of it ships until it is released." in held
    assert "Order 100 held" in held
    assert "Held by operations:li" in held
    assert shop.books("100") == Books(allocated=2)

    released = await room.correct("100", "release", reason="it is her")

    await shop.ended("100")
    assert "release operations:li it is her" in released
    assert shop.changes("100") == [("hold", "operations:li"), ("release", "operations:li")]
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_an_order_is_cancelled_in_part_and_then_whole_with_reason_and_note(
    room: Clerk, shop: Shop
) -> None:
    await shop.place("100", 3)

    await room.sign_in(Scope.SUPPORT)
    part = await room.correct(
        "100", "cancel", extent="part", reason="too_slow", note="<b>called</b> us", **{UNITS: "1"}
    )
    whole = await room.correct("100", "cancel", extent="whole", reason="changed_mind")

    await shop.ended("100")
    assert "cancel 1 unit support:maria too slow: <b>called</b> us" in part
    assert "cancel 2 units support:maria changed mind" in whole
    assert shop.books("100") == Books(cancelled=3)
    late = await room.correct("100", "cancel", extent="whole", reason="other")
    assert "Nothing was left to cancel." in late


async def test_the_same_form_sent_twice_cancels_once(room: Clerk, shop: Shop) -> None:
    await shop.place("100", 3)
    page = (await room.get("/orders/100")).text
    [once] = re.findall(r'name="once" value="([^"]+)"', page)
    wish = {"extent": "part", "reason": "other", "once": once, UNITS: "1"}

    for _ in range(2):
        await room.correct("100", "cancel", **wish)

    assert shop.books("100") == Books(backordered=2, cancelled=1)


async def test_an_order_is_moved_in_the_queue_and_its_page_says_by_whom(room: Clerk, shop: Shop) -> None:
    await shop.place("99", placed_at=await shop.now() - timedelta(days=2))
    await shop.place("100")

    moved = await room.correct("100", "prioritise", days="5", reason="waited too long")

    assert "Place 1 of 2." in moved
    assert "moved 5 days ahead by operations:li: waited too long" in moved


async def test_what_the_customer_says_on_the_telephone_is_done(room: Clerk, shop: Shop) -> None:
    await shop.place("100", 3, fulfilment="together")
    address = {
        "name": "Ada",
        "street": "1 New Street",
        "city": "Salem",
        "country": "us",
        "postal_code": "97301",
    }

    chosen = await room.correct("100", "choose", choice="split")
    moved = await room.correct("100", "address", **address)
    mailed = await room.correct("100", "email", email="New@example.com")

    assert "Parts sent in parts" in chosen
    assert "1 New Street" in moved
    assert "new@example.com" in mailed
    assert [by for _, by in shop.changes("100")] == ["operations:li"] * 3


async def test_a_notice_is_sent_once_more(room: Clerk, shop: Shop) -> None:
    await shop.place("100")
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))

    await room.correct("100", "resend", notice="confirmation")

    assert len(shop.letters("100")) == 2


async def test_an_unpaid_parcel_is_settled(room: Clerk, shop: Shop) -> None:
    await shop.receive(1)
    await shop.place("100", method="pm_card_captureFails")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    assert "Left unpaid: $95.00" in await room.read("/orders/100")

    settled = await room.correct("100", "settle", parcel="1", how="paid_elsewhere", reason="bank transfer")

    await shop.ended("100")
    assert "Parcel 1 is settled: paid_elsewhere." in settled
    assert shop.changes("100") == [("settlement", "operations:li")]
    again = await room.correct("100", "settle", parcel="1", how="written_off", reason="a friend")
    assert "Refused: " in again


async def test_a_refusal_is_said_and_changes_nothing(room: Clerk, shop: Shop) -> None:
    await shop.place("100", 2)

    assert "Refused: release: it is not held" in await room.correct("100", "release", reason="why not")
    assert "Not done: reason: " in await room.correct("100", "hold", reason="  ")
    assert "Not done: " in await room.correct("100", "prioritise", days="many", reason="because")
    assert "Not done: " in await room.correct("100", "hold", reason="\x00")
    assert "Not done: say how many units" in await room.correct(
        "100", "cancel", extent="part", reason="other"
    )
    assert "Not done: " in await room.correct("100", "email", email="nonsense")
    assert shop.changes("100") == []
    assert (await room.post("/orders/100/explode")).status_code == 400
    assert (await room.post("/orders/none/hold", reason="why")).status_code == 303


async def test_a_paused_shop_ships_nothing_until_it_is_resumed(room: Clerk, shop: Shop) -> None:
    await shop.place("100")

    await room.post("/shipping/pause", reason="stock-taking")
    paused = await room.read()
    await shop.receive(1)
    await shop.heard("100")

    assert "Shipping is paused: no parcel leaves until it is resumed." in paused
    assert "by operations:li: stock-taking" in paused
    assert shop.books("100") == Books(allocated=1)

    await room.post("/shipping/resume", reason="counted")

    await shop.ended("100")
    assert "Shipping goes on; 1 order told." in await room.read()
    assert shop.books("100") == Books(shipped=1, charged=PRICE)


async def test_a_customers_data_is_erased_once_their_orders_have_ended(room: Clerk, shop: Shop) -> None:
    await shop.place("100")
    await shop.cancel("100")
    await shop.ended("100")
    await shop.until("100", lambda order: order.status is Status.CANCELLED)

    asked = await room.correct("100", "erase", customer="C-100")
    erased = await room.correct("100", "erase", customer="C-100", sure="yes")

    assert "Not done: say that you are sure" in asked
    assert "customer-100@example.com" in asked
    assert "The personal data of 1 order is erased." in erased
    assert "customer-100@example.com" not in erased


async def test_f4_the_words_of_customers_are_text_on_their_orders_page(room: Clerk, shop: Shop) -> None:
    evil = "</script><script>alert(1)</script>"
    lines = [line(SKU, 1) | {"title": f"<b>Widget</b> {evil}"}]
    await shop.place("100", lines=lines)
    await shop.cancel("100", note=f"<i>no</i> {evil}", requested_by=f"customer <u>{evil}</u>")
    await shop.ended("100")

    page = (await room.get("/orders/100")).text

    assert "<script>alert" not in page
    assert "&lt;b&gt;Widget&lt;/b&gt;" in page
    assert "&lt;i&gt;no&lt;/i&gt;" in page
    assert "&lt;u&gt;" in page
