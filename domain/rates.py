"""Which of the carriers' rates a parcel takes."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol, TypeVar

from domain.money import Money


class Rated(Protocol):
    @property
    def carrier(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def cost(self) -> Money: ...
    @property
    def days(self) -> int: ...
    @property
    def estimated_delivery(self) -> date: ...


R = TypeVar("R", bound=Rated)


def choose(rates: Sequence[R], *, expedited: bool, need_by: date | None) -> R:
    """The fastest for an expedited customer; the cheapest that meets a need-by date, else the fastest; the cheapest.

    Ties go by name.
    """
    in_time = [rate for rate in rates if need_by and rate.estimated_delivery <= need_by]
    if expedited or (need_by and not in_time):
        return min(rates, key=lambda rate: (rate.days, rate.cost.minor, rate.carrier, rate.service))
    return min(in_time or rates, key=lambda rate: (rate.cost.minor, rate.carrier, rate.service))
