"""The daily review: dates renewed, late suppliers asked, forgotten bells rung, the books checked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.bells import Bells, Ring
from activities.notices import Shop
from domain.model import Instant, Model
from domain.review import SHOWN, Findings, Review
from gateways.letters import Letter
from gateways.mail import Mail, Mailer, Rejected
from gateways.shop_letters import Overdue, ShopLetters
from store import keys, outbox, review_supply, supply
from store import review as reviews
from store.database import Database

_FORGOTTEN = timedelta(hours=1)
"""How long a bell may hang before it counts as forgotten."""
_BEAT_SECONDS = 10


class Begin(Model):
    """Review `day`, by default the shop's today, as of `at`."""

    day: date | None
    at: Instant


class Begun(Model):
    """The day to review and the shop's own; `known`: what its review found already."""

    day: date
    today: date
    since: Instant
    known: Review | None = None


class Round(Model):
    """One step of the review of a day, made at `at`."""

    day: date
    at: Instant


@dataclass(frozen=True)
class Reviews:
    """The steps heartbeat without details: a worker that lacks the key to read them would give a step up for good."""

    database: Database
    mailer: Mailer
    letters: ShopLetters
    shop: Shop
    bells: Bells

    @activity.defn
    async def begin_review(self, begin: Begin) -> Begun:
        """Which day it is in the shop, and whether its review was made already."""
        today = begin.at.astimezone(ZoneInfo(self.shop.time_zone)).date()
        day = begin.day or today
        since = await self.database.aread(reviews.since, begin.at)
        known = await self.database.aread(reviews.known, day)
        return Begun(day=day, today=today, since=since, known=known)

    @activity.defn
    async def renew_promises(self, step: Round) -> int:
        """Learn from the deliveries, then give each waiting line its date anew; how many orders must hear of it.

        Another try begins from the start: a date that was renewed already stays, and each order hears of it once.
        """
        cause = keys.reviewed(step.day, step.at)
        today = step.at.astimezone(ZoneInfo(self.shop.time_zone)).date()
        await self.database.awrite(supply.relearn, today)
        for sku in await self.database.aread(supply.skus_with_supply):
            await self.database.awrite(supply.refresh, sku, cause, step.at, self.shop.time_zone)
            activity.heartbeat()
        return await self.database.aread(reviews.orders_reached, cause)

    @activity.defn
    async def ask_suppliers(self, step: Round) -> tuple[str, ...]:
        """Ask each late supplier for a date, once for each date that passed; those whose mailbox refused."""
        refused: list[str] = []
        after = ""
        while page := await self.database.aread(review_supply.suppliers_to_ask, step.day, after):
            for supplier in page:
                if not await self._ask(supplier, step):
                    refused.append(supplier)
                activity.heartbeat()
            after = page[-1]
        return tuple(refused)

    @activity.defn
    async def ring_forgotten(self, step: Round) -> int:
        """Ring the bells that hung for more than an hour; how many orders they reached.

        Events that are over since 90 days are forgotten on the way.
        """
        while await self.database.awrite(outbox.forget, step.at):
            activity.heartbeat()
        reached = 0
        after = ""
        before = step.at - _FORGOTTEN
        while causes := await self.database.aread(reviews.forgotten, before, after):
            for cause in causes:
                reached += await self.bells.ring_bells(Ring(cause=cause, at=step.at))
                activity.heartbeat()
            after = causes[-1]
        return reached

    @activity.defn
    async def check_books(self) -> Findings:
        """Every broken invariant of the books."""
        async with _alive():
            sentences = await self.database.aread(reviews.books)
        return Findings(count=len(sentences), sentences=tuple(sentences[:SHOWN]))

    async def _ask(self, supplier: str, step: Round) -> bool:
        """False when its mailbox refuses: it is asked again the next day."""
        lines = await self.database.aread(review_supply.to_ask, supplier, step.day)
        if not lines or lines[0].email is None:
            return True
        facts = Overdue(shop_name=self.shop.name, supplier=supplier, day=step.day, lines=tuple(lines))
        letter = self.letters.overdue(facts)
        mail = within_the_trade(self.shop, f"supplier/{supplier}/{step.day}", lines[0].email, letter, step.at)
        if isinstance(await self.mailer.send(mail), Rejected):
            return False
        await self.database.awrite(review_supply.was_asked, lines, step.at)
        return True


def within_the_trade(shop: Shop, notice_id: str, to: str, letter: Letter, at: datetime) -> Mail:
    """A mail that operations answer for."""
    return Mail(
        notice_id=notice_id,
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        sender=shop.mail_from,
        reply_to=shop.operations_email or shop.reply_to,
        at=at,
    )


@asynccontextmanager
async def _alive() -> AsyncIterator[None]:
    """Heartbeats while one long question is asked."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT_SECONDS)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
