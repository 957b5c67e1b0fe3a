"""Commands about parcels: what the customer chose, the hand-over, an unpaid parcel's end, where they are."""

from typing import Annotated

import typer

from starter.app import DO, LOOK, Json, OrderId, app, run_command


@app.command(rich_help_panel=DO)
def choose(
    order: OrderId,
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="split, together or cancel.")],
    by: Annotated[str, typer.Option(help="Who chose.")] = "customer",
    as_json: Json = False,
) -> None:
    """Send what is here now and the rest later, all together, or cancel; also later, another than before."""
    from starter.commands import parcels

    run_command(lambda: parcels.choose(order, choice, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def handover(
    order: OrderId,
    number: Annotated[int, typer.Argument(metavar="N", help="The parcel's number.", min=1)],
    as_json: Json = False,
) -> None:
    """The warehouse gave a parcel to its carrier: now it counts as shipped, and is charged."""
    from starter.commands import parcels

    run_command(lambda: parcels.hand_over(order, number), as_json=as_json)


@app.command(rich_help_panel=DO)
def settle(
    order: OrderId,
    how: Annotated[str, typer.Option(help="paid_elsewhere, written_off, or stopped (its units are back).")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    parcel: Annotated[
        int | None, typer.Option(help="Which parcel; needed when several are unpaid.", min=1)
    ] = None,
    by: Annotated[str, typer.Option(help="Who settles it.")] = "operations",
    as_json: Json = False,
) -> None:
    """End an unpaid parcel."""
    from starter.commands import parcels

    run_command(lambda: parcels.settle(order, how, reason, parcel, by), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def track(order: OrderId, as_json: Json = False) -> None:
    """Where an order's parcels are, as their carriers say."""
    from starter.commands import parcels

    run_command(lambda: parcels.track(order), as_json=as_json)
