"""Whether a process is alive, and whether it may be given work: for whoever starts, watches and replaces it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from temporalio.client import Client

from store.database import Database
from store.migrate import behind
from worker.addresses import parted
from worker.serving import serving
from worker.settings import BadSetting

PATIENCE_SECONDS = 2

Look = Callable[[], Awaitable[str | None]]
"""What is wrong, in words that anybody may read; None when nothing is."""


@dataclass
class Stage:
    """How far a worker has come: `words` say why it takes no work; None while it does."""

    words: str | None = "is starting"

    async def look(self) -> str | None:
        return self.words


class _Check:
    """One question, asked once at a time: an answer that hangs is waited for, not asked again beside itself."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._asked: asyncio.Task[str | None] | None = None

    async def trouble(self) -> str | None:
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
        answered, _ = await asyncio.wait({self._asked}, timeout=PATIENCE_SECONDS)
        return self._asked.result() if answered else f"no answer within {PATIENCE_SECONDS} s"

    async def _ask(self) -> str | None:
        try:
            return await self._look()
        except Exception:  # noqa: BLE001 - whatever it is, its own words may name a host or a password
            return "out of reach"


def looks(database: Database, client: Client, **more: Look) -> dict[str, Look]:
    """What every process of ours needs, by name."""

    async def migrated() -> str | None:
        return "is not at its newest migration" if await database.aread(behind) else None

    async def answers() -> str | None:
        patience = timedelta(seconds=PATIENCE_SECONDS)
        return None if await client.service_client.check_health(timeout=patience) else "does not serve"

    return {"database": migrated, "temporal": answers, **more}


def router(asked: Mapping[str, Look]) -> APIRouter:
    """`/healthz`: the process answers. `/readyz`: so does all that it needs, each within 2 s; else 503, and why."""
    routes = APIRouter()
    checks = {name: _Check(look) for name, look in asked.items()}

    @routes.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        found = await asyncio.gather(*(check.trouble() for check in checks.values()))
        ready = not any(found)
        says = {name: trouble or "ok" for name, trouble in zip(checks, found, strict=True)}
        return JSONResponse({"status": "ready" if ready else "not ready", **says}, 200 if ready else 503)

    return routes


@asynccontextmanager
async def answering(address: str | None, asked: Mapping[str, Look]) -> AsyncIterator[None]:
    """Answer both there for as long as the block lasts; without an address, nowhere.

    Raises:
        BadSetting: there nobody can listen.
    """
    if address is None:
        yield
        return
    app = FastAPI(openapi_url=None)
    app.include_router(router(asked))
    with _listener(address) as listener:
        async with serving(app, listener):
            yield


def _listener(address: str) -> socket.socket:
    host, port = parted(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else error.strerror
        raise BadSetting(f"BACKORDER_HEALTH_ADDRESS: {address}: {why}") from None
