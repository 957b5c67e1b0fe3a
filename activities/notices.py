"""Notices: read the facts, write the letter, send it, remember it."""

from dataclasses import dataclass

from temporalio import activity

from domain.correcting import Resent
from domain.delays import Silence
from domain.model import Model
from domain.notices import Kind
from domain.parcel import ParcelLine
from domain.state import OrderState
from gateways.letters import Letters
from gateways.letters_facts import LetterFacts, LetterLine
from gateways.links import Links
from gateways.mail import Accepted, Mail, Mailer, Rejected, thread_id
from store import correcting, mailed, notices, orders
from store.correcting import Again, Answer
from store.database import Database
from store.notices import Facts, Telling


class Shop(Model):
    """How the shop signs its letters."""

    name: str
    mail_from: str
    reply_to: str | None = None
    operations_email: str | None = None
    time_zone: str = "UTC"


_SUPPORT_TOO = {Kind.ADDRESS_PROBLEM}
"""Notices of which operations get a copy: somebody may have to call the customer."""

_ASKS = {
    Kind.CHOICE,
    Kind.DELAY_OPTION,
    Kind.DELAY_RENEWED,
    Kind.STALE_WARNING,
    Kind.PAYMENT_PROBLEM,
    Kind.PAYMENT_AUTHENTICATION,
    Kind.ADDRESS_PROBLEM,
}
"""Notices that the customer answers on the order's page."""

_SAID = (LetterFacts.model_fields.keys() & Facts.model_fields.keys()) - {"lines", "waiting"}
"""What a letter says as it stands in the facts."""


@dataclass(frozen=True)
class Notices:
    database: Database
    mailer: Mailer
    letters: Letters
    links: Links
    shop: Shop

    @activity.defn
    async def tell_customer(self, telling: Telling) -> OrderState:
        """Send one notice and remember it; a mailbox that refuses it is remembered too, and the order goes on."""
        facts = await self.database.alook(notices.facts, telling)
        if facts.obsolete:
            return await self.database.alook(orders.state, telling.order_id)
        if facts.already_sent:
            return await self.database.awrite(mailed.told, telling, delivered=True, message_id=None)
        answer = await self.mailer.send(self._mail(telling, facts))
        return await self.database.awrite(
            mailed.told,
            telling,
            delivered=isinstance(answer, Accepted),
            message_id=answer.message_id if isinstance(answer, Accepted) else None,
            facts=facts,
            error=f"{answer.code} {answer.message}" if isinstance(answer, Rejected) else None,
        )

    @activity.defn
    async def tell_again(self, again: Again) -> Resent:
        """Send a notice once more, as its facts are today, as a mail of its own; the same time again sends nothing."""
        known = await self.database.aread(correcting.resent_before, again)
        if known is not None:
            return known
        facts = await self.database.aread(correcting.facts, again)
        mail = self._mail(again.telling, facts)
        answer = await self.mailer.send(mail.model_copy(update={"notice_id": again.key, "copy_to": None}))
        said = (
            Answer(message_id=answer.message_id)
            if isinstance(answer, Accepted)
            else Answer(error=f"{answer.code} {answer.message}")
        )
        return await self.database.awrite(correcting.resent, again, facts, said)

    def _mail(self, telling: Telling, facts: Facts) -> Mail:
        letter = self.letters.render(self._letter_facts(telling, facts))
        domain = self.shop.mail_from.rpartition("@")[2].rstrip("> ")
        return Mail(
            notice_id=f"{telling.order_id}/{telling.kind}/{telling.occasion}",
            to=facts.customer.email,
            copy_to=self.shop.operations_email if telling.kind in _SUPPORT_TOO else None,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            sender=self.shop.mail_from,
            reply_to=self.shop.reply_to,
            references=thread_id(telling.order_id, domain),
            at=telling.at,
        )

    def _letter_facts(self, telling: Telling, facts: Facts) -> LetterFacts:
        page = self.links.order_page(telling.order_id)
        return LetterFacts(
            **facts.model_dump(include=_SAID),
            order_id=telling.order_id,
            kind=telling.kind,
            customer_name=facts.customer.name,
            locale=facts.customer.locale,
            shop_name=self.shop.name,
            time_zone=self.shop.time_zone,
            lines=_lines(facts, facts.lines),
            waiting=_lines(facts, facts.waiting),
            eta=facts.arriving,
            page_url=page if _asks(telling, facts) else None,
            view_url=page,
            cancel_url=self.links.cancel_page(telling.order_id) if facts.cancellable else None,
            at=telling.at,
        )


def _asks(telling: Telling, facts: Facts) -> bool:
    """Whether it wants an answer, its own or one that an earlier notice still waits for."""
    return facts.silence == Silence.CANCELS or (telling.kind in _ASKS and facts.silence != Silence.NOTHING)


def _lines(facts: Facts, lines: tuple[ParcelLine, ...]) -> tuple[LetterLine, ...]:
    return tuple(
        LetterLine(sku=line.sku, title=facts.titles[line.sku], quantity=line.quantity) for line in lines
    )
