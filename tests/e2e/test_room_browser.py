"""The operations room in a real browser: charts under its strict policy, corrections by hand, for every reader."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from starter.embedded.processes import listening, port_of
from starter.web.app import pages
from starter.web.house import House
from store.database import Database
from tests.browser import barriers, chromium, overflow
from tests.room import TOKENS
from tests.shop import LINKS, SKU, Shop, open_shop
from worker.serving import serving
from worker.settings import Settings

pytestmark = pytest.mark.slow

PAGES = (
    "",
    "/orders",
    "/orders/100",
    f"/skus/{SKU}",
    "/search?q=none",
    "/reports",
    "/reports/cancellations",
    "/reports/replenishment",
    "/reports/payments",
    "/notices",
    "/events",
)
UNDRAWN = ".plot:not(:has(.main-svg .cartesianlayer .trace))"


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with a queue, supply for a part of it, and a customer who gave up."""
    async with open_shop(sqlite_database, tmp_path) as opened:
        now = await opened.now()
        for number, days in (("100", 9), ("101", 5), ("102", 3)):
            await opened.place(number, 3, placed_at=now - timedelta(days=days))
        await opened.announce("PO-1", 5, now.date() + timedelta(days=4))
        await opened.cancel("102")
        yield opened


@asynccontextmanager
async def served(shop: Shop) -> AsyncIterator[str]:
    """The room's address."""
    now = await shop.now()
    settings = Settings(secret_key="a secret of the tests")  # type: ignore[arg-type]  # pydantic makes it secret
    house = House(settings, shop.doors, shop.database, LINKS, TOKENS, clock=lambda: now)
    with listening(0) as listener:
        async with serving(pages(house), listener):
            yield f"http://127.0.0.1:{port_of(listener)}/operations"


@asynccontextmanager
async def clerks(browser: Browser, room: str, **view: object) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of somebody who signed in, and all that its console complained of since."""
    context: BrowserContext = await browser.new_context(**view)  # type: ignore[arg-type]  # as the test says
    page = await context.new_page()
    await page.goto(f"{room}/sign-in")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.get_by_label("Token").fill("token-of-operations")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_selector(".tiles")
    await page.wait_for_load_state()
    yield page, complaints
    await context.close()


async def test_an_order_is_found_held_released_and_cancelled_by_hand(shop: Shop) -> None:
    async with chromium() as browser, served(shop) as room, clerks(browser, room) as (page, complaints):
        with shop.env.auto_time_skipping_disabled():
            await page.get_by_role("searchbox").fill("100")
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name="Order 100").wait_for()
            for what, said in (("Hold", "Held: nothing of it ships"), ("Release", "Released.")):
                await page.locator("summary", has_text=what).click()
                await page.get_by_role("textbox", name="Why").locator("visible=true").fill("calling back")
                await page.get_by_role("button", name=what, exact=True).click()
                assert said in await page.locator(".said").inner_text()
            await page.locator("summary", has_text="Cancel").click()
            await page.get_by_label(f"Units of {SKU} to cancel").fill("2")
            assert await page.get_by_label("only").is_checked()
            await page.get_by_role("button", name="Cancel", exact=True).click()
            said = await page.locator(".said").inner_text()

    assert "2 units" in said
    assert (shop.books("100").cancelled, shop.books("100").backordered) == (2, 1)
    assert [by for _, by in shop.changes("100")] == ["operations:li", "operations:li"]
    assert complaints == []


async def test_charts_are_drawn_under_the_strict_policy_and_drawn_on_when_figures_change(shop: Shop) -> None:
    async with chromium() as browser, served(shop) as room, clerks(browser, room) as (page, complaints):
        for path in ("", f"/skus/{SKU}", "/reports", "/reports/cancellations", "/reports/replenishment"):
            await page.goto(f"{room}{path}")
            assert await page.locator(".plot").count() > 0
            await expect(page.locator(UNDRAWN)).to_have_count(0)
        await page.goto(room)
        await page.get_by_role("textbox", name="Why").fill("half a reason")
        await shop.place("103", 40)

        await page.evaluate("operationsRoom.refresh()")

        assert await page.locator(".tile strong").first.inner_text() == "3"
        assert await page.get_by_role("textbox", name="Why").input_value() == "half a reason"
        await expect(page.locator(UNDRAWN)).to_have_count(0)

    assert complaints == []


async def test_a_link_from_elsewhere_opens_its_page_for_whoever_is_signed_in(shop: Shop) -> None:
    async with chromium() as browser, served(shop) as room, clerks(browser, room) as (page, _):
        await page.goto("about:blank")
        await page.set_content(f'<a href="{room}/orders/100">Look at this one</a>')

        await page.get_by_role("link").click()

        await page.get_by_role("heading", name="Order 100").wait_for()


async def test_a_page_whose_session_ended_says_so_and_asks_no_more(shop: Shop) -> None:
    async with chromium() as browser, served(shop) as room, clerks(browser, room) as (page, _):
        await page.context.clear_cookies()

        await page.evaluate("operationsRoom.refresh()")

        assert await page.get_by_role("link", name="sign in again").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_anybody_from_using_a_page_on_a_screen_or_a_telephone(
    shop: Shop, scheme: str
) -> None:
    found: dict[str, object] = {}
    view = {"color_scheme": scheme, "viewport": {"width": 375, "height": 800}, "bypass_csp": True}
    async with chromium() as browser, served(shop) as room, clerks(browser, room, **view) as (page, _):
        for path in PAGES:
            await page.goto(f"{room}{path}")
            await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            if too_wide := await overflow(page):
                found[f"{path} is too wide"] = too_wide
            if grave := await barriers(page):
                found[path] = grave
        await page.set_viewport_size({"width": 1280, "height": 900})
        for path in ("", "/orders/100"):
            await page.goto(f"{room}{path}")
            if grave := await barriers(page):
                found[f"{path}, wide"] = grave
        await page.context.clear_cookies()
        await page.goto(room)
        if grave := await barriers(page):
            found["sign in"] = grave

    assert found == {}
