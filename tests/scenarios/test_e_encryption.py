"""E9: with encryption on, Temporal keeps nothing personal; without the key a worker fails clearly, and nothing is lost."""

import asyncio
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflowservice.v1 import (
    DescribeScheduleRequest,
    DescribeWorkflowExecutionRequest,
    ListWorkflowExecutionsRequest,
    QueryWorkflowRequest,
    QueryWorkflowResponse,
)
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.cancellation import Reason
from domain.changes import AddressChange, Hold, PaymentMethod, Prioritisation, Release
from domain.policy import Product
from domain.review import ReviewRequest
from starter.client import Backorders
from starter.commands.review import reviewed
from starter.errors import OutOfReach
from starter.schedule import schedule_review
from store import catalog
from store.database import Database
from tests.e2e.commands import environment
from tests.e2e.providers import running
from tests.servers import temporal
from tests.shop import (
    PRICE,
    SKU,
    Books,
    MailServer,
    Outside,
    Shop,
    eventually,
    gateways,
    line,
    open_shop,
    sandboxes,
)
from worker.wiring import Parts, running_worker
from workflows.codec import ENCODING, KEY_ID, Encryption, Key
from workflows.connection import Speech, connect, register_search_attributes
from workflows.messages import BACKORDER, DAILY_REVIEW, TASK_QUEUE, backorder_workflow_id

A, B, C = (Key(name, name.encode() * 32) for name in "abc")

PRIVATE = {
    "name": "Adalbert Quartermaine",
    "street": "17 Lighthouse Lane",
    "city": "Grimsby-on-Sea",
    "postal_code": "GY32-7QX",
    "new name": "Beatrix Oldcastle",
    "new street": "4 Foxglove Mews",
    "card": "pm_card_chargeDeclined",
    "new card": "pm_card_quagga4242",
    "note": "my husband Ruben fell ill",
    "reason": "ring Mr Hawthorne first",
    "release": "Mr Hawthorne rang back",
    "priority": "Mrs Pennywhistle is expecting",
    "address": "@quartermaine.example",
    "other address": "ruben@secretmail.example",
    "agent": "support:philippa",
    "malformed": "Cornelius Vanderquist",
    "unreadable": "Theodora Blackwood",
    "failure of a gateway": "unavailable (fault)",
}
BY_THE_BOOKS = PRIVATE["other address"]
"""Goes straight into the database, and was never said to Temporal."""
OPEN = ("backorder-100", SKU, "C-100")
"""What Temporal must read itself, and our control that the search finds what is there."""


@dataclass
class Server:
    """Temporal's own server on a file, a shop's books, and workers that come and go."""

    env: WorkflowEnvironment
    file: Path
    database: Database
    outside: Outside
    parts: Parts
    mail: MailServer
    opened: int = 0

    @property
    def address(self) -> str:
        return str(self.env.client.service_client.config.target_host)

    async def client(self, *keys: Key) -> Client:
        return await connect(self.address, Speech(codec=Encryption(keys)))

    async def shop(self, *keys: Key) -> Shop:
        """Doors with these keys; what they tell of stock has ids of its own."""
        self.opened += 1
        client, books = await self.client(*keys), (self.outside.bank, self.outside.labels, self.mail)
        return Shop(self.env, client, self.database, *books, self.parts, _changes=100 * self.opened)

    @asynccontextmanager
    async def working(self, *keys: Key) -> AsyncIterator[Shop]:
        """A worker with these keys, and doors that have them too."""
        shop = await self.shop(*keys)
        async with running_worker(shop.client, self.parts):
            yield shop

    def kept(self) -> bytes:
        """The server's own file, with what it has not moved into it yet."""
        return b"".join(path.read_bytes() for path in self.file.parent.glob(f"{self.file.name}*"))


@pytest.fixture
async def server(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Server]:
    sqlite_database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro"),))
    file = tmp_path / "temporal.db"
    async with (
        await WorkflowEnvironment.start_local(
            dev_server_existing_path=temporal(),
            dev_server_database_filename=str(file),
            dev_server_log_level="never",
        ) as env,
        sandboxes(tmp_path) as outside,
        gateways(sqlite_database, outside) as (parts, mail),
    ):
        await register_search_attributes(env.client)
        yield Server(env, file, sqlite_database, outside, parts, mail)


