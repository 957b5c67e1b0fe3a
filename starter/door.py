"""How a command ends: what it printed, and its exit status."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from domain.changes import ChangeOutcome
from domain.errors import Refused
from starter.client import Backorders
from starter.errors import BadInput, OutOfReach, Refusal
from store.database import Database
from worker.settings import BadSetting, Settings
from worker.speech import speech
from workflows.codec import Unreadable
from workflows.connection import Speech
from workflows.messages import faults

DONE, REFUSED, BAD_INPUT, OUT_OF_REACH = 0, 1, 2, 3

console = Console(emoji=False)  # `order:100:shipped` is no emoji


class Answer(Protocol):
    """What a command found: `document` for programs, `show` for people, `refused` when a rule said no."""

    @property
    def document(self) -> Any: ...
    @property
    def refused(self) -> bool: ...
    def show(self, console: Console) -> None: ...


@dataclass(frozen=True)
class Said:
    """An answer of one sentence."""

    document: Any
    text: str
    refused: bool = False

    def show(self, console: Console) -> None:
        # Words are not broken: what is made to be copied may be longer than a line.
        console.print(self.text, highlight=False, markup=False, overflow="ignore", crop=False)


def run(command: Callable[[], Coroutine[Any, Any, Answer | None]], *, as_json: bool) -> None:
    """Run a command to its end and leave with its exit status."""
    try:
        answer = asyncio.run(command())
    except KeyboardInterrupt:
        raise typer.Exit(DONE) from None
    except BaseException as error:  # noqa: BLE001 - the one place that turns faults into exit statuses
        raise typer.Exit(_complain(error, as_json=as_json)) from None
    if answer is None:
        return
    if as_json:
        print_json(answer.document)
    else:
        answer.show(console)
    if answer.refused:
        raise typer.Exit(REFUSED)


def print_json(document: Any) -> None:
    typer.echo(json.dumps(_plain(document), ensure_ascii=False))


def _plain(document: Any) -> Any:
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json")
    if isinstance(document, list | tuple):
        return [_plain(one) for one in document]
    return document


def _complain(error: BaseException, *, as_json: bool) -> int:
    """One clear line, and the exit status that goes with it."""
    match error:
        case Refusal() | Refused():
            code, status = error.code, REFUSED
        case BadInput() | BadSetting():
            code, status = "BadInput", BAD_INPUT
        case ValidationError():
            code, status = "BadInput", BAD_INPUT
        case Unreadable():
            code, status = type(error).__name__, BAD_INPUT
        case OutOfReach() | DBAPIError() | ConnectionError():
            code, status = "OutOfReach", OUT_OF_REACH
        case _:
            raise error
    text = _sentence(error)
    if as_json:
        print_json({"error": {"code": code, "message": text}})
    sys.stderr.write(f"backorder: {text}\n")
    return status


def _sentence(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults(error))
    if isinstance(error, DBAPIError):
        if "no such table" in str(error.orig) or "does not exist" in str(error.orig):
            return "the database has no tables yet: run `backorder init` (or `backorder up`)"
        return f"the database is out of reach: {str(error.orig).splitlines()[0]}"
    return str(error)


def settings() -> Settings:
    """Settings from the environment; where a running `up` is found, its database."""
    return here()[0]


def here() -> tuple[Settings, str | None]:
    """The settings and Temporal's address: a running `up` is found through the data directory.

    `TEMPORAL_ADDRESS` and `BACKORDER_DATABASE_URL` win over it.
    """
    import os  # noqa: PLC0415 - only here

    from starter.embedded.stack import running  # noqa: PLC0415 - light commands start faster without

    found = Settings.load()
    if os.environ.get("TEMPORAL_ADDRESS") and found.database_url:
        return found, None
    addresses = running(found.data_dir)
    if addresses is None:
        return found, None
    url = found.database_url or addresses.database
    address = None if os.environ.get("TEMPORAL_ADDRESS") else addresses.temporal
    return found.model_copy(update={"database_url": url}), address


@asynccontextmanager
async def backorders(
    spoken: Speech | None = None, statement_seconds: float | None = None
) -> AsyncIterator[Backorders]:
    """The client, over Temporal and the database.

    `spoken`: how a process that stays speaks to Temporal. `statement_seconds`: as of `Database`.
    """
    found, address = here()
    if address is None:
        _named_somewhere(found)
    doors = await Backorders.connect(address, None, found.time_zone, spoken or speech(found))
    doors.database = Database(found.database, statement_seconds=statement_seconds)
    try:
        yield doors
    finally:
        doors.database.close()


def _named_somewhere(found: Settings) -> None:
    """A command that was typed in the wrong folder must not change whatever shop listens on Temporal's usual port.

    Raises:
        BadInput: nothing runs here or ever did, and nothing says where else.
    """
    from temporalio.envconfig import ClientConfig  # noqa: PLC0415 - light commands start faster without

    known = found.database_url or (found.data_dir / "backorder.db").exists()
    if not known and not ClientConfig.load_client_connect_config().get("target_host"):
        raise BadInput(
            f"BACKORDER_DATA_DIR: nothing runs on {found.data_dir}: go to the folder of `backorder up`, or say where"
            " with BACKORDER_DATA_DIR, or with TEMPORAL_ADDRESS and BACKORDER_DATABASE_URL"
        )


@asynccontextmanager
async def database() -> AsyncIterator[Database]:
    """The database alone; a SQLite file that is not there yet is never made by looking."""
    found, _ = here()
    opened = Database(found.database)
    try:
        _must_exist(opened)
        yield opened
    finally:
        opened.close()


def _must_exist(opened: Database) -> None:
    path = opened.url.database
    if opened.is_sqlite and path and not Path(path).exists():
        raise OutOfReach(f"the database {path}")


def changed(outcome: ChangeOutcome) -> Said:
    """What a change of an order came to."""
    return Said(outcome, f"Order {outcome.order_id}: {outcome.message}")


def units(arguments: tuple[str, ...] | list[str]) -> dict[str, int]:
    """`SKU=QTY` arguments as units by SKU.

    Raises:
        BadInput: one of them reads otherwise, or a SKU stands there twice.
    """
    found: dict[str, int] = {}
    for argument in arguments:
        sku, separator, quantity = argument.rpartition("=")
        try:
            count = int(quantity)
        except ValueError:
            separator = ""
        if not (separator and sku):
            raise BadInput(f"{argument}: write it as SKU=QTY, as WIDGET-PRO-BLUE=5")
        if sku in found:
            raise BadInput(f"SKU=QTY: {sku} stands there twice")
        found[sku] = count
    return found
