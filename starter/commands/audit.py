"""An audit, as operations read it: by what it is about, counted, with what to do."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from domain.audit import Area, Finding, Kind, Mend, NotMended, Repair
from domain.history_words import counted
from starter import door
from starter.auditing.audit import Audit, Audited
from starter.auditing.showing import Showing
from starter.errors import BadInput
from worker import gateways

_SHOWN = 10
"""Findings of a kind that are written out; `--json` has all."""


@dataclass(frozen=True)
class Shown:
    audited: Audited
    repaired: bool

    @property
    def refused(self) -> bool:
        return bool(self.audited.left.findings)

    @property
    def document(self) -> Any:
        left = self.audited.left
        lost = (one.order_id for one in left.findings if one.kind.mend is Mend.START)
        return {
            "findings": [one.finding for one in left.findings],
            "open_orders": left.open_orders,
            "missing_workflows": sorted(order_id for order_id in lost if order_id),
            "unrung_bells": left.unrung_bells,
            "found": [_document(one) for one in self.audited.found.findings],
            "repairs": [one.model_dump(mode="json", exclude_none=True) for one in self.audited.repairs],
            "failed": [one.model_dump(mode="json", exclude_none=True) for one in self.audited.failed],
            "left": [_document(one) for one in left.findings],
            "unchecked": list(left.unchecked),
        }

    def show(self, console: Console) -> None:
        left = self.audited.left
        if self.audited.repairs or self.audited.failed:
            console.print()
        for area, kinds in _grouped(left.findings).items():
            console.print(f"[bold]{area.capitalize()}[/]")
            for kind, findings in kinds.items():
                _show_kind(console, kind, findings)
            console.print()
        for what in left.unchecked:
            console.print(f"[yellow]Not checked[/]: this Temporal does not say {what}.", highlight=False)
        console.print(self._sum(), highlight=False)

    def _sum(self) -> str:
        left, repairs = self.audited.left, self.audited.repairs
        done = f"{counted(len(repairs), 'repair')} made. " if self.repaired and repairs else ""
        if not left.findings:
            orders = counted(left.open_orders, "open order")
            return f"[green]{done}The books are right; {orders}, each with its workflow.[/]"
        alone = sum(one.kind.mend is None for one in left.findings)
        says = [f"{alone} for a person"] if alone else []
        if with_repair := len(left.findings) - alone:
            again = (
                "not mended yet, audit again" if self.repaired else "that `backorder audit --repair` mends"
            )
            says.append(f"{with_repair} {again}")
        return f"{done}[red]{counted(len(left.findings), 'finding')}[/]: {', '.join(says)}."


def _grouped(findings: Iterable[Finding]) -> dict[Area, dict[Kind, list[Finding]]]:
    found: defaultdict[Kind, list[Finding]] = defaultdict(list)
    for one in findings:
        found[one.kind].append(one)
    in_order = [kind for kind in Kind if kind in found]
    return {
        area: {kind: found[kind] for kind in in_order if kind.area is area}
        for area in Area
        if any(kind.area is area for kind in in_order)
    }


def _show_kind(console: Console, kind: Kind, findings: list[Finding]) -> None:
    console.print(f"  [red]{escape(kind.heading)}[/] ({len(findings)})", highlight=False)
    for one in findings[:_SHOWN]:
        console.print(Padding(escape(one.finding), (0, 0, 0, 4), expand=False), highlight=False)
    if len(findings) > _SHOWN:
        console.print(f"    [dim]and {len(findings) - _SHOWN} more[/]", highlight=False)
    if kind.advice:
        console.print(
            Padding(f"[yellow]→[/] {escape(kind.advice)}", (0, 0, 0, 4), expand=False), highlight=False
        )


def _document(one: Finding) -> dict[str, Any]:
    """What a program goes by; `repair` is null where only a person can mend it."""
    advice = {"advice": one.kind.advice} if one.kind.advice else {}
    return {
        **one.model_dump(mode="json", exclude_none=True),
        "area": one.kind.area,
        "repair": one.kind.mend,
        **advice,
    }


async def audit(*, repair: bool, sure: bool, by: str, as_json: bool) -> Shown:
    """Look, and mend if that is wished; each repair is told as it is made."""
    async with _auditing(as_json=as_json) as made:
        if not repair:
            found = await made.look()
            return Shown(Audited(found, (), found), repaired=False)
        audited: Audited | None = None
        async for told in made.repair(by, sure=sure):
            if isinstance(told, Audited):
                audited = told
            elif not as_json:
                _tell(told)
    if audited is None:
        raise AssertionError("a repair ends with what came of it")
    return Shown(audited, repaired=True)


def _tell(tried: Repair | NotMended) -> None:
    of = f"order {tried.order_id}: " if tried.order_id else ""
    said = f"[green]✓[/] {escape(of + tried.done)}" if isinstance(tried, Repair) else _in_vain(of, tried)
    door.console.print(said, highlight=False)


def _in_vain(of: str, tried: NotMended) -> str:
    return f"[red]✗[/] {escape(f'{of}not mended: {tried.why}')}"


@asynccontextmanager
async def _auditing(*, as_json: bool) -> AsyncIterator[Audit]:
    settings = door.settings()
    async with door.backorders() as doors, gateways.payments(settings) as provider:
        if doors.database is None:
            raise BadInput("BACKORDER_DATABASE_URL: an audit needs the database")
        showing = Showing(None if as_json else door.console)
        webhook = settings.webhook_url is not None
        yield Audit(doors, doors.database, provider, webhook, settings.time_zone, showing)
