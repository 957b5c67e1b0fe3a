"""F6: one customer's personal data goes, from the database and from Temporal; the books stay."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from domain.cancellation import Cancellation, Reason
from domain.correcting import Erased
from domain.order import Order
from domain.outcome import Outcome
from domain.policy import Product
from domain.state import OrderState
from starter.client import Backorders
from starter.errors import Refusal
from store import audit, catalog, erasing, orders
from store.base import Base
from store.database import Database
from tests.servers import temporal
from tests.shop import EXAMPLES, LIMIT_SECONDS, SKU, Shop, eventually, gateways, sandboxes
from worker.wiring import running_worker
from workflows.connection import register_search_attributes
from workflows.messages import backorder_workflow_id

LI = "operations:li"
TELLING = ("Grace", "Hopper", "grace@navy.example", "Arlington", "Cobol Street", "GRACE-1906", "22201")


def graces(order_id: str) -> Order:
    body = json.loads((EXAMPLES / "order.json").read_text()) | {"order_id": order_id}
    body["customer"] |= {
        "customer_id": "GRACE-1906",
        "name": "Grace Hopper",
        "email": "Grace@Navy.example",
    }
    body["ship_to"] |= {
        "name": "Grace Hopper",
        "street": "1 Cobol Street",
        "city": "Arlington",
        "postal_code": "22201",
    }
    return Order.model_validate(body)


@dataclass
class House:
    """A shop on Temporal's own server, which lists and deletes."""

    client: Client
    database: Database
    doors: Backorders

    async def ended(self, order_id: str) -> Outcome:
        handle = self.client.get_workflow_handle(backorder_workflow_id(order_id), result_type=Outcome)
        outcome: Outcome = await handle.result()
        return outcome

    async def histories(self) -> str:
        """All that Temporal keeps, as text."""
        runs = [run async for run in self.client.list_workflows()]
        kept = [str(run.search_attributes) + run.id for run in runs]
        for run in runs:
            handle = self.client.get_workflow_handle(run.id, run_id=run.run_id)
            kept += [str(event) async for event in handle.fetch_history_events()]
        return "\n".join(kept)

    async def closed(self, count: int, within: float = LIMIT_SECONDS) -> None:
        async def so_many() -> bool:
            listed = [run async for run in self.client.list_workflows("ExecutionStatus != 'Running'")]
            return len(listed) == count

        await eventually(so_many, f"{count} runs listed", limit=within)

    def everything(self) -> str:
        """All that the database keeps, as text."""
        return self.database.read(_text)

    def state(self, order_id: str) -> OrderState:
        return self.database.read(orders.state, order_id)


def _text(session: Session) -> str:
    tables = Base.metadata.sorted_tables
    return "\n".join(str(row) for table in tables for row in session.execute(select(table)))


def tells(text: str) -> list[str]:
    return [word for word in TELLING if word.lower() in text.lower()]


@asynccontextmanager
async def house(database: Database, folder: Path) -> AsyncIterator[House]:
    database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro"),))
    async with (
        await WorkflowEnvironment.start_local(
            dev_server_existing_path=temporal(), data_converter=pydantic_data_converter
        ) as env,
        sandboxes(folder) as outside,
        gateways(database, outside) as (parts, _mail),
    ):
        await register_search_attributes(env.client)
        async with running_worker(env.client, parts):
            yield House(env.client, database, Backorders(env.client, database))


async def test_f6_an_erased_customer_is_in_no_table_and_no_history_and_the_books_stay(
    database: Database, tmp_path: Path
) -> None:
    async with house(database, tmp_path) as shop:
        shipped, waiting = graces("100"), graces("101")
        await shop.doors.receive("R-1", {SKU: shipped.units})
        await shop.doors.place(shipped)
        await shop.ended("100")
        await shop.doors.place(waiting)
        await shop.doors.resend("100", "shipped", "support:maria")
        with pytest.raises(Refusal, match="still open: 101; cancel or complete first") as refused:
            await shop.doors.erase("GRACE-1906", LI)
        untouched = tells(shop.everything())
        await shop.doors.cancel("101", Cancellation(reason=Reason.TOO_SLOW, note="Grace Hopper called"))
        await shop.ended("101")
        await shop.closed(4)
        before = [shop.state(order_id) for order_id in ("100", "101")]
        known = tells(await shop.histories())

        erased = await shop.doors.erase("GRACE-1906", LI)

        assert refused.value.code == "OrdersOpen"
        assert untouched == known == list(TELLING)
        assert (erased.orders, erased.histories_deleted, erased.histories_left) == (2, 3, 0)
        assert erased.file_rewritten
        assert tells(shop.everything()) == []
        if database.is_sqlite:  # Temporal takes half a minute over it, once is enough
            await shop.closed(1, within=120)
            assert tells(await shop.histories()) == []
        for order_id, was in zip(("100", "101"), before, strict=True):
            now = shop.state(order_id)
            assert now == was.model_copy(update={"customer_id": erased.customer_id, "parcels": now.parcels})
            assert [one.amount_minor for one in now.parcels] == [one.amount_minor for one in was.parcels]
            assert database.read(erasing.is_erased, order_id)
            status = await shop.doors.status(order_id)
            assert status.status is was.status
        assert database.read(audit.findings) == []


async def test_f6_a_history_that_temporal_would_not_give_up_is_counted_and_asked_for_by_the_new_name(
    shop: Shop,
) -> None:
    """The time-skipping server deletes nothing."""
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.ended("100")

    erased = await shop.doors.erase("C-100", LI)
    again = await shop.doors.erase(erased.customer_id, LI)

    assert erased == Erased(customer_id=erased.customer_id, orders=1, histories_left=1)
    assert again == erased
    with pytest.raises(Refusal, match="no order of this customer is known"):
        await shop.doors.erase("C-100", LI)
    assert shop.findings() == []


async def test_f6_nothing_more_is_sent_to_an_erased_customer(shop: Shop) -> None:
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.ended("100")
    await shop.doors.erase("C-100", LI)
    letters = len(shop.mail.received)

    with pytest.raises(Refusal, match="its customer's data was erased"):
        await shop.doors.resend("100", "shipped", "support:maria")
    with pytest.raises(Refusal, match="its customer's data was erased"):
        await shop.doors.change_email("100", "grace@new.example", "support:maria")

    assert len(shop.mail.received) == letters
