"""A namespace that is lost: all orders go on in a new and empty Temporal, from the database alone."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from domain.decision import DecisionOutcome
from domain.policy import Product
from domain.status import Status
from starter.errors import Refusal
from store import catalog
from store.database import Database
from store.tables import OrderRow
from tests import lost
from tests.dev_shop import dev_shop, found, repaired
from tests.lost import CONDITIONS, ENDED, Condition, Lost
from tests.shop import Books, MailServer, Outside, Shop, eventually, gateways, line, sandboxes
from worker.wiring import Parts, running_worker

EVERY = CONDITIONS | ENDED
ANNOUNCED = ("promised", "delayed")
"""What supply is known of; for those who were promised an earlier day it comes too late."""
AT_ONCE = 20
LONG = 120


@pytest.mark.slow
async def test_e_a_lost_namespace_is_restored_from_the_database_alone(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await _lost_and_restored(sqlite_database, tmp_path, each=2)


@pytest.mark.soak
async def test_e_a_lost_namespace_of_a_thousand_open_orders_is_restored_from_postgresql(
    postgres_database: Database, tmp_path: Path
) -> None:
    await _lost_and_restored(postgres_database, tmp_path, each=72)


async def _lost_and_restored(database: Database, folder: Path, each: int) -> None:
    skus = {"SKU-placing"} | {f"SKU-{name}" for name in EVERY} | {lost.lacking(name) for name in CONDITIONS}
    products = tuple(Product(sku=sku, title=sku.title()) for sku in sorted(skus))
    database.write(catalog.load_products, products)
    async with sandboxes(folder) as outside, gateways(database, outside) as (parts, mail):
        await _first_server(database, outside, parts, mail, each)
        async with dev_shop(database, outside, parts, mail) as shop:
            await _restored(shop, each)


def _ids(name: str, each: int) -> list[str]:
    return [f"{name}-{number}" for number in range(each)]


# The first server, and what is left of it.


async def _first_server(
    database: Database, outside: Outside, parts: Parts, mail: MailServer, each: int
) -> None:
    some_lost = replace(parts, payments=Lost(parts.payments))
    async with (
        dev_shop(database, outside, parts, mail) as shop,
        running_worker(shop.client, some_lost, graceful_shutdown_timeout=timedelta(0)),
    ):
        await _supply(shop, each)
        lines = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(
            *(_place(shop, lines, one, c) for name, c in EVERY.items() for one in _ids(name, each))
        )
        for name, condition in EVERY.items():
            for order_id in _ids(name, each):
                await lost.bring(shop, order_id, condition, LONG)
        await _leave_placing(shop, each)
    # They were asked for a minute ago: whoever asked has given up by now.
    earlier = update(OrderRow).where(OrderRow.status == Status.PLACING)
    database.write(
        lambda session: session.execute(earlier.values(asked_at=datetime.now(UTC) - timedelta(minutes=1)))
    )


async def _supply(shop: Shop, each: int) -> None:
    eta = datetime.now(UTC).date() + timedelta(days=20)
    for name in ANNOUNCED:
        await shop.announce(f"PO-{name}", each * 2, eta, f"SKU-{name}")
    for name, condition in EVERY.items():
        if condition.stock:
            await shop.receive(condition.stock * each, f"SKU-{name}")


async def _place(shop: Shop, lines: asyncio.Semaphore, order_id: str, condition: Condition) -> None:
    async with lines:
        await lost.place(shop, order_id, condition)


async def _leave_placing(shop: Shop, each: int) -> None:
    """Orders that were charged, and whose workflow never heard of it."""
    ids = _ids("placing", each)
    orders = [await shop.order(one, lines=[line("SKU-placing", 2)], timing="at_order") for one in ids]
    asking = [asyncio.create_task(shop.doors.place(order)) for order in orders]
    await eventually(lambda: all(shop.payments.books(one) for one in ids), "all are charged", LONG)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


# The second one.


async def _restored(shop: Shop, each: int) -> None:
    opened = [one for name in (*CONDITIONS, "placing") for one in _ids(name, each)]
    async with running_worker(shop.client, shop.parts):
        with pytest.raises(Refusal, match=f"{len(opened)} of {len(opened)} open orders have no workflow"):
            await repaired(shop)
        assert [one async for one in lost.starts(shop)] == []
        began = time.monotonic()
        repairs, audited = await repaired(shop, sure=True)
        took = time.monotonic() - began
        print(f"{len(opened)} open orders have a workflow again after {took:.1f} s")  # noqa: T201 - the soak's figure
        assert Counter(one.order_id for one in repairs) == Counter(opened)
        assert {one.kind.value for one in audited.found.findings} == {"workflow_missing"}
        assert audited.left.findings == ()
        assert await _once_each(shop, opened)

        await _free_and_ship(shop, each)
        print(f"all ended after {time.monotonic() - began:.1f} s")  # noqa: T201 - the soak's figure
        assert await found(shop) == []
    for name, condition in EVERY.items():
        for order_id in _ids(name, each):
            _check(shop, order_id, condition)
    for order_id in _ids("placing", each):
        _check_refused(shop, order_id)
    letters = Counter(mail["To"] for mail in shop.mail.mails)
    assert letters == {
        f"customer-{order_id}@example.com": len(condition.told)
        for name, condition in EVERY.items()
        for order_id in _ids(name, each)
    }
    assert shop.findings() == []


async def _once_each(shop: Shop, opened: list[str]) -> bool:
    async def each_has_one() -> bool:
        return Counter([one async for one in lost.starts(shop)]) == Counter(opened)

    return bool(await eventually(each_has_one, "the list of workflows", LONG))


async def _free_and_ship(shop: Shop, each: int) -> None:
    for name, condition in CONDITIONS.items():
        units = sum(shop.books(one).backordered for one in _ids(name, each))
        if units:
            inbound = f"PO-{name}" if name in ANNOUNCED else None
            await shop.receive(units, lost.lacking(name), f"R-{name}", inbound)
        for order_id in _ids(name, each):
            await condition.free(shop, order_id)
    for name in (*CONDITIONS, "placing"):
        for order_id in _ids(name, each):
            await eventually(lambda o=order_id: shop.state(o).ended_at is not None, order_id, LONG)


def _check(shop: Shop, order_id: str, condition: Condition) -> None:
    """Everything once: units, money, labels, notices, and letters that came."""
    assert shop.books(order_id) == condition.ends, order_id
    assert shop.differences(order_id) == [], order_id
    assert shop.labels(order_id) == condition.told.count("shipped"), order_id
    assert sorted(shop.told(order_id)) == sorted(condition.told), order_id


def _check_refused(shop: Shop, order_id: str) -> None:
    state = shop.state(order_id)
    assert state.decision
    assert state.decision.outcome is DecisionOutcome.REJECTED, order_id
    assert shop.books(order_id) == Books(cancelled=2), order_id
    assert [entry.kind for entry in shop.payments.books(order_id)] == ["charge", "refund"], order_id
