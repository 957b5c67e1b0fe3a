"""How long what is open has waited."""

from collections.abc import Mapping

from domain.model import Model

FROM_DAYS = (0, 8, 15, 31, 61, 91)
"""Where each group begins; the last has no end."""


class Age(Model):
    """Open backorders placed so many of the shop's calendar days ago; `to_days` is included, None: and more."""

    from_days: int
    to_days: int | None
    orders: int


def ages(counted: Mapping[int, int]) -> tuple[Age, ...]:
    """All groups, the youngest first; `counted` by where the group begins."""
    ends = (*(first - 1 for first in FROM_DAYS[1:]), None)
    return tuple(
        Age(from_days=first, to_days=last, orders=counted.get(first, 0))
        for first, last in zip(FROM_DAYS, ends, strict=True)
    )
