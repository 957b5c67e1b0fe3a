"""A whole shop for scenarios: Temporal with time skipping, a real store, real mail on loopback, sandbox gateways."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope
from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.notices import Shop as ShopSigns
from domain.audit import Kind
from domain.cancellation import Cancellation, CancellationOutcome, CancelledLine, Reason
from domain.decision import Decision
from domain.inventory import ChangeKind, ChangeLine, InventoryChange, InventoryOutcome
from domain.order import Order
from domain.outcome import Outcome
from domain.policy import Policy, Product
from domain.report import Status
from domain.state import OrderState
from domain.suppliers import Suppliers
from gateways.carrier import Carrier
from gateways.letters import Letters
from gateways.links import Links
from gateways.payment import BookEntry, PaymentProvider
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from gateways.smtp import SmtpMailer
from starter.client import Backorders
from starter.renewing import renew, tell
from store import audit, catalog, keys, orders, status, suppliers, supply
from store.audit_books import of_books
from store.database import Database
from store.life_tables import ChangeRow, ParcelRow, PaymentRow
from tests.servers import test_server
from worker.wiring import Parts, running_worker
from workflows.codec import WITHOUT_KEYS, Encryption
from workflows.connection import data_converter, register_search_attributes
from workflows.messages import backorder_workflow_id

EXAMPLES = Path(__file__).parent / "examples"
SKU = "WIDGET-PRO-BLUE"
PRICE = 9500
LIMIT_SECONDS = 40
LINKS = Links("https://shop.example", "a secret of the tests")


@dataclass(frozen=True)
class Books:
    """How every unit and every cent of an order stands; `charged` is what the provider's own books say."""

    backordered: int = 0
    allocated: int = 0
    claimed: int = 0
    shipped: int = 0
    cancelled: int = 0
    charged: int = 0


