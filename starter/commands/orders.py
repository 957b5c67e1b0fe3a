"""Placing and cancelling."""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from domain.cancellation import Cancellation, CancellationOutcome, CancelledLine, CancelResult
from domain.decision import Decision
from domain.errors import Refused as RuleSaysNo
from domain.order import Order
from starter import door
from starter.client import Backorders
from starter.errors import BadInput, Refusal
from starter.quoting import quoted
from store.database import Database
from workflows.messages import faults, moment_faults, sentence

_AT_ONCE = 20


@dataclass(frozen=True)
class Refused:
    """An order that no decision was made on, and why."""

    order_id: str
    code: str
    message: str


@dataclass(frozen=True)
class Decisions:
    answers: tuple[Decision | Refused, ...]
    single: bool

    @property
    def refused(self) -> bool:
        return any(isinstance(one, Refused) or not one.accepted for one in self.answers)

    @property
    def document(self) -> Any:
        documents = [_document(one) for one in self.answers]
        return documents[0] if self.single else documents

    def show(self, console: Console) -> None:
        table = Table("Order", "Decision", "Promised", "Allocated", "Backordered", "Why not", box=None)
        for one in self.answers:
            table.add_row(*_row(one))
        console.print(table)


def _document(one: Decision | Refused) -> Any:
    if isinstance(one, Decision):
        return one.model_dump(mode="json")
    return {"order_id": one.order_id, "error": {"code": one.code, "message": one.message}}


def _row(one: Decision | Refused) -> tuple[str, ...]:
    if isinstance(one, Refused):
        return (one.order_id, "[red]refused[/]", "", "", "", escape(one.message))
    colour = {"in_stock": "green", "backordered": "yellow", "rejected": "red"}[one.outcome]
    why = " ".join(reason.message or reason.code for reason in one.reasons)
    allocated = str(sum(line.allocated for line in one.lines))
    backordered = str(sum(line.backordered for line in one.lines))
    promised = str(one.promised_on or "no date yet") if one.backordered else ""
    return (one.order_id, f"[{colour}]{one.outcome}[/]", promised, allocated, backordered, escape(why))


async def place(file: str, *, as_json: bool) -> Decisions:
    """Place every order of a file; nothing is placed when one of them can't be read."""
    bodies, single = _bodies(file)
    orders = _read(bodies)
    async with door.backorders() as doors:
        lines = asyncio.Semaphore(_AT_ONCE)
        with Progress(
            transient=True, disable=as_json or len(orders) < _AT_ONCE, console=door.console
        ) as progress:
            task = progress.add_task("Placing", total=len(orders))

            async def one(order: Order) -> Decision | Refused:
                async with lines:
                    answer = await _place(doors, order)
                progress.advance(task)
                return answer

            answers = await asyncio.gather(*map(one, orders), return_exceptions=True)
    return Decisions(tuple(map(_got, answers)), single)


def _got(answer: Decision | Refused | BaseException) -> Decision | Refused:
    """All were waited for, so that none fails unheard while the first failure is told."""
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def quote(file: str) -> Decisions:
    """The decision that each order of a file would get now; nothing is stored but that they were asked for."""
    bodies, single = _bodies(file)
    orders = _read(bodies)
    zone = door.settings().time_zone
    async with door.database() as database:
        return Decisions(tuple(_quote(database, order, zone) for order in orders), single)


def _quote(database: Database, order: Order, zone: str) -> Decision | Refused:
    try:
        return quoted(database, order, datetime.now(UTC), zone)
    except RuleSaysNo as refusal:
        return Refused(order.order_id, refusal.code, str(refusal))


async def _place(doors: Backorders, order: Order) -> Decision | Refused:
    try:
        return await doors.place(order)
    except Refusal as refusal:
        return Refused(order.order_id, refusal.code, str(refusal))


def _bodies(file: str) -> tuple[list[Any], bool]:
    """An order, a list of orders, or JSON lines; and whether it is one order by itself.

    Raises:
        BadInput: it can't be read, or no order is in it.
    """
    text = read_text(file)
    try:
        whole = json.loads(text)
    except ValueError:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        whole, single = [_json(line, f"line {number}") for number, line in lines], False
    else:
        single = not isinstance(whole, list)
    if whole == []:
        raise BadInput(f"{'standard input' if file == '-' else file}: there is no order in it")
    return ([whole], True) if single else (whole, False)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{where}: not JSON: {error}") from None


def read_text(file: str) -> str:
    """A file's text, or standard input for `-`.

    Raises:
        BadInput: it can't be read.
    """
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{file}: {error.strerror if isinstance(error, OSError) else 'not UTF-8 text'}"
        ) from None


def _read(bodies: list[Any]) -> list[Order]:
    orders: list[Order] = []
    problems: list[str] = []
    for number, body in enumerate(bodies, 1):
        try:
            order = Order.model_validate_json(json.dumps(body))
        except ValidationError as error:
            found = faults(error)
        else:
            orders.append(order)
            found = moment_faults(order, datetime.now(UTC))
        if found:
            where = f"order {number}: " if len(bodies) > 1 else ""
            problems.extend(where + sentence([fault]) for fault in found)
    if problems:
        raise BadInput("; ".join(problems))
    return orders


@dataclass(frozen=True)
class Wish:
    order_id: str
    reason: str
    lines: tuple[str, ...]
    note: str | None
    cancellation_id: str | None


@dataclass(frozen=True)
class Cancelled:
    outcome: CancellationOutcome

    @property
    def document(self) -> Any:
        return self.outcome

    @property
    def refused(self) -> bool:
        return self.outcome.outcome is CancelResult.TOO_LATE

    def show(self, console: Console) -> None:
        console.print(
            f"Order {self.outcome.order_id}: [bold]{self.outcome.outcome}[/]. {self.outcome.message}"
        )


async def cancel(wish: Wish) -> Cancelled:
    lines = tuple(CancelledLine(sku=sku, quantity=count) for sku, count in door.units(wish.lines).items())
    cancellation = Cancellation.model_validate(
        {
            # One wish typed once; who types it again means it again.
            "cancellation_id": wish.cancellation_id or f"desk-{uuid4().hex[:16]}",
            "reason": wish.reason,
            "requested_by": "support",
            "note": wish.note,
            "lines": [line.model_dump() for line in lines] or None,
        }
    )
    async with door.backorders() as doors:
        return Cancelled(await doors.cancel(wish.order_id, cancellation))
