"""Every secret setting has a value of its own; a life with failing neighbours is played; then all that anybody can read is searched."""

import json
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from domain.status import Status
from tests.e2e.commands import COMMAND
from tests.e2e.providers import SECRET_KEY, RealShop, real_shop, running, working
from tests.fakes import easypost_server, oms_server, stripe_server
from tests.fakes.oms_server import OmsServer
from tests.shop import PRICE, SKU, eventually

pytestmark = pytest.mark.slow

TOKEN = "bo_operations_Zanzibar7c1e"
PASSWORD = "Quetzal55d0"
SECRETS = (
    *(TOKEN, "Zanzibar7c1e", PASSWORD, SECRET_KEY),
    *(stripe_server.API_KEY, stripe_server.WEBHOOK_SECRET, easypost_server.API_KEY),
    *(oms_server.SECRET, oms_server.SECRET.removeprefix("whsec_")),
)
AWAY = {"BACKORDER_DATABASE_URL": f"postgresql://shop:{PASSWORD}@127.0.0.1:9/shop"}


def found(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


async def histories(shop: RealShop) -> str:
    """All that Temporal keeps of all workflows."""
    client = shop.doors.client
    runs = [run async for run in client.list_workflows()]
    kept = [await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history() for run in runs]
    return "\n".join([*map(str, runs), *(history.to_json() for history in kept)])


async def pages(http: httpx.AsyncClient) -> str:
    """What the room and the API show, to one who may see all of it and to one who may not."""
    operations = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    room = ("", "/orders", "/orders/100", "/events", "/shipping", "/nowhere", f"/orders/{SKU}")
    rest = ("/api/v1/orders/100", "/api/v1/events", "/api/v1/orders/nobody", "/healthz", "/readyz")
    paths = [*(f"/operations{path}" for path in room), *rest]
    seen = [(await http.get(path, headers=operations)).text for path in paths]
    spoilt = {"Authorization": f"Bearer {TOKEN}x", "Cookie": f"backorder_room={TOKEN}"}
    seen.append((await http.get("/operations", headers=spoilt)).text)
    form = {"token": f"{TOKEN}x", "next": "/operations"}
    origin = {"Origin": str(http.base_url).rstrip("/"), "Accept": "text/html"}
    seen.append((await http.post("/operations/sign-in", data=form, headers=origin)).text)
    seen.append(
        (await http.post("/webhooks/stripe", content=b"{}", headers={"Stripe-Signature": TOKEN})).text
    )
    assert any("100" in page for page in seen)
    return "\n".join(seen)


async def test_no_secret_stands_in_a_history_a_log_a_page_an_error_or_the_database(tmp_path: Path) -> None:
    oms = OmsServer(status=500)
    token = f"maria:operations:{sha256(TOKEN.encode()).hexdigest()}"
    async with AsyncExitStack() as stack:
        hook = await stack.enter_async_context(oms.serving())
        told = {"WEBHOOK_URL": hook, "WEBHOOK_SECRET": oms_server.SECRET, "API_TOKENS": token}
        settings = {f"BACKORDER_{name}": value for name, value in told.items()}
        shop = await stack.enter_async_context(real_shop(tmp_path, **settings))
        await stack.enter_async_context(working(shop))
        await _live(shop, oms)
        web = (str(COMMAND), "web", "--port", "0", "--json")
        program = await stack.enter_async_context(running(tmp_path / "web.log", shop.settings, *web))
        shop.programs.append(program)
        address = json.loads(await program.says('"web"'))["web"]
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=address))

        read = {"pages": await pages(http), "histories": await histories(shop)}
        read |= {f"log {one.said_in.name}": one.said for one in shop.programs}
        read |= {"database": "\n".join(shop.database.engine.raw_connection().iterdump())}
        read |= {"commands": await _commands(shop)}

    assert {name: secrets for name, text in read.items() if (secrets := found(text))} == {}
    assert all(read.values())
    assert (
        len(found(str(shop.settings))) == len(SECRETS) - 3
    )  # it finds what is there; tokens and passwords are not
    assert "mail: unavailable" in read["log worker.log"]
    assert "backorder-100" in read["histories"]


async def _live(shop: RealShop, oms: OmsServer) -> None:
    """An order whose card, label, mail and webhook fail before they work; and one that waits, for its card is declined."""
    for operation in ("authorise", "capture"):
        shop.stripe.fail(operation, 1, acted=True)
    shop.easypost.fail("buy", 1, acted=True)
    shop.mail.refuse_with = "451 later"
    await shop.place("100")
    await shop.place("101", method="pm_card_chargeDeclined")
    await shop.programs[0].says("mail: unavailable")
    shop.mail.refuse_with = None
    await shop.doors.receive("R-100", {SKU: 4})
    await shop.ended("100")
    await shop.until("101", lambda order: order.status is Status.PAYMENT_HOLD)
    await eventually(lambda: bool(oms.tried), "a webhook that is refused")
    assert shop.stripe.balance("100") == 2 * PRICE


async def _commands(shop: RealShop) -> str:
    """What a command says that works, and a worker whose database is away."""
    ended = [await shop.command("status", "100"), await shop.command("worker", **AWAY)]
    assert [one.code for one in ended] == [0, 3], ended
    return "\n".join(one.out + one.err for one in ended)
