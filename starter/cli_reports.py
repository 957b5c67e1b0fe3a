"""Commands that report on a period."""

from typing import Annotated

import typer

from starter.app import Json, report_app, run_command

Since = Annotated[
    str | None, typer.Option(help="First day, as 2026-02-01; by default 30 days before the end.")
]
Until = Annotated[
    str | None, typer.Option(help="The day after the last; by default tomorrow, so that today counts.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Comma-separated values on standard output.")]


@report_app.command("payments")
def payments(since: Since = None, until: Until = None, as_csv: Csv = False, as_json: Json = False) -> None:
    """Our ledger of money against the provider's own books: what differs, and what is stuck."""
    from starter.commands import report

    run_command(lambda: report.payments(since, until, as_csv=as_csv), as_json=as_json)


@report_app.command("replenishment")
def replenishment(
    sku: Annotated[str | None, typer.Option(help="Only this product.")] = None,
    weeks: Annotated[int, typer.Option(help="How many weeks to look ahead.", min=1, max=522)] = 8,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """What to buy, and by when: the queue and the usual demand (of 52 weeks, by TSB) against stock and supply."""
    from starter.commands import replenishment

    run_command(lambda: replenishment.buying(sku, weeks, as_csv=as_csv), as_json=as_json)
