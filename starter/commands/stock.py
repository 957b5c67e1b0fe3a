"""Stock and supply, as typed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.history_words import counted
from domain.inventory import ChangeKind, ChangeLine, InventoryChange, InventoryOutcome
from starter import door
from starter.errors import BadInput, Refusal
from store.supply_tables import InboundRow


@dataclass(frozen=True)
class Applied:
    """What a change of the stock came to; `said` says it of one that moves no unit by itself."""

    outcome: InventoryOutcome
    said: str = ""
    refused: bool = False

    @property
    def document(self) -> Any:
        return self.outcome

    def show(self, console: Console) -> None:
        done = self.outcome
        reached = f"{counted(done.orders_reached, 'order')} reached"
        if self.said:
            console.print(_in_words(done, self.said, reached), highlight=False, markup=False)
            return
        console.print(
            f"{done.change_id}: {counted(done.units, 'unit')}, {done.handed_out} handed out, "
            f"{done.left_over} left over, {reached}.",
            highlight=False,
            markup=False,
        )
        if done.uncovered:
            where = "it is in a parcel, or is" if done.uncovered == 1 else "they are in parcels, or are"
            console.print(
                f"[red]{counted(done.uncovered, 'unit')} could not be taken: {where} not on hand.[/]",
                highlight=False,
            )


def _in_words(done: InventoryOutcome, said: str, reached: str) -> str:
    if not done.applied:
        return f"{done.change_id}: nothing was changed, for a later word is in force."
    return f"{said}; {reached}." if done.orders_reached else f"{said}."


async def receive(units: list[str], change_id: str, inbound_id: str | None) -> Applied:
    async with door.backorders() as doors:
        return Applied(await doors.receive(change_id, door.units(units), inbound_id=inbound_id))


async def adjust(units: list[str], change_id: str, reason: str) -> Applied:
    async with door.backorders() as doors:
        return Applied(await doors.adjust(change_id, door.units(units), reason))


async def discontinue(sku: str, change_id: str) -> Applied:
    change = InventoryChange(
        change_id=change_id,
        kind=ChangeKind.DISCONTINUED,
        happened_at=datetime.now(UTC),
        lines=(ChangeLine(sku=sku),),
    )
    async with door.backorders() as doors:
        return Applied(await doors.apply(change), f"{sku} is discontinued: no new backorders")


@dataclass(frozen=True)
class Word:
    """What the supplier says of a purchase-order line."""

    inbound_id: str
    units: tuple[str, ...]
    eta: str | None
    supplier: str | None
    cancelled: bool
    change_id: str | None


async def announce(word: Word) -> Applied:
    eta = _date(word.eta)
    async with door.backorders() as doors:
        units = door.units(word.units)
        if word.cancelled and not units and doors.database is not None:
            units = doors.database.read(_open_lines, word.inbound_id)
        if not units:
            raise BadInput("SKU=QTY: say which units are still outstanding")
        if eta is None and not word.cancelled:
            raise BadInput("--eta: announced units need their date")
        outcome = await doors.announce(
            word.change_id or _named(word, units),
            word.inbound_id,
            units,
            eta=eta,
            supplier=word.supplier,
            cancelled=word.cancelled,
        )
        return Applied(outcome, told(word, units, eta))


def told(word: Word, units: dict[str, int], eta: date | None) -> str:
    """The word in a sentence without its full stop."""
    if word.cancelled:
        return f"{word.inbound_id} is cancelled"
    outstanding = ", ".join(f"{count} × {sku}" for sku, count in units.items())
    return f"{word.inbound_id}: {outstanding} expected on {eta}"


def _named(word: Word, units: dict[str, int]) -> str:
    """The word's content as its id; said at another moment it is a new word."""
    what = "cancelled" if word.cancelled else f"{word.eta}-{sum(units.values())}"
    return f"{word.inbound_id}-{what}-{datetime.now(UTC):%Y%m%dT%H%M%S}"[-64:]


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"--eta: {text} is no date; write it as 2026-02-20") from None


def _open_lines(session: Session, inbound_id: str) -> dict[str, int]:
    rows = session.scalars(select(InboundRow).where(InboundRow.inbound_id == inbound_id))
    found = {row.sku: 0 for row in rows}
    if not found:
        raise Refusal("UnknownInbound", f"unknown purchase-order line: {inbound_id}")
    return found