@dataclass(frozen=True)
class Kept:
    """What a Temporal without our key shows of itself: every message as it came."""

    messages: list[Message]

    @property
    def bytes(self) -> bytes:
        return b"\n".join(message.SerializeToString() for message in self.messages)

    def payloads(self) -> list[Payload]:
        """All but search attributes, which Temporal reads, and the marks that its own SDK makes."""
        return [found for message in self.messages for found in _payloads(message)]

    def keys(self) -> list[str]:
        """Under which key each was encrypted, in their order; a dash where none was."""
        return [payload.metadata.get(KEY_ID, b"-").decode() for payload in self.payloads()]


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for described, value in message.ListFields():
        if (
            described.name in {"search_attributes", "marker_recorded_event_attributes"}
            or described.message_type is None
        ):
            continue
        for part in _parts(value):
            yield from _payloads(part)


def _parts(value: Any) -> list[Message]:
    if isinstance(value, Message):
        return [value]
    return [
        part for part in (value.values() if hasattr(value, "values") else value) if isinstance(part, Message)
    ]


async def history_of(client: Client, workflow_id: str, run_id: str | None = None) -> Kept:
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    return Kept([event async for event in handle.fetch_history_events()])


async def everything(plain: Client) -> Kept:
    """Lists, descriptions, histories, queries' answers and schedules."""
    service, there = plain.workflow_service, plain.namespace
    listed = await service.list_workflow_executions(ListWorkflowExecutionsRequest(namespace=there))
    messages: list[Message] = [listed]
    for run in listed.executions:
        execution = run.execution
        messages.append(
            await service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(namespace=there, execution=execution)
            )
        )
        messages += (await history_of(plain, execution.workflow_id, execution.run_id)).messages
        messages += [await _queried(plain, execution, query) for query in _queries(run.type.name)]
    schedule = await service.describe_schedule(
        DescribeScheduleRequest(namespace=there, schedule_id=DAILY_REVIEW)
    )
    return Kept([*messages, schedule])


def _queries(kind: str) -> tuple[str, ...]:
    """The metadata's answer has what a workflow says of itself in the Web UI."""
    return ("status", "__temporal_workflow_metadata") if kind == BACKORDER else ()


async def _queried(plain: Client, execution: WorkflowExecution, query: str) -> Message:
    asked = QueryWorkflowRequest(
        namespace=plain.namespace, execution=execution, query=WorkflowQuery(query_type=query)
    )
    with suppress(Exception):  # one whose input was none has no status
        return await plain.workflow_service.query_workflow(asked)
    return asked


def found(words: Any, kept: bytes) -> list[str]:
    """Which of the words stand there, as they are or in base64."""
    low = kept.lower()
    return [
        word for word in words if word.lower().encode() in low or any(part in kept for part in _base64(word))
    ]


def _base64(word: str) -> Iterator[bytes]:
    """How its middle looks wherever in a text it begins."""
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + word.encode())
        yield encoded[4:-4]


async def supplied(shop: Shop) -> None:
    """So that orders are taken: more is to come, in a year."""
    await shop.announce("PO-1", 100, eta=(await shop.now()).date() + timedelta(days=365))


async def an_order(shop: Shop, order_id: str, units: int, **fields: Any) -> None:
    """Of Adalbert's, of whom nobody is to know."""
    order = await shop.order(order_id, units)
    body = order.model_dump(mode="json") | fields
    body["customer"] |= {"name": PRIVATE["name"], "email": f"{order_id}{PRIVATE['address']}"}
    body["ship_to"] |= {name: PRIVATE[name] for name in ("name", "street", "city", "postal_code")}
    decision = await shop.doors.place(order.model_validate(body))
    assert decision.outcome != "rejected", decision


