"""A shop that reaches Stripe and EasyPost by its settings alone: a worker as a process, everything else on loopback."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.order import Order
from domain.policy import Product
from domain.state import OrderState
from starter.client import Backorders
from starter.embedded.temporal_server import TemporalServer
from store import catalog, orders
from store.database import Database
from tests.e2e.commands import COMMAND, environment, example_order
from tests.fakes import easypost_server, stripe_server
from tests.fakes.easypost_server import FakeEasyPost
from tests.fakes.stripe_server import FakeStripe
from tests.shop import SKU, MailServer, eventually, line
from tests.worlds import WAREHOUSE

METHOD = "pm_card_visa_4f9c"
NAME, STREET, CITY, POSTAL_CODE = (
    "Zebulon Quartermaine",
    "77 Larkspur Hollow",
    "Eglantine Falls",
    "97219-4408",
)
SECRET_KEY = "seal-of-zanzibar-7c1e"
PRIVATE = (
    *("pm_", stripe_server.API_KEY, stripe_server.WEBHOOK_SECRET, easypost_server.API_KEY, SECRET_KEY),
    *(NAME, "Zebulon", STREET, CITY, POSTAL_CODE, "quartermaine.example"),
)
"""What nobody may read in a log."""

READY_SECONDS = 30


@dataclass
class Program:
    """One of our programs as a process, with all that it said."""

    process: asyncio.subprocess.Process
    said_in: Path

    @property
    def said(self) -> str:
        return self.said_in.read_text(errors="replace")

    async def says(self, words: str) -> str:
        """The line that begins or goes on with these words, once it is there."""
        return str(await eventually(lambda: self._line(words), words, READY_SECONDS))

    def _line(self, words: str) -> str | None:
        assert self.process.returncode is None, self.said
        return next((line for line in self.said.splitlines() if words in line), None)

    async def end(self) -> int:
        """Told to stop, it ends by itself."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), READY_SECONDS)


@asynccontextmanager
async def running(said_in: Path, settings: dict[str, str], *command: str) -> AsyncIterator[Program]:
    """A program with these settings and no others; its output lands in one file."""
    with said_in.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, env=settings, cwd=said_in.parent, stdout=log, stderr=log
        )
    program = Program(process, said_in)
    try:
        yield program
        assert await program.end() == 0, program.said
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(frozen=True)
class Ended:
    """How a program ended that was run to its end."""

    code: int
    out: str
    err: str


async def run(folder: Path, settings: dict[str, str], *command: str) -> Ended:
    """Run to its end, while this loop goes on serving."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, env=settings, cwd=folder, stdout=pipe, stderr=pipe
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), READY_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


@dataclass
class RealShop:
    """What a test sees: the doors, the books of both sides, the mails."""

    folder: Path
    settings: dict[str, str]
    doors: Backorders
    database: Database
    stripe: FakeStripe
    easypost: FakeEasyPost
    mail: MailServer
    programs: list[Program] = field(default_factory=list)

    async def command(self, *arguments: str, **settings: str) -> Ended:
        return await run(self.folder, self.settings | settings, str(COMMAND), *arguments)

    async def place(self, order_id: str, units: int = 2, **fields: Any) -> None:
        await self.doors.place(self.order(order_id, units, **fields))

    def order(self, order_id: str, units: int = 2, **fields: Any) -> Order:
        """The example order of a customer whose every word is his own."""
        postal_code = fields.pop("postal_code", POSTAL_CODE)
        body = example_order(order_id, lines=[line(SKU, units)])
        body["placed_at"] = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        body["customer"] |= {"customer_id": f"C-{order_id}", "name": NAME, "email": self.email(order_id)}
        body["ship_to"] |= {"name": NAME, "street": STREET, "city": CITY, "postal_code": postal_code}
        body["payment"] = {
            "timing": fields.pop("timing", "at_shipment"),
            "method": fields.pop("method", METHOD),
        }
        return Order.model_validate(body | fields)

    def sql(self, statement: str) -> None:
        """Behind everybody's back."""
        with self.database.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def email(self, order_id: str) -> str:
        return f"customer-{order_id}@quartermaine.example"

    def state(self, order_id: str) -> OrderState:
        return self.database.read(orders.state, order_id)

    async def until(self, order_id: str, so: Callable[[OrderState], bool]) -> OrderState:
        def look() -> OrderState | None:
            state = self.state(order_id)
            return state if so(state) else None

        state: OrderState = await eventually(look, f"order {order_id}", READY_SECONDS)
        return state

    async def ended(self, order_id: str) -> OrderState:
        return await self.until(order_id, lambda order: order.ended_at is not None)

    def books(self, order_id: str) -> list[tuple[str, str]]:
        """What Stripe's own books say of an order, in their order."""
        return [(entry.kind, entry.state) for entry in self.stripe.books(order_id)]

    def labels(self, order_id: str) -> int:
        return sum(not label.voided for label in self.easypost.labels(order_id))

    def letters(self, order_id: str) -> list[str]:
        """The subjects of the customer's mails."""
        return [str(mail["Subject"]) for mail in self.mail.to(self.email(order_id))]

    def leaks(self) -> list[str]:
        """Lines of any program's output that tell what is private."""
        said = [line for program in self.programs for line in program.said.splitlines()]
        return [line for line in said if any(word in line for word in PRIVATE)]


