"""Why customers cancelled, week by week."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.table import Table

from domain.cancellations import Cancellations, Row, Sum
from domain.history_words import counted
from domain.period import DAY
from starter import door
from starter.periods import period
from starter.shown import csv_of
from store import cancellations as store

_COLUMNS = ("week", "reason", "asked_by", "cancellations", "units")


@dataclass(frozen=True)
class Reasons:
    """The report; `as_csv`: a line for each week, reason and asker, and nothing else."""

    document: Cancellations
    as_csv: bool = False
    refused: bool = False

    def show(self, console: Console) -> None:
        of = self.document
        if self.as_csv:
            console.file.write(csv_of(_COLUMNS, (row.model_dump(mode="json") for row in of.rows)))
            return
        console.print(f"[bold]Cancellations from {of.since} to {of.until - DAY}[/]", highlight=False)
        if of.rows:
            console.print(_table(of.rows))
        for line in _summed_up(of):
            console.print(line, highlight=False)


def _table(rows: tuple[Row, ...]) -> Table:
    table = Table("Week of", "Reason", box=None, pad_edge=False)
    for name in ("Cancellations", "Units"):
        table.add_column(name, justify="right")
    table.add_column("Asked by")
    for week, reasons in _weeks(rows).items():
        for number, (reason, of) in enumerate(reasons.items()):
            counts = (sum(row.cancellations for row in of), sum(row.units for row in of))
            askers = ", ".join(f"{row.asked_by} {row.cancellations}" for row in of)
            table.add_row("" if number else str(week), reason, *map(str, counts), askers)
    return table


def _weeks(rows: tuple[Row, ...]) -> dict[date, dict[str, list[Row]]]:
    weeks: defaultdict[date, defaultdict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        weeks[row.week][row.reason].append(row)
    return {week: dict(_most_frequent_first(reasons)) for week, reasons in weeks.items()}


def _most_frequent_first(reasons: dict[str, list[Row]]) -> Iterator[tuple[str, list[Row]]]:
    yield from sorted(reasons.items(), key=lambda one: (-sum(row.cancellations for row in one[1]), one[0]))


def _summed_up(of: Cancellations) -> Iterator[str]:
    if not of.rows:
        yield "Nothing was cancelled."
        return
    yield f"{counted(of.total.cancellations, 'cancellation')} of {counted(of.total.units, 'unit')}."
    yield f"Why: {_most(of.by_reason)}."
    yield f"Asked by: {_most(of.by_asker)}."


def _most(sums: dict[str, Sum]) -> str:
    return ", ".join(f"{name} {one.cancellations}" for name, one in sums.items())


async def cancellations(since: str | None, until: str | None, *, as_csv: bool) -> Reasons:
    """Why was cancelled on the days asked for.

    Raises:
        BadInput: a day can't be read, or the period is empty.
    """
    zone = door.settings().time_zone
    of = period(since, until, zone)
    async with door.database() as database:
        return Reasons(await database.aread(store.report, of.since, of.until, zone), as_csv)
