"""`backorder kpi`, `report value` and `report cancellations`: what they show, and how they end."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from rich.console import Console

from domain.cancellations import Cancelled, cancellations
from domain.demand import Fate, Part, value
from domain.metrics import Kpi
from starter.commands import cancellations as cancellations_command
from starter.commands import kpi as kpi_command
from starter.commands import value as value_command
from starter.commands.cancellations import Reasons
from starter.commands.kpi import Figures
from starter.commands.value import Worth
from starter.errors import BadInput
from store.database import Database
from tests.e2e.commands import run
from tests.store.month import Month
from tests.store.stockroom import Stockroom

EXAMPLE = json.loads((Path(__file__).parents[1] / "examples" / "kpi.json").read_text())
KPI = Kpi.model_validate(EXAMPLE | {"saved_sales": {"value": 0.714, "count": 140}})
DAYS = (date(2026, 1, 4), date(2026, 1, 18))
JANUARY = ("--since", "2026-01-01", "--until", "2026-02-01")


def shown(report: Figures | Worth | Reasons) -> list[str]:
    """The lines of a terminal of 80 columns, without the spaces of its columns."""
    text = io.StringIO()
    report.show(Console(file=text, width=80))
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def test_the_figures_have_the_shape_of_the_contract_and_sales_saved_beside() -> None:
    told = json.loads(KPI.model_dump_json())

    assert told.pop("saved_sales") == {"value": 0.714, "count": 140}
    assert told == EXAMPLE


def test_figures_stand_beside_their_targets_and_are_summed_up_in_words() -> None:
    assert shown(Figures(KPI)) == [
        "Backorders from 2025-12-18 to 2026-01-16",
        "Figure Value Target",
        "Backorder rate 4.1% < 5% met of accepted orders",
        "Fill time 9.4 days < 14 days met half in 8, 90% in 13.5 days",
        "Cancel rate 12% < 20% met too_slow 3, changed_mind 1",
        "Promises kept 93% of 120 units that had one",
        "Sales saved 71% of 140 orders beyond stock",
        "Target met: backorder rate, fill time, cancel rate.",
        "Open now: 47 backorders, 50 units, $4,750.00; the oldest placed 12 days ago.",
        "Expected within 7 days: 80% of the backordered units.",
    ]


def test_a_target_that_was_missed_is_said_first_and_one_that_nobody_can_state_not_at_all() -> None:
    missed = KPI.backorder_rate.model_copy(update={"value": 0.05, "met": False})
    unknown = KPI.cancel_rate.model_copy(update={"value": None, "met": None, "by_reason": {}})
    lines = shown(Figures(KPI.model_copy(update={"backorder_rate": missed, "cancel_rate": unknown})))

    assert "Backorder rate 5% < 5% missed of accepted orders" in lines
    assert "Cancel rate - < 20% -" in lines
    assert "Target missed: backorder rate. Target met: fill time." in lines


def test_value_is_told_by_what_became_of_it_and_by_product() -> None:
    parts = [
        Part("A", "USD", Fate.ACCEPTED, 120, 130, 123500, 100, 105, 99750),
        Part("A", "USD", Fate.REJECTED, 15, 15, 14250, 0, 0, 0),
        Part("B", "EUR", Fate.QUOTED, 5, 6, 4200, 0, 0, 0),
    ]

    assert shown(Worth(value(*DAYS, None, parts, parts))) == [
        "Value of backorders, 2026-01-04 to 2026-01-17 (14 days)",
        "Beyond stock Orders Units Value",
        "Asked for 140 151 €42.00 + $1,377.50",
        "accepted as backorders 120 130 $1,235.00",
        "rejected 15 15 $142.50",
        "quoted, and no order followed 5 6 €42.00",
        "Lost without backorders 140 151 €42.00 + $1,377.50",
        "Captured (accepted and kept) 100 105 €0.00 + $997.50",
        "Lost all the same 40 46 €42.00 + $380.00",
        "Without backorders all 140 would be lost; 100 were captured: 71% of sales saved.",
        "SKU Asked Accepted Captured Captured value Saved",
        "A 135 120 100 $997.50 74%",
        "B 5 0 0 €0.00 0%",
    ]


def test_a_terminal_shows_the_20_products_asked_for_most_and_says_that_there_are_more() -> None:
    parts = [Part(f"P-{number:02}", "USD", Fate.QUOTED, 1, 1, 9, 0, 0, 0) for number in range(25)]

    lines = shown(Worth(value(*DAYS, None, parts, parts)))

    assert sum(line.startswith("P-") for line in lines) == 20
    assert lines[-1] == "5 more with --csv or --json."


def test_reasons_are_told_week_by_week_with_who_asked() -> None:
    found = [
        Cancelled(date(2026, 1, 5), "too_slow", "customer", 2, 3),
        Cancelled(date(2026, 1, 6), "too_slow", "support:maria", 1, 1),
        Cancelled(date(2026, 1, 6), "price", "customer", 1, 1),
        Cancelled(date(2026, 1, 12), "payment_failed", "backorder", 1, 2),
    ]

    assert shown(Reasons(cancellations(*DAYS, found))) == [
        "Cancellations from 2026-01-04 to 2026-01-17",
        "Week of Reason Cancellations Units Asked by",
        "2026-01-05 too_slow 3 4 customer 2, support 1",
        "price 1 1 customer 1",
        "2026-01-12 payment_failed 1 2 backorder 1",
        "5 cancellations of 7 units.",
        "Why: too_slow 3, payment_failed 1, price 1.",
        "Asked by: customer 3, backorder 1, support 1.",
    ]


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (Worth(value(*DAYS, None, [], [])), "Nothing was asked for that stock did not cover."),
        (Reasons(cancellations(*DAYS, [])), "Nothing was cancelled."),
    ],
)
def test_a_period_without_anything_says_so(report: Worth | Reasons, says: str) -> None:
    assert shown(report)[-1] == says


@pytest.mark.parametrize(
    ("since", "until", "option"),
    [
        ("yesterday", None, "--since"),
        (None, "2026-02-30", "--until"),
        ("2026-03-02", "2026-03-02", "--until"),
        ("2999-01-01", None, "--since"),
    ],
)
async def test_a_day_that_cannot_be_meant_is_bad_input_and_named(
    since: str | None, until: str | None, option: str
) -> None:
    for command in (
        kpi_command.kpi(since, until, as_csv=False),
        value_command.value(None, since, until, as_csv=False),
        cancellations_command.cancellations(since, until, as_csv=False),
    ):
        with pytest.raises(BadInput) as refused:
            await command
        assert str(refused.value).startswith(f"{option}: ")


@pytest.fixture
async def of_january(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a shop that had a month."""
    Month(Stockroom(sqlite_database)).play()
    monkeypatch.setenv("BACKORDER_DATABASE_URL", str(sqlite_database.url))
    return tmp_path


