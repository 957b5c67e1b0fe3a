"""Commands of the doors: tokens."""

from typing import Annotated

import typer

from starter.app import SETUP, Json, app, run_command


@app.command(rich_help_panel=SETUP)
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who gets it; records name them.")],
    scope: Annotated[str, typer.Option(help="oms, support or operations.")],
    as_json: Json = False,
) -> None:
    """Make a token for the API or the operations room; only its hash is kept, in BACKORDER_API_TOKENS."""
    from starter.commands import tokens

    run_command(lambda: tokens.make(name, scope), as_json=as_json)
