"""What support corrects: where an order's notices go, and a notice sent once more."""

from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from domain.changes import Change, ChangeOutcome
from domain.correcting import EmailChange, Resending, Resent, still_true, unanswered
from domain.errors import ChangeRefused
from domain.model import Instant, Model
from domain.notices import Kind
from domain.state import OrderState
from domain.steps import Tell
from store import keys, mailed, notices, orders
from store.life_tables import ChangeRow, DelayRow, NoticeRow
from store.notices import Facts, Telling


class Readdressing(Model):
    change: EmailChange
    at: Instant


class Again(Model):
    """A notice to be sent once more at a moment."""

    wish: Resending
    at: Instant

    @property
    def key(self) -> str:
        return keys.resent(self.wish.order_id, self.wish.kind, self.wish.occasion, self.wish.number)

    @property
    def telling(self) -> Telling:
        return Telling(
            order_id=self.wish.order_id, kind=self.wish.kind, occasion=self.wish.occasion, at=self.at
        )


class Answer(Model):
    """What the mail server said: the mail's id, or why this mailbox does not take it."""

    message_id: str | None = None
    error: str | None = None


def change_email(session: Session, asked: Readdressing) -> ChangeOutcome:
    """Send all further notices of an order, open or ended, to another address.

    Raises:
        ChangeRefused: it is the address already, or the customer's data was erased.
    """
    change = asked.change
    order, email = orders.own(session, change.order_id), change.email.lower()
    _check_kept(order, Change.EMAIL)
    if order.email == email:
        raise ChangeRefused(change.order_id, Change.EMAIL, "it is that address already")
    orders.change(session, change.order_id, email=email)
    outcome = ChangeOutcome(order_id=change.order_id, message=_readdressed(session, change.order_id))
    of_this_kind = (ChangeRow.order_id == change.order_id, ChangeRow.what == Change.EMAIL)
    earlier = session.scalar(select(func.count()).select_from(ChangeRow).where(*of_this_kind)) or 0
    key, by = keys.readdressed(change.order_id, earlier + 1), change.requested_by
    session.add(_record(key, outcome, Change.EMAIL, {"email": email}, by, asked.at))
    return outcome


def _readdressed(session: Session, order_id: str) -> str:
    """Notices that never came are not sent again by themselves."""
    undelivered = select(NoticeRow.kind).where(NoticeRow.order_id == order_id, ~NoticeRow.delivered)
    lost = list(dict.fromkeys(session.scalars(undelivered.order_by(NoticeRow.at))))
    never_came = f" Not delivered before, and may be sent again: {', '.join(lost)}." if lost else ""
    return f"Its notices go to the new address from now on.{never_came}"


def latest_occasion(session: Session, order_id: str, kind: Kind) -> str:
    """The occasion of the last notice of this kind.

    Raises:
        UnknownOrder: there is no such order.
        ChangeRefused: no notice of this kind was told.
    """
    orders.row(session, order_id)
    told = select(NoticeRow.occasion).where(NoticeRow.order_id == order_id, NoticeRow.kind == kind)
    latest = session.scalar(told.order_by(NoticeRow.at.desc(), NoticeRow.occasion.desc()).limit(1))
    if latest is None:
        raise ChangeRefused(order_id, Change.NOTICE, f"{kind} was never told")
    return latest


def resent_before(session: Session, again: Again) -> Resent | None:
    """What this time of sending came to, if it was asked for before."""
    known = session.get(ChangeRow, again.key)
    return None if known is None else Resent.model_validate(known.outcome)


def facts(session: Session, again: Again) -> Facts:
    """What the notice says today.

    Raises:
        ChangeRefused: it was never told, is not true any more, or the customer's data was erased.
    """
    wish, state = again.wish, orders.state(session, again.wish.order_id)
    _check_kept(orders.row(session, wish.order_id), Change.NOTICE)
    told = session.get(NoticeRow, (wish.order_id, wish.kind, wish.occasion))
    if told is None:
        raise ChangeRefused(wish.order_id, Change.NOTICE, f"{wish.kind} {wish.occasion} was never told")
    if not still_true(state, Tell(wish.kind, wish.occasion), again.at):
        raise ChangeRefused(wish.order_id, Change.NOTICE, f"what {wish.kind} said is not so any more")
    if wish.kind is Kind.CHOICE:  # its deadline counts from when it was asked first
        again = again.model_copy(update={"at": told.at})
    said = notices.facts(session, again.telling)
    return said.model_copy(update={"obsolete": False, **_as_offered(session, state, again)})


def _as_offered(session: Session, state: OrderState, again: Again) -> dict[str, object]:
    """A delay notice offers what it did: the law counts from that."""
    if again.wish.kind not in {Kind.DELAY_OPTION, Kind.DELAY_RENEWED}:
        return {}
    delay = unanswered(state, again.wish.occasion, again.at)
    if delay is None:
        raise AssertionError("a notice that is still true is unanswered")
    row = session.get_one(DelayRow, delay.notice_id)
    return {
        "promised_on": row.offered_on,
        "deadline": row.deadline,
        "answer_by": row.answer_by,
        "silence": row.silence,
        "law": row.law,
        "why": row.why,
    }


def resent(session: Session, again: Again, said: Facts, answer: Answer) -> Resent:
    """It went out once more, or its mailbox refused it; a notice that had never come may have come now."""
    wish = again.wish
    order = orders.own(session, wish.order_id)
    known = resent_before(session, again)
    if known is not None:
        return known
    delivered = answer.error is None
    of_notice = update(NoticeRow).where(
        NoticeRow.order_id == wish.order_id,
        NoticeRow.kind == wish.kind,
        NoticeRow.occasion == wish.occasion,
        ~NoticeRow.delivered,
    )
    session.execute(of_notice.values(delivered=delivered, **answer.model_dump()))
    if delivered:
        anew = again.telling.model_copy(update={"occasion": f"{wish.occasion}:{wish.number}"})
        mailed.promise(session, order, said.promised_on, anew)
    came_of_it = "was sent once more." if delivered else "was refused by its mailbox."
    outcome = Resent(order_id=wish.order_id, message=f"{wish.kind} {came_of_it}", delivered=delivered)
    body = {"kind": wish.kind, "occasion": wish.occasion, "message_id": answer.message_id}
    session.add(_record(again.key, outcome, Change.NOTICE, body, wish.requested_by, again.at))
    return outcome


def _check_kept(order: Row[Any], what: Change) -> None:
    if order.erased_at is not None:
        raise ChangeRefused(order.order_id, what, "its customer's data was erased")


def _record(
    key: str, outcome: ChangeOutcome, what: Change, body: dict[str, Any], by: str, at: Instant
) -> ChangeRow:
    return ChangeRow(
        key=key,
        order_id=outcome.order_id,
        what=what,
        body=body,
        requested_by=by,
        outcome=outcome.model_dump(mode="json"),
        cause="",
        at=at,
    )
