"""F3: what the API's own description can be bent into is answered, never with a fault, and refused without a trace."""

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starter.client import Backorders
from starter.tokens import Scope as May
from starter.web.app import pages
from store.base import Base
from store.database import Database
from tests.shop import Shop, open_shop
from tests.starter.api import headers, house_of, patient
from worker.serving import serving

pytestmark = pytest.mark.slow

ST = Path(sys.executable).parent / "st"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "ignored_auth",
)
LATER = {"bells", "events", "lines", "notices", "parcels", "payments", "stock_ledger"}
"""Tables that orders on their way write by themselves; a request writes others with them."""

SQLITE = ("examples,coverage,fuzzing", 4, 1000)
POSTGRESQL = ("examples,fuzzing", 8, 400)
"""Phases, examples of each operation, and how many requests there must be. Every constraint of the description is tried
once; what PostgreSQL may take otherwise, values show.
"""

Counts = dict[str, int]


def counts(session: Session) -> Counts:
    """Rows by table."""
    tables = Base.metadata.sorted_tables
    rows = select(*(select(func.count()).select_from(table).scalar_subquery() for table in tables))
    return dict(zip((table.name for table in tables), session.execute(rows).one(), strict=True))


@dataclass
class Watch:
    """Stands before the API, and looks at the books before and after each request that it refuses."""

    database: Database
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    moving: bool = False
    """Something was accepted: orders may be on their way."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application behind this watch."""

        async def seen(scope: Scope, receive: Receive, send: Send) -> None:
            await self._see(app, scope, receive, send)

        return seen

    async def _see(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        before, status = await self.database.aread(counts), 0

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await app(scope, receive, seen)
        self._note(
            f"{scope['method']} {scope['path']}: {status}", status, before, await self.database.aread(counts)
        )
        self.moving |= scope["method"] == "POST" and status < 300

    def _note(self, asked: str, status: int, before: Counts, after: Counts) -> None:
        self.statuses[status] += 1
        if status >= 500:
            self.faults.append(asked)
        watched = after.keys() - (LATER if self.moving else set())
        if 400 <= status < 500 and any(after[table] != before[table] for table in watched):
            self.traces.append(asked)


@asynccontextmanager
async def watched(shop: Shop) -> AsyncIterator[tuple[str, Watch]]:
    """The API on a socket of its own, and its watch."""
    house = house_of(Backorders(await patient(shop), shop.database), shop.database)
    watch, app = Watch(shop.database), pages(house)
    app.add_middleware(watch.around)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        async with serving(app, listener):
            yield f"http://127.0.0.1:{port}/api/v1/openapi.json", watch


async def fuzz(address: str, *options: str) -> str:
    """Let Schemathesis ask, with a token that may do all; what it says once it found nothing."""
    always = ["--checks", ",".join(CHECKS), "--seed", "7", "--no-shrink", "--suppress-health-check", "all"]
    token = f"Authorization: {headers(May.OPERATIONS)['Authorization']}"
    process = await asyncio.create_subprocess_exec(
        *(str(ST), "run", address, *always, "--header", token, *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


async def test_f3_malformed_requests_are_refused_without_a_fault_or_a_trace(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # Schemathesis keeps its notes where it runs
    phases, examples, requests = SQLITE if database.is_sqlite else POSTGRESQL
    async with open_shop(database, tmp_path) as shop, watched(shop) as (address, watch):
        await fuzz(address, "--mode", "negative", "--phases", "fuzzing", "--max-examples", f"{examples}")
        refused = watch.statuses.total()
        await shop.receive(30)
        await fuzz(address, "--phases", phases, "--max-examples", f"{examples // 2}")

        print(f"{refused} malformed requests, {watch.statuses.total()} in all: {watch.statuses}")  # noqa: T201
        assert watch.faults == []
        assert watch.traces == []
        assert watch.statuses.total() >= requests
        assert watch.statuses[200] > requests // 10
        assert watch.statuses[422] > requests // 4
        assert shop.findings() == []
