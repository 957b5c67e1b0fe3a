"""Reports on a period, with pictures: value, cancellations, what to buy, and the two books of payments."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.cancellations import Cancellations
from domain.demand import Value
from domain.period import DAY, WINDOW_DAYS, midnight
from domain.replenishment import Replenishment, urgency
from starter.buying import reckoned
from starter.errors import BadInput
from starter.two_books import compared
from starter.web.room.charts import Chart, Kind, Series, Unit
from starter.web.room.room import Room
from store import cancellations, value
from store.moved import stuck
from worker import gateways

_WEEKS = 8
_SHOWN = 100
_IN_A_CHART = 10
_LONGEST = timedelta(days=731)


def add(routes: APIRouter, room: Room) -> None:
    @routes.get("/reports")
    async def show_value(request: Request) -> Response:
        who, (since, until) = room.holder(request), _period(room, request)
        found = await room.house.database.aread(value.report, since, until, room.words.time_zone)
        return _page(room, request, who, "value", since, until, found=found, chart=_worth(found), most=_SHOWN)

    @routes.get("/reports/cancellations")
    async def show_cancellations(request: Request) -> Response:
        who, (since, until) = room.holder(request), _period(room, request, 90)
        found = await room.house.database.aread(cancellations.report, since, until, room.words.time_zone)
        return _page(
            room, request, who, "cancellations", since, until, found=found, chart=_reasons(room, found)
        )

    @routes.get("/reports/replenishment")
    async def show_replenishment(request: Request) -> Response:
        who, today = room.holder(request), room.words.today(room.house.now())
        products = await reckoned(room.house.database, today, room.words.time_zone, _WEEKS)
        until = today + timedelta(weeks=_WEEKS)
        return _page(room, request, who, "replenishment", today, until, **_buying(products, today))

    @routes.get("/reports/payments")
    async def show_payments(request: Request) -> Response:
        """The provider's books are read only when a person asks."""
        who, (since, until) = room.holder(request), _period(room, request)
        words = (
            await _compared(room, since, until) if "compare" in request.query_params else {"compared": False}
        )
        return _page(room, request, who, "payments", since, until, **words)


def _page(
    room: Room, request: Request, who: Any, which: str, since: date, until: date, **words: Any
) -> Response:
    last = until - DAY
    return room.page(request, who, f"report_{which}.html", which=which, since=since, last=last, **words)


def _period(room: Room, request: Request, days: int = WINDOW_DAYS) -> tuple[date, date]:
    """The days asked for, the last one included; by default those that end today.

    Raises:
        BadInput: a day can't be read, or the period is empty or too long.
    """
    last = _day(request, "last") or room.words.today(room.house.now())
    since = _day(request, "since") or last - (days - 1) * DAY
    if since > last:
        raise BadInput(f"since: the period is empty, {since} lies after {last}")
    if last - since > _LONGEST:
        raise BadInput(f"since: the period is longer than {_LONGEST.days} days")
    return since, last + DAY


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{name}: write the day as 2026-02-20") from None
    if not date(2000, 1, 1) <= day <= date(2999, 12, 31):
        raise BadInput(f"{name}: {day} is too far away")
    return day


def _worth(found: Value) -> Chart:
    """The products asked for most, by orders."""
    most = found.products[:_IN_A_CHART][::-1]
    kept = Series(name="Captured", y=tuple(one.captured_orders for one in most), kind=Kind.BAR, tone="b")
    lost = tuple(one.asked_orders - one.captured_orders for one in most)
    return Chart(
        id="value",
        title="Orders that stock did not cover, by SKU",
        x_name="SKU",
        x=tuple(f"{one.sku} ({one.currency})" for one in most),
        series=(kept, Series(name="Lost", y=lost, kind=Kind.BAR, tone="c")),
        stacked=True,
        sideways=True,
    )


_TONES = "abcdef"


def _reasons(room: Room, found: Cancellations) -> Chart:
    """Cancellations week by week, a colour for each of the most frequent reasons."""
    weeks = _mondays(found.since, found.until)
    named = list(found.by_reason)[: len(_TONES) - 1]
    counts: dict[tuple[str, date], int] = {}
    for row in found.rows:
        key = (row.reason if row.reason in named else "", row.week)
        counts[key] = counts.get(key, 0) + row.cancellations
    shown = [*named, *([""] if len(found.by_reason) > len(named) else [])]
    return Chart(
        id="reasons",
        title="Cancellations by week and reason",
        x_name="Week of",
        x=tuple(week.isoformat() for week in weeks),
        series=tuple(
            Series(
                name=room.words.plain(reason) if reason else "other reasons",
                y=tuple(counts.get((reason, week), 0) for week in weeks),
                kind=Kind.BAR,
                tone=tone,
            )
            for reason, tone in zip(shown, _TONES, strict=False)
        ),
        stacked=True,
    )


def _mondays(since: date, until: date) -> list[date]:
    first = since - since.weekday() * DAY
    return [first + timedelta(weeks=number) for number in range((until - first - DAY).days // 7 + 1)]


def _buying(products: Sequence[Replenishment], today: date) -> dict[str, Any]:
    """What runs short, the most urgent first."""
    short = sorted(
        (one for one in products if one.short_from),
        key=urgency,
    )
    most = short[:_IN_A_CHART][::-1]
    to_buy = Series(name="To buy", y=tuple(one.to_buy for one in most), kind=Kind.BAR, tone="c")
    on_order = Series(name="On order", y=tuple(one.on_order for one in most), kind=Kind.BAR, tone="a")
    skus = tuple(one.sku for one in most)
    chart = Chart(
        id="buying",
        title="What is on order, and what to buy",
        x_name="SKU",
        x=skus,
        series=(on_order, to_buy),
        stacked=True,
        sideways=True,
        unit=Unit.COUNT,
    )
    covered = len(products) - len(short)
    return {
        "short": short[:_SHOWN],
        "more": max(0, len(short) - _SHOWN),
        "covered": covered,
        "today": today,
        "weeks": _WEEKS,
        "chart": chart,
    }


async def _compared(room: Room, since: date, until: date) -> dict[str, Any]:
    """Our ledger against the provider's books; raises `OutOfReach` where it does not answer."""
    zone, database = room.words.time_zone, room.house.database
    async with gateways.payments(room.house.settings) as provider:
        entries, found = await compared(database, provider, midnight(since, zone), midnight(until, zone))
    return {
        "compared": True,
        "entries": entries,
        "differences": found[:_SHOWN],
        "count": len(found),
        "stuck": (await database.aread(stuck))[:_SHOWN],
    }
