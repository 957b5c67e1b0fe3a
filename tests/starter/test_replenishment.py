"""`backorder report replenishment`: what it shows, and how it ends."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from domain.policy import Product
from domain.replenishment import Expected, Position, replenishment
from starter.commands.replenishment import Buying
from store import catalog
from store.database import Database
from tests.e2e.commands import run

TODAY = date(2026, 1, 17)


def position(sku: str, **facts: Any) -> Position:
    known = {"sku": sku, "title": f"The {sku}", "waiting": 0, "available": 0}
    return Position.model_validate(known | facts)


SHORT = position("SHORT", waiting=5, available=0, history=(2, 2), restock_days=7)
SOON = position("SOON", available=3, history=(1,), restock_days=7)
COMING = position("COMING", waiting=5, inbound=(Expected(on=TODAY + timedelta(days=9), units=40),))
LAST = position("LAST", title="The [red]x[/y]", waiting=1, history=(1,), discontinued=True)
PLENTY = position("PLENTY", available=900, history=(1,))


def buying(*stand: Position, weeks: int = 4, as_csv: bool = False) -> Buying:
    return Buying(TODAY, weeks, tuple(replenishment(one, TODAY, weeks) for one in stand), as_csv)


def shown(found: Buying, width: int = 80) -> list[str]:
    text = io.StringIO()
    found.show(Console(file=text, width=width))
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def test_what_must_be_bought_first_stands_first_and_what_only_waits_for_its_supply_last() -> None:
    assert shown(buying(COMING, LAST, PLENTY, SHORT, SOON)) == [
        "To buy by 2026-02-14",
        "SKU On Weekly To Short Order",
        "Title Waiting Available order demand buy from by",
        "SHORT 5 0 0 2 13 now now",
        "The SHORT",
        "LAST 1 0 0 - 1 now -",
        "The [red]x[/y]",
        "discontinued",
        "SOON 0 3 0 1 1 2026-02-08 2026-02-01",
        "The SOON",
        "COMING 5 0 40 - 0 now -",
        "The COMING",
        "1 other product is covered until 2026-02-14.",
    ]


def test_the_table_fits_a_terminal_and_folds_only_what_is_named_long() -> None:
    long = SHORT.model_copy(update={"sku": "X" * 64, "title": "A title of many words, " * 8})
    usual = SHORT.model_copy(update={"sku": "WIDGET-PRO-BLUE", "waiting": 4000, "available": 0})

    lines = shown(buying(long, usual))

    assert "WIDGET-PRO-BLUE 4000 0 0 2 4008 now now" in lines
    assert "".join(line.split()[0] for line in lines if line.startswith("XXX")) == "X" * 64


def test_where_all_is_covered_one_line_says_so() -> None:
    assert shown(buying(PLENTY)) == ["1 product is covered until 2026-02-14."]
    assert shown(buying()) == ["0 products are covered until 2026-02-14."]


def test_what_takes_longer_than_was_looked_ahead_is_said() -> None:
    slow = PLENTY.model_copy(update={"restock_days": 90})

    assert shown(buying(slow, PLENTY)) == [
        "2 products are covered until 2026-02-14.",
        "Restocking takes up to 90 days: --weeks 13 looks that far ahead.",
    ]


def test_why_there_is_no_date_to_order_by_is_said() -> None:
    unknown = SHORT.model_copy(update={"restock_days": None})

    assert shown(buying(unknown))[-1] == "A product without `usual_restock_days` has no date to order by."
    assert not any("usual_restock_days" in line for line in shown(buying(SHORT, COMING, LAST)))


def test_json_tells_everything_by_date() -> None:
    document = buying(COMING, PLENTY, weeks=2).document

    assert json.loads(json.dumps(document)) == document
    assert {name: document[name] for name in ("today", "weeks", "until")} == {
        "today": "2026-01-17",
        "weeks": 2,
        "until": "2026-01-31",
    }
    coming, plenty = document["products"]
    assert coming == {
        "sku": "COMING",
        "title": "The COMING",
        "waiting": 5,
        "available": 0,
        "on_order": 40,
        "inbound": [{"on": "2026-01-26", "units": 40}],
        "demand": {"weeks": 0, "chance": 0, "size": 0, "per_week": 0},
        "needs": [
            {"on": "2026-01-17", "demand": 0, "inbound": 0, "units": 5},
            {"on": "2026-01-24", "demand": 0, "inbound": 0, "units": 5},
            {"on": "2026-01-31", "demand": 0, "inbound": 40, "units": 0},
        ],
        "short_from": "2026-01-17",
        "to_buy": 0,
        "order_by": None,
        "restock_days": None,
        "discontinued": False,
    }
    assert (plenty["sku"], plenty["short_from"]) == ("PLENTY", None)


def test_csv_has_a_row_for_every_product_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    buying(SHORT, PLENTY, as_csv=True).show(Console())

    short, plenty = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert short == {
        "sku": "SHORT",
        "title": "The SHORT",
        "waiting": "5",
        "available": "0",
        "on_order": "0",
        "demand_per_week": "2.0",
        "short_from": "2026-01-17",
        "to_buy": "13",
        "order_by": "2026-01-10",
        "restock_days": "7",
        "discontinued": "False",
    }
    assert (plenty["sku"], plenty["to_buy"], plenty["order_by"]) == ("PLENTY", "0", "")


def test_the_command_as_it_is_typed(sqlite_database: Database, tmp_path: Path) -> None:
    products = (Product(sku="A", title="Apple"), Product(sku="B", title="Berry"))
    sqlite_database.write(catalog.load_products, products)

    people = run(tmp_path, "report", "replenishment")
    program = run(tmp_path, "report", "replenishment", "--sku", "B", "--weeks", "3", "--json")

    assert (people.returncode, people.stderr) == (0, "")
    assert people.stdout.startswith("2 products are covered until ")
    document = json.loads(program.stdout)
    assert [one["sku"] for one in document["products"]] == ["B"]
    assert len(document["products"][0]["needs"]) == 4


def test_what_can_not_be_meant_is_refused_by_name(sqlite_database: Database, tmp_path: Path) -> None:
    unknown = run(tmp_path, "report", "replenishment", "--sku", "NO-SUCH")
    weeks = run(tmp_path, "report", "replenishment", "--weeks", "0")

    assert (unknown.returncode, unknown.stderr) == (1, "backorder: unknown SKU: NO-SUCH\n")
    assert weeks.returncode == 2
    assert "--weeks" in weeks.stderr
