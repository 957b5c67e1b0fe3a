"""What to buy, reckoned from how the SKUs stand."""

from datetime import date

from domain.replenishment import Replenishment, replenishment
from store.database import Database
from store.replenishment import positions


async def reckoned(
    database: Database, today: date, time_zone: str, weeks: int, sku: str | None = None
) -> tuple[Replenishment, ...]:
    stand = await database.aread(positions, today, time_zone, sku)
    return tuple(replenishment(one, today, weeks) for one in stand)
