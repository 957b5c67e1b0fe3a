"""A shop on Temporal's development server, which can list; and its audit."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from domain.audit import Repair
from starter.auditing.audit import Audit, Audited
from starter.auditing.showing import Showing
from starter.schedule import schedule_review
from store.database import Database
from tests.servers import temporal
from tests.shop import MailServer, Outside, Shop
from worker.wiring import Parts
from workflows.connection import register_search_attributes


@asynccontextmanager
async def dev_shop(
    database: Database, outside: Outside, parts: Parts, mail: MailServer, **server: Any
) -> AsyncIterator[Shop]:
    """A new and empty server, set up as `init` does it; at the end all that it knew is gone. No worker yet."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal(), data_converter=pydantic_data_converter, **server
    ) as env:
        await register_search_attributes(env.client)
        await schedule_review(env.client, "UTC")
        yield Shop(env, env.client, database, outside.bank, outside.labels, mail, parts)


Clock = Callable[[], datetime]


def ahead(of_us: timedelta) -> Clock:
    """The clock of one who audits so much later."""
    return lambda: datetime.now(UTC) + of_us


NOW = ahead(timedelta())


def audit(shop: Shop, *, webhook: bool = False, clock: Clock = NOW) -> Audit:
    return Audit(shop.doors, shop.database, shop.parts.payments, webhook, "UTC", Showing(), clock)


async def found(shop: Shop, **fields: Any) -> list[tuple[str, str | None]]:
    """What an audit says, as kinds and what they are about."""
    seen = await audit(shop, **fields).look()
    return [(one.kind.value, one.order_id or one.sku or one.key) for one in seen.findings]


async def repaired(
    shop: Shop, by: str = "operations:maria", *, sure: bool = False, **fields: Any
) -> tuple[list[Repair], Audited]:
    """What a repair did, one by one, and what came of it."""
    repairs: list[Repair] = []
    async for told in audit(shop, **fields).repair(by, sure=sure):
        if isinstance(told, Audited):
            return repairs, told
        if isinstance(told, Repair):
            repairs.append(told)
    raise AssertionError("a repair ends with what came of it")
