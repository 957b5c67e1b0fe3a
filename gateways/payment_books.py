"""The books of the sandbox payment provider: one append-only table, everything else is a sum over it.

`payment` is the reference of the authorisation or charge that an entry belongs to.
"""

import sqlite3
from typing import Any, Final

from domain.model import Instant, Model
from domain.money import Money
from gateways.payment import (
    Authorised,
    BookEntry,
    BookKind,
    Captured,
    Charged,
    Declined,
    PaymentOutcome,
    Refunded,
    Voided,
)

TABLES: Final = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL, kind TEXT NOT NULL,
    order_id TEXT NOT NULL, method TEXT NOT NULL, payment TEXT NOT NULL, reference TEXT NOT NULL,
    minor INTEGER NOT NULL, currency TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_of_payment ON entries (payment);
CREATE INDEX IF NOT EXISTS entries_of_order ON entries (order_id);
CREATE TABLE IF NOT EXISTS excused (key TEXT PRIMARY KEY);
"""

OUTCOMES: Final[dict[str, type[PaymentOutcome]]] = {
    "authorise": Authorised,
    "charge": Charged,
    "capture": Captured,
    "void": Voided,
    "refund": Refunded,
}


class Entry(Model):
    """A row of the books."""

    key: str
    body: str
    kind: BookKind
    order_id: str
    method: str
    payment: str
    reference: str
    minor: int
    currency: str
    at: Instant
    state: str
    outcome: str

    @property
    def amount(self) -> Money:
        return Money(minor=self.minor, currency=self.currency)

    @property
    def declined(self) -> bool:
        return self.state == "declined"

    def read(self) -> PaymentOutcome:
        """What was answered when this was written."""
        kind = Declined if self.declined else OUTCOMES[self.kind]
        return kind.model_validate_json(self.outcome)

    def shown(self) -> BookEntry:
        return BookEntry.model_validate({**self.model_dump(), "amount": self.amount})


def write(db: sqlite3.Connection, entry: Entry) -> None:
    values = entry.model_dump(mode="json")
    names = ", ".join(values)
    slots = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO entries ({names}) VALUES ({slots})", values)  # noqa: S608 - our own field names


def by_key(db: sqlite3.Connection, key: str) -> Entry | None:
    return _one(db.execute("SELECT * FROM entries WHERE key = ?", (key,)))


def payment(db: sqlite3.Connection, reference: str) -> Entry | None:
    """The authorisation or charge with this reference, unless it was declined."""
    return _one(
        db.execute(
            "SELECT * FROM entries WHERE payment = ? AND kind IN ('authorise', 'charge') AND state = 'succeeded'",
            (reference,),
        )
    )


def follow_ups(db: sqlite3.Connection, reference: str, kind: BookKind) -> list[Entry]:
    """The captures, voids or refunds of a payment."""
    rows = db.execute("SELECT * FROM entries WHERE payment = ? AND kind = ?", (reference, kind))
    return [_entry(row) for row in rows]


def entries(db: sqlite3.Connection, order_id: str | None) -> list[Entry]:
    """In the order of writing, of one order or of all."""
    rows = db.execute("SELECT * FROM entries WHERE ?1 IS NULL OR order_id = ?1 ORDER BY id", (order_id,))
    return [_entry(row) for row in rows]


def moved(db: sqlite3.Connection, since: Instant, until: Instant) -> list[Entry]:
    """What was taken or given back from `since` on, before `until`."""
    rows = db.execute(
        "SELECT * FROM entries WHERE state = 'succeeded' AND kind IN ('charge', 'capture', 'refund') ORDER BY id"
    )
    return [entry for entry in map(_entry, rows) if since <= entry.at < until]


def balance(db: sqlite3.Connection, order_id: str) -> int:
    row = db.execute(
        "SELECT COALESCE(SUM(CASE kind WHEN 'refund' THEN -minor ELSE minor END), 0) AS held FROM entries"
        " WHERE order_id = ? AND state = 'succeeded' AND kind IN ('charge', 'capture', 'refund')",
        (order_id,),
    ).fetchone()
    return int(row["held"])


def first_call(db: sqlite3.Connection, key: str) -> bool:
    """Whether this key was never excused before; it is now."""
    return db.execute("INSERT OR IGNORE INTO excused VALUES (?)", (key,)).rowcount == 1


def _one(rows: sqlite3.Cursor) -> Entry | None:
    row: Any = rows.fetchone()
    return None if row is None else _entry(row)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry.model_validate(dict(row))
