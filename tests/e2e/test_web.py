"""`backorder web` as a process: Stripe's letters come in, land on their order, and nothing private goes out."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.notices import Kind
from tests.e2e.commands import COMMAND
from tests.e2e.providers import NAME, RealShop, real_shop, running, working
from tests.shop import PRICE, SKU, eventually

pytestmark = pytest.mark.slow


@asynccontextmanager
async def serving(shop: RealShop) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP doors, on a port of their own choice, which they print."""
    command = (str(COMMAND), "web", "--port", "0", "--json")
    async with running(shop.folder / "web.log", shop.settings, *command) as program:
        shop.programs.append(program)
        address = json.loads(await program.says('"web"'))["web"]
        async with httpx.AsyncClient(base_url=address) as http:
            yield http


async def post(http: httpx.AsyncClient, body: bytes, signature: str) -> int:
    answer = await http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})
    return answer.status_code


async def status(shop: RealShop, order_id: str) -> dict[str, Any]:
    ended = await shop.command("status", order_id, "--json")
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


async def _with_refunds(shop: RealShop, count: int) -> dict[str, Any] | None:
    told = await status(shop, "100")
    return told if sum(one["kind"] == "refund" for one in told["payments"]) == count else None


def reference(shop: RealShop, order_id: str, kind: str) -> str:
    return [one.reference for one in shop.stripe.books(order_id) if one.kind == kind][-1]


async def test_stripes_letters_land_on_their_order_and_a_refund_that_failed_is_made_again(
    tmp_path: Path,
) -> None:
    async with real_shop(tmp_path) as shop, working(shop), serving(shop) as http:
        await shop.place("100", 3, timing="at_order")
        one = CancelledLine(sku=SKU, quantity=1)
        wish = Cancellation(cancellation_id="W-100", reason=Reason.CHANGED_MIND, lines=(one,))
        await shop.doors.cancel("100", wish)
        await shop.until("100", lambda order: order.told(Kind.REFUNDED))
        charge, refund = reference(shop, "100", "charge"), reference(shop, "100", "refund")
        letters = [
            await shop.stripe.event("charge.dispute.created", await shop.stripe.dispute(charge)),
            await shop.stripe.event("refund.created", await shop.stripe.refund_in_dashboard(charge, 250)),
            await shop.stripe.event("refund.failed", await shop.stripe.fail_refund(refund)),
        ]

        answers = [await post(http, *letter) for letter in (*letters, *letters)]
        # What went back in the dashboard counts: only the rest is owed.
        await eventually(lambda: shop.stripe.balance("100") == 2 * PRICE, "the second refund")
        told = await eventually(lambda: _with_refunds(shop, 2), "its record")

        assert answers == [200] * 6
        assert [one["amount_minor"] for one in told["disputes"]] == [3 * PRICE]
        assert sorted(one["amount_minor"] for one in told["payments"]) == [250, PRICE - 250, 3 * PRICE]
        assert shop.leaks() == []


async def test_what_is_not_stripes_word_is_refused_and_never_logged(tmp_path: Path) -> None:
    private = json.dumps({"name": NAME}).encode()
    async with real_shop(tmp_path) as shop, serving(shop) as http:
        body, signature = await shop.stripe.event("customer.created", {"id": "cus_1", "name": NAME})
        old = await shop.stripe.event(
            "customer.created", {"id": "cus_1"}, datetime.now(UTC) - timedelta(hours=1)
        )

        assert await post(http, body, signature) == 200
        assert await post(http, body, "") == 400
        assert await post(http, private, "t=1,v1=abc") == 400
        assert await post(http, *old) == 400
        assert await post(http, b"x" * 3_000_000, signature) == 413
        assert (await http.get("/webhooks/stripe")).status_code == 405
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert shop.leaks() == []
