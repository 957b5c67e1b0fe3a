"""What is on record of one order's delays."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from starter import door
from starter.money import amount
from store import delays as records
from store.delays import DelayRecord, DelayReport


@dataclass(frozen=True)
class DelaysShown:
    document: DelayReport
    refused: bool = False

    def show(self, console: Console) -> None:
        report = self.document
        console.print(f"[bold]Order {report.order_id}[/] · law: {report.law}", highlight=False)
        console.print(
            f"To ship by {report.deadline or 'no day'} (at first {report.first_deadline or 'no day'})"
        )
        table = Table("Notice", "Told", "Should have shipped", "Offered", "Silence", "Answer", box=None)
        for delay in report.delays:
            table.add_row(*_row(delay))
        if report.delays:
            console.print(table)
        for line in _told(report):
            console.print(line, highlight=False, markup=False)


def _row(delay: DelayRecord) -> tuple[str, ...]:
    until = f" on {delay.answer_by}" if delay.answer_by else ""
    answers = {None: "none yet", True: "accepted", False: "refused"}
    by = f" by {delay.answered_by}, {delay.answered_at:%Y-%m-%d}" if delay.answered_at else ""
    return (
        delay.notice_id,
        f"{delay.told_at:%Y-%m-%d}",
        str(delay.deadline),
        str(delay.offered_on or f"no date ({delay.why})"),
        f"{delay.silence}{until}",
        f"{answers[delay.accepted]}{by}",
    )


def _told(report: DelayReport) -> Iterator[str]:
    for notice in report.notices:
        failed = "" if notice.delivered else f", not delivered: {notice.error}"
        yield f"{notice.at:%Y-%m-%d} {notice.kind} {notice.occasion}{failed}"
    for ended in report.cancellations:
        due = f", money back by {ended.refund_by}" if ended.refund_by else ""
        back = amount(ended.refunded.minor, ended.refunded.currency)
        yield f"{ended.at:%Y-%m-%d} {ended.units} units cancelled by {ended.by}: {ended.reason}; {back}{due}"
    for at, money in report.refunds:
        yield f"{at:%Y-%m-%d} refunded {amount(money.minor, money.currency)}"


async def delays(order_id: str) -> DelaysShown:
    async with door.database() as database:
        return DelaysShown(await database.aread(records.report, order_id))
