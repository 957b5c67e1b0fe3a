"""`backorder demo`: the story of a few backorders, played on real parts."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from domain.report import Status
from gateways.links import Links
from starter import door
from starter.client import Backorders
from starter.commands.story import Played, Story, shipped
from starter.commands.up import show_addresses, told_to_stop
from starter.embedded.stack import Addresses, embedded_stack
from starter.money import amount
from store.database import Database
from worker.settings import Settings
from worker.speech import speech
from workflows.connection import connect
from workflows.messages import web_ui_address


async def demo(data: Path | None, *, leave: bool, as_json: bool) -> None:
    """Play the story; on a terminal, stay up afterwards."""
    stop = told_to_stop()
    console = Console(quiet=as_json, highlight=False)
    async with embedded_stack(data or Path(".backorder-demo"), fresh=True) as addresses:
        database = Database(addresses.database)
        try:
            client = await connect(addresses.temporal, speech(Settings.load()))
            story = Story(Backorders(client, database), database, console)
            telling = asyncio.ensure_future(story.tell())
            await asyncio.wait(
                {telling, asyncio.ensure_future(stop.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
            if not telling.done():
                telling.cancel()
                return
            orders = telling.result()
            _show(console, orders, addresses)
            if as_json:
                door.print_json(
                    {"addresses": addresses.model_dump(), "orders": [_plain(one) for one in orders]}
                )
            if sys.stdout.isatty() and not leave:
                console.print(
                    "\nStill up: look around. Commands in another terminal find it with\n"
                    f"  export BACKORDER_DATA_DIR={addresses.data}\nCtrl-C stops all of it."
                )
                await stop.wait()
        finally:
            database.close()


def _charged(order: Status) -> str:
    taken = sum(payment.amount_minor for payment in order.payments if payment.kind != "refund")
    return amount(taken, "USD")


def _show(console: Console, orders: list[Played], addresses: Addresses) -> None:
    table = Table(
        "Order",
        "Status",
        "Shipped",
        "Charged",
        "What happened",
        title="\nWhat became of each order",
    )
    for one in orders:
        order = one.status
        ordered = sum(line.ordered for line in order.lines)
        sent = f"{shipped(order)} of {ordered}"
        table.add_row(order.order_id, order.status, sent, _charged(order), one.what)
    console.print(table)
    console.print("[bold]Where to look[/]")
    show_addresses(console, addresses)
    console.print("\nBegin with 102: its workflow, and the page that its customer sees.")
    for address in (web_ui_address(addresses.temporal_ui, "102"), _customers_page(addresses, "102")):
        console.print(f"  {address}", soft_wrap=True)


def _customers_page(addresses: Addresses, order_id: str) -> str:
    settings = Settings.load(data_dir=Path(addresses.data), database_url=addresses.database)
    return Links(addresses.web, settings.secret).order_page(order_id)


def _plain(one: Played) -> dict[str, Any]:
    return {"what": one.what, **one.status.model_dump(mode="json")}
