"""What was measured, each figure against its floor in the same run."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

LATEST = Path(__file__).parent / "latest.json"


@dataclass(frozen=True)
class Figure:
    """`ratio` is value against floor; `limit` is the most it may be (the least, for a rate)."""

    name: str
    value: float
    unit: str
    floor: float
    ratio: float
    limit: float

    @property
    def rate(self) -> bool:
        return self.unit.endswith("/s")

    @property
    def met(self) -> bool:
        return self.ratio >= self.limit if self.rate else self.ratio <= self.limit


def time_ratio(name: str, seconds: float, floor: float, limit: float) -> Figure:
    return Figure(
        name, round(seconds * 1000, 2), "ms", round(floor * 1000, 2), round(seconds / floor, 3), limit
    )


def rate_ratio(name: str, per_second: float, floor: float, limit: float) -> Figure:
    return Figure(name, round(per_second, 1), "/s", round(floor, 1), round(per_second / floor, 3), limit)


def count(name: str, value: int, limit: int) -> Figure:
    return Figure(name, value, "count", limit, round(value / limit, 3), 1)


def most(name: str, value: float, unit: str, limit: float) -> Figure:
    """Something that has no floor, only a bound."""
    return Figure(name, round(value, 2), unit, limit, round(value / limit, 3), 1)


def report(figures: list[Figure]) -> bool:
    """Print the table and write it down; True when every limit holds."""
    table = Table("Figure", "Value", "Floor", "Ratio", "Limit", "", title="What it costs, against the floor")
    for figure in figures:
        sign = "≥" if figure.rate else "≤"
        mark = "[green]met[/]" if figure.met else "[red]missed[/]"
        value, floor = f"{figure.value:,g} {figure.unit}", f"{figure.floor:,g}"
        table.add_row(figure.name, value, floor, f"{figure.ratio:.2f}", f"{sign} {figure.limit}", mark)
    Console(width=140).print(table)
    LATEST.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return all(figure.met for figure in figures)


def latest() -> list[Figure]:
    """What the last report wrote down."""
    return [Figure(**figure) for figure in json.loads(LATEST.read_text())]
