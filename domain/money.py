"""Money: whole minor units of one currency, never floats."""

from domain.model import Currency, Model


class CurrencyMismatch(Exception):  # noqa: N818 - the fact is the name
    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} do not add up")


class Money(Model):
    """An amount in minor units (cents, øre, yen)."""

    minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(minor=self.minor * count, currency=self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
