"""The backtest of promises, over files."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from domain.backtest import Backtest, Figures, backtest
from domain.lateness_sample import Delivery
from starter.errors import BadInput
from workflows.messages import faults, sentence

_COLUMNS = tuple(Delivery.model_fields)


@dataclass(frozen=True)
class Backtested:
    document: Backtest
    refused: bool = False

    def show(self, console: Console) -> None:
        table = Table("Buffer", "Deliveries", "Kept", "Days on average", "Pinball loss at 90 %", box=None)
        for name, figures in _rows(self.document):
            kept, days = f"{figures.kept:.1%}", f"{figures.mean_buffer_days:.1f}"
            table.add_row(name, str(figures.count), kept, days, f"{figures.pinball_90:.3f}")
        console.print(table)


def _rows(found: Backtest) -> Iterator[tuple[str, Figures]]:
    yield "[bold]learned[/]", found
    yield "the supplier's own date", found.baselines["supplier_date"]
    yield "a fixed quantile per supplier", found.baselines["fixed_quantile"]


async def backtest_files(history: Path, deliveries: Path, lead_days: int) -> Backtested:
    tested = _read(deliveries)
    if not tested:
        raise BadInput(f"--deliveries: {deliveries} has no delivery")
    return Backtested(backtest(_read(history), tested, lead_days))


def _read(path: Path) -> list[Delivery]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise BadInput(f"{path}: {why}") from None
    rows = _json(path, text) if text.lstrip().startswith("[") else _csv(path, text)
    return [_delivery(path, number, row) for number, row in rows]


def _csv(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    rows = csv.DictReader(text.splitlines())
    missing = {"supplier", "promised_on", "received_on"} - set(rows.fieldnames or ())
    if missing:
        raise BadInput(f"{path}: the column {', '.join(sorted(missing))} is missing")
    for row in rows:
        yield rows.line_num, {name: row[name] for name in _COLUMNS if row.get(name) not in {None, ""}}


def _json(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from enumerate(json.loads(text), 1)
    except ValueError as error:
        raise BadInput(f"{path}: not JSON: {error}") from None


def _delivery(path: Path, number: int, row: Any) -> Delivery:
    try:
        return Delivery.model_validate(row)
    except ValidationError as error:
        raise BadInput(f"{path}, line {number}: {sentence(faults(error))}") from None
