"""Commands that load files."""

from pathlib import Path
from typing import Annotated

import typer

from starter.app import Json, catalog_app, policy_app, run_command, suppliers_app

File = Annotated[Path, typer.Argument(metavar="FILE", help="JSON, or CSV by its name.")]


@catalog_app.command("load")
def catalog_load(file: File, as_json: Json = False) -> None:
    """Add or change products; what a product leaves out, the shop's policy says."""
    from starter.commands import loading

    run_command(lambda: loading.load_catalog(file), as_json=as_json)


@policy_app.command("load")
def policy_load(file: File, as_json: Json = False) -> None:
    """Put the shop's policy in force for orders placed from now on."""
    from starter.commands import loading

    run_command(lambda: loading.load_policy(file), as_json=as_json)


@suppliers_app.command("load")
def suppliers_load(file: File, as_json: Json = False) -> None:
    """Add or change suppliers with what they delivered, and learn how late they are."""
    from starter.commands import loading

    run_command(lambda: loading.load_suppliers(file), as_json=as_json)
