"""The whole thing on this machine: Temporal with its Web UI, database, mail inbox, web pages and worker."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from domain.model import Model
from starter.embedded.processes import owner, sole_owner
from starter.errors import BadInput

if TYPE_CHECKING:
    from fastapi import FastAPI  # commands that only ask what runs start faster without

    from worker.settings import Settings


class Addresses(Model):
    """Where everything is; the shape of `up --json`."""

    temporal: str
    temporal_ui: str
    web: str
    inbox: str
    smtp: str
    database: str
    data: str
    pid: int


RunWorker = Callable[[Addresses], "AbstractAsyncContextManager[FastAPI]"]
"""Runs a worker in this process for as long as its block lasts; gives the pages to serve meanwhile."""


@dataclass(frozen=True)
class Ports:
    """Where to listen; one that is taken is replaced by a free one."""

    temporal: int = 7233
    temporal_ui: int = 8233
    web: int = 8000
    smtp: int = 1025


class AlreadyRunning(BadInput):
    """Another stack owns the data directory."""

    def __init__(self, pid: int, data: Path) -> None:
        super().__init__(f"--data: another backorder (pid {pid}) runs on {data}")
        self.pid = pid


def running(data: Path) -> Addresses | None:
    """The stack that runs on this data directory, if one does and is ready; its files as seen from here."""
    try:
        addresses = Addresses.model_validate_json(_file(data).read_text())
    except (OSError, ValueError):
        return None
    if owner(_lock(data)) != addresses.pid:
        return None
    return addresses.model_copy(update={"database": _database(data), "data": str(data)})


@dataclass
class EmbeddedStack:
    """Everything up, in order; taken down in the other.

    Raises:
        AlreadyRunning: another one runs on this data directory.
    """

    data: Path
    run_worker: RunWorker
    ports: Ports = field(default_factory=Ports)
    fresh: bool = False
    _open: AsyncExitStack = field(default_factory=AsyncExitStack, init=False, repr=False)

    async def __aenter__(self) -> Addresses:
        async with AsyncExitStack() as opening:
            addresses = await self._start(opening)
            self._open = opening.pop_all()
        return addresses

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def _start(self, opening: AsyncExitStack) -> Addresses:
        from starter.embedded.processes import listening, port_of
        from worker.serving import serving

        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own(opening)
        web = opening.enter_context(listening(self.ports.web))
        addresses = await self._start_servers(opening, port_of(web))
        pages = await opening.enter_async_context(self.run_worker(addresses))
        await opening.enter_async_context(serving(pages, web))
        _publish(self.data, addresses)
        opening.callback(_file(self.data).unlink, missing_ok=True)
        return addresses

    def _own(self, opening: AsyncExitStack) -> None:
        """Be the only one here; whatever an earlier run left behind is ended and removed."""
        from starter.embedded.temporal_server import end_left_over

        try:
            opening.enter_context(sole_owner(_lock(self.data)))
        except BlockingIOError:
            raise AlreadyRunning(owner(_lock(self.data)) or 0, self.data) from None
        _file(self.data).unlink(missing_ok=True)
        end_left_over(self.data)
        if self.fresh:
            _empty(self.data)

    async def _start_servers(self, opening: AsyncExitStack, web: int) -> Addresses:
        from starter.embedded.inbox import inbox
        from starter.embedded.processes import LOOPBACK, listening, port_of
        from starter.embedded.temporal_server import TemporalServer

        codec = _codec_endpoint(web)
        server = await TemporalServer.start(self.data, self.ports.temporal, self.ports.temporal_ui, codec)
        opening.push_async_callback(server.stop)
        smtp = opening.enter_context(listening(self.ports.smtp))
        await opening.enter_async_context(inbox(self.data / "inbox", smtp))
        return Addresses(
            temporal=server.address,
            temporal_ui=server.ui,
            web=f"http://{LOOPBACK}:{web}",
            inbox=f"http://{LOOPBACK}:{web}/inbox",
            smtp=f"{LOOPBACK}:{port_of(smtp)}",
            database=_database(self.data),
            data=str(self.data),
            pid=os.getpid(),
        )


def embedded_stack(data: Path, *, fresh: bool = False) -> EmbeddedStack:
    """The stack with our own worker."""
    return EmbeddedStack(data, run_worker=_worker, fresh=fresh)


@asynccontextmanager
async def _worker(addresses: Addresses) -> "AsyncIterator[FastAPI]":
    from starter.client import Backorders
    from starter.renewing import renew_all, tell
    from starter.schedule import schedule_review
    from starter.web.app import pages
    from starter.web.house import House, tokens
    from starter.web.traced import traced
    from store import keys
    from store.migrate import migrate
    from worker.gateways import payment_page, webhook
    from worker.gauges import figures
    from worker.relay import relay
    from worker.speech import tell_unreadable_once
    from worker.telemetry import telemetry
    from worker.wiring import parts, running_worker, settle
    from workflows.connection import connect, register_search_attributes

    settings = _settings(addresses)
    tell_unreadable_once()
    with telemetry(settings, "backorder", settings.metrics_address) as heard:
        client = await connect(addresses.temporal, heard.speech)
        await register_search_attributes(client)
        async with parts(settings) as built, payment_page(settings) as cards, webhook(settings) as hook:
            migrate(built.database)
            at = datetime.now(UTC)
            await renew_all(built.database, keys.loaded(at), at, settings.time_zone)
            settle()
            telling = figures(settings, heard.meter, built.database)
            async with relay(built.database, hook), telling, running_worker(client, built):
                await schedule_review(client, settings.time_zone)
                await tell(built.database, client, keys.loaded(at), at)
                backorders = Backorders(client, built.database, time_zone=settings.time_zone)
                named = tokens(settings)
                house = House(settings, backorders, built.database, built.links, named, payment_page=cards)
                yield traced(pages(house, inbox=settings.data_dir / "inbox"), heard.tracer)


def _settings(addresses: Addresses) -> "Settings":
    from worker.settings import Settings

    return Settings.load(
        data_dir=Path(addresses.data),
        database_url=addresses.database,
        smtp_url=f"smtp://{addresses.smtp}",
        public_url=addresses.web,
        temporal_ui_url=addresses.temporal_ui,
    )


def _codec_endpoint(web: int) -> str | None:
    """Where the Web UI has read what is encrypted, if anything is."""
    from starter.embedded.processes import LOOPBACK
    from worker.settings import Settings

    return f"http://{LOOPBACK}:{web}/codec" if Settings.load().encrypts else None


def _publish(data: Path, addresses: Addresses) -> None:
    """Write `up.json` at one stroke: whoever finds it finds all of it."""
    unfinished = data / "up.json.new"
    unfinished.write_text(addresses.model_dump_json(indent=2) + "\n")
    unfinished.replace(_file(data))


def _file(data: Path) -> Path:
    return data / "up.json"


def _lock(data: Path) -> Path:
    return data / "up.lock"


def _database(data: Path) -> str:
    return f"sqlite:///{data / 'backorder.db'}"


_OURS = (
    "up.json.new",
    "temporal.log",
    "backorder.db",
    "temporal.db",
    "inbox",
    "sandbox-payments.db",
    "sandbox-carrier.db",
)


def _empty(data: Path) -> None:
    """Remove what an earlier run left, by name: a directory given by mistake loses nothing else."""
    for name in _OURS:
        for path in (data / name, data / f"{name}-wal", data / f"{name}-shm", data / f"{name}-journal"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
