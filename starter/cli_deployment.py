"""Commands that move orders from one version of the worker to the next."""

from typing import Annotated

import typer

from starter.app import RUN, Json, app, run_command

deployment_app = typer.Typer(help="Versions of the worker that run side by side.", no_args_is_help=True)
app.add_typer(deployment_app, name="deployment", rich_help_panel=RUN)

Build = Annotated[str, typer.Argument(metavar="BUILD", help="What BACKORDER_BUILD_ID of its workers says.")]


@deployment_app.command()
def status(as_json: Json = False) -> None:
    """Which builds there are, what share each gets, and how many open orders it moved last."""
    from starter.commands import deployment

    run_command(deployment.status, as_json=as_json)


@deployment_app.command()
def ramp(
    build: Build,
    percent: Annotated[float, typer.Option(help="Share of the orders; 0 ends the ramp.", min=0, max=100)],
    as_json: Json = False,
) -> None:
    """Try a build with a share of the orders, the same ones each time."""
    from starter.commands import deployment

    run_command(lambda: deployment.ramp(build, percent), as_json=as_json)


@deployment_app.command()
def current(build: Build, as_json: Json = False) -> None:
    """Give a build every order; an older build's name rolls back."""
    from starter.commands import deployment

    run_command(lambda: deployment.current(build), as_json=as_json)
