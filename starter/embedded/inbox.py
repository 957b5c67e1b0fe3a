"""A mail server that keeps every mail in a Maildir, and the mails as a person reads them."""

import asyncio
import mailbox
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope


class _Keeper:
    def __init__(self, maildir: Path) -> None:
        self._mails = mailbox.Maildir(maildir, create=True)

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self._mails.add(envelope.original_content or b"")
        return "250 OK"


@asynccontextmanager
async def inbox(maildir: Path, listener: socket.socket) -> AsyncIterator[None]:
    """Take mail on a listening socket for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    keeper = _Keeper(maildir)
    sessions: WeakSet[SMTP] = WeakSet()

    def session() -> SMTP:
        opened = SMTP(keeper, loop=loop, enable_SMTPUTF8=True)
        sessions.add(opened)
        return opened

    server = await loop.create_server(session, sock=listener)
    try:
        yield
    finally:
        server.close()
        await _hang_up(sessions)


async def _hang_up(sessions: WeakSet[SMTP]) -> None:
    """End the conversations that are still open, so that none outlives the server."""
    for session in list(sessions):
        if isinstance(session.transport, asyncio.WriteTransport):
            session.transport.abort()
    while any(session.transport is not None for session in list(sessions)):  # noqa: ASYNC110 - asyncio offers no event
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Letter:
    """One mail, taken apart; `at` is when it came in."""

    id: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str


def letters(maildir: Path) -> list[Letter]:
    """Every mail, the newest first."""
    if not maildir.exists():
        return []
    box = mailbox.Maildir(maildir, create=False)
    ids = sorted(box.keys(), key=_arrival, reverse=True)
    return [_letter(mail_id, box.get_bytes(mail_id)) for mail_id in ids]


def letter(maildir: Path, mail_id: str) -> Letter | None:
    """One mail; None if there is none of this id."""
    if not maildir.exists():
        return None
    try:
        content = mailbox.Maildir(maildir, create=False).get_bytes(mail_id)
    except KeyError:
        return None
    return _letter(mail_id, content)


def _letter(mail_id: str, content: bytes) -> Letter:
    message = message_from_bytes(content, policy=policy.default)
    seconds, microseconds, _ = _arrival(mail_id)
    return Letter(
        id=mail_id,
        at=datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _arrival(mail_id: str) -> tuple[int, int, int]:
    """Seconds, microseconds and count, as `mailbox` names its files: exact, whatever the mail's own date says."""
    found = re.match(r"(\d+)\.M(\d+)P\d+Q(\d+)\.", mail_id)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:  # a character set that nobody knows
        return bytes(part.get_payload(decode=True)).decode(errors="replace")
