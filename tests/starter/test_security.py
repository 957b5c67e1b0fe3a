"""The doors against those who mean harm: too much, too slow, from elsewhere; and what lies on the disk."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from jinja2.exceptions import SecurityError, TemplateNotFound

from gateways.letters import environment
from gateways.oms_webhook import OmsWebhook
from starter.client import Backorders
from starter.tokens import Scope, new_token
from starter.web import bodies
from starter.web.app import pages
from starter.web.bodies import NotRead
from starter.web.house import House
from starter.web.lingering import Lingering
from store.database import Database
from tests.shop import LINKS
from tests.starter.api import TOKENS, headers
from tests.starter.test_api_doors import away
from worker.serving import serving
from worker.settings import BadSetting, Settings, kept_secret
from workflows.codec import Key

EVIL = "evil.example"
KEYS = Key("2026", bytes(32)).entry
PATIENCE = 20


@pytest.fixture
async def house(sqlite_database: Database) -> House:
    """With every door open; Temporal is away."""
    settings = Settings(codec_keys=KEYS, temporal_ui_url="http://127.0.0.1:8233", secret_key="seal")  # type: ignore[arg-type]
    backorders = Backorders(await away(), sqlite_database)
    return House(
        settings, backorders, sqlite_database, LINKS, TOKENS, read_event=lambda _body, _signature: None
    )


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the pages, served on a socket as in production."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with serving(app, listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            try:
                yield reader, writer
            finally:
                writer.close()


def request(method: str, path: str, **fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """All that is answered on a connection, until the server ends it, politely or not."""
    answer = b""
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            while part := await reader.read(65_536):
                answer += part
    return answer


# Too much.

DOORS = [
    ("/api/v1/orders", {"Authorization": "Bearer token-of-oms", "Content-Type": "application/json"}),
    (
        "/api/v1/inventory-changes",
        {"Authorization": "Bearer token-of-oms", "Content-Type": "application/json"},
    ),
    ("/operations/sign-in", {"Origin": "http://shop.example"}),
    ("/operations/orders/100/hold", {"Authorization": "Bearer token-of-operations"}),
    ("/webhooks/stripe", {"Stripe-Signature": "t=1,v1=00"}),
    ("/codec/decode", {"Authorization": "Bearer token-of-support", "Content-Type": "application/json"}),
]


@pytest.mark.parametrize(("path", "told"), DOORS, ids=[path for path, _ in DOORS])
async def test_an_endless_body_is_refused_while_it_comes_and_its_connection_ends(
    house: House, path: str, told: dict[str, str]
) -> None:
    async with connected(pages(house)) as (reader, writer):
        writer.write(request("POST", path, **told, **{"Transfer-Encoding": "chunked"}))
        sender = asyncio.create_task(_endlessly(writer))
        answer = await until_closed(reader)
        sent = await sender

    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert sent < 40_000_000


async def _endlessly(writer: asyncio.StreamWriter) -> int:
    """Chunks until nobody takes them any more; how many bytes that were."""
    sent = 0
    with suppress(OSError):
        while sent < 100_000_000:
            writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            await writer.drain()
            sent += 65_536
    return sent


async def test_a_body_that_says_it_is_too_large_is_refused_unread(house: House) -> None:
    told = headers(Scope.OMS) | {"Content-Type": "application/json", "Content-Length": "1000000000000"}
    async with connected(pages(house)) as (reader, writer):
        writer.write(request("POST", "/api/v1/orders", **told))
        answer = await until_closed(reader)

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_headers_without_an_end_are_refused_and_their_connection_ends(house: House) -> None:
    async with connected(pages(house)) as (reader, writer):
        writer.write(request("GET", "/healthz")[:-2] + b"X-More: " + b"x" * 200_000)
        answer = await until_closed(reader)

    assert answer.startswith(b"HTTP/1.1 400 ")


# Too slow.


async def test_a_body_that_never_ends_is_waited_for_only_so_long() -> None:
    app = FastAPI(openapi_url=None)
    app.add_middleware(Lingering)

    @app.post("/")
    async def door(request: Request) -> PlainTextResponse:
        try:
            await bodies.read(request, most=100, seconds=0.2)
        except NotRead as error:
            return PlainTextResponse(str(error), error.status)
        return PlainTextResponse("read")

    async with connected(app) as (reader, writer):
        writer.write(request("POST", "/", **{"Content-Length": "50"}) + b"x")
        answer = await until_closed(reader)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert bodies.SECONDS <= 30


# From elsewhere.


@pytest.mark.parametrize(
    "path", ["/", "/operations/sign-in", "/operations/orders", "/healthz", "/o/x", "/api/v1/orders"]
)
async def test_a_host_that_somebody_made_up_stands_in_no_answer(house: House, path: str) -> None:
    asked = request("GET", path, **{"Accept": "text/html", "Connection": "close", "X-Forwarded-Host": EVIL})
    async with connected(pages(house)) as (reader, writer):
        writer.write(asked.replace(b"shop.example", EVIL.encode()))
        answer = await until_closed(reader)

    assert answer.startswith(b"HTTP/1.1 ")
    assert EVIL.encode() not in answer


async def test_events_are_sent_to_the_address_that_was_set_and_to_no_other() -> None:
    asked: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).split()[1])
        there = f"http://127.0.0.1:{port}/inside"
        answer = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
        writer.write(answer.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hook = OmsWebhook(f"http://127.0.0.1:{port}/hooks", [bytes(24)])
    try:
        async with server:
            refused = await hook.send("e-1", {}, datetime.now(UTC))
    finally:
        await hook.aclose()

    assert refused is not None
    assert refused.why == "answered 307"
    assert asked == [b"/hooks"]


# Secrets.


def test_a_token_has_256_bits_so_that_guessing_needs_no_limit() -> None:
    made = {new_token(scope) for scope in Scope for _ in range(100)}

    assert len(made) == 300
    assert {
        len(token) - len(f"bo_{scope}_")
        for scope in Scope
        for token in made
        if token.startswith(f"bo_{scope}_")
    } == {43}


def test_what_lies_in_the_data_directory_is_its_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    before = os.umask(0)
    try:
        kept_secret(folder / "secret.key")
    finally:
        os.umask(before)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600


MARK = "Zanzibar7c1e"
SECRETS = {
    "database_url": f"postgresql://backorder:{MARK}@db.example/shop",
    "smtp_url": f"smtps://backorder:{MARK}@mail.example",
    "stripe_api_key": MARK,
    "stripe_webhook_secret": MARK,
    "easypost_api_key": MARK,
    "secret_key": MARK,
    "api_tokens": MARK,
    "webhook_secret": MARK,
    "codec_keys": f"2026:{MARK}{'A' * 30}A=",
}


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings.load(**SECRETS)

    assert MARK not in repr(settings) + str(settings)


BROKEN = [
    f"postgresql://backorder:{MARK}/x@db.example/shop",
    f"postgresql://backorder:x@{MARK}@db.example/shop",
    f"postgresql://backorder:{MARK}#x@db.example/shop",
    f"postgresql://[{MARK}]/shop",
    f"{MARK}://x",
    f"https://hooks.example:{MARK}/x",
    f"2026:{MARK}",
    f"name:{MARK}",
    MARK,
]


@pytest.mark.parametrize("value", BROKEN)
def test_a_setting_that_cannot_be_read_is_named_and_its_words_are_not(value: str) -> None:
    said = {name: fault for name in (*SECRETS, "webhook_url", "payment") if (fault := _fault(name, value))}

    assert {"payment", "smtp_url", "codec_keys"} <= set(said)
    assert [fault for fault in said.values() if MARK in fault] == []
    assert [name for name, fault in said.items() if f"BACKORDER_{name.upper()}" not in fault] == []


def _fault(name: str, value: str) -> str | None:
    try:
        Settings.load(**{name: value})
    except BadSetting as error:
        return str(error)
    return None


REACHING = [
    "{{ shop.__class__.__mro__ }}",
    "{{ shop.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ shop.append('x') }}",
    "{% include '../secret.key' %}",
]


@pytest.mark.parametrize("template", REACHING)
def test_a_shops_own_letter_reaches_nothing_but_its_facts(tmp_path: Path, template: str) -> None:
    (tmp_path / "secret.key").write_text(MARK)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "body.txt").write_text(template)

    with pytest.raises((SecurityError, TemplateNotFound)):
        environment(tmp_path / "templates").get_template("body.txt").render(shop=["The Widget Shop"])
