"""An operator finds orders in the Temporal Web UI, and reads there what they wait for, without opening a payload."""

import base64
import json
import re
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, async_playwright
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from docs.pictures import QUIET
from domain.changes import Hold
from domain.policy import Policy, Product
from domain.status import Status
from starter.embedded.processes import free_port
from store import catalog
from store.database import Database
from tests.servers import temporal
from tests.shop import SKU, Shop, eventually, gateways, line, sandboxes
from worker.wiring import running_worker
from workflows.connection import register_search_attributes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "inspection.md").read_text()
MINI = "WIDGET-MINI"
CHROMIUM = shutil.which("chromium")
PATIENT = Policy(stale_after_days_past_promise=None, stale_after_days_without_promise=None)
NEIGHBOUR = {
    "name": "Ada Jensen",
    "street": "12 Harbour Street",
    "city": "Zürich",
    "postal_code": "8001",
    "country": "CH",
}
"""No law on delays asks anything about dates that are long past."""

FINDS = {
    "everything that is open for a product": "101 102 108 110",
    "all orders of a customer": "100 102",
    "orders whose payment was declined": "101",
    "orders that stand still until a person does something": "101 107 108",
    "customers who were asked: now, or together?": "110",
    "open orders that nobody could promise a date": "101 102 103 107 108 110",
    "open orders promised for a day before March": "104",
    "open orders placed before the middle of January": "104",
    "open orders with a head start in their queue": "103",
}


def queries() -> dict[str, str]:
    """Each query of the page, by the comment above it."""
    block = re.search(r"<!-- queries:.*?-->\n```sql\n(.*?)```", PAGE, re.DOTALL)
    assert block
    return dict(re.findall(r"-- (.+)\n(.+)\n", block[1]))


@asynccontextmanager
async def dev_shop(database: Database, folder: Path, ui_port: int | None = None) -> AsyncIterator[Shop]:
    """A shop on a development server that knows no search attribute but those that we register."""
    products = tuple(Product(sku=sku, title=sku.replace("-", " ").title()) for sku in (SKU, MINI))
    database.write(catalog.load_products, products)
    database.write(catalog.load_policy, PATIENT, datetime.now(UTC))
    async with (
        await WorkflowEnvironment.start_local(
            dev_server_existing_path=temporal(),
            data_converter=pydantic_data_converter,
            dev_server_log_level="error",
            ui=ui_port is not None,
            ui_port=ui_port,
        ) as env,
        sandboxes(folder) as outside,
        gateways(database, outside) as (parts, mail),
    ):
        await register_search_attributes(env.client)
        async with running_worker(env.client, parts):
            yield Shop(env, env.client, database, outside.bank, outside.labels, mail, parts)


async def _orders_in_many_states(shop: Shop) -> None:
    """100 shipped, 101 declined, 102 in part, 103 to 105 wait, 106 cancelled, 107 held, 108 without an address, 109 refused, 110 asked."""
    c7 = {"customer_id": "C-7", "email": "customer-7@example.com"}
    long_ago: dict[str, Any] = {"ship_to": NEIGHBOUR, "lines": [line(MINI, 1)]}
    await shop.receive(15)
    await shop.place("100", 2, customer=c7)
    await shop.place("101", 1, method="pm_card_chargeDeclined")
    await shop.place("108", 1, ship_to=NEIGHBOUR | {"postal_code": "00000"})
    await shop.place("110", lines=[line(SKU, 1), line(MINI, 1)], fulfilment="ask")
    await shop.place("102", 15, customer=c7)
    await shop.place("103", lines=[line(MINI, 1)], tier="vip")
    early, later = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC)
    await shop.place("104", placed_at=early, promised_on="2026-02-19", **long_ago)
    await shop.place("105", placed_at=later, promised_on="2026-03-16", **long_ago)
    await shop.place("106", lines=[line(MINI, 1)])
    await shop.cancel("106")
    await shop.place("107", lines=[line(MINI, 1)])
    await shop.doors.hold("107", Hold(reason="address in doubt"))
    await shop.place("109", lines=[line("NOBODY-SELLS-IT", 1)])


async def _found(shop: Shop, query: str) -> str:
    ids = [one.id.removeprefix("backorder-") async for one in shop.client.list_workflows(query)]
    return " ".join(sorted(ids))


async def test_each_query_of_the_page_finds_its_orders_and_no_others(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with dev_shop(sqlite_database, tmp_path) as shop:
        await _orders_in_many_states(shop)

        asked = queries()
        found: dict[str, str] = {}

        async def as_said() -> bool:
            found.update({title: await _found(shop, query) for title, query in asked.items()})
            return found == FINDS

        assert set(asked) == set(FINDS)
        try:
            await eventually(as_said, "the queries", limit=20)
        except AssertionError:
            assert found == FINDS


def test_each_link_of_the_page_asks_one_of_its_queries() -> None:
    links = re.findall(r"\((http://\S+)\)[,.]", PAGE)

    asked = {query for link in links for query in parse_qs(urlsplit(link).query)["query"]}

    assert len(links) == 3
    assert asked < set(queries().values())


async def test_the_steps_of_a_parcel_are_a_group_of_the_history(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with dev_shop(sqlite_database, tmp_path) as shop:
        await shop.place("100", 5)
        await shop.receive(2)
        await shop.until("100", lambda order: order.status is Status.PARTLY_SHIPPED)
        await shop.receive(3)
        await shop.ended("100")

        history = json.loads((await shop.handle("100").fetch_history()).to_json())

    groups = defaultdict(list)
    for event in history["events"]:
        for marker in event.get("eventGroupMarkers", []):
            label = json.loads(base64.b64decode(marker["label"]["label"]["data"]))
            groups[label].append(event["activityTaskScheduledEventAttributes"]["activityType"]["name"])
    sending = ["authorise_payment", "buy_label", "capture_payment", "tell_customer"]
    assert groups == {
        "placing": ["place_order"],
        "letters": ["tell_customer"],
        f"parcel 1: 2 × {SKU}": sending,
        f"parcel 2: 3 × {SKU}": sending,
    }


async def _said_of(order_id: str, shop: Shop, ui: str, page: Page) -> str:
    """What the Web UI has under “User Metadata”; it draws each text in a frame of its own."""
    run = (await shop.handle(order_id).describe()).run_id
    await page.goto(f"{ui}/namespaces/default/workflows/backorder-{order_id}/{run}/user-metadata")

    async def drawn() -> str | None:
        texts = []
        for frame in page.frames[1:]:
            with suppress(PlaywrightError):  # the page draws a frame anew while it is read
                texts.append(await frame.inner_text("body"))
        return "\n".join(texts) if len(texts) == 3 and all(text.strip() for text in texts) else None

    return str(await eventually(drawn, "summary, details and current details"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
async def test_the_web_ui_says_of_an_order_what_it_waits_for_and_why(
    sqlite_database: Database, tmp_path: Path
) -> None:
    port = free_port(0)
    async with dev_shop(sqlite_database, tmp_path, port) as shop, async_playwright() as playwright:
        await shop.receive(10)
        await shop.place("102", 15)
        await shop.heard("102")
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))

        said = await _said_of("102", shop, f"http://127.0.0.1:{port}", await browser.new_page())

        await browser.close()
    assert "15 × Widget Pro Blue · C-102" in said
    assert "partly_shipped · no date promised · priority standard" in said
    assert f"5 units of {SKU}: not here yet; no supply with a date is known." in said
    assert "Next: the regular e-mail to the customer" in said
    assert f"Parcel 1: 10 × {SKU}: shipped" in said
    assert "Ada" not in said
    assert "example.com" not in said