@asynccontextmanager
async def real_shop(folder: Path, **settings: str) -> AsyncIterator[RealShop]:
    """A migrated database, Temporal's development server, both providers and a mail server; no worker yet."""
    stripe, easypost, mail = FakeStripe(), FakeEasyPost(), MailServer()
    async with AsyncExitStack() as stack:
        server = await TemporalServer.start(folder, 0, 0)
        stack.push_async_callback(server.stop)
        bank = await stack.enter_async_context(stripe.serving())
        carrier = await stack.enter_async_context(easypost.serving())
        smtp = await stack.enter_async_context(mail.serving())
        told = environment(folder) | {
            "TEMPORAL_ADDRESS": server.address,
            "BACKORDER_DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
            "BACKORDER_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
            "BACKORDER_SECRET_KEY": SECRET_KEY,
            "BACKORDER_LOG_LEVEL": "DEBUG",
            **stripe_settings(bank),
            **easypost_settings(carrier),
            **settings,
        }
        prepared = await run(folder, told, str(COMMAND), "init")
        assert prepared.code == 0, prepared.err
        doors = await Backorders.connect(server.address, told["BACKORDER_DATABASE_URL"])
        assert doors.database is not None
        stack.callback(doors.database.close)
        doors.database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro Blue"),))
        yield RealShop(folder, told, doors, doors.database, stripe, easypost, mail)


@asynccontextmanager
async def working(shop: RealShop) -> AsyncIterator[Program]:
    """A worker, which knows of the world what its environment says."""
    async with running(shop.folder / "worker.log", shop.settings, sys.executable, "-m", "worker") as program:
        shop.programs.append(program)
        await program.says("working on task queue")
        yield program


def stripe_settings(base: str) -> dict[str, str]:
    return {
        "BACKORDER_PAYMENT": "stripe",
        "BACKORDER_STRIPE_API_KEY": stripe_server.API_KEY,
        "BACKORDER_STRIPE_API_BASE": base,
        "BACKORDER_STRIPE_WEBHOOK_SECRET": stripe_server.WEBHOOK_SECRET,
    }


def easypost_settings(base: str) -> dict[str, str]:
    return {
        "BACKORDER_CARRIER": "easypost",
        "BACKORDER_EASYPOST_API_KEY": easypost_server.API_KEY,
        "BACKORDER_EASYPOST_API_BASE": base,
        "BACKORDER_SHIP_FROM": WAREHOUSE.model_dump_json(),
    }
