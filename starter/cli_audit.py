"""The command that audits, and repairs."""

from typing import Annotated

import typer

from starter.app import LOOK, Json, app, run_command


@app.command(rich_help_panel=LOOK)
def audit(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what the ordinary commands can mend; tell each repair.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", help="With --repair: also where no order has a workflow, as in an empty Temporal."
        ),
    ] = False,
    by: Annotated[str, typer.Option(help="Who says so, for the record.")] = "operations",
    as_json: Json = False,
) -> None:
    """Check all books, the orders against Temporal, and what was to be told; what is wrong is named.

    Ends with 0 when nothing is wrong or all was repaired, with 1 when something is left.
    """
    from starter.commands import audit as audits

    run_command(lambda: audits.audit(repair=repair, sure=yes, by=by, as_json=as_json), as_json=as_json)
