"""The shop's figures of a period, against their targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from domain.history_words import counted
from domain.metrics import Kpi
from domain.period import DAY
from starter import door
from starter.periods import period
from starter.shown import amounts, csv_of, percent
from store import figures

_COLUMNS = ("since", "until", "figure", "value", "target", "met")
_VERDICT = {True: "[green]met[/]", False: "[red]missed[/]", None: "-"}


@dataclass(frozen=True)
class Figures:
    """The figures of a period; `as_csv`: a line for each, and nothing else."""

    document: Kpi
    as_csv: bool = False
    refused: bool = False

    def show(self, console: Console) -> None:
        of = self.document
        if self.as_csv:
            console.file.write(csv_of(_COLUMNS, _rows(of)))
            return
        console.print(f"[bold]Backorders from {of.since} to {of.until - DAY}[/]", highlight=False)
        console.print(_table(of))
        for line in (_verdict(of), *_open(of)):
            console.print(line, highlight=False)


def _table(of: Kpi) -> Table:
    table = Table("Figure", box=None, pad_edge=False)
    for name in ("Value", "Target"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("")
    for name, value, target, met, more in _figures(of):
        table.add_row(name, value, target and f"< {target}", _VERDICT[met] if target else "", more)
    return table


def _figures(of: Kpi) -> Iterator[tuple[str, str, str, bool | None, str]]:
    rate, fill, cancel = of.backorder_rate, of.fill_time_days, of.cancel_rate
    yield "Backorder rate", percent(rate.value), percent(rate.target), rate.met, "of accepted orders"
    half = "" if fill.mean is None else f"half in {fill.p50:.3g}, 90% in {fill.p90:.3g} days"
    yield "Fill time", _days(fill.mean), _days(fill.target), fill.met, half
    why = ", ".join(f"{reason} {orders}" for reason, orders in cancel.by_reason.items())
    yield "Cancel rate", percent(cancel.value), percent(cancel.target), cancel.met, why
    kept, saved = of.promises_kept, of.saved_sales
    yield "Promises kept", percent(kept.value), "", None, f"of {counted(kept.count, 'unit')} that had one"
    yield "Sales saved", percent(saved.value), "", None, f"of {counted(saved.count, 'order')} beyond stock"


def _days(days: float | None) -> str:
    return "-" if days is None else f"{days:.3g} days"


def _verdict(of: Kpi) -> str:
    """What somebody in a hurry reads."""
    targets = {
        "backorder rate": of.backorder_rate.met,
        "fill time": of.fill_time_days.met,
        "cancel rate": of.cancel_rate.met,
    }
    missed, met = (
        ", ".join(name for name, met in targets.items() if met is is_so) for is_so in (False, True)
    )
    told = [f"{word}: {names}." for word, names in (("Target missed", missed), ("Target met", met)) if names]
    return " ".join(told) or "Nothing to measure against a target in this period."


def _open(of: Kpi) -> Iterator[str]:
    now = of.open
    if not now.orders:
        yield "Open now: no backorder."
        return
    units = f"{counted(now.units, 'unit')}, {amounts(now.value_minor)}"
    oldest = f"the oldest placed {counted(now.oldest_days or 0, 'day')} ago"
    yield f"Open now: {counted(now.orders, 'backorder')}, {units}; {oldest}."
    if now.expected_within_7_days is not None:
        yield f"Expected within 7 days: {percent(now.expected_within_7_days)} of the backordered units."


def _rows(of: Kpi) -> Iterator[dict[str, Any]]:
    """Each figure with its target, by name; one that nobody can state is empty."""
    rate, fill, cancel = of.backorder_rate, of.fill_time_days, of.cancel_rate
    known: list[tuple[str, Any, float | None, bool | None]] = [
        ("backorder_rate", rate.value, rate.target, rate.met),
        ("fill_time_days_mean", fill.mean, fill.target, fill.met),
        ("fill_time_days_p50", fill.p50, None, None),
        ("fill_time_days_p90", fill.p90, None, None),
        ("cancel_rate", cancel.value, cancel.target, cancel.met),
        *((f"cancelled_{reason}", orders, None, None) for reason, orders in cancel.by_reason.items()),
        ("promises_kept", of.promises_kept.value, None, None),
        ("promises_kept_of_units", of.promises_kept.count, None, None),
        ("saved_sales", of.saved_sales.value, None, None),
        ("saved_sales_of_orders", of.saved_sales.count, None, None),
        *((f"open_{name}", value, None, None) for name, value in _open_rows(of)),
    ]
    for row in known:
        yield dict(zip(_COLUMNS, (of.since, of.until, *row), strict=True))


def _open_rows(of: Kpi) -> Iterator[tuple[str, Any]]:
    for name, value in of.open.model_dump().items():
        if name == "value_minor":
            yield from ((f"value_minor_{currency}", minor) for currency, minor in value.items())
        else:
            yield name, value


async def kpi(since: str | None, until: str | None, *, as_csv: bool) -> Figures:
    """The figures of the days asked for.

    Raises:
        BadInput: a day can't be read, or the period is empty.
    """
    zone = door.settings().time_zone
    of = period(since, until, zone)
    async with door.database() as database:
        found = await database.aread(figures.kpi, of.since, of.until, datetime.now(UTC), zone)
    return Figures(found, as_csv)
