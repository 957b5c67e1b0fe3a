"""One mail to one customer, as every mail program reads it."""

import hashlib
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from functools import lru_cache
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field

from domain.model import Instant, Model

_ALIKE = frozenset(
    {"from", "reply-to", "auto-submitted", "mime-version", "content-type", "content-transfer-encoding"}
)


class _Headers(HeaderRegistry):
    """Reads headers as the mail package does; those that are alike in all mails are read once."""

    def __init__(self) -> None:
        super().__init__()
        self._once = lru_cache(maxsize=64)(super().__call__)

    def __call__(self, name: str, value: object) -> BaseHeader:
        alike = name.lower() in _ALIKE and isinstance(value, str)
        return self._once(name, value) if alike else super().__call__(name, value)


POLICY = SMTP.clone(cte_type="7bit", header_factory=_Headers())
"""Seven bits, so that no server on the way has to recode (and break a signature)."""


def _one_line(text: str) -> str:
    """Control characters and line breaks become spaces: a header stays one header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


Header = Annotated[str, AfterValidator(_one_line)]


class Mail(Model):
    """A notice ready to be sent; `sender` and `reply_to` may carry a name (`Shop <shop@example.com>`).

    `references` is the thread's id (`thread_id`), so that all mails of an order stand together;
    without `at` the first server sets the date.
    """

    notice_id: str
    to: Header = Field(repr=False)
    subject: Header = Field(repr=False)
    text: str = Field(repr=False)
    html: str = Field(repr=False)
    sender: Header
    reply_to: Header | None = None
    references: Header | None = None
    at: Instant | None = None


class Accepted(Model):
    """The mail server took the mail."""

    message_id: str


class Rejected(Model):
    """The mail server will never take this mail; `message` is its reply without addresses."""

    code: int
    message: str


class Mailer(Protocol):
    """Sends notices."""

    async def send(self, mail: Mail) -> Accepted | Rejected:
        """Hand one mail to the mail server.

        Raises:
            GatewayUnavailable: nothing was sent (no connection, or a temporary refusal).
            OutcomeUnknown: the connection was lost after the text went out.
        """
        ...


class AddressUnusable(Exception):  # noqa: N818 - the fact is the name
    """No mail header can carry this address (which the message does not show)."""

    def __init__(self) -> None:
        super().__init__("not one usable mail address")


def message_id(notice_id: str, domain: str) -> str:
    """The same for the same notice, so that a mail sent again is seen as the same mail."""
    return _id("notice", notice_id, domain)


def thread_id(order_id: str, domain: str) -> str:
    """What all mails of an order refer to."""
    return _id("thread", order_id, domain)


def address(text: str) -> Address:
    """Name and address of a header value; a domain outside ASCII in its ASCII form.

    Raises:
        AddressUnusable: it is not one address.
    """
    try:
        ((name, spec),) = getaddresses([text])
        user, domain = spec.rsplit("@")
        ascii_domain = domain.encode("idna").decode("ascii")
        return Address(display_name=name, addr_spec=f"{user.encode('ascii').decode()}@{ascii_domain}")
    except (ValueError, IndexError, MessageError):
        raise AddressUnusable from None


def compose(mail: Mail) -> EmailMessage:
    """Text and HTML with the headers of an automatic mail.

    Raises:
        AddressUnusable: sender, recipient or reply address is not one address.
    """
    sender = address(mail.sender)
    message = EmailMessage(policy=POLICY)
    message["From"] = str(sender)
    message["To"] = address(mail.to)
    if mail.reply_to:
        message["Reply-To"] = str(address(mail.reply_to))
    message["Subject"] = mail.subject
    message["Message-ID"] = message_id(mail.notice_id, sender.domain)
    if mail.at is not None:
        message["Date"] = format_datetime(mail.at)
    if mail.references:
        message["In-Reply-To"] = mail.references
        message["References"] = mail.references
    message["Auto-Submitted"] = "auto-generated"
    # Said outright: finding the shortest encoding costs as much as all the rest.
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _id(kind: str, name: str, domain: str) -> str:
    return f"<{hashlib.sha256(f'{kind}/{name}'.encode()).hexdigest()[:32]}@{domain}>"
