"""Amounts for people at a terminal."""

from babel.numbers import format_currency, get_currency_precision


def amount(minor: int, currency: str, locale: str = "en_US") -> str:
    digits = get_currency_precision(currency)
    return str(format_currency(minor / 10**digits, currency, locale=locale))
