"""What all commands are typed with: the application, its panels, its common arguments."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

RUN = "Run"
SETUP = "Set up"
DO = "Do"
LOOK = "Look"

app = typer.Typer(
    name="backorder",
    help="Durable backorders: place, receive, cancel, look. `backorder demo` shows it all on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
catalog_app = typer.Typer(help="Products.", no_args_is_help=True)
policy_app = typer.Typer(help="The shop's policy.", no_args_is_help=True)
suppliers_app = typer.Typer(help="Suppliers and their deliveries.", no_args_is_help=True)
report_app = typer.Typer(help="Figures for a period.", no_args_is_help=True)
app.add_typer(report_app, name="report", rich_help_panel=LOOK)
app.add_typer(catalog_app, name="catalog", rich_help_panel="Set up")
app.add_typer(policy_app, name="policy", rich_help_panel="Set up")
app.add_typer(suppliers_app, name="suppliers", rich_help_panel="Set up")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="The data directory.", envvar="BACKORDER_DATA_DIR", show_default=".backorder"
    ),
]
ChangeId = Annotated[
    str, typer.Option("--id", help="Your id of this change: the same again changes nothing twice.")
]
Units = Annotated[list[str], typer.Argument(metavar="SKU=QTY…", help="Units by SKU.")]
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]


def run_command(command: Callable[[], Coroutine[Any, Any, Any]], *, as_json: bool) -> None:
    from starter.door import run  # noqa: PLC0415 - the command line starts faster without

    run(command, as_json=as_json)
