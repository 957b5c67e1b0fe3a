"""Commands that load files."""

from pathlib import Path
from typing import Annotated

import typer

from starter.app import Json, catalog_app, policy_app, run_command, suppliers_app

_JSON_OR_CSV = "JSON, or CSV by its name."

File = Annotated[Path, typer.Argument(metavar="FILE", help=f"{_JSON_OR_CSV} Columns: name, value.")]
CatalogFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help=f"{_JSON_OR_CSV} Columns: sku, title; where wanted release_on, may_split, accept_from, accept_until, "
        "weight_grams, accepts_backorders, max_units_per_customer, max_backordered_units, max_wait_days, "
        "needs_known_eta, min_supplier_on_time, max_expected_cancel_rate, usual_restock_days.",
    ),
]
SuppliersFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help=f"{_JSON_OR_CSV} Columns: supplier, email, and of each delivery inbound_id, eta, received_on, quantity; "
        "one row a delivery.",
    ),
]


@catalog_app.command("load")
def catalog_load(file: CatalogFile, as_json: Json = False) -> None:
    """Add or change products; what a product leaves out, the shop's policy says."""
    from starter.commands import loading

    run_command(lambda: loading.load_catalog(file), as_json=as_json)


@policy_app.command("load")
def policy_load(file: File, as_json: Json = False) -> None:
    """Put the shop's policy in force for orders placed from now on."""
    from starter.commands import loading

    run_command(lambda: loading.load_policy(file), as_json=as_json)


@suppliers_app.command("load")
def suppliers_load(file: SuppliersFile, as_json: Json = False) -> None:
    """Add or change suppliers with what they delivered, and learn how late they are."""
    from starter.commands import loading

    run_command(lambda: loading.load_suppliers(file), as_json=as_json)
