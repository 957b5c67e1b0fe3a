"""Commands about promises."""

from pathlib import Path
from typing import Annotated

import typer

from starter.app import LOOK, Json, app, run_command

promises_app = typer.Typer(help="How well promises are kept.", no_args_is_help=True)
app.add_typer(promises_app, name="promises", rich_help_panel=LOOK)

_FILE = "CSV with supplier,promised_on,received_on,quantity, or a JSON list of the same."


@promises_app.callback()
def promises() -> None:
    """How well promises are kept."""


@promises_app.command()
def backtest(
    history: Annotated[Path, typer.Option(help=f"Deliveries of which all is known. {_FILE}")],
    deliveries: Annotated[Path, typer.Option(help="Deliveries to estimate, in the same form.")],
    lead_days: Annotated[
        int, typer.Option(help="An estimate uses what came so long before the promised day.", min=0, max=3650)
    ] = 30,
    as_json: Json = False,
) -> None:
    """Replay deliveries: how many promises our buffers would have kept, against simpler ones."""
    from starter.commands import promises

    run_command(lambda: promises.backtest_files(history, deliveries, lead_days), as_json=as_json)
