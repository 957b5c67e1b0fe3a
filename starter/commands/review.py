"""The daily review, made now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from domain.metrics import Current
from domain.review import Asked, Ended, Late, Needing, Review, ReviewRequest
from starter import door
from starter.asking import asked
from starter.errors import BadInput, Refusal
from starter.money import amount
from store import review as reviews
from store.database import Database
from workflows.messages import REVIEW, REVIEW_ID, TASK_QUEUE
from workflows.review import MALFORMED

_ASKED = {
    Asked.TODAY: "asked today",
    Asked.BEFORE: "asked before",
    Asked.NOT_YET: "to be asked, the mail server was away",
    Asked.REFUSED: "its mailbox refuses our mail",
    Asked.NO_ADDRESS: "no address is known",
}


@dataclass(frozen=True)
class ReviewShown:
    document: Review
    refused: bool = False

    def show(self, console: Console) -> None:
        review = self.document
        console.print(f"[bold]Daily review, {review.day}[/], made at {review.at:%H:%M} UTC", highlight=False)
        for title, lines in _parts(review):
            console.print(f"\n[bold]{title}[/]")
            for line in lines:
                console.print(line, highlight=False, markup=False)
        console.print("\n[bold]Figures[/]")
        console.print(_figures(review.figures))
        if review.refused:
            console.print(f"[red]Operations could not be told[/]: {escape(review.refused)}", highlight=False)


def _parts(review: Review) -> Iterator[tuple[str, list[str]]]:
    needs = [line for one in review.needs for line in _need(one)]
    yield "Needs a person", needs or ["Nothing needs a person."]
    yield "Cancelled by themselves", list(_ended(review.ended)) or ["No order was cancelled by itself."]
    yield "Overdue supply", list(_late(review.late)) or ["No supply is overdue."]
    moved = review.orders_with_new_dates
    have = "order has" if moved == 1 else "orders have"
    yield "New dates", [f"{moved} {have} a new date." if moved else "No date has moved."]
    findings = [*review.findings.sentences, *_more(review.findings.count, len(review.findings.sentences))]
    late = review.bells_rung
    heard = [f"{late} {'order' if late == 1 else 'orders'} heard only now of a change."] if late else []
    yield "Books", [*(findings or ["The books are right."]), *heard]


def _need(one: Needing) -> Iterator[str]:
    yield f"{one.need.replace('_', ' ')} ({one.count})"
    for order in one.orders:
        yield f"  order {order.order_id}{': ' if order.why else ''}{order.why}"
    yield from _more(one.count, len(one.orders))


def _ended(ended: Ended) -> Iterator[str]:
    for reason, count in ended.by_reason.items():
        yield f"{count} × {reason.replace('_', ' ')}"
    if ended.order_ids:
        yield f"  orders {', '.join(ended.order_ids)}"
    yield from _more(ended.orders, len(ended.order_ids))


def _late(late: Late) -> Iterator[str]:
    for line in late.lines:
        yield (
            f"{line.inbound_id}: {line.quantity} × {line.sku}, due {line.eta}, "
            f"{line.supplier or 'no supplier'}: {_ASKED[line.asked]}"
        )
    yield from _more(late.count, len(late.lines))


def _more(count: int, shown: int) -> Iterator[str]:
    if count > shown:
        yield f"  and {count - shown} more"


def _figures(current: Current) -> Table:
    table = Table(box=None, show_header=False)
    soon = current.expected_within_7_days
    values = (amount(minor, currency) for currency, minor in current.value_minor.items())
    table.add_row("Current backorders", str(current.orders))
    table.add_row("Units", str(current.units))
    table.add_row("Value", ", ".join(values) or "-")
    table.add_row("Oldest", "-" if current.oldest_days is None else f"{current.oldest_days} days")
    table.add_row("Expected within 7 days", "-" if soon is None else f"{soon:.0%}")
    return table


async def review(day: str | None) -> ReviewShown:
    """Make today's review, or show the one of a day that was reviewed.

    Raises:
        BadInput: the day can't be read, lies in the future, or is past and was never reviewed.
    """
    request = ReviewRequest(date=_day(day))
    async with door.backorders() as doors:
        if request.date is not None and doors.database is not None:
            await _can_be_shown(doors.database, request.date)
        try:
            return ReviewShown(await reviewed(doors.client, request))
        except Refusal as refused:
            if refused.code == MALFORMED:
                raise BadInput(f"--{refused}") from None
            raise


async def _can_be_shown(database: Database, day: date) -> None:
    """A past day has figures only if it was reviewed: today's would pass for its own."""
    today = datetime.now(ZoneInfo(door.settings().time_zone)).date()
    if day < today and await database.aread(reviews.known, day) is None:
        raise BadInput("--date: was not reviewed; only today can be")


async def reviewed(client: Client, request: ReviewRequest) -> Review:
    found: Review = await asked(
        client.execute_workflow(
            REVIEW,
            request,
            id=f"{REVIEW_ID}-{request.date}" if request.date else REVIEW_ID,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            result_type=Review,
            static_summary="the daily review",
        )
    )
    return found


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("--date: write the day as 2026-02-20") from None
