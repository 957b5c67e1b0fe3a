"""The story that `backorder demo` plays."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rich.console import Console
from temporalio.testing import TimeSkipper

from domain.cancellation import Cancellation, Reason
from domain.changes import PaymentMethod
from domain.choice import Choice, Wish
from domain.order import Address, Customer, Fulfilment, Order, OrderLine, Payment, Tier
from domain.policy import Product
from domain.report import Status
from starter.client import Backorders
from starter.errors import OutOfReach
from store import catalog, status
from store.database import Database
from workflows.messages import backorder_workflow_id

BLUE, MINI, XL = "WIDGET-PRO-BLUE", "WIDGET-MINI", "WIDGET-XL"
PRODUCTS = (
    Product(sku=BLUE, title="Widget Pro - Blue"),
    Product(sku=MINI, title="Widget Mini"),
    Product(sku=XL, title="Widget XL"),
)
PRICES = {BLUE: 9500, MINI: 1900, XL: 24900}
DECLINED = "pm_card_chargeDeclined"
_LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Played:
    """What the story did with one order, and how it stands."""

    what: str
    status: Status


@dataclass
class Story:
    doors: Backorders
    database: Database
    console: Console
    played: dict[str, str] = field(default_factory=dict)

    async def tell(self) -> list[Played]:
        self.database.write(catalog.load_products, PRODUCTS)
        await self._first_come_first_served()
        await self._a_cancellation_frees_units()
        await self._a_vip_has_a_head_start()
        await self._the_timeline_of_an_order()
        await self._another_card()
        await self._now_or_together()
        return [Played(what, self._status(order_id)) for order_id, what in self.played.items()]

    async def _first_come_first_served(self) -> None:
        self._chapter("First come, first served", "Three orders wait for 55 units; 50 come in.")
        await self._place("100", BLUE, 20, days_ago=20, what="first in line: shipped whole")
        await self._place("101", BLUE, 20, days_ago=19, what="second in line: shipped whole")
        await self._place("102", BLUE, 15, days_ago=17, what="third in line: 10 shipped, 5 still to come")
        await self._receive("ASN-5001", BLUE, 50)
        for order_id, units in (("100", 20), ("101", 20), ("102", 10)):
            await self._until(order_id, _sent(units))

    async def _a_cancellation_frees_units(self) -> None:
        self._chapter(
            "A cancellation frees units", "103 holds 2 of the 3 units that it wants together, and gives up."
        )
        await self._place(
            "103",
            MINI,
            3,
            days_ago=9,
            fulfilment=Fulfilment.TOGETHER,
            what="cancelled: its 2 units went to 104",
        )
        await self._place("104", MINI, 2, days_ago=8, what="shipped with what 103 gave up")
        await self._receive("ASN-5002", MINI, 2)
        wish = Cancellation(cancellation_id="web-103-1", reason=Reason.TOO_SLOW, requested_by="customer")
        outcome = await self.doors.cancel("103", wish)
        self.console.print(f"  103 cancels: {outcome.units_cancelled} units, and nothing was charged")
        await self._until("104", _sent(2))

    async def _a_vip_has_a_head_start(self) -> None:
        self._chapter(
            "A VIP has a head start, and nobody starves",
            "107 is a VIP's and counts as placed 7 days earlier: ahead of 106, which waits for 3 days, but not of "
            "105, which waits for 10.",
        )
        await self._place(
            "105", MINI, 2, days_ago=10, what="waited longer than the VIP's head start: served first"
        )
        await self._place("106", MINI, 2, days_ago=3, what="stands behind the VIP: still waiting")
        await self._place("107", MINI, 2, days_ago=0, tier=Tier.VIP, what="VIP: ahead of 106, behind 105")
        await self._receive("ASN-5003", MINI, 4)
        for order_id in ("105", "107"):
            await self._until(order_id, _sent(2))

    async def _the_timeline_of_an_order(self) -> None:
        self._chapter(
            "Three weeks in three seconds",
            "108 waits: confirmed on day 0, written to on days 7 and 14, shipped on day 20. Its clock is put forward "
            "for that: its dates lie ahead of yours.",
        )
        await self._place(
            "108", XL, 1, days_ago=0, what="four e-mails in 20 days: confirmed, no news, a date, shipped"
        )
        await self._until("108", lambda order: _told(order, "confirmation"))
        await self._skip("108", 7)
        await self._until("108", lambda order: notices(order) == 2)
        eta = datetime.now(UTC).date() + timedelta(days=20)
        await self.doors.announce("PO-88-1-rev1", "PO-88-1", {XL: 10}, eta=eta, supplier="Acme Widgets")
        self.console.print(f"  Acme Widgets announces 10 units for {eta}")
        await self._until("108", lambda order: order.status == "waiting")
        await self._skip("108", 7)
        await self._until("108", lambda order: notices(order) == 3)
        await self._skip("108", 6)
        await self._receive("ASN-5004", XL, 10, inbound_id="PO-88-1")
        await self._until("108", _sent(1))

    async def _another_card(self) -> None:
        self._chapter("A declined card", "109's card is declined. Its unit waits until another card pays.")
        await self._place(
            "109", XL, 1, days_ago=0, method=DECLINED, what="declined, then paid with another card"
        )
        await self._until("109", lambda order: _told(order, "payment_problem"))
        await self.doors.change_payment_method("109", PaymentMethod(method="pm_card_mastercard"))
        self.console.print("  109's customer is asked for another card, and gives one")
        await self._until("109", _sent(1))

    async def _now_or_together(self) -> None:
        self._chapter(
            "Now, or together?", "Of 110's 10 units 8 are here. Its customer is asked, and chooses."
        )
        await self._place(
            "110", XL, 10, days_ago=0, fulfilment=Fulfilment.ASK, what="asked: 8 now, 2 still to come"
        )
        await self._until("110", lambda order: _told(order, "choice"))
        await self.doors.choose("110", Choice(choice=Wish.SPLIT))
        self.console.print("  110's customer chooses: what is here now, the rest later")
        await self._until("110", _sent(8))

    def _chapter(self, title: str, text: str) -> None:
        self.console.print(f"\n[bold]{title}[/]\n  {text}")

    async def _place(
        self,
        order_id: str,
        sku: str,
        units: int,
        *,
        days_ago: int,
        what: str,
        tier: Tier = Tier.STANDARD,
        fulfilment: Fulfilment = Fulfilment.SPLIT,
        method: str = "pm_card_visa",
    ) -> None:
        order = _order(order_id, sku, units, days_ago, tier, fulfilment, method)
        decision = await self.doors.place(order)
        self.played[order_id] = what
        promised = f", {decision.promised_on or 'no date yet'}" if decision.backordered else ""
        self.console.print(f"  {order_id}: {units} × {sku} → {decision.outcome}{promised}")

    async def _receive(self, change_id: str, sku: str, units: int, inbound_id: str | None = None) -> None:
        outcome = await self.doors.receive(change_id, {sku: units}, inbound_id=inbound_id)
        who = ", ".join(outcome.orders)
        self.console.print(f"  {units} × {sku} come in: {outcome.handed_out} handed out to {who}")

    async def _skip(self, order_id: str, days: int) -> None:
        handle = self.doors.client.get_workflow_handle(backorder_workflow_id(order_id))
        await TimeSkipper(self.doors.client).fast_forward(handle, timedelta(days=days))
        self.console.print(f"  … {days} days later")

    def _status(self, order_id: str) -> Status:
        return self.database.read(status.status, order_id, datetime.now(UTC))

    async def _until(self, order_id: str, reached: Callable[[Status], bool]) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + _LIMIT_SECONDS
        while not reached(await self.database.aread(status.status, order_id, datetime.now(UTC))):
            if loop.time() > ends:
                raise OutOfReach(f"order {order_id}'s next step")
            await asyncio.sleep(0.03)


def _order(
    order_id: str, sku: str, units: int, days_ago: int, tier: Tier, fulfilment: Fulfilment, method: str
) -> Order:
    name, email = _PEOPLE[int(order_id) % len(_PEOPLE)]
    title = next(product.title for product in PRODUCTS if product.sku == sku)
    return Order(
        order_id=order_id,
        placed_at=datetime.now(UTC) - timedelta(days=days_ago, seconds=5),
        customer=Customer(customer_id=f"C-{order_id}", name=name, email=email, tier=tier),
        ship_to=Address(
            name=name,
            street="12 Harbour Street",
            city="Portland",
            region="OR",
            postal_code="97201",
            country="US",
        ),
        currency="USD",
        lines=(OrderLine(sku=sku, title=title, quantity=units, unit_price_minor=PRICES[sku]),),
        payment=Payment(method=method),
        fulfilment=fulfilment,
    )


_PEOPLE = (
    ("Ada Jensen", "ada@example.com"),
    ("Bo Lind", "bo@example.com"),
    ("Carla Diaz", "carla@example.com"),
    ("Dev Patel", "dev@example.com"),
    ("Emi Sato", "emi@example.com"),
)


def shipped(order: Status) -> int:
    return sum(line.shipped for line in order.lines)


def notices(order: Status) -> int:
    return len(order.notices)


def _told(order: Status, kind: str) -> bool:
    return any(notice.kind == kind for notice in order.notices)


def _sent(units: int) -> Callable[[Status], bool]:
    return lambda order: shipped(order) == units and _told(order, "shipped")
