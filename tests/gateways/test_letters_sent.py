"""Letters as they leave: with the order's links, and the headers of an automatic mail in its order's thread."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from domain.notices import Kind
from store.database import Database
from tests.activities.desk import Desk, telling
from tests.shop import LINKS, gateways, sandboxes

PAGE = LINKS.order_page("100")


@pytest.fixture
async def desk(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with sandboxes(tmp_path) as outside, gateways(sqlite_database, outside) as (parts, mail):
        yield Desk(sqlite_database, parts, mail)


async def told(desk: Desk, kind: Kind, occasion: str) -> tuple[EmailMessage, str]:
    await desk.run(desk.notices.tell_customer, telling(kind, occasion, on=14))
    mail = desk.mail.mails[-1]
    part = mail.get_body(("plain",))
    assert part is not None
    return mail, str(part.get_content()).replace("\r\n", "\n")


async def test_while_something_can_be_cancelled_the_letter_says_where(desk: Desk) -> None:
    await desk.placed()

    _, text = await told(desk, Kind.CONFIRMATION, "placed")

    assert f"View order: {PAGE}\nCancel order: {PAGE}#cancel\n" in text


async def test_when_all_is_gone_it_can_be_looked_at_only(desk: Desk) -> None:
    await desk.labelled()

    _, text = await told(desk, Kind.SHIPPED, "1")

    assert f"View order: {PAGE}\n" in text
    assert "#cancel" not in text


async def test_a_letter_that_asks_leads_to_the_page_where_it_is_answered(desk: Desk) -> None:
    await desk.authorised()

    _, text = await told(desk, Kind.PAYMENT_PROBLEM, "1")

    assert f"Give another payment method: {PAGE}\n" in text


async def test_each_letter_is_a_mail_of_its_own_sent_by_a_machine_in_its_orders_thread(desk: Desk) -> None:
    await desk.placed()
    mails = [
        (await told(desk, kind, "1"))[0] for kind in (Kind.CONFIRMATION, Kind.UPDATE, Kind.STALE_WARNING)
    ]

    assert {mail["Auto-Submitted"] for mail in mails} == {"auto-generated"}
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert len({mail["References"] for mail in mails}) == 1
