"""What backorders are worth: sales that stock did not cover, and how many of them were saved."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Column, Table

from domain.demand import Demand, ProductValue, Value
from domain.history_words import counted
from domain.period import DAY
from starter import door
from starter.money import amount
from starter.periods import period
from starter.shown import amounts, csv_of, percent
from store import value as values

_SHOWN = 20
"""Products that a terminal shows; JSON and CSV have all."""


@dataclass(frozen=True)
class Worth:
    """The report; `as_csv`: a line for each product and currency, and nothing else."""

    document: Value
    as_csv: bool = False
    refused: bool = False

    def show(self, console: Console) -> None:
        of = self.document
        if self.as_csv:
            rows = (one.model_dump(mode="json") for one in of.products)
            console.file.write(csv_of(list(ProductValue.model_fields), rows))
            return
        console.print(f"[bold]Value of backorders{_named(of)}, {_period(of)}[/]", highlight=False)
        if not of.asked.orders:
            console.print("Nothing was asked for that stock did not cover.")
            return
        console.print(_totals(of))
        console.print(_sentence(of), highlight=False)
        if of.sku is None:
            console.print(_products(of.products[:_SHOWN]))
        for line in _remarks(of):
            console.print(line, highlight=False)


def _named(of: Value) -> str:
    return f" of {of.sku}" if of.sku else ""


def _period(of: Value) -> str:
    return f"{of.since} to {of.until - DAY} ({counted(of.days, 'day')})"


def _totals(of: Value) -> Table:
    table = Table("Beyond stock", box=None, pad_edge=False)
    for name in ("Orders", "Units", "Value"):
        table.add_column(name, justify="right")
    for name, demand in _lines(of):
        table.add_row(name, str(demand.orders), str(demand.units), amounts(demand.value_minor))
    return table


def _lines(of: Value) -> Iterator[tuple[str, Demand]]:
    yield "Asked for", of.asked
    yield "  accepted as backorders", of.accepted
    yield "  rejected", of.rejected
    yield "  quoted, and no order followed", of.quoted
    yield "Lost without backorders", of.lost_without_backorders
    yield "[bold]Captured (accepted and kept)[/]", of.captured
    yield "Lost all the same", of.lost


def _sentence(of: Value) -> str:
    """What it was worth, in words."""
    asked, captured = of.asked.orders, of.captured.orders
    return (
        f"Without backorders {'it' if asked == 1 else f'all {asked}'} would be lost;"
        f" {captured} {'was' if captured == 1 else 'were'} captured: {percent(of.saved)} of sales saved."
    )


def _products(products: tuple[ProductValue, ...]) -> Table:
    table = Table(Column("SKU", overflow="fold"), box=None, pad_edge=False)
    for name in ("Asked", "Accepted", "Captured", "Captured value", "Saved"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in products:
        table.add_row(
            one.sku,
            str(one.asked_orders),
            str(one.accepted_orders),
            str(one.captured_orders),
            amount(one.captured_minor, one.currency),
            percent(one.saved),
        )
    return table


def _remarks(of: Value) -> Iterator[str]:
    more = len(of.products) - _SHOWN
    if of.sku is None and more > 0:
        yield f"{more} more with --csv or --json."


async def value(sku: str | None, since: str | None, until: str | None, *, as_csv: bool) -> Worth:
    """What backorders were worth on the days asked for, of one product or of all.

    Raises:
        BadInput: a day can't be read, or the period is empty.
        UnknownSku: nobody knows the product, and nobody asked for it.
    """
    zone = door.settings().time_zone
    of = period(since, until, zone)
    async with door.database() as database:
        return Worth(await database.aread(values.report, of.since, of.until, zone, sku), as_csv)
