"""Amounts for people at a terminal or a desk."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision


def amount(minor: int, currency: str, locale: str = "en_US") -> str:
    units = Decimal(minor).scaleb(-get_currency_precision(currency))
    return str(format_currency(units, currency, locale=locale))
