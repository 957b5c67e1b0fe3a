"""The activities over a real store and the sandboxes, each try run as Temporal runs it."""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.notices import Notices
from activities.payments import Payments
from activities.shipping import Shipping
from activities.stock import Stock
from domain.notices import Kind
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from store.database import Database
from store.notices import Telling
from store.parcels import Step
from store.rests import Resting
from tests.shop import MailServer
from tests.store.stockroom import Moment, Stockroom, moment
from worker.wiring import Parts

Act = Callable[[Any], Any]

TIME = {"start_to_close_timeout": timedelta(seconds=90), "schedule_to_close_timeout": timedelta(minutes=2)}


class Desk:
    """One order, `100`, and all that its activities reach."""

    def __init__(self, database: Database, parts: Parts, mail: MailServer) -> None:
        assert isinstance(parts.payments, SandboxPayments)
        assert isinstance(parts.carrier, SandboxCarrier)
        self.room, self.mail = Stockroom(database), mail
        self.provider, self.carrier = parts.payments, parts.carrier
        self.stock = Stock(database, "Europe/Berlin")
        self.payments = Payments(database, parts.payments)
        self.shipping = Shipping(database, parts.carrier)
        self.notices = Notices(database, parts.mailer, parts.letters, parts.links, parts.shop)

    async def run(
        self, act: Act, wish: Any, attempt: int = 1, *, beats: list[object] | None = None, **about: Any
    ) -> Any:
        """One try of an activity, with its heart`beats`; `about` it Temporal says more."""
        environment = ActivityEnvironment()
        environment.on_heartbeat = lambda *details: beats.append(details) if beats is not None else None
        environment.info = replace(environment.info, **{**TIME, "attempt": attempt, **about})
        answer = environment.run(act, wish)
        return await answer if inspect.isawaitable(answer) else answer

    async def rested(self, act: Act, step: Step, what: str) -> Any:
        """The step again, as the order asks for it after a rest of an hour."""
        await self.run(self.stock.rest_step, Resting(order_id="100", what=what, at=step.at))
        later = step.model_copy(update={"at": step.at + timedelta(hours=1), "again": True})
        return await self.run(act, later)

    def effects(self) -> Counter[str]:
        """What happened in the world: entries in the provider's books, labels sold, mails received."""
        happened = Counter(
            str(entry.kind) for entry in self.provider.books("100") if entry.state == "succeeded"
        )
        happened["label"] = len(self.carrier.labels("100"))
        happened["mail"] = len(self.mail.received)
        return +happened

    # How far the order is.

    async def placed(self, **fields: Any) -> None:
        self.room.receive(2)
        self.room.place("100", 2, **fields)

    async def claimed(self, **fields: Any) -> None:
        await self.placed(**fields)
        self.room.claim("100")

    async def authorised(self, **fields: Any) -> None:
        await self.claimed(**fields)
        await self.run(self.payments.authorise_payment, step(12))

    async def labelled(self, **fields: Any) -> None:
        await self.authorised(**fields)
        await self.run(self.shipping.buy_label, step(12))

    async def undone(self) -> None:
        await self.authorised()
        self.room.cancel("100", on=13)

    async def charged(self) -> None:
        await self.placed(timing="at_order")
        await self.run(self.payments.charge_order, step(6, 0))

    async def owing(self) -> None:
        await self.charged()
        self.room.cancel("100", on=13)


def step(on: Moment, parcel: int = 1) -> Step:
    return Step(order_id="100", at=moment(on), parcel=parcel)


def telling(kind: Kind, occasion: str, on: Moment = 6) -> Telling:
    return Telling(order_id="100", kind=kind, occasion=occasion, at=moment(on))
