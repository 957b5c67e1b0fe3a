"""What to buy, and by when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from domain.replenishment import Replenishment, urgency
from starter import door
from starter.buying import reckoned
from starter.shown import csv_of

_COLUMNS = (
    "sku",
    "title",
    "waiting",
    "available",
    "on_order",
    "demand_per_week",
    "short_from",
    "to_buy",
    "order_by",
    "restock_days",
    "discontinued",
)


@dataclass(frozen=True)
class Buying:
    """Every SKU that was asked for, in SKU order; shown are those that run short."""

    today: date
    weeks: int
    products: tuple[Replenishment, ...]
    as_csv: bool = False
    refused: bool = False

    @property
    def until(self) -> date:
        return self.today + timedelta(weeks=self.weeks)

    @property
    def document(self) -> Any:
        return {
            "today": self.today.isoformat(),
            "weeks": self.weeks,
            "until": self.until.isoformat(),
            "products": [one.model_dump(mode="json") for one in self.products],
        }

    def show(self, console: Console) -> None:
        if self.as_csv:
            console.file.write(_csv(self.products))
            return
        short = sorted((one for one in self.products if one.short_from), key=urgency)
        if short:
            console.print(f"[bold]To buy by {self.until}[/]", highlight=False)
            console.print(_table(short, self.today))
        for line in self._remarks(len(short)):
            console.print(line, highlight=False)

    def _remarks(self, short: int) -> Iterator[str]:
        covered = len(self.products) - short
        if covered or not short:
            yield f"{_counted(covered, 'other product' if short else 'product')} covered until {self.until}."
        if any(one.to_buy and one.restock_days is None and not one.discontinued for one in self.products):
            yield "A product without `usual_restock_days` has no date to order by."
        slow = max((one.restock_days or 0 for one in self.products), default=0)
        if slow > 7 * self.weeks:
            yield f"Restocking takes up to {slow} days: --weeks {-(-slow // 7)} looks that far ahead."


def _counted(count: int, what: str) -> str:
    return f"1 {what} is" if count == 1 else f"{count} {what}s are"


def _table(short: list[Replenishment], today: date) -> Table:
    table = Table(Column("SKU\nTitle", overflow="fold"), box=None, pad_edge=False)
    for name in ("Waiting", "Available", "On\norder", "Weekly\ndemand", "To\nbuy"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("Short\nfrom", "Order\nby"):
        table.add_column(name, no_wrap=True)
    for one in short:
        table.add_row(
            _named(one),
            str(one.waiting),
            str(one.available),
            str(one.on_order),
            f"{one.demand.per_week:g}" if one.demand.weeks else "-",
            f"[bold]{one.to_buy}[/]",
            _day(one.short_from, today),
            _day(one.order_by, today),
        )
    return table


def _named(one: Replenishment) -> Text:
    """Titles are the shop's own words, and no markup."""
    end = "\ndiscontinued" if one.discontinued else ""
    return Text.assemble(one.sku, (f"\n{one.title}", "dim"), (end, "yellow"))


def _day(day: date | None, today: date) -> str:
    if day is None:
        return "-"
    return "now" if day <= today else day.isoformat()


def _csv(products: tuple[Replenishment, ...]) -> str:
    told = (one.model_dump(mode="json") | {"demand_per_week": one.demand.per_week} for one in products)
    return csv_of(_COLUMNS, ({name: row[name] for name in _COLUMNS} for row in told))


async def buying(sku: str | None, weeks: int, *, as_csv: bool) -> Buying:
    """What to buy by so many weeks from today, the shop's day."""
    zone = door.settings().time_zone
    today = datetime.now(ZoneInfo(zone)).date()
    async with door.database() as database:
        return Buying(today, weeks, await reckoned(database, today, zone, weeks, sku), as_csv)
