"""A shop that runs for real: Temporal's development server on its file, and a worker as a process of its own."""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope
from temporalio.testing import WorkflowEnvironment

from domain.policy import Product
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from starter.embedded.temporal_server import TemporalServer
from store import catalog
from store.database import Database
from tests.e2e.commands import environment
from tests.e2e.providers import easypost_settings, stripe_settings
from tests.fakes.easypost_server import FakeEasyPost
from tests.fakes.stripe_server import FakeStripe
from tests.shop import SKU, MailServer, Outside, Shop, eventually
from workflows.connection import connect, register_search_attributes

MINI = "WIDGET-MINI"
ROOT = Path(__file__).parents[1]
READY_SECONDS = 180
AS_IT_IS = (sys.executable, "-m", "worker")
HASTY = (sys.executable, "-m", "tests.hasty_worker")
"""Its activities are given up after seconds: what a killed one had begun goes on sooner."""

Way = Callable[[str, int], Awaitable[int]]
"""The port by which the worker reaches one of `temporal`, `database`, `mail`, `stripe`, `easypost`."""


async def straight(_name: str, port: int) -> int:
    return port


class Inbox(MailServer):
    """Knows when each mail came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []
        self._read: list[EmailMessage] = []

    @property
    def mails(self) -> list[EmailMessage]:
        """Each is read once: there are hundreds, and every order asks for its own."""
        self._read += [
            message_from_bytes(content, policy=policy.default) for content in self.received[len(self._read) :]
        ]
        return self._read

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        self.came += [time.monotonic()] * (len(self.received) - len(self.came))
        return answer

    def arrivals(self) -> dict[str, list[float]]:
        """When each letter came, by the id that stays the same when it is sent again."""
        found: dict[str, list[float]] = {}
        for mail, at in zip(self.mails, self.came, strict=True):
            found.setdefault(str(mail["Message-ID"]), []).append(at)
        return found

    def doubles(self) -> int:
        return sum(count - 1 for count in Counter(str(mail["Message-ID"]) for mail in self.mails).values())


@dataclass
class WorkerProcess:
    """Started as often as wished, one at a time; all that it says lands in one file."""

    settings: Mapping[str, str]
    log: Path
    command: tuple[str, ...] = AS_IT_IS
    process: asyncio.subprocess.Process | None = None
    starts: int = 0

    async def start(self) -> None:
        """Until it works."""
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, env=dict(self.settings), cwd=ROOT, stdout=log, stderr=log
            )
        await eventually(self._works, "a worker", READY_SECONDS)

    def _works(self) -> bool:
        assert self.runs, self.log.read_text()[-3000:]
        return self.log.read_text().count("working on task queue") == self.starts

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def end(self, how: signal.Signals) -> int:
        assert self.process
        if self.runs:
            self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), READY_SECONDS)


@dataclass
class LiveShop(Shop):
    """What the driver of a shop sees and does; the clock is the real one."""

    server: TemporalServer = field(kw_only=True)
    worker: WorkerProcess = field(kw_only=True)

    @property
    def inbox(self) -> Inbox:
        assert isinstance(self.mail, Inbox)
        return self.mail

    async def restart_server(self, how: signal.Signals, away_seconds: float) -> None:
        """Temporal's server stops, and some time later starts again on its file and at its address."""
        assert self.server.process
        self.server.process.send_signal(how)
        await asyncio.to_thread(self.server.process.wait, READY_SECONDS)
        await asyncio.sleep(away_seconds)
        port = int(self.server.address.rpartition(":")[2])
        again = await TemporalServer.start(self.server.data, port, 0)
        self.server.process = again.process
        assert again.address == self.server.address


@asynccontextmanager
async def live_shop(
    database: Database,
    folder: Path,
    *,
    way: Way = straight,
    real_providers: bool = False,
    command: tuple[str, ...] = AS_IT_IS,
) -> AsyncIterator[LiveShop]:
    """A shop with two products and no worker yet; what its worker reaches, it reaches by `way`."""
    products = tuple(Product(sku=sku, title=sku.replace("-", " ").title()) for sku in (SKU, MINI))
    database.write(catalog.load_products, products)
    inbox = Inbox()
    async with AsyncExitStack() as stack:
        server = await TemporalServer.start(folder, 0, 0)
        stack.push_async_callback(server.stop)
        client = await connect(server.address)
        await register_search_attributes(client)
        smtp = await way("mail", await stack.enter_async_context(inbox.serving()))
        outside, settings = await _outside(stack, folder, way, real_providers=real_providers)
        settings |= await _ways(way, server, database) | {"BACKORDER_SMTP_URL": f"smtp://127.0.0.1:{smtp}"}
        worker = WorkerProcess(environment(folder) | settings, folder / "worker.log", command)
        stack.push_async_callback(_ended, worker)
        env = WorkflowEnvironment.from_client(client)
        parts: Any = None  # the worker has them
        yield LiveShop(
            env, client, database, outside.bank, outside.labels, inbox, parts, server=server, worker=worker
        )


async def _ended(worker: WorkerProcess) -> None:
    if worker.runs:
        assert await worker.end(signal.SIGTERM) == 0, worker.log.read_text()[-3000:]


async def _ways(way: Way, server: TemporalServer, database: Database) -> dict[str, str]:
    temporal = await way("temporal", int(server.address.rpartition(":")[2]))
    url = database.url
    if url.port is not None:
        url = url.set(port=await way("database", url.port))
    return {
        "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}",
        "BACKORDER_DATABASE_URL": url.render_as_string(hide_password=False),
        "BACKORDER_SECRET_KEY": "a secret of the tests",
    }


async def _outside(
    stack: AsyncExitStack, folder: Path, way: Way, *, real_providers: bool
) -> tuple[Outside, dict[str, str]]:
    """The sandboxes with their books in files, or Stripe and EasyPost over HTTP."""
    if not real_providers:
        bank = stack.enter_context(SandboxPayments(folder / "sandbox-payments.db"))
        labels = stack.enter_context(SandboxCarrier(folder / "sandbox-carrier.db"))
        return Outside(bank, bank, labels, labels), {}
    stripe_books, easypost_books = FakeStripe(), FakeEasyPost()
    stripe = await _by(way, "stripe", await stack.enter_async_context(stripe_books.serving()))
    easypost = await _by(way, "easypost", await stack.enter_async_context(easypost_books.serving()))
    nobody: Any = None  # the worker's gateways are its own
    return Outside(nobody, stripe_books, nobody, easypost_books), stripe_settings(stripe) | easypost_settings(
        easypost
    )


async def _by(way: Way, name: str, url: str) -> str:
    port, _, rest = url.removeprefix("http://127.0.0.1:").partition("/")
    path = f"/{rest}" if rest else ""
    return f"http://127.0.0.1:{await way(name, int(port))}{path}"
