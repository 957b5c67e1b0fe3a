"""What support corrects: another address for an order's notices, and a notice sent once more."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from domain.cancellation import Reason
from domain.correcting import Resending, Resent
from domain.notices import Kind
from starter.client import Backorders
from starter.errors import BadInput, OutOfReach, Refusal
from store import events
from store.database import Database
from store.life_tables import ChangeRow, NoticeRow
from tests.shop import PRICE, Books, Shop, open_shop, words
from workflows.messages import RESEND, TASK_QUEUE, resend_workflow_id, resends_of

MARIA = "support:maria"
NEW = "ada@new.example"


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened
        assert opened.findings() == []


async def told(shop: Shop, order_id: str, kind: Kind = Kind.CONFIRMATION) -> None:
    await shop.until(order_id, lambda order: order.told(kind))


async def completed(shop: Shop, order_id: str, **fields: object) -> None:
    await shop.receive(2)
    await shop.place(order_id, 2, **fields)
    await shop.ended(order_id)


async def resend(shop: Shop, order_id: str, kind: str, by: str = MARIA, **which: str) -> Resent:
    with shop.env.auto_time_skipping_disabled():
        return await shop.doors.resend(order_id, kind, by, **which)


def said(mail: EmailMessage) -> str:
    """Without the day of the letter."""
    return words(mail).rpartition(" · ")[0]


def subjects(shop: Shop, address: str) -> list[str]:
    return [mail["Subject"] for mail in shop.mail.to(address)]


def changes(shop: Shop, what: str) -> list[ChangeRow]:
    changed = select(ChangeRow).where(ChangeRow.what == what).order_by(ChangeRow.at, ChangeRow.key)
    return shop.database.read(lambda session: list(session.scalars(changed)))


def delivered(shop: Shop, kind: Kind) -> tuple[bool, str | None]:
    notice = select(NoticeRow).where(NoticeRow.kind == kind)
    row = shop.database.read(lambda session: session.scalars(notice).one())
    return row.delivered, row.error


async def test_from_now_on_notices_go_to_the_new_address_and_the_record_says_who_changed_it(
    shop: Shop,
) -> None:
    await shop.place("100", 2)
    await told(shop, "100")

    outcome = await shop.doors.change_email("100", "Ada@New.example", MARIA)
    await shop.cancel("100")
    await shop.ended("100")

    assert outcome.message == "Its notices go to the new address from now on."
    assert subjects(shop, "customer-100@example.com") == ["Order 100 confirmed and on backorder"]
    assert subjects(shop, NEW) == ["Order 100: cancelled"]
    (record,) = changes(shop, "email")
    assert (record.requested_by, record.body) == (MARIA, {"email": NEW})
    assert shop.books("100") == Books(cancelled=2)


async def test_an_address_that_was_never_changed_is_written_as_the_customer_wrote_it(shop: Shop) -> None:
    order = await shop.order("100", 2)
    ada = order.customer.model_copy(update={"email": "Ada.Lovelace@Example.COM"})
    await shop.doors.place(order.model_copy(update={"customer": ada}))
    await told(shop, "100")

    assert len(shop.mail.to("Ada.Lovelace@Example.COM")) == 1


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "ada@a.example, b@b.example", "ada@a.example\nBcc: x@y", "ada\0@a.example"]
)
async def test_what_is_no_address_is_refused_by_the_name_of_its_field_alone(shop: Shop, address: str) -> None:
    await shop.place("100", 2)

    with pytest.raises(BadInput, match=r"^email: (?!.*ada)"):
        await shop.doors.change_email("100", address, MARIA)

    assert changes(shop, "email") == []


async def test_the_same_address_again_and_an_unknown_order_are_refused(shop: Shop) -> None:
    await shop.place("100", 2)
    await shop.doors.change_email("100", NEW, MARIA)

    with pytest.raises(Refusal, match="email: it is that address already") as refused:
        await shop.doors.change_email("100", NEW.upper(), MARIA)
    with pytest.raises(Refusal, match="unknown order: 999"):
        await shop.doors.change_email("999", NEW, MARIA)

    assert refused.value.code == "ChangeRefused"
    assert len(changes(shop, "email")) == 1


async def test_what_no_database_keeps_is_refused_before_it_is_asked(shop: Shop) -> None:
    with pytest.raises(BadInput, match=r"^order_id: "):
        await shop.doors.change_email("1\0", NEW, MARIA)
    with pytest.raises(BadInput, match=r"^order_id: .*number: "):
        await shop.doors.resend("1\0", "shipped", MARIA, number="a/b")
    with pytest.raises(BadInput, match=r"^customer_id: .*requested_by: "):
        await shop.doors.erase("C\0", "")
    with pytest.raises(BadInput, match=r"^requested_by: has a character that is no text"):
        await shop.doors.erase("C-1", "li\0")


async def test_a_client_without_the_database_says_that_it_needs_it(shop: Shop) -> None:
    blind = Backorders(shop.client)

    with pytest.raises(BadInput, match="database: "):
        await blind.change_email("100", NEW, MARIA)
    with pytest.raises(BadInput, match="database: "):
        await blind.resend("100", "shipped", MARIA)


async def test_a_mail_that_bounced_is_sent_again_to_the_corrected_address_and_counts_as_delivered(
    shop: Shop,
) -> None:
    shop.mail.refuse_with = "550 no such mailbox"
    await shop.place("100", 2)
    await told(shop, "100")
    shop.mail.refuse_with = None
    assert delivered(shop, Kind.CONFIRMATION) == (False, "550 no such mailbox")

    corrected = await shop.doors.change_email("100", NEW, MARIA)
    resent = await resend(shop, "100", "confirmation")

    assert corrected.message.endswith("Not delivered before, and may be sent again: confirmation.")
    assert resent == Resent(order_id="100", message="confirmation was sent once more.")
    assert subjects(shop, NEW) == ["Order 100 confirmed and on backorder"]
    assert delivered(shop, Kind.CONFIRMATION) == (True, None)
    assert shop.told("100") == ["confirmation"]


async def test_a_notice_sent_again_is_a_mail_of_its_own_in_the_orders_thread(shop: Shop) -> None:
    await shop.place("100", 2)
    await told(shop, "100")

    await resend(shop, "100", "confirmation", number="1")
    await resend(shop, "100", "confirmation", number="1")
    await resend(shop, "100", "confirmation", "support:li", number="2")

    mails = shop.letters("100")
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == 3
    assert len({mail["References"] for mail in mails}) == 1
    records = changes(shop, "notice")
    assert [(one.requested_by, one.body["kind"], one.body["message_id"]) for one in records] == [
        (MARIA, "confirmation", mails[1]["Message-ID"]),
        ("support:li", "confirmation", mails[2]["Message-ID"]),
    ]


async def test_it_says_what_is_true_today_and_the_date_that_it_names_is_the_promise(shop: Shop) -> None:
    await shop.place("100", 2)
    await told(shop, "100")
    await shop.announce("PO-1", 5, (await shop.now()).date())
    await shop.heard("100")
    promised = shop.state("100").expected_on
    assert promised is not None
    assert shop.state("100").promised_on is None

    await resend(shop, "100", "confirmation")

    first, again = map(words, shop.letters("100"))
    assert "Expected ship date: Not known yet" in first
    assert f"Expected ship date: {promised:%B} {promised.day}, {promised.year}" in again
    assert shop.state("100").promised_on == shop.state("100").original_promised_on == promised
    heard = shop.database.read(lambda session: events.listing(session, stream="100"))
    assert [event.type for event in heard] == ["order.promise_changed", "order.backordered"]


async def test_what_happened_to_an_ended_order_is_told_again(shop: Shop) -> None:
    await completed(shop, "100", timing="at_order")
    await shop.place("101", 3, timing="at_order")
    await told(shop, "101")
    await shop.cancel("101", Reason.PRICE)
    await shop.ended("101")
    await shop.doors.change_email("100", NEW, MARIA)
    await shop.doors.change_email("101", NEW, MARIA)

    for order_id, kind in (("100", "shipped"), ("101", "cancelled"), ("101", "refunded")):
        await resend(shop, order_id, kind)

    shipped, cancelled, refunded = shop.mail.to(NEW)
    first = [said(mail) for mail in (*shop.letters("100")[1:], *shop.letters("101")[1:])]
    assert [said(mail) for mail in (shipped, cancelled, refunded)] == first
    assert "Tracking: " in words(shipped)
    assert "$285.00" in words(refunded)
    assert shop.books("101") == Books(cancelled=3)
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_what_was_never_told_or_is_not_so_any_more_is_refused_and_nothing_starts(shop: Shop) -> None:
    await completed(shop, "100")
    letters = len(shop.letters("100"))

    with pytest.raises(Refusal, match="notice: update was never told"):
        await shop.doors.resend("100", "update", MARIA)
    with pytest.raises(Refusal, match="notice: shipped 7 was never told"):
        await shop.doors.resend("100", "shipped", MARIA, "7")
    with pytest.raises(Refusal, match="notice: what confirmation said is not so any more"):
        await resend(shop, "100", "confirmation")
    with pytest.raises(Refusal, match="unknown order: 999"):
        await shop.doors.resend("999", "shipped", MARIA)
    with pytest.raises(BadInput, match="notice: must be one of confirmation, update"):
        await shop.doors.resend("100", "poem", MARIA)

    assert len(shop.letters("100")) == letters
    assert changes(shop, "notice") == []


async def test_a_mailbox_that_refuses_again_is_said_and_recorded(shop: Shop) -> None:
    await completed(shop, "100")
    shop.mail.refuse_with = "552 mailbox full"

    resent = await resend(shop, "100", "shipped")

    assert (resent.delivered, resent.message) == (False, "shipped was refused by its mailbox.")
    assert delivered(shop, Kind.SHIPPED) == (True, None)
    (record,) = changes(shop, "notice")
    assert (record.requested_by, record.outcome["delivered"]) == (MARIA, False)


async def test_a_mail_server_that_is_away_is_out_of_reach_and_the_same_may_be_asked_again(shop: Shop) -> None:
    await completed(shop, "100")
    shop.mail.refuse_with = "451 later"
    with pytest.raises(OutOfReach, match="the mail server"):
        await shop.doors.resend("100", "shipped", MARIA, number="1")
    assert changes(shop, "notice") == []

    shop.mail.refuse_with = None
    resent = await shop.doors.resend("100", "shipped", MARIA, number="1")

    assert resent.delivered
    assert subjects(shop, "customer-100@example.com").count("Good news: order 100 has shipped") == 2


async def test_a_wish_that_cannot_be_read_or_belongs_to_another_id_fails_at_once(shop: Shop) -> None:
    wish = Resending(order_id="100", kind=Kind.SHIPPED, occasion="1", number="1")
    for workflow_id, body, field in (
        (resend_workflow_id(wish), {"order_id": "100", "kind": "poem"}, "kind: "),
        ("resend-other", wish.model_dump(mode="json"), "number: this notice belongs to the workflow id"),
    ):
        with pytest.raises(WorkflowFailureError) as failed:
            await shop.client.execute_workflow(RESEND, body, id=workflow_id, task_queue=TASK_QUEUE)
        cause = failed.value.cause
        assert isinstance(cause, ApplicationError)
        assert cause.type == "MalformedResending"
        assert field in cause.message


def test_what_is_resent_for_an_order_is_told_by_its_id_from_what_is_resent_for_any_other() -> None:
    resent = [
        resend_workflow_id(Resending(order_id=order_id, kind=Kind.SHIPPED, occasion="1", number="2"))
        for order_id in ("100", "100-shipped", "1")
    ]

    assert [one for one in resent if one.startswith(resends_of("100"))] == ["resend-100/shipped/1/2"]
