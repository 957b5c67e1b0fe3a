"""Commands for figures: what a shop measures its backorders by, what they are worth, why they are cancelled."""

from typing import Annotated

import typer

from starter.app import LOOK, Json, app, report_app, run_command
from starter.cli_reports import Csv, Since, Until


@app.command(rich_help_panel=LOOK)
def kpi(since: Since = None, until: Until = None, as_csv: Csv = False, as_json: Json = False) -> None:
    """Backorder rate, fill time, cancel rate against their targets; promises kept, sales saved, what is open."""
    from starter.commands import kpi as figures

    run_command(lambda: figures.kpi(since, until, as_csv=as_csv), as_json=as_json)


@report_app.command("value")
def value(
    sku: Annotated[str | None, typer.Argument(metavar="[SKU]", help="Only this product.")] = None,
    since: Since = None,
    until: Until = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Sales that stock did not cover: what was asked for, what backorders captured, what was lost all the same."""
    from starter.commands import value as worth

    run_command(lambda: worth.value(sku, since, until, as_csv=as_csv), as_json=as_json)


@report_app.command("cancellations")
def cancellations(
    since: Since = None, until: Until = None, as_csv: Csv = False, as_json: Json = False
) -> None:
    """Why was cancelled, week by week, and who asked for it."""
    from starter.commands import cancellations as reasons

    run_command(lambda: reasons.cancellations(since, until, as_csv=as_csv), as_json=as_json)
