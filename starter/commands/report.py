"""Reports on a period."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from domain.period import midnight
from domain.reconciliation import Difference
from starter import door
from starter.money import amount
from starter.periods import period
from starter.shown import csv_of
from starter.two_books import compared
from store.moved import Stuck, stuck
from worker import gateways


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
    return csv_of(list(Difference.model_fields), (one.model_dump(mode="json") for one in found))


async def payments(since: str | None, until: str | None, *, as_csv: bool) -> Payments:
    """Compare the ledger with the provider's books.

    Raises:
        BadInput: a day can't be read, or the period is empty.
        OutOfReach: the provider did not answer.
    """
    settings = door.settings()
    of = period(since, until, settings.time_zone)
    begin, end = (midnight(day, settings.time_zone) for day in (of.since, of.until))
    async with door.database() as database, gateways.payments(settings) as provider:
        entries, found = await compared(database, provider, begin, end)
        waiting = await database.aread(stuck)
    return Payments(of.since, of.until, entries, tuple(found), tuple(waiting), as_csv)
