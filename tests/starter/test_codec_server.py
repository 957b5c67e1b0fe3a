"""The codec server: who may read what is encrypted, from which pages, and what it says to the others."""

import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from playwright.async_api import Page, expect
from rich.console import Console
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client

from domain.order import Order
from domain.policy import Product
from starter.client import Backorders
from starter.commands import codec_key
from starter.embedded.stack import Ports, embedded_stack
from starter.errors import BadInput
from starter.tokens import Scope
from starter.web.app import pages
from starter.web.codec import MOST_BYTES
from starter.web.house import House, local_token
from store import catalog
from store.database import Database
from tests.browser import chromium
from tests.room import TOKENS
from tests.shop import EXAMPLES, LINKS, SKU
from worker.settings import Settings
from workflows.codec import ENCODING, KEY_ID, Encryption, Key, read_keys
from workflows.connection import Speech
from workflows.messages import web_ui_address

KEY, OLD = Key("new", b"N" * 32), Key("old", b"O" * 32)
NOTE = Payload(metadata={"encoding": b"json/plain"}, data=b'"Ada Jensen"')
SHOP, UI, EVIL = "https://shop.example", "https://temporal.example", "https://evil.example"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Asker:
    """Somebody's browser or program before a shop that encrypts."""

    http: httpx.AsyncClient
    clock: list[datetime] = field(default_factory=lambda: [NOW])

    async def sign_in(self, scope: Scope = Scope.OPERATIONS) -> httpx.Response:
        form = {"token": f"token-of-{scope}"}
        return await self.http.post(
            "/operations/sign-in", data=form, headers={"Origin": str(self.http.base_url)}
        )

    async def decode(self, *payloads: Payload, **headers: str) -> httpx.Response:
        return await self.ask("decode", _body(payloads), **headers)

    async def ask(self, what: str, body: bytes, **headers: str) -> httpx.Response:
        sent = {"Content-Type": "application/json", "X-Namespace": "default"} | headers
        return await self.http.post(f"/codec/{what}?preserveStorageRefs=true", content=body, headers=sent)

    async def preflight(self, origin: str) -> httpx.Response:
        asked = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-namespace",
        }
        return await self.http.options("/codec/decode", headers={"Origin": origin} | asked)


def _body(payloads: Sequence[Payload]) -> bytes:
    return json.dumps({"payloads": [MessageToDict(one) for one in payloads]}).encode()


