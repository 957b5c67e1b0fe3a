"""`backorder up`: everything on this machine, until Ctrl-C or SIGTERM."""

import asyncio
import signal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from starter import door
from starter.embedded.stack import Addresses, embedded_stack
from starter.tokens import Scope
from worker import logs
from worker.settings import Settings


def data_directory(given: Path | None) -> Path:
    return given or Settings.load().data_dir


def told_to_stop() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop


def show_addresses(console: Console, addresses: Addresses) -> None:
    table = Table(box=None, show_header=False)
    table.add_row("Operations room", f"{addresses.web}/operations")
    table.add_row("", _token(console, addresses))
    table.add_row("Temporal Web UI", addresses.temporal_ui)
    if Settings.load().encrypts:
        table.add_row("", "encrypted: the sign-in page says how to read it there")
    table.add_row("Mail inbox", addresses.inbox)
    table.add_row("Temporal", addresses.temporal)
    table.add_row("Database", addresses.database)
    console.print(table)


def _token(console: Console, addresses: Addresses) -> str:
    """What lets one in there: itself on a person's own screen, else where it stands."""
    kept = Path(addresses.data) / f"{Scope.OPERATIONS}.token"
    return f"sign in with {kept.read_text()}" if console.is_terminal else f"the token to sign in is in {kept}"


def _first(addresses: Addresses) -> str:
    """What to type there: before our commands where they would not find this, and for `temporal` where it would not."""
    elsewhere = Path(addresses.data).resolve() != (Path.cwd() / ".backorder").resolve()
    said = f" [bold]export BACKORDER_DATA_DIR={addresses.data}[/], then" if elsewhere else ""
    said += " [bold]backorder catalog load[/], [bold]place[/], …"
    if not addresses.temporal.endswith(":7233"):
        said += f" ([bold]temporal[/] needs --address {addresses.temporal})."
    return said


async def up(data: Path | None, *, as_json: bool) -> None:
    logs.begin(Settings.load(), least="WARNING")
    stop = told_to_stop()
    async with embedded_stack(data_directory(data)) as addresses:
        if as_json:
            door.print_json(addresses)
        else:
            show_addresses(door.console, addresses)
            door.console.print(f"\nUp. In another terminal:{_first(addresses)} Ctrl-C stops all of it.")
        await stop.wait()
