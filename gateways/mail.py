"""One mail to one customer, as every mail program reads it."""

import hashlib
from binascii import b2a_qp
from email.errors import MessageError
from email.header import Header as Encoded
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import Compat32
from email.utils import format_datetime, formataddr, getaddresses
from functools import lru_cache
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, Field

from domain.model import Instant, Model


class _Mail(Compat32):
    """Most headers fit on a line as they are: looking for places to fold them costs more than all the rest."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        line = f"{name}: {value}"
        if len(line) <= _LINE and line.isascii() and line.isprintable():
            return f"{line}{self.linesep}".encode()
        return super().fold_binary(name, value)


_LINE = 78
_CRLF = _Mail(linesep="\r\n", max_line_length=_LINE)


def _one_line(text: str) -> str:
    """Control characters and line breaks become spaces: a header stays one header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


Header = Annotated[str, AfterValidator(_one_line)]


class Mail(Model):
    """A notice ready to be sent; `sender` and `reply_to` may carry a name (`Shop <shop@example.com>`).

    `copy_to` gets the same mail, unseen; a mailbox that refuses its copy stops nobody.

    `references` is the thread's id (`thread_id`), so that all mails of an order stand together;
    without `at` the first server sets the date.
    """

    notice_id: str
    to: Header = Field(repr=False)
    copy_to: Header | None = None
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


@lru_cache(maxsize=64)  # the shop's own, and a customer's while his mail is on its way
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


def compose(mail: Mail) -> Message:
    """Text and HTML with the headers of an automatic mail.

    Raises:
        AddressUnusable: sender, recipient or reply address is not one address.
    """
    sender = address(mail.sender)
    message = MIMEMultipart("alternative", f"=_{_digest('parts', mail.notice_id)}", policy=_CRLF)
    message["From"] = _named(sender)
    message["To"] = _named(address(mail.to))
    if mail.reply_to:
        message["Reply-To"] = _named(address(mail.reply_to))
    message["Subject"] = (
        mail.subject
        if mail.subject.isascii()
        else Encoded(mail.subject, "utf-8", header_name="Subject").encode()
    )
    message["Message-ID"] = message_id(mail.notice_id, sender.domain)
    if mail.at is not None:
        message["Date"] = format_datetime(mail.at)
    if mail.references:
        message["In-Reply-To"] = mail.references
        message["References"] = mail.references
    message["Auto-Submitted"] = "auto-generated"
    message.attach(_part("plain", mail.text))
    message.attach(_part("html", mail.html))
    return message


def _part(kind: str, text: str) -> Message:
    """Quoted-printable: seven bits, so that no server on the way has to recode (and break a signature)."""
    part = MIMENonMultipart("text", kind, charset="utf-8", policy=_CRLF)
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))  # `email`'s own is ten times as slow
    return part


def _named(mailbox: Address) -> str:
    return formataddr((mailbox.display_name, mailbox.addr_spec))


def _id(kind: str, name: str, domain: str) -> str:
    return f"<{_digest(kind, name)}@{domain}>"


def _digest(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}/{name}".encode()).hexdigest()[:32]