class MailServer:
    """A real SMTP server on loopback that keeps what it is given, and refuses on demand."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.copies: list[tuple[str, bytes]] = []
        self.refuse_with: str | None = None

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuse_with:
            return self.refuse_with
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        self.copies += [(to, envelope.content) for to in envelope.rcpt_tos[1:]]
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        """What came, read as a mail program reads it."""
        return [_read(content) for content in self.received]

    def copied_to(self, address: str) -> list[EmailMessage]:
        """Mails for others of which this mailbox got a copy."""
        return [_read(content) for to, content in self.copies if to == address]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


def words(mail: EmailMessage) -> str:
    """A mail's text, for those who do not want its HTML."""
    body = mail.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def _read(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


class Bank(Protocol):
    """What a test sees and does behind a payment provider's back."""

    def books(self, order_id: str | None = None) -> list[BookEntry]: ...
    def balance(self, order_id: str) -> int: ...
    def fail(self, operation: str, times: int, *, acted: bool = False) -> None: ...
    def down_until(self, instant: datetime) -> None: ...


class SoldLabel(Protocol):
    @property
    def voided(self) -> bool: ...
    @property
    def tracking(self) -> str: ...


class CarrierBooks(Protocol):
    """What a test sees and does behind a carrier's back."""

    def labels(self, order_id: str) -> Sequence[SoldLabel]: ...
    def fail(self, operation: str, times: int, *, acted: bool = False) -> None: ...
    def down_until(self, instant: datetime) -> None: ...


@dataclass(frozen=True)
class Outside:
    """The gateways of a shop, and their books behind them."""

    payments: PaymentProvider
    bank: Bank
    carrier: Carrier
    labels: CarrierBooks


Clock = Callable[[], Awaitable[datetime]]
World = Callable[[Path, Clock], AbstractAsyncContextManager[Outside]]


@asynccontextmanager
async def sandboxes(folder: Path, _clock: Clock | None = None) -> AsyncIterator[Outside]:
    """The sandboxes, with their books in `folder`."""
    with SandboxPayments(folder / "payments.db") as bank, SandboxCarrier(folder / "carrier.db") as carrier:
        yield Outside(bank, bank, carrier, carrier)


@dataclass
class Shop:
    """A driver in the trade's words."""

    env: WorkflowEnvironment
    client: Client
    database: Database
    payments: Bank
    carrier: CarrierBooks
    mail: MailServer
    parts: Parts
    doors: Backorders = field(init=False)
    _changes: int = 0
    _now: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)

    def __post_init__(self) -> None:
        self.doors = Backorders(self.client, self.database, clock=lambda: self._now)

    async def now(self) -> datetime:
        self._now = await self.env.get_current_time()
        return self._now

    async def order(self, order_id: str, units: int = 1, **fields: Any) -> Order:
        """The example order with its units, and with other fields by name; placed a minute ago unless told."""
        body = json.loads((EXAMPLES / "order.json").read_text())
        at: datetime = fields.pop("placed_at", None) or await self.now() - timedelta(minutes=1)
        body |= {"order_id": order_id, "placed_at": at.isoformat()}
        body["customer"] |= {"email": f"customer-{order_id}@example.com", "customer_id": f"C-{order_id}"}
        body["customer"]["tier"] = fields.pop("tier", "standard")
        body["payment"] |= {
            "timing": fields.pop("timing", "at_shipment"),
            "method": fields.pop("method", "pm_card_visa"),
        }
        body["lines"] = [line(SKU, units)]
        body |= fields
        return Order.model_validate(body)

    async def place(self, order_id: str, units: int = 1, **fields: Any) -> Decision:
        return await self.doors.place(await self.order(order_id, units, **fields))

    async def receive(
        self, units: int, sku: str = SKU, change_id: str | None = None, inbound_id: str | None = None
    ) -> InventoryOutcome:
        with self.env.auto_time_skipping_disabled():
            return await self.doors.receive(
                change_id or self._change_id(), {sku: units}, inbound_id=inbound_id, at=await self.now()
            )

    async def adjust(self, units: int, sku: str = SKU) -> InventoryOutcome:
        with self.env.auto_time_skipping_disabled():
            return await self.doors.adjust(self._change_id(), {sku: units}, "counted", at=await self.now())

    async def announce(
        self, inbound_id: str, units: int, eta: date | None, sku: str = SKU, **word: Any
    ) -> InventoryOutcome:
        """Units of a purchase-order line for a date; in other `word`: its supplier, or that it is cancelled."""
        with self.env.auto_time_skipping_disabled():
            return await self.doors.announce(
                self._change_id(), inbound_id, {sku: units}, eta=eta, at=await self.now(), **word
            )

    async def discontinue(self, sku: str = SKU) -> InventoryOutcome:
        change = InventoryChange(
            change_id=self._change_id(),
            kind=ChangeKind.DISCONTINUED,
            happened_at=await self.now(),
            lines=(ChangeLine(sku=sku),),
        )
        with self.env.auto_time_skipping_disabled():
            return await self.doors.apply(change)

    async def sells(self, sku: str = SKU, **says: Any) -> None:
        """What the catalogue says of a product from now on."""
        product = Product(sku=sku, title=sku.replace("-", " ").title(), **says)
        await self._renewed(self.database.write(catalog.load_products, (product,)))

    async def knows(self, known: Suppliers) -> None:
        """Suppliers, and what they delivered."""
        self.database.write(suppliers.load, known, (await self.now()).date())
        await self._renewed(self.database.read(supply.skus_with_supply))

    async def _renewed(self, skus: Iterable[str]) -> None:
        at = await self.now()
        await renew(self.database, skus, keys.loaded(at), at, "UTC")
        await tell(self.database, self.client, keys.loaded(at), at)

    async def atp(self, units: int = 1, sku: str = SKU) -> date | None:
        """Available to promise: when that many more units would ship."""
        decision = await self.doors.quote(await self.order("atp", lines=[line(sku, units)]))
        return decision.promised_on

    async def cancel(
        self,
        order_id: str,
        reason: Reason = Reason.CHANGED_MIND,
        lines: dict[str, int] | None = None,
        **fields: Any,
    ) -> CancellationOutcome:
        named = (
            tuple(CancelledLine(sku=sku, quantity=units) for sku, units in lines.items()) if lines else None
        )
        fields.setdefault("cancellation_id", f"web-{order_id}-{self._change_id()}")
        return await self.doors.cancel(order_id, Cancellation(reason=reason, lines=named, **fields))

    def handle(self, order_id: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(backorder_workflow_id(order_id), result_type=Outcome)

    async def ended(self, order_id: str) -> Outcome:
        """The order's outcome, soon: no time is skipped."""
        outcome: Outcome = await asyncio.wait_for(self.handle(order_id).result(), LIMIT_SECONDS)
        return outcome

    async def ended_within(self, order_id: str, days: float, step_hours: float = 6) -> Outcome:
        """The order's outcome in so many days at the most; time passes in steps, so that each is lived through."""
        for _ in range(round(days * 24 / step_hours)):
            if self.state(order_id).ended_at is not None:
                break
            await self.env.sleep(timedelta(hours=step_hours))
        return await self.ended(order_id)

    async def pass_days(self, days: float) -> None:
        await self.env.sleep(timedelta(days=days))

    def state(self, order_id: str) -> OrderState:
        return self.database.read(orders.state, order_id)

    def status(self, order_id: str) -> Status:
        return self.database.read(status.status, order_id, datetime.now(UTC))

    async def until(self, order_id: str, condition: Callable[[OrderState], bool]) -> OrderState:
        """The order once it is so; a wait for a condition, never for luck."""
        return await eventually(lambda: self._if(order_id, condition), f"order {order_id}")

    async def heard(self, *order_ids: str) -> None:
        """Once every bell is rung, and these orders have told what it made due and wait again."""
        await eventually(lambda: not self.database.read(audit.unrung_bells), "bells")
        for order_id in order_ids:
            await eventually(lambda one=order_id: self._waits(one), f"order {order_id} waits")

    async def _waits(self, order_id: str) -> bool:
        """Whether the last thing that its workflow did is to set its clock."""
        history = await self.handle(order_id).fetch_history()
        return history.events[-1].event_type == EventType.EVENT_TYPE_TIMER_STARTED

    def _if(self, order_id: str, condition: Callable[[OrderState], bool]) -> OrderState | None:
        state = self.state(order_id)
        return state if condition(state) else None

    def books(self, order_id: str) -> Books:
        state = self.state(order_id)
        names = ("backordered", "allocated", "claimed", "shipped", "cancelled")
        units = {name: sum(getattr(line, name) for line in state.lines) for name in names}
        return Books(**units, charged=self.payments.balance(order_id))

    def differences(self, order_id: str) -> list[str]:
        """What our ledger of an order and the provider's books do not agree on; nothing may be held for ever."""
        theirs = {(e.key, e.kind, e.amount.minor, e.state) for e in self.payments.books(order_id)}
        ours = self.database.read(_ledger, order_id)
        found = [f"only ours: {entry}" for entry in sorted(ours - theirs)]
        found += [f"only the provider's: {entry}" for entry in sorted(theirs - ours)]
        return found + [f"still held: {reference}" for reference in sorted(self._held(order_id))]

    def _held(self, order_id: str) -> set[str]:
        entries = [e for e in self.payments.books(order_id) if e.state == "succeeded"]
        ended = {e.reference for e in entries if e.kind in {"capture", "void"}}
        return {e.reference for e in entries if e.kind == "authorise"} - ended

    def labels(self, order_id: str) -> int:
        """Labels that the carrier has sold for the order and not taken back."""
        return sum(not label.voided for label in self.carrier.labels(order_id))

    def told(self, order_id: str) -> list[str]:
        """The kinds of notices that the order was sent, in order."""
        return [notice.kind.value for notice in self.state(order_id).notices]

    def changes(self, order_id: str) -> list[tuple[str, str]]:
        """What was changed on the way, and by whom."""
        return self.database.read(_changes, order_id)

    def rates(self, order_id: str) -> list[dict[str, Any]]:
        """What the carriers offered for the order's first parcel, as it is kept."""
        return self.database.read(_rates, order_id)

    def letters(self, order_id: str) -> list[EmailMessage]:
        return self.mail.to(f"customer-{order_id}@example.com")

    def findings(self) -> list[str]:
        """What the audit says of the books: stock, orders, money."""
        return [found.finding for found in self.database.read(of_books) if found.kind is not Kind.REFUSED]

    def _change_id(self) -> str:
        self._changes += 1
        return f"CH-{self._changes}"


def _ledger(session: Session, order_id: str) -> set[tuple[str, str, int, str]]:
    known = (PaymentRow.state.in_(("succeeded", "declined")), PaymentRow.order_id == order_id)
    rows = session.scalars(select(PaymentRow).where(*known))
    return {(row.key, row.kind, row.amount_minor, row.state) for row in rows}


def _changes(session: Session, order_id: str) -> list[tuple[str, str]]:
    rows = session.scalars(select(ChangeRow).where(ChangeRow.order_id == order_id).order_by(ChangeRow.at))
    return [(row.what, row.requested_by) for row in rows]


def _rates(session: Session, order_id: str) -> list[dict[str, Any]]:
    return session.get_one(ParcelRow, (order_id, 1)).rates or []


def line(sku: str, units: int, price: int = PRICE) -> dict[str, Any]:
    return {"sku": sku, "title": sku.replace("-", " ").title(), "quantity": units, "unit_price_minor": price}


async def eventually(look: Callable[[], Any], what: str, limit: float = LIMIT_SECONDS) -> Any:
    """What `look` returns once it is not None nor False; fails by name when the limit passes."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + limit
    while True:
        seen = look()
        if isinstance(seen, Awaitable):
            seen = await seen
        if seen is not None and seen is not False:
            return seen
        if loop.time() > ends:
            raise AssertionError(f"{what}: not within {limit} s")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def gateways(database: Database, outside: Outside) -> AsyncIterator[tuple[Parts, MailServer]]:
    """A worker's collaborators: these gateways, and a mail server of our own."""
    mail = MailServer()
    signs = ShopSigns(
        name="The Widget Shop",
        mail_from="The Widget Shop <orders@shop.example>",
        operations_email="operations@shop.example",
        time_zone="UTC",
    )
    async with mail.serving() as port, aclosing(SmtpMailer(f"smtp://127.0.0.1:{port}")) as mailer:
        yield Parts(database, outside.payments, outside.carrier, mailer, Letters(), LINKS, signs), mail


@asynccontextmanager
async def open_shop(
    database: Database,
    folder: Path,
    *,
    working: bool = True,
    policy: Policy | None = None,
    around: Callable[[Parts], Parts] = lambda parts: parts,
    world: World = sandboxes,
    codec: Encryption = WITHOUT_KEYS,
    **worker: Any,
) -> AsyncIterator[Shop]:
    """A shop with two products and a worker, on a time-skipping server of its own.

    `around` puts a test's own gateways about the sandboxes.
    """
    products = tuple(Product(sku=sku, title=sku.replace("-", " ").title()) for sku in (SKU, "WIDGET-MINI"))
    database.write(catalog.load_products, products)
    if policy:
        database.write(catalog.load_policy, policy, datetime.now(UTC))
    async with AsyncExitStack() as stack:
        env = await stack.enter_async_context(
            await WorkflowEnvironment.start_time_skipping(
                test_server_existing_path=test_server(), data_converter=data_converter(codec)
            )
        )
        await register_search_attributes(env.client)
        outside = await stack.enter_async_context(world(folder, env.get_current_time))
        parts, mail = await stack.enter_async_context(gateways(database, outside))
        if working:
            await stack.enter_async_context(running_worker(env.client, around(parts), **worker))
        yield Shop(env, env.client, database, outside.bank, outside.labels, mail, parts)
