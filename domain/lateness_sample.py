"""Days late, remembered with forgetting: the weight of a delivery halves with every half-life that it lies back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from domain.model import Model

HALF_LIVES = (45, 90, 180, 360)
"""Days. Which of them is right depends on how fast a supplier changes, so that all are asked."""

POOL_WEIGHTS = (10, 30, 100)
"""For so many recent deliveries of its own the experience with all suppliers counts."""


class Delivery(Model):
    """Units that a supplier promised for one day and that came on another."""

    supplier: str
    promised_on: date
    received_on: date
    quantity: int = 1

    @property
    def late(self) -> int:
        """Days after the promised one; negative when it was early."""
        return (self.received_on - self.promised_on).days


class Sample:
    """Weighted days late of one supplier, or of all; early ones count as on time, for no buffer is negative."""

    def __init__(self) -> None:
        self.weights: dict[int, list[float]] = defaultdict(lambda: [0.0] * len(HALF_LIVES))
        self.totals = [0.0] * len(HALF_LIVES)

    def add(self, late: int, day: int) -> None:
        """`day`: when it was seen, in days since an epoch; weights grow with it instead of fading afterwards."""
        row = self.weights[max(0, late)]
        for nth, half_life in enumerate(HALF_LIVES):
            weight = 2.0 ** (day / half_life)
            row[nth] += weight
            self.totals[nth] += weight


def quantiles(
    own: Sample | None, pool: Sample, day: int, levels: Sequence[float], beyond: int = -1
) -> list[int]:
    """The days late that shares of the deliveries do not exceed, one for each of the rising `levels`.

    The mean over all half-lives and pool weights of the weighted quantile of the supplier's own deliveries and,
    with the weight of the pool, those of all; so a short history is drawn towards the others. Only deliveries later
    than `beyond` count.
    """
    values = sorted(value for value in pool.weights if value > beyond)
    sums = [0.0] * len(levels)
    for nth, half_life in enumerate(HALF_LIVES):
        now = 2.0 ** (day / half_life)
        all_of_them = [pool.weights[value][nth] / pool.totals[nth] for value in values]
        mine = [own.weights[value][nth] / now if own and value in own.weights else 0.0 for value in values]
        for weight in POOL_WEIGHTS:
            mixed = [one + weight * other for one, other in zip(mine, all_of_them, strict=True)]
            _add_quantiles(sums, values, mixed, levels)
    return [round(total / (len(HALF_LIVES) * len(POOL_WEIGHTS))) for total in sums]


def _add_quantiles(
    sums: list[float], values: Sequence[int], weights: Sequence[float], levels: Sequence[float]
) -> None:
    """One pass over the values serves all levels."""
    total, reached, place = sum(weights), 0.0, -1
    for nth, level in enumerate(levels):
        while place < len(values) - 1 and reached < level * total - 1e-12 * total:
            place += 1
            reached += weights[place]
        sums[nth] += values[max(place, 0)]
