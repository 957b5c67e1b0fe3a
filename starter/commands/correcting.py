"""What support and operations correct, as typed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from domain.correcting import Erased
from domain.history_words import counted
from starter import door
from starter.client import Backorders
from starter.door import Said
from starter.errors import BadInput, Refusal, refusing
from store import erasing


async def email(order_id: str, address: str, by: str) -> Said:
    async with door.backorders() as doors:
        return door.changed(await doors.change_email(order_id, address, by))


async def resend(order_id: str, kind: str, occasion: str | None, by: str) -> Said:
    async with door.backorders() as doors:
        resent = await doors.resend(order_id, kind, by, occasion)
        return Said(resent, f"Order {order_id}: {resent.message}", refused=not resent.delivered)


@dataclass(frozen=True)
class ErasedShown:
    """What is left of a customer."""

    document: Erased
    refused: bool = False

    def show(self, console: Console) -> None:
        for line in self._lines():
            console.print(line, highlight=False, markup=False)

    def _lines(self) -> Iterator[str]:
        done = self.document
        runs = counted(done.histories_deleted, "workflow run")
        yield (
            f"Erased: {counted(done.orders, 'order')} in the books as those of {done.customer_id}; "
            f"{runs} deleted from Temporal."
        )
        if done.histories_left:
            yield f"{counted(done.histories_left, 'workflow run')} could not be deleted yet."
        if not done.file_rewritten:
            yield "The database file was in use: until it is rewritten it may hold what was overwritten."
        if done.histories_left or not done.file_rewritten:
            yield f"Try again: backorder erase {done.customer_id} --yes"


async def erase(customer_id: str, by: str, *, sure: bool) -> ErasedShown:
    async with door.backorders() as doors:
        if not sure:
            await _ask(doors, customer_id)
        return ErasedShown(await doors.erase(customer_id, by))


async def _ask(doors: Backorders, customer_id: str) -> None:
    """Whoever types it is asked; a script must say that it means it."""
    if doors.database is None:
        raise AssertionError("commands have the database")
    with refusing():
        orders = await doors.database.aread(erasing.ended_orders, customer_id)
    if not sys.stdin.isatty():
        raise BadInput("--yes: needed where nobody can be asked, for it cannot be undone")
    question = f"Erase {customer_id} from {counted(orders, 'order')}? It cannot be undone."
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Refusal("NotErased", "nothing was erased")
