"""Why customers cancelled, by day."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import cancellations as reasons
from domain.cancellations import Cancellations, Cancelled
from store.figures import within
from store.life_tables import CancellationRow
from store.local_days import local_days


def report(session: Session, since: date, until: date, time_zone: str) -> Cancellations:
    """What was cancelled in the period, by week, reason and asker; wishes that came too late are not counted."""
    on = local_days(session, since, until, time_zone)(CancellationRow.at).label("on_day")
    by = CancellationRow.body["requested_by"].as_string().label("asked_by")
    counted = (
        select(on, CancellationRow.reason, by, func.count(), func.sum(CancellationRow.units))
        .where(within(CancellationRow.at, since, until, time_zone), CancellationRow.units > 0)
        .group_by("on_day", CancellationRow.reason, "asked_by")
    )
    found = [
        Cancelled(day, why, who, count, int(units))
        for day, why, who, count, units in session.execute(counted)
    ]
    return reasons.cancellations(since, until, found)
