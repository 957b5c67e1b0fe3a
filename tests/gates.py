"""Gateways with doors: a step of one order stands still, or goes wrong, exactly where a test says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from activities.errors import TranslateErrors
from domain.model import Instant
from domain.money import Money
from domain.payment import Attempt
from gateways.carrier import AddressRefused, Carrier, Label, ParcelSpec, Rate, Tracked
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.mail import Accepted, Mail, Mailer, Rejected
from gateways.payment import (
    Authorised,
    BookEntry,
    Captured,
    Charged,
    Declined,
    PaymentOutcome,
    PaymentProvider,
    PaymentRequest,
    Refunded,
    Voided,
)
from store import parcels
from store.database import Database
from store.parcels import Step
from worker.wiring import Parts

T = TypeVar("T")
LIMIT_SECONDS = 20

Mishap = Callable[[str, str], str | None]
"""What goes wrong at (order, step): "lost" before it acts, "unanswered" after, or nothing."""


@dataclass
class Door:
    """One place of one order; whoever comes waits until it is opened, once."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def arrived(self) -> None:
        """Until a step stands before this door."""
        async with asyncio.timeout(LIMIT_SECONDS):
            await self.reached.wait()

    def open(self) -> None:
        self.opened.set()

    async def stand(self) -> None:
        self.reached.set()
        async with asyncio.timeout(LIMIT_SECONDS):
            await self.opened.wait()


class Gates:
    """Doors before and after each step of each order, open unless a test closes them."""

    def __init__(self, mishap: Mishap = lambda _order_id, _step: None) -> None:
        self._doors: dict[tuple[str, str], Door] = {}
        self._mishap = mishap

    def close(self, order_id: str, place: str) -> Door:
        """Close one place (`before authorise`, `after buy`, `before shipped` …) for one order."""
        return self._doors.setdefault((order_id, place), Door())

    def around(self, parts: Parts) -> Parts:
        """The same collaborators, behind doors."""
        return replace(
            parts,
            database=GatedDatabase(parts.database, self),
            payments=GatedPayments(parts.payments, self),
            carrier=GatedCarrier(parts.carrier, self),
            mailer=GatedMailer(parts.mailer, self),
        )

    async def walk(self, order_id: str, step: str, act: Callable[[], Awaitable[T]]) -> T:
        """Through the door, act, through the other door; a mishap may come before or after."""
        await self._through(order_id, f"before {step}")
        mishap = self._mishap(order_id, step)
        if mishap == "lost":
            raise GatewayUnavailable(step, "mishap")
        answer = await act()
        if mishap == "unanswered":
            raise OutcomeUnknown(step, "mishap")
        await self._through(order_id, f"after {step}")
        return answer

    async def _through(self, order_id: str, place: str) -> None:
        door = self._doors.get((order_id, place))
        if door is not None:
            await door.stand()


class GatedDatabase(Database):
    """A claim stands still before or after its transaction; everything else goes straight through."""

    def __init__(self, inner: Database, gates: Gates) -> None:
        self.__dict__.update(inner.__dict__)
        self._gates = gates

    async def awrite(self, command: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if command is not parcels.claim:
            return await super().awrite(command, *args, **kwargs)
        step: Step = args[0]
        return await self._gates.walk(
            step.order_id, "claim", lambda: super(GatedDatabase, self).awrite(command, *args)
        )


@dataclass(frozen=True)
class GatedPayments:
    inner: PaymentProvider
    gates: Gates

    async def authorise(self, request: PaymentRequest) -> Authorised | Declined:
        return await self.gates.walk(request.order_id, "authorise", lambda: self.inner.authorise(request))

    async def charge(self, request: PaymentRequest) -> Charged | Declined:
        return await self.gates.walk(request.order_id, "charge", lambda: self.inner.charge(request))

    async def capture(self, key: str, reference: str, amount: Money, at: Instant) -> Captured:
        return await self.gates.walk(
            _order(key), "capture", lambda: self.inner.capture(key, reference, amount, at)
        )

    async def void(self, key: str, reference: str, at: Instant) -> Voided:
        return await self.gates.walk(_order(key), "void", lambda: self.inner.void(key, reference, at))

    async def refund(self, key: str, reference: str, amount: Money, at: Instant) -> Refunded:
        return await self.gates.walk(
            _order(key), "refund", lambda: self.inner.refund(key, reference, amount, at)
        )

    async def find(self, attempt: Attempt) -> PaymentOutcome | None:
        return await self.gates.walk(attempt.order_id, "find payment", lambda: self.inner.find(attempt))

    async def entries(self, since: Instant, until: Instant) -> list[BookEntry]:
        return await self.inner.entries(since, until)


@dataclass(frozen=True)
class GatedCarrier:
    inner: Carrier
    gates: Gates

    async def rates(self, key: str, spec: ParcelSpec, at: Instant) -> tuple[Rate, ...] | AddressRefused:
        return await self.gates.walk(spec.order_id, "rates", lambda: self.inner.rates(key, spec, at))

    async def buy(self, key: str, spec: ParcelSpec, rate: Rate, at: Instant) -> Label | AddressRefused:
        return await self.gates.walk(spec.order_id, "buy", lambda: self.inner.buy(key, spec, rate, at))

    async def find(self, key: str) -> Label | None:
        return await self.gates.walk(_order(key), "find label", lambda: self.inner.find(key))

    async def void(self, key: str, at: Instant) -> None:
        await self.gates.walk(_order(key), "void label", lambda: self.inner.void(key, at))

    async def track(self, carrier: str, tracking: str, at: Instant) -> Tracked | None:
        return await self.inner.track(carrier, tracking, at)


@dataclass(frozen=True)
class GatedMailer:
    """Its steps are named for the notices: `confirmation`, `shipped` and so on."""

    inner: Mailer
    gates: Gates

    async def send(self, mail: Mail) -> Accepted | Rejected:
        order_id, kind, _ = mail.notice_id.split("/")
        return await self.gates.walk(order_id, kind, lambda: self.inner.send(mail))


class NeverOnTheSecond(Interceptor):
    """Lets an activity's time run out a microsecond after a whole second.

    Temporal's test server takes a deadline on a whole second for none, and retries such an activity for ever.
    """

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - Temporal's name
    ) -> type[WorkflowInboundInterceptor]:
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - Temporal's name
        if input.schedule_to_close_timeout is not None:
            input.schedule_to_close_timeout += timedelta(microseconds=1)
        return super().start_activity(input)


OUTAGES_END: dict[str, Any] = {"interceptors": [TranslateErrors(), NeverOnTheSecond()]}
"""A worker for scenarios in which a gateway is away for longer than an activity may take."""


def _order(key: str) -> str:
    return key.split("/", maxsplit=1)[0]
