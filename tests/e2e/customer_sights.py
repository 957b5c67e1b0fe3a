"""A shop whose orders show every face of the customer's page, served on loopback."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from domain.notices import Kind
from domain.policy import Policy
from domain.status import Status
from gateways.links import Links
from store import catalog
from tests.customer import customer_app
from tests.shop import EXAMPLES, Shop, line
from worker.serving import serving

LANGUAGES = {"en": "en_US", "de": "de_DE"}
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen, <b>blau</b> & groß"
PATIENT = Policy(stale_after_days_past_promise=None, stale_after_days_without_promise=None)


@asynccontextmanager
async def served(shop: Shop, folder: Path) -> AsyncIterator[Links]:
    """The pages at an address of their own; the links to them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        links = Links(f"http://127.0.0.1:{listener.getsockname()[1]}", "a secret of the tests")
        clock = [await shop.now()]
        async with serving(customer_app(shop, folder, None, clock, links=links), listener):
            yield links


async def waits_for_consent(shop: Shop, language: str) -> str:
    """Placed 27 days ago, and no date is known."""
    shop.database.write(catalog.load_policy, PATIENT, await shop.now())
    return await _placed(shop, f"consent-{language}", {"WOOL": 2}, language)


async def asks_for_consent(shop: Shop) -> None:
    await shop.pass_days(27.5)
    for language in LANGUAGES:
        await shop.until(f"consent-{language}", lambda order: order.told(Kind.DELAY_OPTION))


async def waiting(shop: Shop, language: str) -> str:
    """Two products, one with a long name and a date."""
    await shop.sells("CAP")
    eta = (await shop.now()).date() + timedelta(days=40)
    await shop.announce(f"PO-{language}", 9, eta, sku="CAP")
    return await _placed(shop, f"waiting-{language}", {"CAP": 3, "KEY": 1}, language, titles={"CAP": LONG})


async def choice(shop: Shop, language: str) -> str:
    sku = f"CUP-{language}"
    await _stocked(shop, sku, 3)
    order_id = await _placed(shop, f"choice-{language}", {sku: 5}, language, fulfilment="ask")
    await shop.until(order_id, lambda order: order.told(Kind.CHOICE))
    return order_id


async def unpaid(shop: Shop, language: str) -> str:
    sku = f"LID-{language}"
    await _stocked(shop, sku, 2)
    order_id = await _placed(shop, f"unpaid-{language}", {sku: 2}, language, method="pm_card_chargeDeclined")
    await shop.until(order_id, lambda order: order.told(Kind.PAYMENT_PROBLEM))
    return order_id


async def partly_shipped(shop: Shop, language: str) -> str:
    sku = f"MUG-{language}"
    await _stocked(shop, sku, 10)
    order_id = await _placed(shop, f"part-{language}", {sku: 15}, language, fulfilment="split")
    await shop.until(order_id, lambda order: order.told(Kind.SHIPPED))
    return order_id


async def shipped(shop: Shop, language: str) -> str:
    sku = f"PIN-{language}"
    await _stocked(shop, sku, 1)
    order_id = await _placed(shop, f"shipped-{language}", {sku: 1}, language)
    await shop.until(order_id, lambda order: order.status is Status.COMPLETED)
    return order_id


async def cancelled(shop: Shop, language: str) -> str:
    order_id = await _placed(shop, f"cancelled-{language}", {"KEY": 2}, language, timing="at_order")
    await shop.cancel(order_id)
    await shop.until(order_id, lambda order: order.told(Kind.REFUNDED))
    return order_id


async def _stocked(shop: Shop, sku: str, units: int) -> None:
    await shop.sells(sku)
    await shop.receive(units, sku=sku)


async def _placed(
    shop: Shop,
    order_id: str,
    units: dict[str, int],
    language: str,
    titles: dict[str, str] | None = None,
    **fields: Any,
) -> str:
    for sku in units:
        await shop.sells(sku)
    customer = json.loads((EXAMPLES / "order.json").read_text())["customer"]
    customer |= {"email": f"{order_id}@example.com", "customer_id": order_id, "locale": LANGUAGES[language]}
    lines = [
        line(sku, count) | {"title": (titles or {}).get(sku, sku.title())} for sku, count in units.items()
    ]
    await shop.place(order_id, customer=customer, lines=lines, **fields)
    await shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))
    return order_id
