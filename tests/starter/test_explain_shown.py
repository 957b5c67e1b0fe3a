"""What the explain command prints, at 80 columns."""

import io
from typing import Any

from rich.console import Console

from domain.changes import Prioritisation
from domain.notices import Kind
from starter.commands.explain import Explained
from store.database import Database
from store.explain import explain
from tests.store.stockroom import SKU, Stockroom


def shown(database: Database, order_id: str) -> list[str]:
    text = io.StringIO()
    Explained(database.read(explain, order_id)).show(Console(file=text, width=80))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def place(stock: Stockroom, order_id: str, units: int, day: int, **fields: Any) -> None:
    stock.place(order_id, units, placed=day, **fields)


def test_an_order_that_waits(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    place(stock, "100", 20, 5)
    place(stock, "101", 20, 6)
    place(stock, "102", 15, 8)
    place(stock, "V1", 3, 14, tier="vip")
    stock.receive(50, change_id="ASN-5001", on=20)

    assert shown(sqlite_database, "102") == [
        "Order 102 · waiting · standard",
        "placed 2026-01-08 12:00 UTC · no date promised yet",
        "",
        f"15 × {SKU} Widget-Pro-Blue: 7 set aside for it, 8 still needed",
        "Place 4 of 4. Ahead: 2 standard orders (no units needed), 1 VIP order (no units",
        "needed).",
        "Its place counts from the moment it was placed; it has no head start.",
        "When (UTC)       What happened                                Units Needs Place",
        "2026-01-08 12:00 Placed: 15 needed, none at once                       15     3",
        "2026-01-14 12:00 VIP order V1 entered ahead                            15     4",
        "2026-01-20 12:00 Receipt ASN-5001, 50 came in: 43 went to 3      +7     8     4",
        "                 orders ahead, 7 to this one, 8 still needed",
    ]


def test_a_place_of_a_head_start_and_by_hand(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    place(stock, "V1", 3, 14, tier="vip")
    stock.announce("PO-1", 5, eta=20)
    wish = Prioritisation(days=2, reason="was [late] before", requested_by="operations:li")
    stock.change("V1", wish, on=15)

    assert shown(sqlite_database, "V1")[3:] == [
        f"3 × {SKU} Widget-Pro-Blue: 3 still needed",
        "Place 1 of 1. Nobody is ahead.",
        "Its place counts from 2026-01-05 12:00 UTC: placed 2026-01-14 12:00 UTC, 7 days",
        "of head start as VIP, moved by hand 2 days ahead of its own place, by",
        "operations:li (was [late] before).",
        "When (UTC)       What happened                                Units Needs Place",
        "2026-01-14 12:00 Placed: 3 needed, none at once                         3     1",
        "2026-01-15 12:00 Moved by hand 2 days ahead of its own place,           3     1",
        "                 by operations:li (was [late] before)",
    ]


def test_an_order_that_has_ended(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    place(stock, "100", 2, 5)
    stock.tell("100", Kind.CONFIRMATION, "placed", on=5)
    stock.cancel("100", "C-1", on=6)
    stock.tell("100", Kind.CANCELLED, "C-1", on=6)

    assert shown(sqlite_database, "100") == [
        "Order 100 · cancelled · standard",
        "placed 2026-01-05 12:00 UTC · ended 2026-01-06 12:00 UTC",
        "",
        f"2 × {SKU} Widget-Pro-Blue: 2 cancelled",
        "It waits in no queue any more.",
        "When (UTC)       What happened                    Units Needs Place",
        "2026-01-05 12:00 Placed: 2 needed, none at once             2     1",
        "2026-01-06 12:00 2 of it cancelled (changed mind)           0     -",
    ]


def test_an_order_that_was_not_accepted(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    stock.place("100", 2, sku="NOBODY")

    assert shown(sqlite_database, "100") == [
        "Order 100 · rejected · standard",
        "placed 2026-01-05 12:00 UTC · ended 2026-01-05 12:00 UTC",
        "Not accepted: NOBODY is not in the catalogue.",
        "It never had a place in a queue.",
    ]


def test_a_long_history_shows_how_it_began_and_what_came_last(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    place(stock, "100", 100, 5)
    place(stock, "101", 1, 6)
    for number in range(50):
        stock.receive(1, change_id=f"ASN-{number}", on=10)

    told = [line for line in shown(sqlite_database, "101") if "2026-01-10" in line or "more" in line]

    assert told[0].split() == ["…", "11", "more,", "all", "of", "them", "with", "--json"]
    assert [line.split()[3] for line in told[1:]] == [f"ASN-{number}," for number in range(11, 50)]
