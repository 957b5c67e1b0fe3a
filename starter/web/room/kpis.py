"""The figures against their targets, each with its last 90 days."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from domain.ages import Age
from domain.metrics import Kpi
from domain.model import Model
from domain.period import DAY, WINDOW_DAYS
from domain.trend import DayFigures
from starter.web.room import charts
from starter.web.room.charts import Chart, Unit
from starter.web.room.room import Room
from starter.web.room.words import Words
from store.figures import kpi
from store.history import age_histogram, history

_DAYS = 90


class Card(Model):
    """One figure: its value in words, what it should be, and how it went."""

    name: str
    value: str
    aim: str
    met: bool | None
    chart: Chart


class Figures(Model):
    """Of the last `days` days, today included."""

    days: int
    kpi: Kpi
    cards: tuple[Card, ...]
    ages: Chart


async def figures(room: Room) -> Figures:
    """As of now, in the shop's days."""
    ask, zone, now = room.house.database.aread, room.words.time_zone, room.house.now()
    until = room.words.today(now) + DAY
    found, past, groups = await asyncio.gather(
        ask(kpi, until - WINDOW_DAYS * DAY, until, now, zone),
        ask(history, until, _DAYS, zone),
        ask(age_histogram, now, zone),
    )
    return Figures(
        days=WINDOW_DAYS,
        kpi=found,
        cards=tuple(_cards(found, past, room.words)),
        ages=charts.by_age([(_age(group), group.orders) for group in groups]),
    )


def _cards(found: Kpi, past: Sequence[DayFigures], say: Words) -> list[Card]:
    rate, fill, cancel, kept = (
        found.backorder_rate,
        found.fill_time_days,
        found.cancel_rate,
        found.promises_kept,
    )
    halves = f"half in {_days(fill.p50)}, 90 % in {_days(fill.p90)}"
    why = ", ".join(f"{count} × {say.plain(one)}" for one, count in list(cancel.by_reason.items())[:3])
    below = f"target below {say.percent(cancel.target)}"
    told = (
        (
            "Backorder rate",
            say.percent(rate.value, 1),
            f"target below {say.percent(rate.target)} of orders",
            rate,
        ),
        ("Fill time", _days(fill.mean), f"target below {fill.target:g} days; {halves}", fill),
        ("Cancel rate", say.percent(cancel.value, 1), f"{below}; {why}" if why else below, cancel),
    )
    kept_of = f"of {say.counted(kept.count, 'unit')} shipped that had a date"
    return [
        *(
            Card(name=name, value=value, aim=aim, met=one.met, chart=_chart(name, past, one.target))
            for name, value, aim, one in told
        ),
        Card(
            name="Promises kept",
            value=say.percent(kept.value, 1),
            aim=kept_of,
            met=None,
            chart=_chart("Promises kept", past, None),
        ),
    ]


_OVER_DAYS = {
    "Backorder rate": ("backorder_rate", Unit.SHARE),
    "Fill time": ("fill_time_days", Unit.DAYS),
    "Cancel rate": ("cancel_rate", Unit.SHARE),
    "Promises kept": ("promises_kept", Unit.SHARE),
}
"""The figure of a day that each chart draws."""


def _chart(title: str, past: Sequence[DayFigures], target: float | None) -> Chart:
    name, unit = _OVER_DAYS[title]
    of: Callable[[DayFigures], float | None] = lambda day: getattr(day, name)  # noqa: E731 - its type is said here
    points: list[tuple[date, float | None]] = [(day.day, of(day)) for day in past]
    return charts.over_days(name, title, points, unit, target)


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} days"


def _age(group: Age) -> str:
    if group.to_days is None:
        return f"{group.from_days}+"
    return f"{group.from_days}-{group.to_days}"
