"""Commands about orders that wait: a hold, a place in the queue, the answer to a delay; and the shop's switch."""

from typing import Annotated

import typer

from starter.app import DO, Json, OrderId, app, run_command

Reason = Annotated[str, typer.Option(help="Why, for the record.")]
By = Annotated[str, typer.Option(help="Who says so, for the record.")]

shipping = typer.Argument(metavar="shipping", help="The word `shipping`.")


@app.command(rich_help_panel=DO)
def hold(order: OrderId, reason: Reason, by: By = "operations", as_json: Json = False) -> None:
    """Let nothing of an order ship until it is released; it keeps its place and its units."""
    from starter.commands import waiting

    run_command(lambda: waiting.hold(order, reason, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def release(
    order: OrderId, reason: Reason = "released", by: By = "operations", as_json: Json = False
) -> None:
    """Let a held order go on."""
    from starter.commands import waiting

    run_command(lambda: waiting.release(order, reason, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def keep(order: OrderId, by: By = "support", as_json: Json = False) -> None:
    """Go on waiting with an order that waited for long, as its customer asked: it does not get stale meanwhile."""
    from starter.commands import waiting

    run_command(lambda: waiting.keep(order, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def prioritise(
    order: OrderId,
    days: Annotated[
        int, typer.Option(help="Days ahead of its own place; 0 takes it back there, less puts it behind.")
    ],
    reason: Reason,
    by: By = "operations",
    as_json: Json = False,
) -> None:
    """Move an order in its queues by hand; the stock is dealt anew at once."""
    from starter.commands import waiting

    run_command(lambda: waiting.prioritise(order, days, reason, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def consent(
    order: OrderId,
    notice: Annotated[str, typer.Argument(metavar="NOTICE", help="The notice's id, as 102-delay-1.")],
    answer: Annotated[bool, typer.Option("--accept/--refuse", help="Refusing cancels the order.")],
    by: By = "support",
    as_json: Json = False,
) -> None:
    """The customer's answer to a notice of a delay."""
    from starter.commands import waiting

    run_command(lambda: waiting.consent(order, notice, by, accepted=answer), as_json=as_json)


@app.command(rich_help_panel=DO)
def pause(
    what: Annotated[str, shipping], reason: Reason, by: By = "operations", as_json: Json = False
) -> None:
    """`pause shipping`: nothing of any order is packed, paid or labelled from now on."""
    from starter.commands import waiting

    run_command(lambda: waiting.pause(what, reason, by), as_json=as_json)


@app.command(rich_help_panel=DO)
def resume(
    what: Annotated[str, shipping],
    reason: Reason = "resumed",
    by: By = "operations",
    as_json: Json = False,
) -> None:
    """`resume shipping`: parcels leave again."""
    from starter.commands import waiting

    run_command(lambda: waiting.resume(what, reason, by), as_json=as_json)
