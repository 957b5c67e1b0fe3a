"""The customer's page in a real browser: without JavaScript, on a phone, in the dark, and for those who do not see it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from docs.pictures import QUIET
from domain.notices import Kind
from domain.status import Status
from gateways.links import Links
from store.database import Database
from tests.e2e import customer_sights as sights
from tests.shop import PRICE, Books, Shop, open_shop

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 375, "height": 800}
WIDTHS = (375, 900)
_RULES: dict[str, dict[str, Any]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast"]},
}
"""In the dark only the colours are others, and these faces have all of them."""
_COLOURFUL = ("choice", "part", "card")


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        await browser.close()


@asynccontextmanager
async def _page(browser: Browser, **context: Any) -> AsyncIterator[Page]:
    opened = await browser.new_context(viewport=PHONE, **context)
    yield await opened.new_page()
    await opened.close()


async def _told(page: Page) -> str:
    return (await page.locator(".result").inner_text()).strip()


async def test_without_javascript_a_customer_cancels_a_part_and_sees_faults_at_their_fields(
    shop: Shop, browser: Browser, tmp_path: Path
) -> None:
    order_id = await sights.waiting(shop, "en")
    async with sights.served(shop, tmp_path) as links, _page(browser, java_script_enabled=False) as page:
        await page.goto(links.cancel_page(order_id))
        await page.get_by_label(sights.LONG).fill("2")
        await page.get_by_label("Key").fill("0")
        await page.get_by_label("Why?").select_option(label="The price")
        await page.get_by_role("button", name="Cancel these items").click()
        assert await _told(page) == "2 items are cancelled. Nothing was charged."
        await page.reload()
        assert await _told(page) == "2 items are cancelled. Nothing was charged."

        await page.get_by_text("Change the address").click()
        await page.get_by_label("City").fill(" ")
        await page.get_by_role("button", name="Use this address").click()
        assert await page.locator("#address-city-fault").inner_text() == "Please fill this in."
        await page.get_by_label("City").fill("Salem")
        await page.get_by_label("Country").select_option(label="Canada")
        await page.get_by_role("button", name="Use this address").click()
        assert (await _told(page)).startswith("Thank you")
        assert "Salem" in await page.locator("address").inner_text()

    assert shop.books(order_id) == Books(backordered=2, cancelled=2)


async def test_without_javascript_a_customer_answers_what_is_asked(
    shop: Shop, browser: Browser, tmp_path: Path
) -> None:
    english, german = [await sights.waits_for_consent(shop, language) for language in sights.LANGUAGES]
    await sights.asks_for_consent(shop)
    chooses, pays = await sights.choice(shop, "de"), await sights.unpaid(shop, "en")
    async with sights.served(shop, tmp_path) as links, _page(browser, java_script_enabled=False) as page:
        await _answers(page, links, english, "Go on waiting", "Thank you: we go on with your order.")
        await _answers(
            page,
            links,
            german,
            "Bestellung stornieren",
            "2 Artikel sind storniert. Es wurde nichts abgebucht.",
        )
        await _answers(
            page,
            links,
            chooses,
            "Jetzt schicken, was da ist",
            "Vielen Dank: Wir schicken jetzt, was da ist, und den Rest später.",
        )

        await page.goto(links.order_page(pays))
        await page.get_by_role("button", name="Give another payment method").click()
        await page.get_by_label("Mastercard that pays").check()
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_role("button", name="Use this payment method").click()
        assert await _told(page) == "Thank you: we use this payment method from now on."

    await shop.until(pays, lambda order: order.status is Status.COMPLETED)
    await shop.until(chooses, lambda order: order.told(Kind.SHIPPED))
    assert shop.books(pays) == Books(shipped=2, charged=2 * PRICE)
    assert shop.books(english) == Books(backordered=2)
    assert shop.books(german) == Books(cancelled=2)


async def _answers(page: Page, links: Links, order_id: str, button: str, told: str) -> None:
    await page.goto(links.order_page(order_id))
    await page.locator(".ask").get_by_role("button", name=button).click()
    assert await _told(page) == told


async def test_every_face_of_the_page_fits_a_phone_and_axe_finds_nothing(
    shop: Shop, browser: Browser, tmp_path: Path
) -> None:
    waits = [await sights.waits_for_consent(shop, language) for language in sights.LANGUAGES]
    await sights.asks_for_consent(shop)
    faces = (
        sights.waiting,
        sights.choice,
        sights.unpaid,
        sights.partly_shipped,
        sights.shipped,
        sights.cancelled,
    )
    order_ids = waits + [await face(shop, "de") for face in faces]
    found: list[str] = []
    async with sights.served(shop, tmp_path) as links:
        below = {order_id: links.order_page(order_id) for order_id in order_ids}
        below |= {name: f"{below[order_ids[2]]}/{name}" for name in ("card", "sandbox-card")}
        below |= {"unknown": links.order_page("unknown")}
        for scheme in ("light", "dark"):
            async with _page(browser, color_scheme=scheme, bypass_csp=True) as page:
                for name, url in below.items():
                    if scheme == "dark" and not name.startswith(_COLOURFUL):
                        continue
                    await page.goto(url)
                    found += [f"{name}, {scheme}: {fault}" for fault in await _faults(page, _RULES[scheme])]
                await _send_what_cannot_be_meant(page, below[order_ids[2]])
                found += [f"faults, {scheme}: {fault}" for fault in await _faults(page, _RULES[scheme])]

    assert found == []


async def _send_what_cannot_be_meant(page: Page, url: str) -> None:
    """Past the browser, which would not let it."""
    await page.goto(url)
    await page.evaluate("document.querySelectorAll('form').forEach((one) => (one.noValidate = true))")
    await page.locator("input[name=units-KEY]").fill("7")
    await page.locator("form[action$=cancel] button").click()
    assert await page.locator("[aria-invalid]").count() == 2


async def _faults(page: Page, rules: dict[str, Any]) -> list[str]:
    """What does not fit, and what axe finds, while everything that can be opened is open."""
    await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"wider than {width}")
    results = await Axe().run(page, options=rules)
    return found + [f"{one['id']} ({one['impact']})" for one in results.response["violations"]]
