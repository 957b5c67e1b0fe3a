from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from gateways.mail import AddressUnusable, Mail, address, compose, message_id, thread_id


def letter(**changes: object) -> Mail:
    return Mail.model_validate(
        {
            "notice_id": "100/confirmation/0",
            "to": "ada@customer.example",
            "subject": "Confirmed, and on backorder",
            "text": "Thank you.\n",
            "html": "<p>Thank you.</p>\n",
            "sender": "Ånd & Co <shop@shop.example>",
            **changes,
        }
    )


def read(mail: Mail) -> EmailMessage:
    """The mail as a mail program reads it."""
    message = message_from_bytes(compose(mail).as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_message_id_is_the_notices_own() -> None:
    first = message_id("100/confirmation/0", "shop.example")

    assert first == message_id("100/confirmation/0", "shop.example")
    assert first != message_id("100/update/7", "shop.example")
    assert first != thread_id("100/confirmation/0", "shop.example")
    assert first.endswith("@shop.example>")


def test_a_mail_says_the_same_as_text_and_as_html() -> None:
    mail = letter(text="Grüße\n", html="<p>Grüße</p>\n", subject="Grüße " * 20)

    message = read(mail)

    assert message.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in message.iter_parts())
    assert (text.strip(), html.strip()) == ("Grüße", "<p>Grüße</p>")
    assert message["Subject"].strip() == ("Grüße " * 20).strip()
    assert compose(mail).as_bytes().isascii()


@pytest.mark.parametrize("length", [1, 4, 8, 12])
def test_a_subject_begins_on_the_line_of_its_name(length: int) -> None:
    """Also one that has to be encoded: an empty first line looks like a blank before it."""
    mail = letter(subject="Bestellung bestätigt " * length)

    lines = compose(mail).as_bytes().split(b"\r\n")

    (subject,) = [line for line in lines if line.startswith(b"Subject:")]
    assert subject.startswith(b"Subject: =?utf-8?")
    assert max(map(len, lines)) <= 78


def test_no_line_of_a_mail_is_longer_than_mail_servers_take() -> None:
    mail = letter(text="word " * 500, html=f"<p>{'word ' * 500}</p>", subject="word " * 60)

    lines = compose(mail).as_bytes().split(b"\r\n")

    assert max(map(len, lines)) <= 78
    assert not any(b"\n" in line for line in lines)


def test_the_headers_are_those_of_an_automatic_mail_in_a_thread() -> None:
    thread = thread_id("100", "shop.example")

    message = read(
        letter(references=thread, reply_to="help@shop.example", at=datetime(2026, 3, 2, 12, tzinfo=UTC))
    )

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] == message["In-Reply-To"] == thread
    assert message["Reply-To"] == "help@shop.example"
    assert message["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    assert message["From"].addresses[0].display_name == "Ånd & Co"


def test_without_an_instant_no_date_is_claimed() -> None:
    assert "Date" not in compose(letter())


@pytest.mark.parametrize("field", ["subject", "to", "sender", "reply_to", "references"])
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_no_field_can_smuggle_a_header_in(field: str, line_break: str) -> None:
    mail = letter(**{field: f"Name <name@shop.example>{line_break}Bcc: all@evil.example"})

    try:
        message = compose(mail)
    except AddressUnusable:
        assert field in {"to", "sender", "reply_to"}
    else:
        assert "Bcc" not in message
        assert b"\nBcc" not in message.as_bytes()


def test_a_name_in_two_lines_becomes_one() -> None:
    assert read(letter(sender="Big\r\nShop <shop@shop.example>"))["From"] == "Big Shop <shop@shop.example>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@customer.example",
        "ada@",
        "ada@b@c.example",
        "a@b.example, c@d.example",
        "jörg@customer.example",
        "a@b..c",
    ],
)
def test_what_is_not_one_address_is_unusable(text: str) -> None:
    with pytest.raises(AddressUnusable):
        address(text)


def test_a_domain_outside_ascii_is_written_in_ascii() -> None:
    assert address("ada@bücher.example").addr_spec == "ada@xn--bcher-kva.example"


def test_a_mail_does_not_show_the_customer_in_a_log() -> None:
    assert "ada@" not in repr(letter())
    assert "Thank you" not in repr(letter())
