"""Commands of support and operations that correct: where notices go, a notice once more, a customer to be erased."""

from typing import Annotated

import typer

from starter.app import DO, Json, OrderId, app, run_command

By = Annotated[str, typer.Option(help="Who says so, for the record.")]


@app.command(rich_help_panel=DO)
def email(
    order: OrderId,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where its notices go from now on.")],
    by: By = "support",
    as_json: Json = False,
) -> None:
    """Send an order's notices to another address."""
    from starter.commands import correcting

    run_command(lambda: correcting.email(order, address, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def resend(
    order: OrderId,
    notice: Annotated[str, typer.Argument(metavar="NOTICE", help="Its kind: confirmation, shipped, …")],
    occasion: Annotated[
        str | None, typer.Option(help="Which of that kind, as a parcel's number; by default the latest.")
    ] = None,
    by: By = "support",
    as_json: Json = False,
) -> None:
    """Send a notice once more, to the order's present address and with what is true today."""
    from starter.commands import correcting

    run_command(lambda: correcting.resend(order, notice, occasion, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def erase(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    by: By = "operations",
    as_json: Json = False,
) -> None:
    """Erase a customer's personal data; their orders stay in the books, under a name that leads to nobody."""
    from starter.commands import correcting

    run_command(lambda: correcting.erase(customer, by, sure=yes), as_json=as_json)