async def live(shop: Shop) -> None:
    """Orders that say all kinds of private things, from placement to their end."""
    await supplied(shop)
    await shop.receive(1)
    await an_order(shop, "100", 3)
    await an_order(shop, "101", 1, payment={"timing": "at_shipment", "method": PRIVATE["card"]})
    await an_order(shop, "102", 1)
    await shop.until("100", lambda order: order.shipped_units == 1)
    moved = {"name": PRIVATE["new name"], "street": PRIVATE["new street"], "city": PRIVATE["city"]}
    to = AddressChange(**moved, postal_code="00000", country="US", requested_by=PRIVATE["agent"])
    await shop.doors.change_address("100", to)
    await shop.doors.hold("102", Hold(reason=PRIVATE["reason"], requested_by=PRIVATE["agent"]))
    await shop.doors.prioritise("102", Prioritisation(days=1, reason=PRIVATE["priority"]))
    await shop.cancel("100", Reason.OTHER, lines={SKU: 1}, note=PRIVATE["note"])
    await shop.handle("102").signal("parcel_handed_over", {"name": PRIVATE["unreadable"]})
    shop.payments.fail("authorise", 2)
    await shop.receive(3)
    await shop.doors.release("102", Release(reason=PRIVATE["release"], requested_by=PRIVATE["agent"]))
    await shop.ended("102")
    await shop.until("101", lambda order: any(parcel.payment_wanted for parcel in order.parcels))
    await shop.doors.change_payment_method("101", PaymentMethod(method=PRIVATE["new card"]))
    await shop.ended("101")
    await shop.until("100", lambda order: any(parcel.address_refused for parcel in order.parcels))
    await shop.doors.change_address("100", to.model_copy(update={"postal_code": PRIVATE["postal_code"]}))
    await shop.ended("100")
    await shop.doors.change_email("102", PRIVATE["other address"], PRIVATE["agent"])
    await shop.doors.resend("102", "shipped", PRIVATE["agent"])
    await reviewed(shop.client, ReviewRequest())


async def malformed(shop: Shop) -> WorkflowFailureError:
    """An order that another program wrote, and wrongly."""
    body = {"order_id": "103", "customer": {"name": PRIVATE["malformed"], "email": PRIVATE["malformed"]}}
    with pytest.raises(WorkflowFailureError) as failed:
        await shop.client.execute_workflow(
            BACKORDER, body, id=backorder_workflow_id("103"), task_queue=TASK_QUEUE
        )
    return failed.value


@pytest.mark.slow
async def test_e9_nothing_personal_can_be_found_in_anything_that_temporal_keeps(server: Server) -> None:
    async with server.working(A) as shop:
        await schedule_review(shop.client, "UTC")
        await live(shop)
        failed = await malformed(shop)
        kept = await everything(await server.client())

    assert "customer.email" in str(failed.cause)
    assert found(PRIVATE.values(), kept.bytes) == []
    assert found(PRIVATE.values(), server.kept()) == []
    assert found(OPEN, kept.bytes) == found(OPEN, server.kept()) == list(OPEN)
    assert len(kept.payloads()) > 200
    assert sum(isinstance(message, QueryWorkflowResponse) for message in kept.messages) >= 2 * 3
    assert {payload.metadata["encoding"] for payload in kept.payloads()} == {ENCODING}
    assert set(kept.keys()) == {"a"}
    expected = {
        "100": Books(shipped=2, cancelled=1, charged=2 * PRICE),
        "101": Books(shipped=1, charged=PRICE),
    }
    for order_id, books in (expected | {"102": expected["101"]}).items():
        assert shop.books(order_id) == books
        assert shop.differences(order_id) == []
    assert shop.findings() == []


@pytest.mark.soak
async def test_e9_without_encryption_the_same_search_finds_it(server: Server) -> None:
    """Or the test above would prove nothing; in short it stands in the next one too."""
    async with server.working() as shop:
        await schedule_review(shop.client, "UTC")
        await live(shop)
        await malformed(shop)
        kept = await everything(await server.client())

    said = [word for word in PRIVATE.values() if word != BY_THE_BOOKS]
    assert found(PRIVATE.values(), kept.bytes) == said
    assert found(PRIVATE.values(), server.kept()) == said
    assert shop.books("102") == Books(shipped=1, charged=PRICE)


