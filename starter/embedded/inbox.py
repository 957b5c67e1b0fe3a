"""A mail server that keeps every mail in a Maildir, and the mails as a person reads them."""

import asyncio
import mailbox
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class _Keeper:
    def __init__(self, maildir: Path) -> None:
        self._mails = mailbox.Maildir(maildir, create=True)

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self._mails.add(envelope.original_content or b"")
        return "250 OK"


@asynccontextmanager
async def inbox(maildir: Path, port: int) -> AsyncIterator[None]:
    """Take mail on a port of this machine for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    keeper = _Keeper(maildir)
    server = await loop.create_server(
        lambda: SMTP(keeper, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", port
    )
    try:
        yield
    finally:
        server.close()


@dataclass(frozen=True)
class Received:
    """One mail, taken apart."""

    id: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str


def mails(maildir: Path) -> list[Received]:
    """Every mail, the newest first."""
    if not maildir.exists():
        return []
    box = mailbox.Maildir(maildir, create=False)
    found = [_received(key, box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118 - a mailbox, no dict
    return sorted(found, key=lambda mail: (mail.at, mail.id), reverse=True)


def mail(maildir: Path, mail_id: str) -> Received | None:
    return next((mail for mail in mails(maildir) if mail.id == mail_id), None)


def _received(key: str, content: bytes) -> Received:
    message = message_from_bytes(content, policy=policy.default)
    return Received(
        id=key.split(":", maxsplit=1)[0].replace(",", "_"),
        at=parsedate_to_datetime(str(message["Date"])) if message["Date"] else datetime.fromtimestamp(0, UTC),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
