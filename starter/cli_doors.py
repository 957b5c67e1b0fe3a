"""Commands of the doors: tokens, keys, and the events that the order system hears of."""

from typing import Annotated

import typer

from starter.app import LOOK, SETUP, Json, app, run_command


@app.command(rich_help_panel=SETUP)
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who gets it; records name them.")],
    scope: Annotated[str, typer.Option(help="oms, support or operations.")],
    as_json: Json = False,
) -> None:
    """Make a token for the API or the operations room; only its hash is kept, in BACKORDER_API_TOKENS."""
    from starter.commands import tokens

    run_command(lambda: tokens.make(name, scope), as_json=as_json)


@app.command("codec-key", rich_help_panel=SETUP)
def codec_key(
    key_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="How payloads name it; today's date unless told.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key for BACKORDER_CODEC_KEYS: with it, all that Temporal keeps of orders is encrypted."""
    from starter.commands import codec_key

    run_command(lambda: codec_key.make(key_id), as_json=as_json)


events_app = typer.Typer(invoke_without_command=True)
app.add_typer(events_app, name="events", rich_help_panel=LOOK)

Dead = Annotated[bool, typer.Option("--dead", help="Those that are not sent any more.")]


@events_app.callback()
def events(
    context: typer.Context,
    order: Annotated[str | None, typer.Option(help="Only those of this order.")] = None,
    dead: Dead = False,
    as_json: Json = False,
) -> None:
    """What the order system is told by webhook, the newest first; `events resend` tells it again."""
    if context.invoked_subcommand is not None:
        return
    from starter.commands import events as told

    run_command(lambda: told.listing(order, dead=dead), as_json=as_json)


@events_app.command("resend")
def resend(
    event_ids: Annotated[list[str] | None, typer.Argument(metavar="EVENT_ID", help="Which ones.")] = None,
    dead: Dead = False,
    by: Annotated[str, typer.Option(help="Who says so, for the record.")] = "operations",
    as_json: Json = False,
) -> None:
    """Send events again at once: those named, or all dead ones."""
    from starter.commands import events as told

    run_command(lambda: told.resend(event_ids or [], by, dead=dead), as_json=as_json)
