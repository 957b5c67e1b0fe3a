"""A copy goes to operations in the same breath as the mail, and never decides what becomes of it."""

# ruff: noqa: ARG002, N802 - aiosmtpd names the methods of its handler, and what they are given
from typing import Any

import pytest

from gateways.errors import GatewayUnavailable
from gateways.mail import Accepted, Mail, Rejected
from tests.gateways.test_smtp import Inbox, letter, mailing, serving

ADA, OPERATIONS = "ada@customer.example", "operations@shop.example"


class Choosy(Inbox):
    """Says something else to some mailboxes, and remembers who got what."""

    def __init__(self, **replies: str) -> None:
        super().__init__()
        self.replies = {f"{name}@": reply for name, reply in replies.items()}
        self.delivered: list[list[str]] = []

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        reply = next((reply for name, reply in self.replies.items() if address.startswith(name)), "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.delivered.append(list(envelope.rcpt_tos))
        return await super().handle_DATA(server, session, envelope)


def copied() -> Mail:
    return letter().model_copy(update={"copy_to": OPERATIONS})


async def sent(inbox: Choosy) -> Accepted | Rejected:
    async with serving(inbox) as port, mailing(f"smtp://127.0.0.1:{port}") as mailer:
        return await mailer.send(copied())


async def test_both_get_the_one_mail_and_the_copy_is_not_seen() -> None:
    inbox = Choosy()

    assert isinstance(await sent(inbox), Accepted)

    assert inbox.delivered == [[ADA, OPERATIONS]]
    (mail,) = inbox.mails
    assert mail["To"] == ADA
    assert OPERATIONS not in mail.as_string()


@pytest.mark.parametrize("reply", ["550 no such mailbox", "451 try later"])
async def test_a_copy_that_is_refused_stops_nobody(reply: str) -> None:
    inbox = Choosy(operations=reply)

    assert isinstance(await sent(inbox), Accepted)

    assert inbox.delivered == [[ADA]]


async def test_operations_hear_of_it_though_the_customers_mailbox_is_gone() -> None:
    inbox = Choosy(ada="550 no such mailbox")

    answer = await sent(inbox)

    assert isinstance(answer, Rejected)
    assert answer.code == 550
    assert inbox.delivered == [[OPERATIONS]]


async def test_both_gone_is_a_refusal_like_any_other() -> None:
    inbox = Choosy(ada="550 no such mailbox", operations="550 nor this one")

    answer = await sent(inbox)

    assert isinstance(answer, Rejected)
    assert inbox.delivered == []


async def test_a_customers_mailbox_that_is_busy_is_tried_again_before_anybody_gets_a_copy() -> None:
    inbox = Choosy(ada="451 try later")

    with pytest.raises(GatewayUnavailable):
        await sent(inbox)

    assert inbox.delivered == []
