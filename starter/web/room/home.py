"""The first page: the figures of the day, and what waits for a person."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from starter.web.room import charts, kpis
from starter.web.room.room import Room
from store import room as questions
from store.room import MOST, Missed


def add(routes: APIRouter, room: Room) -> None:
    @routes.get("")
    async def show_home(request: Request) -> Response:
        who = room.holder(request)
        return room.page(request, who, "home.html", **await _home(room))

    @routes.get("/notices")
    async def show_undelivered(request: Request) -> Response:
        who = room.holder(request)
        lost = await room.house.database.aread(questions.undelivered)
        return room.page(request, who, "notices.html", lost=lost)


async def _home(room: Room) -> dict[str, Any]:
    """Each question in a thread of its own: together they take as long as the longest."""
    ask = room.house.database.aread
    figures, needs, missed, review, pause = await asyncio.gather(
        kpis.figures(room),
        ask(questions.needs),
        ask(questions.most_missed),
        ask(questions.last_review),
        ask(questions.pause),
    )
    return {
        "current": figures.kpi.open,
        "figures": figures,
        "needs": needs,
        "most": MOST,
        "missed": missed,
        "missed_chart": charts.missed(_bars(missed)),
        "review": review,
        "pause": pause,
    }


def _bars(missed: Sequence[Missed]) -> list[tuple[str, int, int]]:
    """The longest on top, where a chart on its side begins at the bottom."""
    return [(one.sku, one.expected, one.waiting - one.expected) for one in reversed(missed)]
