# ruff: noqa: ARG002, N802 - aiosmtpd names the methods of its handler, and what they are given
import asyncio
import shlex
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd import smtp
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.mail import Accepted, Mail, Rejected, message_id
from gateways.smtp import SmtpMailer


def letter(notice_id: str = "100/confirmation/0", to: str = "ada@customer.example") -> Mail:
    return Mail(
        notice_id=notice_id,
        to=to,
        subject="Confirmed, and on backorder",
        text="Thank you.\n.\nFrom us\n",
        html="<p>Thank you.</p>\n",
        sender="Shop <shop@shop.example>",
    )


SELF_SIGNED = """
req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2
-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1
"""


class Inbox:
    """A mail server's mind: what it takes, and what it says instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.rcpt_reply = "250 OK"
        self.data_reply = "250 OK"
        self.lose_answers = 0
        self.servers: list[smtp.SMTP] = []
        self.connections = 0

    async def handle_EHLO(
        self, server: smtp.SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: smtp.SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_reply

    async def handle_DATA(self, server: smtp.SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.lose_answers:
            self.lose_answers -= 1
            self.hang_up()
        return self.data_reply

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for server in self.servers:
            if server.transport is not None:
                server.transport.abort()


@asynccontextmanager
async def serving(inbox: Inbox, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    def connect() -> smtp.SMTP:
        server = smtp.SMTP(inbox, hostname="mail.test", **options)
        inbox.servers.append(server)
        inbox.connections += 1
        return server

    listener = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0, ssl=tls)
    async with listener:
        yield listener.sockets[0].getsockname()[1]
        inbox.hang_up()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def mailing(url: str, **options: Any) -> AsyncIterator[SmtpMailer]:
    mailer = SmtpMailer(url, **options)
    try:
        yield mailer
    finally:
        await mailer.aclose()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def mailer(inbox: Inbox) -> AsyncIterator[SmtpMailer]:
    async with serving(inbox) as port, mailing(f"smtp://127.0.0.1:{port}") as mailer:
        yield mailer


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of a server that calls itself localhost."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        ["openssl", *shlex.split(SELF_SIGNED), "-keyout", file, "-out", file.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    return file


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.with_suffix(".crt"), certificate)
    return context


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate.with_suffix(".crt"))


def only(name: str, password: str) -> Callable[..., AuthResult]:
    def check(
        server: smtp.SMTP, session: Session, envelope: Envelope, mechanism: str, said: object
    ) -> AuthResult:
        assert isinstance(said, LoginPassword)
        known = (said.login, said.password) == (name.encode(), password.encode())
        return AuthResult(success=known, handled=known)  # unhandled: the server answers 535

    return check


async def test_a_mail_arrives_as_text_and_html_under_its_own_id(inbox: Inbox, mailer: SmtpMailer) -> None:
    answer = await mailer.send(letter())

    (mail,) = inbox.mails
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert (text, html) == ("Thank you.\n.\nFrom us\n", "<p>Thank you.</p>\n")
    assert answer == Accepted(message_id=message_id("100/confirmation/0", "shop.example"))
    assert mail["Message-ID"] == answer.message_id
    assert (mail["To"], mail["From"]) == ("ada@customer.example", "Shop <shop@shop.example>")


async def test_a_mail_sent_again_is_seen_as_the_same_mail(inbox: Inbox, mailer: SmtpMailer) -> None:
    first = await mailer.send(letter())

    assert await mailer.send(letter()) == first
    assert inbox.mails[0]["Message-ID"] == inbox.mails[1]["Message-ID"]


async def test_many_mails_at_once_share_one_connection(inbox: Inbox, mailer: SmtpMailer) -> None:
    await asyncio.gather(*(mailer.send(letter(f"{n}/confirmation/0")) for n in range(5)))

    assert len(inbox.mails) == 5
    assert inbox.connections == 1


async def test_a_mailbox_that_does_not_exist_is_an_answer_without_its_address(
    inbox: Inbox, mailer: SmtpMailer
) -> None:
    inbox.rcpt_reply = "550 5.1.1 <ada@customer.example> no such user"

    answer = await mailer.send(letter())

    assert answer == Rejected(code=550, message="5.1.1 (address) no such user")


async def test_a_text_that_is_refused_for_good_is_an_answer(inbox: Inbox, mailer: SmtpMailer) -> None:
    inbox.data_reply = "554 5.7.1 refused"

    assert await mailer.send(letter()) == Rejected(code=554, message="5.7.1 refused")


async def test_after_a_refusal_the_connection_is_good_for_the_next_mail(
    inbox: Inbox, mailer: SmtpMailer
) -> None:
    inbox.rcpt_reply = "550 no such user"
    await mailer.send(letter())
    inbox.rcpt_reply = "250 OK"

    assert isinstance(await mailer.send(letter("101/confirmation/0")), Accepted)
    assert inbox.connections == 1


async def test_an_address_that_no_server_understands_is_rejected_unsent(
    inbox: Inbox, mailer: SmtpMailer
) -> None:
    answer = await mailer.send(letter(to="a@b@c"))

    assert isinstance(answer, Rejected)
    assert answer.code == 553
    assert inbox.connections == 0


@pytest.mark.parametrize("stage", ["rcpt_reply", "data_reply"])
async def test_a_temporary_refusal_leaves_the_mail_unsent(
    inbox: Inbox, mailer: SmtpMailer, stage: str
) -> None:
    setattr(inbox, stage, "451 ada@customer.example try later")

    with pytest.raises(GatewayUnavailable) as failure:
        await mailer.send(letter())

    assert str(failure.value) == "mail: unavailable (451)"
    assert failure.value.__cause__ is None
    setattr(inbox, stage, "250 OK")
    assert isinstance(await mailer.send(letter()), Accepted)


async def test_a_server_that_is_away_leaves_the_mail_unsent(unused_tcp_port: int) -> None:
    async with mailing(f"smtp://127.0.0.1:{unused_tcp_port}") as mailer:
        with pytest.raises(GatewayUnavailable):
            await mailer.send(letter())


async def test_a_connection_that_the_server_closed_is_opened_again(inbox: Inbox, mailer: SmtpMailer) -> None:
    await mailer.send(letter())
    inbox.hang_up()

    await mailer.send(letter("101/confirmation/0"))
    inbox.hang_up()
    await asyncio.sleep(0.02)
    await mailer.send(letter("102/confirmation/0"))

    assert len(inbox.mails) == 3
    assert inbox.connections == 3


async def test_an_answer_lost_after_the_text_is_an_unknown_outcome_and_not_sent_again(
    inbox: Inbox, mailer: SmtpMailer
) -> None:
    inbox.lose_answers = 1

    with pytest.raises(OutcomeUnknown):
        await mailer.send(letter())

    assert len(inbox.mails) == 1
    assert isinstance(await mailer.send(letter()), Accepted)


async def test_a_cancelled_send_does_not_spoil_the_next(inbox: Inbox, mailer: SmtpMailer) -> None:
    await mailer.send(letter())
    sending = asyncio.create_task(mailer.send(letter("101/confirmation/0")))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert isinstance(await mailer.send(letter("102/confirmation/0")), Accepted)


async def test_starttls_with_a_password(
    inbox: Inbox, server_tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    options = {"authenticator": only("shop", "p@ss/word"), "auth_required": True, "require_starttls": True}

    async with (
        serving(inbox, tls_context=server_tls, **options) as port,
        mailing(f"smtp+starttls://shop:p%40ss%2Fword@localhost:{port}", tls=trust) as mailer,
    ):
        assert isinstance(await mailer.send(letter()), Accepted)


async def test_a_wrong_password_is_ours_to_correct(
    inbox: Inbox, server_tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    options = {"authenticator": only("shop", "right"), "auth_required": True}

    async with (
        serving(inbox, tls_context=server_tls, **options) as port,
        mailing(f"smtp+starttls://shop:wrong@localhost:{port}", tls=trust) as mailer,
    ):
        with pytest.raises(GatewayUnavailable, match="535"):
            await mailer.send(letter())


async def test_tls_from_the_first_byte(
    inbox: Inbox, server_tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    async with (
        serving(inbox, tls=server_tls) as port,
        mailing(f"smtps://localhost:{port}", tls=trust) as mailer,
    ):
        assert isinstance(await mailer.send(letter()), Accepted)


async def test_a_certificate_of_nobody_we_trust_gets_no_mail(
    inbox: Inbox, server_tls: ssl.SSLContext
) -> None:
    async with (
        serving(inbox, tls_context=server_tls) as port,
        mailing(f"smtp+starttls://localhost:{port}") as mailer,
    ):
        with pytest.raises(GatewayUnavailable):
            await mailer.send(letter())
    assert inbox.mails == []


async def test_a_server_without_starttls_gets_no_mail(inbox: Inbox) -> None:
    async with serving(inbox) as port, mailing(f"smtp+starttls://localhost:{port}") as mailer:
        with pytest.raises(GatewayUnavailable):
            await mailer.send(letter())
    assert inbox.mails == []


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "mail.example:25", "smtp://shop:secret@mail.example"]
)
def test_a_url_that_is_no_mail_server_or_would_show_a_password_is_a_mistake(url: str) -> None:
    with pytest.raises(ValueError, match="smtp") as mistake:
        SmtpMailer(url)

    assert "secret" not in str(mistake.value)
