"""New words on products, suppliers or the shop: the dates that follow from them, and who must hear of it."""

from collections.abc import Iterable
from datetime import datetime

from temporalio.client import Client

from activities.bells import Bells, Ring
from store import bells, supply
from store.database import Database
from workflows.messages import backorder_workflow_id


async def renew(database: Database, skus: Iterable[str], cause: str, at: datetime, time_zone: str) -> int:
    """Give the lines of these SKUs their dates anew, a transaction each; how many orders must hear of it."""
    for sku in sorted(skus):
        await database.awrite(supply.refresh, sku, cause, at, time_zone)
    return await database.aread(bells.hanging, cause)


async def renew_all(database: Database, cause: str, at: datetime, time_zone: str) -> int:
    """The same of every SKU that is waited for or to come."""
    return await renew(database, await database.aread(supply.skus_with_supply), cause, at, time_zone)


async def tell(database: Database, client: Client, cause: str, at: datetime) -> int:
    """Ring the bells of a cause at once; how many orders were reached. What is not rung now, the review rings."""
    ringing = Bells(database, client, backorder_workflow_id)
    return sum([reached async for reached in ringing.ring(Ring(cause=cause, at=at))])