@workflow.defn
class _Watched:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(_beat, start_to_close_timeout=timedelta(minutes=1))


@activity.defn
async def _beat() -> None:
    while True:
        activity.heartbeat(PRIVATE["name"])
        await asyncio.sleep(0.05)


async def test_e9_a_step_that_tells_how_far_it_is_tells_it_encrypted(server: Server) -> None:
    client = await server.client(A)
    plainly: dict[str, Any] = {
        "workflow_runner": UnsandboxedWorkflowRunner(),
        "graceful_shutdown_timeout": timedelta(),
    }
    async with Worker(client, task_queue="watched", workflows=[_Watched], activities=[_beat], **plainly):
        handle = await client.start_workflow(_Watched.run, id="watched", task_queue="watched")

        [told] = await eventually(lambda: _heartbeat(handle), "a heartbeat")
        await handle.terminate()

    assert told.metadata["encoding"] == ENCODING
    assert found(PRIVATE.values(), server.kept()) == []


async def _heartbeat(handle: WorkflowHandle[Any, Any]) -> list[Payload] | None:
    running = (await handle.describe()).raw_description.pending_activities
    return (running and list(running[0].heartbeat_details.payloads)) or None


@pytest.mark.slow
async def test_e9_encryption_is_switched_on_and_its_key_changed_over_running_orders(server: Server) -> None:
    async with server.working() as plain:
        await supplied(plain)
        await an_order(plain, "plain", 2)
    async with server.working(A) as first:
        await an_order(first, "under-a", 2)
        await first.receive(1)
        await first.until("plain", lambda order: order.shipped_units == 1)
    open_before = found(PRIVATE.values(), (await history_of(await server.client(), "backorder-plain")).bytes)
    async with server.working(B, A) as second:
        await an_order(second, "under-b", 2)
        await second.receive(5)
        for order_id in ("plain", "under-a", "under-b"):
            await second.ended(order_id)
    keys = {name: await _keys(server, name) for name in ("plain", "under-a", "under-b")}

    assert open_before == [PRIVATE[name] for name in ("name", "street", "city", "postal_code", "address")]
    assert keys == {"plain": ["-", "a", "b"], "under-a": ["a", "b"], "under-b": ["b"]}
    for order_id in keys:
        assert second.books(order_id) == Books(shipped=2, charged=2 * PRICE)
        assert second.differences(order_id) == []
    assert second.findings() == []


async def _keys(server: Server, order_id: str) -> list[str]:
    """The keys that stand in an order's history, in the order of their first use."""
    return list(
        dict.fromkeys((await history_of(await server.client(), backorder_workflow_id(order_id))).keys())
    )


async def _failed_tasks(client: Client, order_id: str) -> int:
    events = (await history_of(client, backorder_workflow_id(order_id))).messages
    return sum(
        getattr(event, "event_type", 0) == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for event in events
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "keys", [(), pytest.param((B, C), marks=pytest.mark.soak)], ids=["no keys", "other keys"]
)
async def test_e9_a_worker_without_the_key_says_so_once_and_the_orders_go_on_with_one_that_has_it(
    server: Server, tmp_path: Path, keys: tuple[Key, ...]
) -> None:
    everyone = ("100", "101", "paying")
    async with server.working(A) as shop:
        await supplied(shop)
        await an_order(shop, "paying", 1)
        shop.payments.fail("authorise", 3)
        await shop.receive(1)
        await eventually(lambda: _tries(shop, "paying", 1), "a payment is tried")
        for order_id in ("100", "101"):
            await an_order(shop, order_id, 1)
        await shop.heard("100", "101")
    told = environment(tmp_path) | {
        "TEMPORAL_ADDRESS": server.address,
        "BACKORDER_DATABASE_URL": str(server.database.url),
        "BACKORDER_SMTP_URL": "smtp://127.0.0.1:9",
        "BACKORDER_CODEC_KEYS": " ".join(key.entry for key in keys),
    }
    async with running(tmp_path / "worker.log", told, sys.executable, "-m", "worker") as program:
        await program.says("working on task queue")
        for order_id in ("100", "101"):
            await shop.handle(order_id).signal("inventory_received", "R-0")
            await eventually(partial(_tried, shop.client, order_id), f"order {order_id} is tried")
        await eventually(lambda: _tries(shop, "paying", 2), "the payment is tried by it")
        described = [(await shop.handle(order_id).describe()).status for order_id in everyone]
    logged = [line for line in program.said.splitlines() if "the key a" in line]
    async with server.working(B, A) as healed:
        await healed.receive(2)
        for order_id in everyone:
            await healed.ended(order_id)

    assert described == [WorkflowExecutionStatus.RUNNING] * 3
    assert len(logged) == 1
    assert "encrypted under the key a, which BACKORDER_CODEC_KEYS does not have" in logged[0]
    assert "Traceback" not in program.said
    assert found(PRIVATE.values(), program.said.encode()) == []
    for order_id in everyone:
        assert healed.books(order_id) == Books(shipped=1, charged=PRICE)
        assert healed.differences(order_id) == []
    assert healed.findings() == []


