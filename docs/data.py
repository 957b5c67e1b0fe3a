"""Writes the data dictionary: `python -m docs.data` makes `docs/data.md` from the tables and the words beside their columns."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Double, Integer, UniqueConstraint

from docs.data_erased import ERASED, PERSONAL_STAYS
from domain.events import KEPT
from store import door_tables, life_tables, shop_tables, stock_tables, supply_tables, tables  # noqa: F401 - they make the tables known
from store.base import Base, UtcDateTime

PAGE = Path(__file__).parent / "data.md"

CHAPTERS = {
    "Orders": ("orders", "lines", "changes", "cancellations", "notices", "delays", "bells"),
    "Parcels and money": ("parcels", "payments"),
    "Stock": ("products", "stock_ledger", "inventory_changes", "policy"),
    "Supply": ("inbound", "suppliers", "deliveries"),
    "The shop and its doors": ("shop", "operations", "reviews", "events", "quotes"),
}
"""The tables as a reader looks for them."""

_TYPES = (
    (UtcDateTime, "instant"),
    (JSON, "JSON"),
    (Boolean, "yes or no"),
    (Date, "date"),
    (BigInteger, "big integer"),
    (Integer, "integer"),
    (Double, "number"),
)
"""The first that fits; everything else is text."""

_OPENING = f"""\
# Data dictionary

All that the database keeps. Made from the tables by `make data-dictionary`: change the words beside the columns in
`store/*tables.py`, never this page.

- **Instants** are `timestamptz` on PostgreSQL and UTC text on SQLite; **dates** are days in the shop's time zone.
- **Amounts** (`…_minor`) are in the currency's smallest unit: cents, or whole yen.
- **Null** says that a column may be empty. Key: **P** is the primary key, **F** points to another table, **U** is unique.
- Units are never stored twice without a rule that holds them together: a line's counts and a product's stock follow
  `stock_ledger`, and `backorder audit` compares them.

## Personal data

What leads to a customer stands in the columns below, and nowhere else. `backorder erase CUSTOMER` does what stands
beside each, once all orders of the customer have ended; a test compares this list with what really changes.

{{erased}}
Erasing leaves on purpose:

{{stays}}
The customer's workflows are deleted in Temporal by the same command; what it could not delete goes when Temporal's own
retention of closed workflows ends.

## How long it is kept

- `events`: {KEPT.days} days, then they are removed unless they are still to be sent. With no webhook set they are set
  aside after a day.
- Everything else stays: it is the books. Personal data in it stays until it is erased.
- Not in this database: Temporal's histories (open ones as long as the order is open, closed ones for the namespace's
  retention), mails (nothing of their text is stored here), labels (at the carrier), cards (at the payment provider).
"""


def page() -> str:
    """The whole dictionary."""
    opening = _OPENING.format(erased=_erased(), stays=PERSONAL_STAYS)
    known = all_tables()
    chapters = (_chapter(title, [known[name] for name in names]) for title, names in CHAPTERS.items())
    return "\n".join([opening, *chapters])


def all_tables() -> dict[str, type[Base]]:
    """By name, in its order: the registry's own is another in each process."""
    rows = (mapper.class_ for mapper in Base.registry.mappers)
    return {row.__tablename__: row for row in sorted(rows, key=lambda row: str(row.__tablename__))}


def _chapter(title: str, rows: list[type[Base]]) -> str:
    return "\n".join([f"## {title}\n", *(_table(row) for row in rows)])


def _table(row: type[Base]) -> str:
    about = " ".join((inspect.getdoc(row) or "").split())
    head = "| Column | Type | Null | Key | Meaning |\n| --- | --- | --- | --- | --- |"
    lines = (_line(row, column) for column in row.__mapper__.columns)
    return "\n".join([f"### `{row.__tablename__}`\n", f"{about}\n", head, *lines, ""])


def _line(row: type[Base], column: Column[object]) -> str:
    meaning = words(row).get(column.key, "")
    if f"{row.__tablename__}.{column.key}" in ERASED:
        meaning += " **Personal.**"
    null = "yes" if column.nullable else ""
    return f"| `{column.key}` | {_type(column)} | {null} | {_key(column)} | {meaning} |"


@cache
def words(row: type[Base]) -> dict[str, str]:
    """What stands under each column in the source."""
    (body,) = (
        node.body for node in ast.parse(dedent(inspect.getsource(row))).body if isinstance(node, ast.ClassDef)
    )
    return dict(_described(body))


def _described(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for column, below in pairwise(body):
        match column, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())


def _type(column: Column[object]) -> str:
    return next((name for kind, name in _TYPES if isinstance(column.type, kind)), "text")


def _key(column: Column[object]) -> str:
    alone = (
        list(one.columns) == [column] for one in column.table.constraints if isinstance(one, UniqueConstraint)
    )
    marks = ["P"] * column.primary_key + ["U"] * any(alone)
    marks += [f"F `{key.column.table.name}`" for key in column.foreign_keys]
    return " ".join(marks)


def _erased() -> str:
    head = "| Column | What erasing does |\n| --- | --- |\n"
    return head + "".join(f"| `{column}` | {what} |\n" for column, what in ERASED.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE} has {len(all_tables())} tables.\n")
