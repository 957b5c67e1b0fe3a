"""The command `backorder`: what support and operations type. Everything heavy is imported by the command that needs it."""

import os
import sys
from typing import Annotated

import typer

from starter.app import (
    DO,
    LOOK,
    RUN,
    SETUP,
    ChangeId,
    Data,
    Json,
    OrderId,
    Units,
    app,
    run_command,
)


@app.command(rich_help_panel=RUN)
def up(data: Data = None, as_json: Json = False) -> None:
    """Run everything on this machine: Temporal with its Web UI, worker, web pages, mail inbox, SQLite."""
    from starter.commands.up import up as play

    run_command(lambda: play(data, as_json=as_json), as_json=as_json)


@app.command(rich_help_panel=RUN)
def demo(
    data: Data = None,
    leave: Annotated[bool, typer.Option("--exit", help="End after the story.")] = False,
    as_json: Json = False,
) -> None:
    """Run everything on fresh data, play the story of a few backorders, and show what became of them."""
    from starter.commands.demo import demo as play

    run_command(lambda: play(data, leave=leave, as_json=as_json), as_json=as_json)


@app.command(rich_help_panel=RUN)
def worker(as_json: Json = False) -> None:
    """Run a worker alone, for production; SIGTERM drains it."""
    from worker.__main__ import work

    run_command(work, as_json=as_json)


@app.command(rich_help_panel=RUN)
def web(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Which port; 0: any free one.", min=0, max=65535)] = 8000,
    as_json: Json = False,
) -> None:
    """Run the pages and the API alone, for production: operations room, customers' page, order system, provider's webhooks."""
    from starter.commands.web import web as serve

    run_command(lambda: serve(host, port, as_json=as_json), as_json=as_json)


@app.command(rich_help_panel=SETUP)
def init(as_json: Json = False) -> None:
    """Bring the database to the newest migration, and make Temporal know our search attributes."""
    from starter.commands import setup

    run_command(setup.init, as_json=as_json)


@app.command(rich_help_panel=DO)
def place(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An order, a list, or JSON lines; - for standard input.")
    ],
    as_json: Json = False,
) -> None:
    """Place orders, and print each decision."""
    from starter.commands import orders

    run_command(lambda: orders.place(file, as_json=as_json), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def quote(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An order, a list, or JSON lines; - for standard input.")
    ],
    as_json: Json = False,
) -> None:
    """The decision that orders would get now; nothing is stored but that they were asked for."""
    from starter.commands import orders

    run_command(lambda: orders.quote(file), as_json=as_json)


@app.command(rich_help_panel=DO)
def receive(
    units: Units,
    change_id: ChangeId,
    inbound: Annotated[str | None, typer.Option(help="The purchase-order line that they belong to.")] = None,
    as_json: Json = False,
) -> None:
    """Units came in: they go to the front of the queue."""
    from starter.commands import stock

    run_command(lambda: stock.receive(units, change_id, inbound), as_json=as_json)


@app.command(rich_help_panel=DO, context_settings={"ignore_unknown_options": True})
def adjust(
    units: Annotated[list[str], typer.Argument(metavar="SKU=±QTY…", help="Signed units by SKU.")],
    change_id: ChangeId,
    reason: Annotated[str, typer.Option(help="Why.")],
    as_json: Json = False,
) -> None:
    """Stock was counted, damaged or returned."""
    from starter.commands import stock

    run_command(lambda: stock.adjust(units, change_id, reason), as_json=as_json)


@app.command(rich_help_panel=DO)
def discontinue(sku: str, change_id: ChangeId, as_json: Json = False) -> None:
    """No new backorders for a SKU."""
    from starter.commands import stock

    run_command(lambda: stock.discontinue(sku, change_id), as_json=as_json)


@app.command(rich_help_panel=DO)
def inbound(
    inbound_id: Annotated[str, typer.Argument(metavar="PO", help="The purchase-order line.")],
    units: Annotated[
        list[str] | None, typer.Argument(metavar="[SKU=QTY…]", help="Units still outstanding.")
    ] = None,
    eta: Annotated[str | None, typer.Option(help="The supplier's date, as 2026-02-20.")] = None,
    supplier: Annotated[str | None, typer.Option(help="Who sends them.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="They will not come.")] = False,
    change_id: Annotated[
        str | None, typer.Option("--id", help="Your id of this word; by default made from its content.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Announce, revise or cancel supply."""
    from starter.commands import stock

    word = stock.Word(inbound_id, tuple(units or ()), eta, supplier, cancel, change_id)
    run_command(lambda: stock.announce(word), as_json=as_json)


@app.command(rich_help_panel=DO)
def cancel(
    order: OrderId,
    reason: Annotated[
        str, typer.Option(help="Why: changed_mind, too_slow, price, … (see the README).")
    ] = "other",
    line: Annotated[
        list[str] | None, typer.Option(metavar="SKU=QTY", help="Only these units; may be repeated.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="For the record.")] = None,
    cancellation_id: Annotated[str | None, typer.Option("--id", help="Your id of this wish.")] = None,
    as_json: Json = False,
) -> None:
    """Cancel what has not shipped, whole or in part."""
    from starter.commands import orders

    wish = orders.Wish(order, reason, tuple(line or ()), note, cancellation_id)
    run_command(lambda: orders.cancel(wish), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def status(
    order: OrderId,
    delays: Annotated[
        bool, typer.Option("--delays", help="All that is on record of its delays, as the law wants it kept.")
    ] = False,
    as_json: Json = False,
) -> None:
    """How one order stands."""
    from starter.commands import delays as records
    from starter.commands import look

    run_command(lambda: (records.delays if delays else look.status)(order), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def queue(sku: str, as_json: Json = False) -> None:
    """Who waits for a SKU, in the order in which stock is dealt."""
    from starter.commands import look

    run_command(lambda: look.queue(sku), as_json=as_json)


@app.command("list", rich_help_panel=LOOK)
def list_orders(
    status: Annotated[str | None, typer.Option(help="Only this status; by default all open ones.")] = None,
    as_json: Json = False,
) -> None:
    """Orders by placing date."""
    from starter.commands import look

    run_command(lambda: look.listing(status), as_json=as_json)


@app.command("fast-forward", rich_help_panel=LOOK)
def fast_forward(
    order: OrderId,
    by: Annotated[str, typer.Argument(metavar="TIME", help="As 7d, 12h or 30m.")],
    as_json: Json = False,
) -> None:
    """Skip an order's clock; development servers only, and its figures then lie in the future."""
    from starter.commands import checks

    run_command(lambda: checks.fast_forward(order, by), as_json=as_json)


# These add their commands after the ones above, so that the help begins with what is typed most.
from starter import (  # noqa: E402
    cli_audit,  # noqa: F401
    cli_correcting,  # noqa: F401
    cli_deployment,  # noqa: F401
    cli_doors,  # noqa: F401
    cli_figures,  # noqa: F401
    cli_loading,  # noqa: F401
    cli_looking,  # noqa: F401
    cli_parcels,  # noqa: F401
    cli_promises,  # noqa: F401
    cli_reports,  # noqa: F401
    cli_review,  # noqa: F401
    cli_waiting,  # noqa: F401
)


def main() -> None:
    """The one door out: Temporal's runtime must not meet the interpreter's own shutdown, so we leave at once."""
    code: int | str | None = 0
    try:
        app()
    except SystemExit as leaving:
        code = leaving.code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = 1
    os._exit(code if isinstance(code, int) else 1 if code else 0)
