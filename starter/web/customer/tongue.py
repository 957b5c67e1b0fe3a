"""How a customer reads days, money and countries: the language of the letters, in the shop's time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from domain.money import Money
from gateways import letters_locale

LANGUAGES = ("en", "de")
"""Those of the letters; whoever reads another one gets the first."""

_NOBREAK = "\N{NO-BREAK SPACE}"
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


@dataclass(frozen=True)
class Tongue:
    """One language, with its ways of writing."""

    locale: Locale
    time_zone: str = "UTC"

    @property
    def language(self) -> str:
        return str(self.locale.language)

    def day(self, when: date | datetime | None, space: str = _NOBREAK) -> str | None:
        """An instant's day is the shop's."""
        if isinstance(when, datetime):
            when = when.astimezone(ZoneInfo(self.time_zone)).date()
        return letters_locale.day(when, self.locale, space)

    def amount(self, minor: int, currency: str) -> str | None:
        return letters_locale.amount(Money(minor=minor, currency=currency), self.locale)

    def countries(self) -> tuple[tuple[str, str], ...]:
        """Codes and names, by name."""
        return _countries(self.locale)

    def country(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))


def of_customer(name: str, time_zone: str) -> Tongue:
    """The customer's, or the first one whole: never half of each."""
    locale = letters_locale.known(name)
    spoken = locale if locale.language in LANGUAGES else letters_locale.known(LANGUAGES[0])
    return Tongue(spoken, time_zone)


def of_browser(accept_language: str) -> Tongue:
    """The first one that the browser asks for and we speak."""
    wanted = (part.partition(";")[0].strip()[:2].lower() for part in accept_language[:500].split(","))
    return Tongue(letters_locale.known(next((one for one in wanted if one in LANGUAGES), LANGUAGES[0])))


@lru_cache(maxsize=8)
def _countries(locale: Locale) -> tuple[tuple[str, str], ...]:
    named = ((code, str(name)) for code, name in locale.territories.items() if _is_country(code))
    return tuple(sorted(named, key=lambda one: _sorted_as(one[1])))


def _is_country(code: str) -> bool:
    return len(code) == len("US") and code.isalpha() and code not in _NO_COUNTRIES


def _sorted_as(name: str) -> str:
    """Umlauts stand with their vowels."""
    return name.casefold().translate(str.maketrans("äöüåéô", "aouaeo"))
