"""How the room writes amounts, dates and states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from domain.history_words import counted, named
from starter.money import amount

_STATES = {
    "waiting": "wait",
    "placing": "wait",
    "awaiting_choice": "ask",
    "payment_hold": "stop",
    "address_hold": "stop",
    "held": "stop",
    "shipping": "go",
    "partly_shipped": "go",
    "completed": "done",
    "cancelled": "gone",
    "rejected": "gone",
}
_ACTORS = {"": "-", "itself": "the order itself", "law": "the law's default"}


@dataclass(frozen=True)
class Words:
    """In the shop's time zone and language."""

    time_zone: str
    locale: str

    def money(self, minor: int, currency: str) -> str:
        return amount(minor, currency, self.locale)

    def values(self, by_currency: Mapping[str, int]) -> str:
        """Amounts of several currencies, side by side."""
        return " + ".join(self.money(minor, currency) for currency, minor in by_currency.items()) or "-"

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=self.locale))

    def figure(self, value: float | None, unit: str) -> str:
        """One figure of a chart, as its table writes it."""
        if value is None:
            return "-"
        return self.percent(value, 1) if unit == "share" else self.number(round(value, 1))

    def at_most(self, count: int, most: int) -> str:
        """A count that stopped at `most`."""
        return f"{self.number(most)}+" if count >= most else self.number(count)

    def percent(self, share: float | None, digits: int = 0) -> str:
        return "-" if share is None else f"{share * 100:.{digits}f} %"

    def day(self, day: date | None) -> str:
        return "-" if day is None else str(format_date(day, "medium", locale=self.locale))

    def moment(self, at: datetime | None) -> str:
        if at is None:
            return "-"
        local = at.astimezone(ZoneInfo(self.time_zone))
        return str(format_datetime(local, "yyyy-MM-dd HH:mm", locale=self.locale))

    def today(self, now: datetime) -> date:
        """The shop's day."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def counted(self, number: int, what: str) -> str:
        return counted(number, what).replace(str(number), self.number(number))

    def plain(self, word: str) -> str:
        """`payment_hold` as one says it."""
        return named(word).replace("_", " ")

    def tone(self, status: str) -> str:
        """How a state is to be taken: as waiting, asking, stopped, going, done or gone."""
        return _STATES.get(status, "wait")

    def who(self, by: str) -> str:
        return _ACTORS.get(by, by)
