"""Reports on a period."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from domain.payment import PaymentKind
from domain.reconciliation import Difference, Entry, differences
from gateways.errors import GatewayError
from gateways.payment import BookEntry, PaymentProvider
from starter import door
from starter.errors import BadInput, OutOfReach
from starter.money import amount
from store.database import Database
from store.moved import Stuck, moved, stuck
from worker import gateways
from worker.settings import Settings

_DAYS = 30
_YEARS = range(1970, 3000)
"""In which no reckoning with days runs out of calendar."""
_MARGIN = timedelta(days=1)
"""How far two clocks may be apart, and a call from its entry."""


@dataclass(frozen=True)
class Payments:
    """What the two books do not agree on in a period, and what a person must mend."""

    since: date
    until: date
    entries: int
    found: tuple[Difference, ...]
    stuck: tuple[Stuck, ...]
    as_csv: bool

    @property
    def refused(self) -> bool:
        return bool(self.found or self.stuck)

    @property
    def document(self) -> Any:
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "entries": self.entries,
            "differences": [one.model_dump(mode="json") for one in self.found],
            "stuck": [one.model_dump(mode="json") for one in self.stuck],
        }

    def show(self, console: Console) -> None:
        if self.as_csv:
            console.file.write(_csv(self.found))
            self._show_stuck(Console(stderr=True))
            return
        period = f"from {self.since} to {self.until - timedelta(days=1)}"
        if not self.found:
            console.print(f"{self.entries} entries {period}: both books agree.", highlight=False)
        else:
            console.print(_table(self.found, f"{len(self.found)} of {self.entries} entries differ, {period}"))
        self._show_stuck(console)

    def _show_stuck(self, console: Console) -> None:
        for one in self.stuck:
            console.print(f"[red]A person must look[/]: order {one.order_id}, {one.what}: {escape(one.why)}")


def _table(found: tuple[Difference, ...], title: str) -> Table:
    key = Column("Key", overflow="fold")  # whole, to be looked up
    table = Table("When (UTC)", "Order", "Kind", "Ours", "Theirs", "What", key, title=title)
    for one in found:
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M}",
            one.order_id,
            one.kind,
            _shown(one.ours_minor, one.currency),
            _shown(one.theirs_minor, one.currency),
            one.fault,
            one.key,
        )
    return table


def _shown(minor: int | None, currency: str) -> str:
    return "-" if minor is None else amount(minor, currency)


def _csv(found: tuple[Difference, ...]) -> str:
    text = io.StringIO()
    rows = csv.DictWriter(text, list(Difference.model_fields), lineterminator="\n")
    rows.writeheader()
    rows.writerows(one.model_dump(mode="json") for one in found)
    return text.getvalue()


async def payments(since: str | None, until: str | None, *, as_csv: bool) -> Payments:
    """Compare the ledger with the provider's books.

    Raises:
        BadInput: a day can't be read, or the period is empty.
        OutOfReach: the provider did not answer.
    """
    settings = door.settings()
    first, last = _period(since, until, settings)
    begin, end = (_midnight(day, settings.time_zone) for day in (first, last))
    async with door.database() as database, gateways.payments(settings) as provider:
        entries, found = await compared(database, provider, begin, end)
        waiting = await database.aread(stuck)
    return Payments(first, last, entries, tuple(found), tuple(waiting), as_csv)


async def compared(
    database: Database, provider: PaymentProvider, since: datetime, until: datetime
) -> tuple[int, list[Difference]]:
    """How many entries both books have together in a period, and those that differ."""
    theirs = await _theirs(provider, since - _MARGIN, until + _MARGIN)
    ours = await database.aread(moved, since - _MARGIN, until + _MARGIN)
    entries = {one.key for one in (*ours, *theirs) if since <= one.at < until}
    return len(entries), differences(ours, theirs, since, until)


async def _theirs(provider: PaymentProvider, since: datetime, until: datetime) -> list[Entry]:
    try:
        return [_entry(one) for one in await provider.entries(since, until)]
    except GatewayError as error:
        raise OutOfReach("the payment provider") from error


def _entry(one: BookEntry) -> Entry:
    kind = PaymentKind(one.kind)
    order_id = one.key.partition("/")[0] if "/" in one.key else ""
    return Entry(
        key=one.key, kind=kind, amount=one.amount, at=one.at, reference=one.reference, order_id=order_id
    )


def _period(since: str | None, until: str | None, settings: Settings) -> tuple[date, date]:
    """The days asked for, in the shop's time zone; `until` is exclusive."""
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    last = _day(until, "--until") or today + timedelta(days=1)
    first = _day(since, "--since") or last - timedelta(days=_DAYS)
    if first >= last:
        option = "--until" if until else "--since"
        raise BadInput(f"{option}: the period is empty, {first} is not before {last}")
    return first, last


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option}: write the day as 2026-02-20") from None
    if day.year not in _YEARS:
        raise BadInput(f"{option}: {day} is too far away")
    return day


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
