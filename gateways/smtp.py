"""Mail over SMTP, on one connection that is kept as long as the server likes."""

import asyncio
import re
import ssl
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.mail import Accepted, AddressUnusable, Mail, Rejected, address, compose

PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
CLOSING: Final = 421
PERMANENT: Final = 500
BAD_MAILBOX: Final = 553

_ADDRESS = re.compile(r"\S+@\S+")


class SmtpMailer:
    """Speaks `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`; certificates are verified.

    `tls` replaces the system's trusted authorities (a company's own, a test's). `timeout_seconds` is for one answer of
    the server, `whole_seconds` for a letter with its wait for those before it: less than the time after which its
    activity is asked again, or two of them would send it.
    """

    gateway: Final = "mail"

    def __init__(
        self,
        url: str,
        *,
        tls: ssl.SSLContext | None = None,
        timeout_seconds: float = 20,
        whole_seconds: float = 40,
    ) -> None:
        self._url = _checked(url)
        self._tls = tls
        self._timeout = timeout_seconds
        self._whole = whole_seconds
        self._lock = asyncio.Lock()
        self._connection: SMTP | None = None

    async def send(self, mail: Mail) -> Accepted | Rejected:
        """Hand one mail to the server; a connection that it closed meanwhile is opened again, once."""
        try:
            recipients = [address(to).addr_spec for to in (mail.to, mail.copy_to) if to]
        except AddressUnusable as unusable:
            return Rejected(code=BAD_MAILBOX, message=str(unusable))
        message = compose(mail)
        try:
            async with asyncio.timeout(self._whole), self._lock:
                refused = await self._cleanly(address(mail.sender).addr_spec, recipients, message.as_bytes())
        except TimeoutError:
            raise OutcomeUnknown(self.gateway, "took too long") from None
        return refused or Accepted(message_id=str(message["Message-ID"]))

    async def aclose(self) -> None:
        """Take leave of the server."""
        async with self._lock:
            if self._connection is not None and self._connection.is_connected:
                with suppress(SMTPException, OSError):
                    await self._connection.quit()
            self._drop()

    async def _cleanly(self, sender: str, recipients: list[str], text: bytes) -> Rejected | None:
        try:
            return await self._deliver(sender, recipients, text)
        except BaseException:  # also when cancelled: whatever comes next starts on a clean connection
            self._drop()
            raise

    async def _deliver(self, sender: str, recipients: list[str], text: bytes) -> Rejected | None:
        """One mail to all of them; the verdict is on the first, whom it is for."""
        try:
            smtp = await self._begin(sender)
            first, *others = [await _refusal(smtp, recipient) for recipient in recipients]
        except (SMTPException, OSError) as error:
            return await self._refused(error)
        if first is not None and (first.code < PERMANENT or all(others)):
            return await self._refused(first)
        try:
            await smtp.data(text)
        except SMTPDataError as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            raise OutcomeUnknown(self.gateway, _detail(error)) from None
        return None if first is None else _rejected(first)

    async def _begin(self, sender: str) -> SMTP:
        """Announce a mail on the connection we have, or on a new one."""
        if self._connection is not None and self._connection.is_connected:
            try:
                await self._connection.mail(sender)
            except (SMTPException, OSError) as error:
                if not _closed(error):
                    raise
            else:
                return self._connection
        self._drop()
        self._connection = await self._connect()
        await self._connection.mail(sender)
        return self._connection

    async def _connect(self) -> SMTP:
        smtp = SMTP(
            hostname=self._url.hostname,
            port=self._url.port or PORTS[self._url.scheme],
            username=_unquoted(self._url.username),
            password=_unquoted(self._url.password),
            use_tls=self._url.scheme == "smtps",
            start_tls=self._url.scheme == "smtp+starttls",
            tls_context=self._tls,
            timeout=self._timeout,
        )
        await smtp.connect()
        return smtp

    async def _refused(self, error: Exception) -> Rejected | None:
        """A lasting refusal of recipient or text is an answer; everything else leaves the mail unsent for now.

        A refused sender or password is ours to correct, and no verdict on this mail.
        """
        if isinstance(error, SMTPRecipientRefused | SMTPDataError) and error.code >= PERMANENT:
            await self._forget_envelope()
            return _rejected(error)
        raise GatewayUnavailable(self.gateway, _detail(error)) from None

    async def _forget_envelope(self) -> None:
        try:
            if self._connection is not None:
                await self._connection.rset()
        except (SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


async def _refusal(smtp: SMTP, recipient: str) -> SMTPRecipientRefused | None:
    """Why the server takes nothing for this mailbox; None when it does."""
    try:
        await smtp.rcpt(recipient)
    except SMTPRecipientRefused as refused:
        return refused
    return None


def _rejected(error: SMTPRecipientRefused | SMTPDataError) -> Rejected:
    return Rejected(code=error.code, message=_ADDRESS.sub("(address)", error.message))


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("a mail server is smtp://, smtps:// or smtp+starttls://, with a host")
    if parts.username and parts.scheme == "smtp" and parts.hostname not in THIS_MACHINE:
        raise ValueError(
            "a password needs smtps:// or smtp+starttls://, unless the server is on this machine"
        )
    return parts


def _unquoted(part: str | None) -> str | None:
    return None if part is None else unquote(part)


def _closed(error: Exception) -> bool:
    """Whether the server had hung up, or says that it does."""
    return isinstance(error, OSError) or (isinstance(error, SMTPResponseException) and error.code == CLOSING)


def _detail(error: Exception) -> str:
    """The reply code or the kind of error; never its text, which may hold addresses."""
    return str(error.code) if isinstance(error, SMTPResponseException) else type(error).__name__
