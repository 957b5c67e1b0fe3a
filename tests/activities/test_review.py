"""The review's steps go on where an earlier try stopped, and do nothing twice."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.bells import Bells
from activities.notices import Shop
from activities.review import Begin, Reviews, Round
from activities.review_digest import Digests, Found
from domain.events import KEPT
from gateways.errors import GatewayUnavailable
from gateways.mail import Accepted, Mail, Rejected
from gateways.shop_letters import ShopLetters
from store import events, keys, outbox, supply
from store.database import Database
from store.supply_tables import InboundRow, SupplierRow
from tests.store.crowd import crowd
from tests.store.stockroom import MINI, SKU, Stockroom, day, january

SHOP = Shop(
    name="The Widget Shop", mail_from="orders@shop.example", operations_email="operations@shop.example"
)
STEP = Round(day=january(17), at=day(17))


@dataclass
class Post:
    """Keeps what it is given; away for some addresses, refused by others."""

    away: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> Accepted | Rejected:
        if mail.to in self.away:
            raise GatewayUnavailable("mail", "away")
        if mail.to in self.refuses:
            return Rejected(code=550, message="gone")
        self.sent.append(mail)
        return Accepted(message_id=mail.notice_id)

    def ids(self) -> list[str]:
        return [mail.notice_id for mail in self.sent]


class Orders:
    """Workflows that hear everything."""

    def get_workflow_handle(self, _workflow_id: str) -> "Orders":
        return self

    async def signal(self, *_told: str) -> None:
        pass


def reviews(database: Database, post: Post, shop: Shop = SHOP) -> Reviews:
    bells = Bells(database, cast(Client, Orders()), str)
    return Reviews(database, post, ShopLetters(), shop, bells)


def digests(database: Database, post: Post) -> Digests:
    return Digests(database, post, ShopLetters(), SHOP)


def late(database: Database, *suppliers: str) -> None:
    """Suppliers with one overdue line each."""
    rest = {"sku": SKU, "quantity": 5, "eta": january(12), "happened_at": day(8), "cancelled": False}
    lines = [{"inbound_id": f"PO-{name}", "supplier": name, **rest} for name in suppliers]
    known = [{"supplier": name, "email": f"{name}@example.com"} for name in suppliers]
    database.write(lambda session: session.execute(insert(SupplierRow), known))
    database.write(lambda session: session.execute(insert(InboundRow), lines))


def asked(session: Session) -> list[str]:
    lines = select(InboundRow.inbound_id).where(InboundRow.asked_at.is_not(None))
    return list(session.scalars(lines.order_by(InboundRow.inbound_id)))


async def test_after_a_failure_only_those_are_asked_who_were_not(sqlite_database: Database) -> None:
    Stockroom(sqlite_database)
    late(sqlite_database, "a", "b", "c")
    post = Post(away={"b@example.com"})
    ask = reviews(sqlite_database, post).ask_suppliers

    with pytest.raises(GatewayUnavailable):
        await ActivityEnvironment().run(ask, STEP)
    assert sqlite_database.read(asked) == ["PO-a"]

    post.away.clear()
    assert await ActivityEnvironment().run(ask, STEP) == ()
    assert post.ids() == [f"supplier/{name}/2026-01-17" for name in "abc"]


async def test_a_mailbox_that_refuses_stops_none_of_the_others(sqlite_database: Database) -> None:
    Stockroom(sqlite_database)
    late(sqlite_database, "a", "b")
    post = Post(refuses={"a@example.com"})

    assert await ActivityEnvironment().run(reviews(sqlite_database, post).ask_suppliers, STEP) == ("a",)

    assert sqlite_database.read(asked) == ["PO-b"]


async def test_dates_are_renewed_by_another_try_and_each_order_hears_once(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    for number, sku in enumerate((MINI, SKU)):
        stock.announce(f"PO-{number}", 5, 12, sku)
        stock.place(f"of-{sku}", 1, sku, placed=9)
    cause = keys.reviewed(STEP.day, STEP.at)
    sqlite_database.write(supply.refresh, MINI, cause, STEP.at, SHOP.time_zone)  # where the first try stopped
    renew = reviews(sqlite_database, Post()).renew_promises

    assert [await ActivityEnvironment().run(renew, STEP) for _ in range(2)] == [2, 2]
    assert stock.heard(cause) == {(f"of-{sku}", "promise_changed") for sku in (MINI, SKU)}


async def test_no_step_heartbeats_with_what_a_worker_without_its_key_could_not_read(
    sqlite_database: Database,
) -> None:
    stock = Stockroom(sqlite_database)
    stock.place("100")
    stock.announce("PO-1", 5, 12)
    late(sqlite_database, "a")
    sqlite_database.write(outbox.set_aside, day(7))
    beats: list[tuple[Any, ...]] = []
    desk = reviews(sqlite_database, Post())
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details)

    for step in (desk.renew_promises, desk.ask_suppliers):
        await environment.run(step, STEP)
    reached = await environment.run(desk.ring_forgotten, Round(day=STEP.day, at=day(6) + KEPT))
    await environment.run(
        digests(sqlite_database, Post()).write_review, Found(**STEP.model_dump(), since=day(16))
    )

    assert reached == 2  # 100 hears of its stock and of its date
    assert len(beats) >= 5
    assert set(beats) == {()}


async def test_events_that_are_over_are_forgotten_on_the_way(sqlite_database: Database) -> None:
    Stockroom(sqlite_database).place("100")
    sqlite_database.write(outbox.set_aside, day(7))
    ring = reviews(sqlite_database, Post()).ring_forgotten

    assert await ActivityEnvironment().run(ring, STEP) == 0
    assert len(sqlite_database.read(events.listing)) == 1

    assert await ActivityEnvironment().run(ring, Round(day=STEP.day, at=day(6) + KEPT)) == 0
    assert sqlite_database.read(events.listing) == []


async def test_the_digest_is_sent_once_though_it_is_told_twice(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    stock.place("100")
    post = Post()
    desk = digests(sqlite_database, post)
    first = await ActivityEnvironment().run(desk.write_review, Found(**STEP.model_dump(), since=day(16)))

    told = [await ActivityEnvironment().run(desk.tell_operations, STEP) for _ in range(2)]

    assert post.ids() == ["review/2026-01-17"]
    assert told == [first.model_copy(update={"told_at": STEP.at})] * 2


async def test_a_mailbox_of_operations_that_refuses_is_on_record(sqlite_database: Database) -> None:
    desk = digests(sqlite_database, Post(refuses={"operations@shop.example"}))
    await ActivityEnvironment().run(desk.write_review, Found(**STEP.model_dump(), since=day(16)))

    told = await ActivityEnvironment().run(desk.tell_operations, STEP)

    assert (told.refused, told.told_at) == ("550 gone", STEP.at)


@pytest.mark.parametrize(
    ("time_zone", "today"), [("UTC", 17), ("Pacific/Auckland", 18), ("America/New_York", 17)]
)
async def test_today_is_the_shops(sqlite_database: Database, time_zone: str, today: int) -> None:
    here = reviews(sqlite_database, Post(), SHOP.model_copy(update={"time_zone": time_zone}))

    begun = await ActivityEnvironment().run(here.begin_review, Begin(day=None, at=day(17)))

    assert (begun.day, begun.today, begun.known) == (january(today), january(today), None)
    assert begun.since == day(17) - timedelta(days=1)


async def test_a_long_way_over_the_orders_gives_signs_of_life(sqlite_database: Database) -> None:
    crowd(Stockroom(sqlite_database), 12_000)
    signs: list[Any] = []
    alive = ActivityEnvironment()
    alive.on_heartbeat = lambda *details: signs.append(details)
    desk = digests(sqlite_database, Post())

    await alive.run(desk.write_review, Found(**STEP.model_dump(), since=day(16)))
    books = await alive.run(reviews(sqlite_database, Post()).check_books)

    assert (signs, books.count) == ([()] * 4, 0)
