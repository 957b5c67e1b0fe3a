"""Figures for people, and for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starter.money import amount


def percent(share: float | None) -> str:
    """Two digits, or a whole number where it has more."""
    if share is None:
        return "-"
    return f"{100 * share:.2g}%" if share < 0.1 else f"{share:.0%}"  # noqa: PLR2004 - below ten percent


def amounts(minor: Mapping[str, int]) -> str:
    """Money of several currencies, each for itself."""
    return " + ".join(amount(value, currency) for currency, value in minor.items()) or "-"


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A header and a line for each row, as RFC 4180 has it; text that a spreadsheet would run begins with a `'`."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns)
    table.writeheader()
    table.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
