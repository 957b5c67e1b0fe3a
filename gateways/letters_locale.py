"""Days and money as a customer reads them."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

from domain.money import Money


@lru_cache(maxsize=256)
def known(name: str) -> Locale:
    """The customer's locale, or else its language alone; English where Babel knows neither."""
    wanted = name.replace("-", "_")
    for locale in (wanted, wanted.partition("_")[0]):
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse(locale)
    return Locale("en", "US")


def day(when: date | None, locale: Locale, space: str) -> str | None:
    return format_date(when, format="long", locale=locale).replace(" ", space) if when else None


def amount(money: Money | None, locale: Locale) -> str | None:
    if money is None:
        return None
    units = Decimal(money.minor).scaleb(-get_currency_precision(money.currency))
    return format_currency(units, money.currency, locale=locale)