async def _tries(shop: Shop, order_id: str, fewest: int) -> bool:
    """Whether the step that the order is at failed so often."""
    running = (await shop.handle(order_id).describe()).raw_description.pending_activities
    return bool(running) and running[0].attempt > fewest


async def _tried(client: Client, order_id: str) -> bool:
    return await _failed_tasks(client, order_id) > 0


async def test_e9_a_client_without_the_key_is_told_which_one_it_lacks(server: Server) -> None:
    async with server.working(A) as shop:
        await supplied(shop)
        await an_order(shop, "100", 1)
        lacking = Backorders(await server.client(B))

        with pytest.raises(
            OutOfReach, match="encrypted under the key a, which BACKORDER_CODEC_KEYS does not"
        ):
            await lacking.status("100")
        await shop.cancel("100")
        await shop.ended("100")

    assert shop.books("100") == Books(cancelled=1, charged=0)


async def test_e9_the_longest_summary_finds_room_when_it_is_encrypted(server: Server) -> None:
    skus = [f"{'S' * 60}-{number:03}" for number in range(25)]
    server.database.write(catalog.load_products, tuple(Product(sku=sku, title="×" * 200) for sku in skus))
    key = Key("k" * 64, A.secret)
    async with server.working(key) as shop:
        await shop.doors.receive("R-1", dict.fromkeys(skus, 1))
        lines = [line(sku, 1) | {"title": "×" * 200} for sku in skus]
        order = await shop.order("1" * 62, lines=lines)
        customer = order.customer.model_copy(update={"customer_id": "C" * 64})

        await shop.doors.place(order.model_copy(update={"customer": customer}))
        await shop.ended(order.order_id)

    assert shop.books(order.order_id) == Books(shipped=25, charged=25 * PRICE)


async def test_e9_a_life_of_long_waits_is_lived_encrypted(sqlite_database: Database, tmp_path: Path) -> None:
    """Delays, consent by silence, the law's end: on the server that skips time."""
    async with open_shop(sqlite_database, tmp_path, codec=Encryption([A])) as shop:
        await shop.announce("PO-1", 5, eta=(await shop.now()).date())
        await shop.place("100", 2)
        await shop.receive(1)
        await shop.until("100", lambda order: order.shipped_units == 1)
        ended = await shop.ended_within("100", 120, step_hours=24)
        kept = await history_of(shop.client, backorder_workflow_id("100"))

        assert ended.units_shipped == 1
        assert "delay_option" in shop.told("100")
        assert set(kept.keys()) == {"a"}
        assert shop.books("100") == Books(shipped=1, cancelled=1, charged=PRICE)
        assert shop.differences("100") == []


def test_the_search_finds_a_word_in_whatever_base64_it_stands() -> None:
    word = PRIVATE["name"]

    for shift in range(4):
        assert found([word], b64encode(b"x" * shift + word.encode() + b"y" * 5)) == [word]
    assert found([word], word.upper().encode()) == [word]
    assert found([word], b64encode(b"somebody else altogether, whose name is another")) == []