def documents(report: Any, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """A report as JSON, and as the rows of its CSV, which end as RFC 4180 has it."""
    assert isinstance(report.document, BaseModel)
    report.show(Console())
    text = capsys.readouterr().out
    assert text.count("\r\n") == text.count("\n") > 0
    return report.document.model_dump(mode="json"), list(csv.DictReader(io.StringIO(text)))


async def test_csv_has_a_row_for_each_figure(of_january: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, rows = documents(await kpi_command.kpi(*JANUARY[1::2], as_csv=True), capsys)

    values = {row["figure"]: row for row in rows}
    assert {(row["since"], row["until"]) for row in rows} == {("2026-01-01", "2026-02-01")}
    rate = values["backorder_rate"]
    assert (rate["value"], rate["target"], rate["met"]) == ("0.375", "0.05", "False")
    assert float(values["fill_time_days_mean"]["value"]) == document["fill_time_days"]["mean"] == 10
    assert values["cancelled_too_slow"]["value"] == "1"
    assert values["open_value_minor_USD"]["value"] == "19000"
    assert values["promises_kept_of_units"]["value"] == str(document["promises_kept"]["count"])


async def test_csv_has_a_row_for_each_product_and_for_each_reason(
    of_january: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worth, products = documents(await value_command.value(None, *JANUARY[1::2], as_csv=True), capsys)
    why, reasons = documents(await cancellations_command.cancellations(*JANUARY[1::2], as_csv=True), capsys)

    assert products == [{name: str(told) for name, told in one.items()} for one in worth["products"]]
    assert reasons == [{name: str(told) for name, told in one.items()} for one in why["rows"]]
    assert [row["reason"] for row in reasons] == ["changed_mind", "price", "too_slow"]


async def test_by_default_the_last_30_days_are_reported_and_today_counts(of_january: Path) -> None:
    today = datetime.now(UTC).date()

    found = (await kpi_command.kpi(None, None, as_csv=False)).document

    assert (found.until - found.since).days == 30
    assert found.until - timedelta(days=1) in {today, datetime.now(UTC).date()}


def test_the_commands_as_they_are_typed(of_january: Path) -> None:
    people = run(of_january, "report", "value", *JANUARY)
    program = run(of_january, "kpi", *JANUARY, "--json")
    sheet = run(of_january, "report", "cancellations", *JANUARY, "--csv")
    unknown = run(of_january, "report", "value", "NO-SUCH-SKU")
    bad = run(of_january, "kpi", "--since", "yesterday", "--json")

    assert (people.returncode, people.stderr) == (0, "")
    assert "4 were captured: 50% of sales saved." in " ".join(people.stdout.split())
    assert json.loads(program.stdout)["saved_sales"] == {"value": 0.5, "count": 8}
    assert sheet.stdout.splitlines()[0] == "week,reason,asked_by,cancellations,units"
    assert (unknown.returncode, unknown.stderr) == (1, "backorder: unknown SKU: NO-SUCH-SKU\n")
    assert (bad.returncode, json.loads(bad.stdout)["error"]["code"]) == (2, "BadInput")
