"""The shop's figures: what it measures its backorders by, what they are worth, why they are cancelled."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.cancellations import Cancellations
from domain.demand import Value
from domain.metrics import Kpi
from domain.model import Id, Model
from domain.period import DAY, WINDOW_DAYS, local_day
from starter import limits
from starter.api.auth import needs
from starter.api.described import answers
from starter.api.doors import Door
from starter.api.orders import READ
from starter.limits import BadFields
from starter.web.house import House
from store import cancellations, figures, value

_MOST_DAYS = 3660
_NOTHING = "the period is empty: `since` is not before `until`"
_TOO_LONG = f"a period has at most {_MOST_DAYS} days"

_Since = Annotated[date | None, Query(description="The first day; by default 30 days before `until`.")]
_Until = Annotated[date | None, Query(description="The day after the last; by default tomorrow.")]


class _Period(Model):
    since: date | None
    until: date


@dataclass(frozen=True)
class Days:
    """Days of the shop; `until` is exclusive."""

    since: _Since = None
    until: _Until = None

    def of(self, house: House) -> tuple[date, date, str]:
        """The days asked for, and the shop's time zone.

        Raises:
            BadFields: they are no period.
        """
        zone = house.settings.time_zone
        until = self.until or local_day(house.now(), zone) + DAY
        limits.check(_Period(since=self.since, until=until))
        since = self.since or until - WINDOW_DAYS * DAY
        if since >= until:
            raise BadFields([{"field": "since" if self.since else "until", "problem": _NOTHING}])
        if until - since > _MOST_DAYS * DAY:
            raise BadFields([{"field": "since", "problem": _TOO_LONG}])
        return since, until, zone


Asked = Annotated[Days, Depends()]


def router(house: House) -> APIRouter:
    """Figures of a period."""
    doors = APIRouter(tags=["figures"], route_class=Door, dependencies=[Depends(needs(house, *READ))])

    @doors.get("/kpi", summary="The shop's figures", responses=answers("kpi", scopes=READ))
    async def get_kpi(days: Asked) -> Kpi:
        """Current backorders; and of a period's days rates, fill time, promises kept and saved sales with their targets."""
        since, until, zone = days.of(house)
        return await house.database.aread(figures.kpi, since, until, house.now(), zone)

    @doors.get(
        "/reports/value",
        summary="What backorders are worth",
        responses=answers("value", scopes=READ, fails=(404,)),
    )
    async def report_value(days: Asked, sku: Id | None = None) -> Value:
        """Demand that stock did not cover, and what became of it, in all and by SKU and currency."""
        return await house.database.aread(value.report, *days.of(house), sku)

    @doors.get(
        "/reports/cancellations",
        summary="Why customers cancel",
        responses=answers("cancellations", scopes=READ),
    )
    async def report_cancellations(days: Asked) -> Cancellations:
        """What was cancelled, whole or in part, by week, reason and asker."""
        return await house.database.aread(cancellations.report, *days.of(house))

    return doors
