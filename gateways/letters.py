"""Letters: what a notice says, in words and in HTML that say the same."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
import mjml
from babel import Locale
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.cancellation import Reason
from domain.delays import Silence
from domain.model import Model
from gateways import letters_locale
from gateways.letters_facts import LetterFacts

_ENGLISH = "en"

_PARTS = {"subject.txt": " ", "body.txt": " ", "body.mjml": "\N{NO-BREAK SPACE}"}
"""The files of a notice, and the space within a date: on a page no line ends there."""

_OURS = {Reason.FRAUD, Reason.PAYMENT_FAILED, Reason.STALE, Reason.DISCONTINUED, Reason.SUPPLIER}
"""Reasons for which the shop cancels, and not the customer."""

_ASKING = {Silence.KEEPS, Silence.CANCELS}
"""Silence is an answer: so the customer is asked."""

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
"""Keeps the media queries (narrow screens, dark mode), and never asks the network while it renders."""


def environment(own: Path | None) -> Environment:
    """The templates, a shop's own folder before ours.

    Whoever writes letters need not be trusted with the worker's keys: a template reaches nothing but what it is given.
    """
    before = [FileSystemLoader(own)] if own else []
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*before, PackageLoader("gateways", "templates")]),
        autoescape=select_autoescape(["mjml", "html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a changed template counts from the next start, like every setting
    )


class Letter(Model):
    subject: str
    text: str
    html: str


class Letters:
    """Renders notices from one folder a language and kind (`subject.txt`, `body.txt`, `body.mjml`).

    A shop's own folder, laid out alike, overrides any of the files, and may add languages.
    """

    def __init__(self, templates: Path | None = None) -> None:
        self._jinja = environment(templates)
        self._known = frozenset(self._jinja.list_templates())

    def render(self, facts: LetterFacts) -> Letter:
        locale = letters_locale.known(facts.locale)
        language = self._language(locale, facts.kind)
        words = self._jinja.get_template(f"{language}/words.txt").module
        said = {"facts": facts, "language": language, "words": words} | _worded(facts, words)
        said["amount"] = letters_locale.amount(facts.amount, locale)
        days = {space: _days(facts, locale, space) for space in set(_PARTS.values())}
        subject, text, markup = (
            self._part(f"{language}/{facts.kind}/{part}", said | days[space])
            for part, space in _PARTS.items()
        )
        return Letter(
            subject=" ".join(subject.split()),
            text=_paragraphs(text),
            html=_INLINER.inline(mjml.mjml2html(markup, disable_comments=True)),
        )

    def _part(self, name: str, said: dict[str, Any]) -> str:
        """One file, with the macros of its format at hand."""
        parts = self._jinja.get_template(f"parts{Path(name).suffix}").make_module(said)
        return self._jinja.get_template(name).render(said, parts=parts)

    def _language(self, locale: Locale, kind: str) -> str:
        """The customer's where the whole notice is there in it, else English: never half of each."""
        needed = (f"{locale.language}/words.txt", *(f"{locale.language}/{kind}/{part}" for part in _PARTS))
        return locale.language if self._known.issuperset(needed) else _ENGLISH


def _days(facts: LetterFacts, locale: Locale, space: str) -> dict[str, str | None]:
    """Dates as the customer reads them."""
    days = {
        "promised": facts.promised_on,
        "was": facts.was_promised_on,
        "deadline": facts.deadline,
        "ends": facts.ends_on,
        "arriving": facts.eta,
        "answer_by": facts.answer_by,
        "needed": facts.need_by,
        "delivery": facts.estimated_delivery,
        "today": facts.at.astimezone(ZoneInfo(facts.time_zone)).date(),
    }
    return {name: letters_locale.day(day, locale, space) for name, day in days.items()}


def _worded(facts: LetterFacts, words: Any) -> dict[str, object]:
    """What follows from the facts, in the language's own words where there are any."""
    first, name = facts.customer_name.partition(" ")[0], facts.customer_name
    back = words.money_back.get(facts.law, words.money_back["other"])
    return {
        "name": first or name,
        "hello": words.hello.format(first_name=first, name=name) if name else words.hello_nobody,
        "tracking": " ".join(filter(None, (facts.carrier, facts.service, facts.tracking)))
        if facts.tracking
        else None,
        "moved": _moved(facts.was_promised_on, facts.promised_on),
        "asks": facts.silence in _ASKING,
        "ours": facts.reason in _OURS,
        "why": words.whys.get(facts.why, ""),
        "money_back": back if facts.charged else words.not_charged,
    }


def _moved(before: date | None, now: date | None) -> str | None:
    """Which way a promise moved."""
    if before is None or now is None or before == now:
        return None
    return "earlier" if now < before else "later"


def _paragraphs(text: str) -> str:
    """One empty line between paragraphs and no blanks at the ends of lines, however the template's blocks fell."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"
