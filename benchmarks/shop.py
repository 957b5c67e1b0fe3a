"""A shop to be measured: Temporal's dev server, a worker in this process or in others, and a mail sink beside them."""

import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import WorkflowEnvironment

from activities.notices import Shop
from benchmarks.bare import Bare
from domain.order import Order
from domain.policy import Product
from gateways.letters import Letters
from gateways.links import Links
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from gateways.smtp import SmtpMailer
from starter.client import Backorders
from store import catalog
from store.database import Database
from store.migrate import migrate
from tests.servers import temporal
from tests.shop import EXAMPLES, SKU
from worker.wiring import Parts
from workflows.connection import connect, register_search_attributes
from workflows.messages import SEARCH_ATTRIBUTES, backorder_workflow_id

BODY: dict[str, Any] = json.loads((EXAMPLES / "order.json").read_text())


@asynccontextmanager
async def dev_server(file: Path | None = None) -> AsyncIterator[tuple[Client, WorkflowEnvironment]]:
    """Temporal in memory, or on a file."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal(),
        dev_server_database_filename=str(file) if file else None,
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_log_level="never",
    ) as env:
        client = await connect(env.client.service_client.config.target_host)
        await register_search_attributes(client)
        yield client, env


@asynccontextmanager
async def shop() -> AsyncIterator[tuple[Client, Backorders, Parts]]:
    """A shop on SQLite whose worker is still to be started."""
    with tempfile.TemporaryDirectory() as name, closing(opened(f"sqlite:///{name}/bench.db")) as database:
        async with (
            dev_server() as (client, _),
            mail_sink() as port,
            parts(database, Path(name), port) as built,
        ):
            yield client, Backorders(client, database), built


def opened(url: str) -> Database:
    """A database that is ready for business."""
    database = Database(url)
    migrate(database)
    database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro - Blue"),))
    return database


@asynccontextmanager
async def parts(database: Database, folder: Path, smtp: int) -> AsyncIterator[Parts]:
    """The collaborators: sandboxes with their books in `folder`."""
    async with aclosing(SmtpMailer(f"smtp://127.0.0.1:{smtp}")) as mailer:
        with (
            SandboxPayments(folder / "payments.db") as payments,
            SandboxCarrier(folder / "carrier.db") as carrier,
        ):
            links = Links("http://127.0.0.1:8000", "a secret")
            signs = Shop(name="The Widget Shop", mail_from="orders@shop.example")
            yield Parts(database, payments, carrier, mailer, Letters(), links, signs)


@asynccontextmanager
async def mail_sink() -> AsyncIterator[int]:
    """The port of a mail server in a process of its own: in a shop it is another machine's work."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.mail_sink", str(port))
    try:
        yield port
    finally:
        server.terminate()
        await server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def order(order_id: str, sku: str = SKU) -> Order:
    """One unit."""
    line = BODY["lines"][0] | {"quantity": 1, "sku": sku}
    return Order.model_validate(BODY | {"order_id": order_id, "lines": [line]})


async def place(doors: Backorders, ids: Iterable[str], at_once: int = 100) -> None:
    await every((doors.place(order(order_id)) for order_id in ids), at_once)


async def ended(client: Client, ids: Iterable[str]) -> None:
    """Once each of these orders has ended."""
    await every(client.get_workflow_handle(backorder_workflow_id(order_id)).result() for order_id in ids)


async def start_bare(client: Client, workflow_id: str) -> None:
    """As an order is placed: started, and its decision awaited."""
    start = WithStartWorkflowOperation(
        Bare.run,
        BODY,
        id=workflow_id,
        task_queue="bare",
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await client.execute_update_with_start_workflow(Bare.decision, BODY, start_workflow_operation=start)


async def every(calls: Iterable[Coroutine[Any, Any, Any]], at_once: int = 100) -> None:
    """All of these, so many at once."""
    lines = asyncio.Semaphore(at_once)

    async def one(call: Coroutine[Any, Any, Any]) -> None:
        async with lines:
            await call

    await asyncio.gather(*(one(call) for call in calls))