def _read(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    return list(ParseDict(answer.json(), Payloads()).payloads)


def _bearer(scope: Scope) -> dict[str, str]:
    return {"Authorization": f"Bearer token-of-{scope}"}


async def _encrypted(key: Key = KEY) -> Payload:
    [one] = await Encryption([key]).encode([NOTE])
    return one


@asynccontextmanager
async def asker(database: Database, **settings: Any) -> AsyncIterator[Asker]:
    told = {"codec_keys": f"{KEY.entry},{OLD.entry}", "public_url": SHOP, "temporal_ui_url": UI} | settings
    nobody = Backorders(await Client.connect("127.0.0.1:1", lazy=True), database)
    clock = [NOW]
    house = House(Settings(**told), nobody, database, LINKS, TOKENS, clock=lambda: clock[0])
    transport = httpx.ASGITransport(pages(house))
    async with httpx.AsyncClient(transport=transport, base_url=str(told["public_url"])) as http:
        yield Asker(http, clock)


@pytest.mark.parametrize("scope", [Scope.SUPPORT, Scope.OPERATIONS])
async def test_people_of_the_room_read_with_a_token_what_any_of_the_keys_encrypted(
    sqlite_database: Database, scope: Scope
) -> None:
    async with asker(sqlite_database) as one:
        said = [await _encrypted(), await _encrypted(OLD), NOTE]

        answer = await one.decode(*said, **_bearer(scope))

        assert _read(answer) == [NOTE, NOTE, NOTE]
        assert answer.headers["Cache-Control"] == "no-store"
        assert _read(await one.decode(**_bearer(scope))) == []


async def test_what_the_web_ui_sends_a_workflow_is_encrypted_under_the_first_key(
    sqlite_database: Database,
) -> None:
    async with asker(sqlite_database) as one:
        [encrypted] = _read(await one.ask("encode", _body([NOTE]), **_bearer(Scope.OPERATIONS)))

        assert encrypted.metadata["encoding"] == ENCODING
        assert encrypted.metadata[KEY_ID] == b"new"
        assert await Encryption([KEY]).decode([encrypted]) == [NOTE]


async def test_nobody_reads_without_a_token_nor_with_the_order_systems(sqlite_database: Database) -> None:
    async with asker(sqlite_database) as one:
        encrypted = await _encrypted()

        nobody = await one.decode(encrypted, Origin=UI)
        wrong = await one.decode(encrypted, Origin=UI, Authorization="Bearer guessed")
        oms = await one.decode(encrypted, **_bearer(Scope.OMS))

        assert [nobody.status_code, wrong.status_code, oms.status_code] == [401, 401, 403]
        assert nobody.json()["detail"] == "sign in to the operations room, or send a token of its people"
        assert nobody.headers["Access-Control-Allow-Origin"] == UI  # so that the page can tell why
        assert "order system" in oms.json()["detail"]


async def test_who_signed_in_to_the_room_reads_on_the_web_uis_page_and_on_no_other(
    sqlite_database: Database,
) -> None:
    async with asker(sqlite_database) as one:
        await one.sign_in(Scope.SUPPORT)
        encrypted = await _encrypted()

        read = await one.decode(encrypted, Origin=UI)
        refused = await one.decode(encrypted, Origin=EVIL)
        nameless = await one.decode(encrypted)

        assert _read(read) == [NOTE]
        assert read.headers["Access-Control-Allow-Origin"] == UI
        assert read.headers["Access-Control-Allow-Credentials"] == "true"
        assert [refused.status_code, nameless.status_code] == [403, 403]
        assert "BACKORDER_CODEC_ORIGINS" in refused.json()["detail"]
        assert "Access-Control-Allow-Origin" not in refused.headers


async def test_a_browser_is_told_beforehand_which_pages_may_ask(sqlite_database: Database) -> None:
    two = {"codec_origins": f"{UI}:443/,http://127.0.0.1:8233", "temporal_ui_url": None}
    async with asker(sqlite_database, **two) as one:
        allowed = [await one.preflight(origin) for origin in (UI, "http://127.0.0.1:8233")]
        refused = [
            await one.preflight(origin) for origin in (EVIL, "null", "https://temporal.example.evil.example")
        ]

        assert [answer.status_code for answer in allowed] == [200, 200]
        assert all(answer.headers["Access-Control-Allow-Credentials"] == "true" for answer in allowed)
        assert [answer.status_code for answer in refused] == [400, 400, 400]
        assert not any("Access-Control-Allow-Origin" in answer.headers for answer in refused)


async def test_the_cookie_ends_with_its_day_and_with_signing_out(sqlite_database: Database) -> None:
    async with asker(sqlite_database) as one:
        await one.sign_in()
        encrypted = await _encrypted()
        one.clock[0] = NOW + timedelta(hours=12)
        late = await one.decode(encrypted, Origin=UI)
        one.clock[0] = NOW
        in_time = await one.decode(encrypted, Origin=UI)
        await one.http.post("/operations/sign-out", headers={"Origin": SHOP})
        out = await one.decode(encrypted, Origin=UI)

        assert [late.status_code, in_time.status_code, out.status_code] == [401, 200, 401]


async def test_neither_cookie_opens_the_others_door(sqlite_database: Database) -> None:
    async with asker(sqlite_database) as one:
        await one.sign_in()
        room, codec = (one.http.cookies[name] for name in ("backorder_room", "backorder_codec"))
        one.http.cookies.clear()

        decoded = await one.decode(await _encrypted(), Origin=UI, Cookie=f"backorder_codec={room}")
        looked = await one.http.get("/operations", headers={"Cookie": f"backorder_room={codec}"})

        assert [decoded.status_code, looked.status_code] == [401, 401]


@pytest.mark.parametrize(
    ("public_url", "ui", "sent"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8233", "samesite=strict"),
        ("https://shop.example", "https://shop.example:8443", "samesite=strict; secure"),
        ("https://shop.example", "https://temporal.example", "samesite=none; secure"),
        ("http://backorder.lan", "http://temporal.lan", "samesite=strict"),
    ],
)
async def test_a_cookie_goes_to_another_site_only_where_browsers_would_take_it(
    sqlite_database: Database, public_url: str, ui: str, sent: str
) -> None:
    async with asker(sqlite_database, public_url=public_url, temporal_ui_url=ui) as one:
        answer = await one.sign_in()

        [cookie] = [c for c in answer.headers.get_list("Set-Cookie") if c.startswith("backorder_codec=")]
        assert "; Path=/codec; " in cookie
        assert cookie.lower().endswith(sent)
        assert "HttpOnly" in cookie


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'{"payloads": 1}',
        b'{"payloads": [{"data": 1}]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
async def test_a_body_that_is_none_is_refused_in_words(sqlite_database: Database, body: bytes) -> None:
    async with asker(sqlite_database) as one:
        for what in ("decode", "encode"):
            answer = await one.ask(what, body, **_bearer(Scope.OPERATIONS))

            assert answer.status_code == 400, answer.text
            assert answer.json()["detail"].startswith("the body is not")


async def test_a_body_without_end_is_refused_before_it_is_read(sqlite_database: Database) -> None:
    async with asker(sqlite_database) as one:
        answer = await one.ask("decode", b" " * (MOST_BYTES + 1), **_bearer(Scope.OPERATIONS))

        assert answer.status_code == 413
        assert answer.json()["detail"] == "what was sent is too large"


async def test_what_can_not_be_read_is_told_by_its_key_and_logged_nowhere(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with asker(sqlite_database) as one:
        lost, damaged = await _encrypted(Key("lost", b"L" * 32)), await _encrypted()
        damaged.data = damaged.data[:-1] + b"?"

        answers = [await one.decode(NOTE, bad, **_bearer(Scope.OPERATIONS)) for bad in (lost, damaged)]
        await one.decode(NOTE, **_bearer(Scope.OPERATIONS))

        assert [answer.status_code for answer in answers] == [422, 422]
        assert [answer.json()["code"] for answer in answers] == ["UnknownKey", "DamagedPayload"]
        assert "the key lost" in answers[0].json()["detail"]
        assert "Ada" not in caplog.text
        assert "token-of" not in caplog.text
        assert not any(record.name.startswith(("starter", "workflows")) for record in caplog.records)


async def test_without_keys_there_is_no_codec_server_and_no_cookie_for_one(sqlite_database: Database) -> None:
    async with asker(sqlite_database, codec_keys="") as one:
        cookies = (await one.sign_in()).headers.get_list("Set-Cookie")
        page = (await one.http.get("/operations/sign-in")).text

        assert [cookie.partition("=")[0] for cookie in cookies] == ["backorder_room"]
        assert (await one.decode(NOTE, **_bearer(Scope.OPERATIONS))).status_code == 404
        assert "codec" not in page


async def test_the_sign_in_page_says_how_to_read_in_the_web_ui(sqlite_database: Database) -> None:
    async with asker(sqlite_database) as one:
        page = (await one.http.get("/operations/sign-in")).text

        assert "<code>https://shop.example/codec</code>" in page
        assert "Include cross-origin credentials" in page


async def test_the_command_makes_a_key_that_the_setting_takes_and_shows_it_in_one_piece() -> None:
    made, dated = await codec_key.make("k" * 64), await codec_key.make(None)
    paper = Console(width=80, file=StringIO())
    made.show(paper)

    assert isinstance(paper.file, StringIO)
    assert f"  {made.document['entry']}\n" in paper.file.getvalue()
    assert [key.id for key in read_keys(made.document["entry"])] == ["k" * 64]
    assert Settings.load(codec_keys=f"{dated.document['entry']},{made.document['entry']}").encrypts
    with pytest.raises(BadInput, match="ID: letters, digits"):
        await codec_key.make("two words")


@pytest.mark.slow
async def test_the_web_ui_of_the_development_server_shows_what_is_encrypted_to_who_signed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"CODEC_KEYS": KEY.entry, "DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"BACKORDER_{name}", value)
    free = Ports(temporal=0, temporal_ui=0, web=0, smtp=0)
    stack = replace(embedded_stack(tmp_path), ports=free)
    async with stack as up, chromium() as browser:
        doors = await Backorders.connect(up.temporal, up.database, speech=Speech(codec=Encryption([KEY])))
        assert doors.database is not None
        doors.database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro"),))
        await doors.receive("R-1", {SKU: 100})
        await doors.place(Order.model_validate_json(_example()))
        context = await browser.new_context(viewport={"width": 1400, "height": 1000})
        page = await context.new_page()
        await page.goto(f"{up.web}/operations/sign-in")
        endpoint = f"{up.web}/codec"
        assert endpoint in await page.inner_text("main")
        await page.fill("#token", local_token(Settings.load(), Scope.SUPPORT))
        await page.click("button.main")
        await page.wait_for_url(f"{up.web}/operations")

        await page.goto(web_ui_address(up.temporal_ui, "100"))
        await _choose_our_codec_server(page, endpoint)
        await page.reload()

        await expect(page.get_by_text("Ada Jensen").first).to_be_visible(timeout=60_000)
        doors.database.close()


async def _choose_our_codec_server(page: Page, endpoint: str) -> None:
    """As the sign-in page says; a development server's own setting can't tell its Web UI to send the cookie."""
    glasses = page.locator('button[data-testid^="data-encoder-status"]:visible').first
    await glasses.click(timeout=60_000)
    await expect(page.get_by_text(endpoint)).to_be_visible()  # the server's own setting
    await page.get_by_text("Use my browser setting").click()
    await page.fill("#data-encoder-endpoint-input", endpoint)
    await page.get_by_text("Include cross-origin credentials").click()
    await page.get_by_role("button", name="Apply").first.click()


def _example() -> str:
    body = json.loads((EXAMPLES / "order.json").read_text())
    return json.dumps(body | {"placed_at": datetime.now(UTC).isoformat()})
