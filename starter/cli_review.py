"""The command that reviews the shop."""

from typing import Annotated

import typer

from starter.app import LOOK, Json, app, run_command


@app.command(rich_help_panel=LOOK)
def review(
    date: Annotated[
        str | None, typer.Option(help="Which day, as 2026-02-01; by default the shop's today.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make today's review now, and show what it found; a day that was reviewed is only shown."""
    from starter.commands import review as reviews

    run_command(lambda: reviews.review(date), as_json=as_json)
