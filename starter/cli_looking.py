"""Commands that look ahead, and behind."""

from typing import Annotated

import typer

from starter.app import LOOK, Json, OrderId, app, run_command


@app.command("what-if", rich_help_panel=LOOK)
def what_if(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The product.")],
    receive: Annotated[int, typer.Option(help="Units that would come in.", min=1, max=1_000_000)],
    on: Annotated[str | None, typer.Option(help="The day, as 2026-02-01; by default now.")] = None,
    inbound: Annotated[str | None, typer.Option(help="The purchase-order line that they belong to.")] = None,
    head_start: Annotated[
        list[str] | None, typer.Option(help="Another head start, as vip=10; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Who would be served, and which promises would move; nothing is touched."""
    from starter.commands import whatif

    run_command(lambda: whatif.what_if(sku, receive, on, inbound, head_start or []), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def explain(order: OrderId, as_json: Json = False) -> None:
    """Why an order stands where it stands: who is ahead, what moved it, what it got of each hand-out."""
    from starter.commands import explain as explaining

    run_command(lambda: explaining.explain(order), as_json=as_json)
