"""Letters within the trade: the daily digest to operations, and the question to a supplier who is late."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import css_inline
import mjml
from babel.dates import format_date
from babel.numbers import format_currency, format_percent, get_currency_precision

from domain.metrics import Current
from domain.model import Model
from domain.review import LateLine, Review
from gateways.letters import Letter, environment

_LOCALE = "en"
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class Overdue(Model):
    """What a supplier is asked: the lines whose date has passed, as of a day."""

    shop_name: str
    supplier: str
    day: date
    lines: tuple[LateLine, ...]


class ShopLetters:
    """Renders from `shop/<letter>/` (`subject.txt`, `body.txt`, `body.mjml`).

    A shop's own folder, laid out alike, overrides any of the files.
    """

    def __init__(self, templates: Path | None = None) -> None:
        self._jinja = environment(templates)
        self._jinja.filters |= {"day": _day, "line": _one_line}

    def digest(self, shop_name: str, review: Review) -> Letter:
        """What a review found, what needs a person first."""
        figures = _figures(review.figures)
        return self._letter("digest", {"shop_name": shop_name, "review": review, "figures": figures})

    def overdue(self, facts: Overdue) -> Letter:
        """One supplier is asked for new dates."""
        return self._letter("supplier_overdue", {"shop_name": facts.shop_name, "facts": facts})

    def _letter(self, name: str, words: Mapping[str, Any]) -> Letter:
        subject, text, markup = (
            self._jinja.get_template(f"shop/{name}/{part}").render(words)
            for part in ("subject.txt", "body.txt", "body.mjml")
        )
        return Letter(
            subject=_one_line(subject),
            text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
            html=_INLINER.inline(mjml.mjml2html(markup, disable_comments=True)),
        )


def _figures(current: Current) -> dict[str, str | None]:
    """As operations read them; None for what has no value."""
    value = ", ".join(_amount(minor, currency) for currency, minor in current.value_minor.items())
    soon = current.expected_within_7_days
    return {
        "value": value or None,
        "oldest": None if current.oldest_days is None else str(current.oldest_days),
        "soon": None if soon is None else str(format_percent(soon, locale=_LOCALE)),
    }


def _amount(minor: int, currency: str) -> str:
    units = Decimal(minor).scaleb(-get_currency_precision(currency))
    return str(format_currency(units, currency, locale=_LOCALE))


def _day(day: date) -> str:
    return str(format_date(day, format="long", locale=_LOCALE))


def _one_line(text: str) -> str:
    """Words of others are one line each, so that none of them can pass for one of ours."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
