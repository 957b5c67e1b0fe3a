"""Letters: what a notice says, in words and in HTML that say the same."""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import css_inline
import mjml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)

from domain.model import Instant, Model
from domain.money import Money
from gateways.mail import Header

_LANGUAGE = "en"

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
"""Keeps the media queries (narrow screens, dark mode), and never asks the network while it renders."""


class LetterLine(Model):
    sku: Header
    title: Header
    quantity: int


class LetterFacts(Model):
    """All that a letter may say; what does not apply stays None.

    Words that others wrote are one line each, so that none of them can pass for a header or a line of ours.
    """

    order_id: Header
    kind: str
    customer_name: Header
    locale: str
    shop_name: Header
    time_zone: str
    lines: tuple[LetterLine, ...]
    promised_on: date | None = None
    eta: date | None = None
    backordered: bool = False
    carrier: Header | None = None
    service: Header | None = None
    tracking: Header | None = None
    estimated_delivery: date | None = None
    amount: Money | None = None
    charged: bool = False
    reason: str | None = None
    answer_by: date | None = None
    """By when the customer must answer."""
    waiting: tuple[LetterLine, ...] = ()
    """What is not here yet."""
    need_by: date | None = None
    """The day that no carrier could meet."""
    address: tuple[Header, ...] = ()
    """Where it was to go, as on an envelope."""
    sent: bool = False
    """Whether the goods have left already."""
    page_url: str | None = None
    """The order's page, where the customer answers."""
    view_url: str | None = None
    cancel_url: str | None = None
    at: Instant


class Letter(Model):
    subject: str
    text: str
    html: str


class Letters:
    """Renders notices from one folder a kind (`subject.txt`, `body.txt`, `body.mjml`).

    A shop's own folder, laid out alike, overrides any of the files.
    """

    def __init__(self, templates: Path | None = None) -> None:
        own = [FileSystemLoader(templates)] if templates else []
        loader = ChoiceLoader([*own, PackageLoader("gateways", "templates")])
        self._jinja = Environment(
            loader=loader,
            autoescape=select_autoescape(["mjml", "html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, facts: LetterFacts) -> Letter:
        words = {"facts": facts, **_formatted(facts)}
        folder = f"{_LANGUAGE}/{facts.kind}"
        markup = self._jinja.get_template(f"{folder}/body.mjml").render(words)
        return Letter(
            subject=" ".join(self._jinja.get_template(f"{folder}/subject.txt").render(words).split()),
            text=_paragraphs(self._jinja.get_template(f"{folder}/body.txt").render(words)),
            html=_INLINER.inline(mjml.mjml2html(markup, disable_comments=True)),
        )


def _formatted(facts: LetterFacts) -> dict[str, str | None]:
    """Dates and money as the customer reads them."""
    locale = _locale(facts.locale)
    first_name = facts.customer_name.split(" ")[0] if facts.customer_name else ""
    return {
        "name": first_name or "there",
        "promised": _day(facts.promised_on, locale),
        "arriving": _day(facts.eta, locale),
        "answer_by": _day(facts.answer_by, locale),
        "needed": _day(facts.need_by, locale),
        "delivery": _day(facts.estimated_delivery, locale),
        "today": _day(facts.at.astimezone(ZoneInfo(facts.time_zone)).date(), locale),
        "amount": _amount(facts.amount, locale),
    }


@lru_cache(maxsize=256)
def _locale(name: str) -> Locale:
    """The customer's locale, or else its language alone; English where Babel knows neither."""
    wanted = name.replace("-", "_")
    for known in (wanted, wanted.partition("_")[0]):
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse(known)
    return Locale("en", "US")


def _day(day: date | None, locale: Locale) -> str | None:
    return format_date(day, format="long", locale=locale) if day else None


def _amount(money: Money | None, locale: Locale) -> str | None:
    if money is None:
        return None
    units = Decimal(money.minor).scaleb(-get_currency_precision(money.currency))
    return format_currency(units, money.currency, locale=locale)


def _paragraphs(text: str) -> str:
    """One empty line between paragraphs, however the template's blocks fell."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
