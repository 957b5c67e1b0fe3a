"""How late each supplier is, learned from its deliveries: the buffer that keeps promises."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from operator import attrgetter
from typing import NamedTuple

from domain.lateness_sample import Delivery, Sample, quantiles

LEAD_DAYS = 30
"""A promise is made about so long before: an estimate is judged by what was known then."""

_FORGET_DAYS = 60
"""The half-life of an estimate's own record."""

_REHEARSE_DAYS = 4 * _FORGET_DAYS
"""Estimates older than this say nothing any more about how to estimate."""

_LEVELS = (-0.10, -0.08, -0.05, -0.02, 0.0, 0.01, 0.03, 0.05)
"""Levels that are tried, against the wanted share."""

_A_WEEK = 7
"""Later than anything seen: until the end of the week, and then of another; so that nobody gets a new date each day."""


class Lateness:
    """What is known on one day.

    A buffer is a quantile of days late (`domain.lateness_sample`). Few late deliveries make the quantile at the
    wanted share a guess, and when suppliers change it lags; so its level is not taken for granted, but chosen by
    results. Of several around `share`, those whose estimates of the last months kept that share of promises may be
    taken (after adaptive conformal inference: Gibbs and Candès, 2021), and of these the one with the least pinball
    loss (Koenker and Bassett, 1978) is: the loss whose best answer is that quantile.
    """

    def __init__(self, share: float = 0.9) -> None:
        self.share = share
        self._levels = [min(0.99, max(0.01, share + step)) for step in _LEVELS]
        self._losses = [0.0] * len(self._levels)
        self._kept = [0.0] * len(self._levels)
        self._judged = 0.0
        self._all = Sample()
        self._own: dict[str, Sample] = defaultdict(Sample)
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._epoch: date | None = None
        self._today = 0

    def receive(self, deliveries: Iterable[Delivery], today: date) -> None:
        """Learn of what came up to `today`."""
        for delivery in deliveries:
            self._epoch = self._epoch or delivery.received_on
            day = (delivery.received_on - self._epoch).days
            self._all.add(delivery.late, day)
            self._own[delivery.supplier].add(delivery.late, day)
            for counts in (self._counts[delivery.supplier], self._counts[""]):
                counts[0] += delivery.late <= 0
                counts[1] += 1
        self._today = (today - (self._epoch or today)).days

    def estimates(self, supplier: str | None) -> list[int]:
        """A buffer for each level."""
        if not self._all.weights:
            return [0] * len(self._levels)
        return quantiles(self._own.get(supplier or ""), self._all, self._today, self._levels)

    def judge(self, estimates: Iterable[int], delivery: Delivery) -> None:
        """Remember what each level's estimate for a delivery was worth, now that it came."""
        weight = 2.0 ** ((delivery.received_on - (self._epoch or delivery.received_on)).days / _FORGET_DAYS)
        for nth, buffer in enumerate(estimates):
            self._losses[nth] += weight * pinball(delivery.late - buffer, self.share)
            self._kept[nth] += weight * (delivery.late <= buffer)
        self._judged += weight

    def buffer(self, supplier: str | None) -> int:
        """Days to add to a supplier's date; without any experience none."""
        return self.estimates(supplier)[self._level()]

    def _level(self) -> int:
        """Which level to trust; the wanted share itself while nothing was judged, the highest when none kept it."""
        if not self._judged:
            return _LEVELS.index(0.0)
        kept = [nth for nth, kept in enumerate(self._kept) if kept >= self.share * self._judged]
        return min(kept, key=lambda nth: (self._losses[nth], -nth), default=len(self._levels) - 1)

    def buffer_when_late(self, supplier: str | None, days_late: int) -> int:
        """Days to add to the date of something that had not come so many days after it: always more than those."""
        if not any(value > days_late for value in self._all.weights):
            return (days_late // _A_WEEK + 1) * _A_WEEK
        own = self._own.get(supplier or "")
        return quantiles(own, self._all, self._today, [self.share], beyond=days_late)[0]

    def on_time(self, supplier: str | None) -> float | None:
        """The share of deliveries that came by their first date; None while nothing is known of the supplier."""
        kept, count = self._counts.get(supplier or "", (0, 0))
        return kept / count if count else None


def pinball(error: int, share: float) -> float:
    """What an estimate that was `error` days too low costs, so that the best one is the quantile at `share`."""
    return max(share * error, (share - 1) * error)


def learn(deliveries: Iterable[Delivery], as_of: date, share: float = 0.9) -> Lateness:
    """What the deliveries that came up to a day teach; the last months are estimated again to choose the level."""
    known = sorted((d for d in deliveries if d.received_on <= as_of), key=attrgetter("received_on"))
    recent = [d for d in known if (as_of - d.promised_on).days <= _REHEARSE_DAYS]
    lateness = Lateness(share)
    for _ in rehearse(lateness, known, recent, LEAD_DAYS):
        pass
    lateness.receive(_since(known, recent), as_of)
    return lateness


def _since(known: list[Delivery], recent: list[Delivery]) -> list[Delivery]:
    """What the rehearsal, which ends with the last promise, did not receive yet."""
    last = max((d.promised_on for d in recent), default=None)
    if last is None:
        return known
    return [d for d in known if d.received_on > last - timedelta(days=LEAD_DAYS)]


def rehearse(
    lateness: Lateness, known: Sequence[Delivery], asked: Iterable[Delivery], lead_days: int
) -> Iterator[tuple[Delivery, int]]:
    """Each delivery asked about, with the buffer that was to be had `lead_days` before its promised day.

    `known` is sorted by receipt. Nothing that came later than that is used, also not to judge.
    """
    by_day: dict[date, list[Delivery]] = defaultdict(list)
    for delivery in asked:
        by_day[delivery.promised_on].append(delivery)
    received = 0
    open_estimates: list[_Estimated] = []
    for day in sorted(by_day):
        today = day - timedelta(days=lead_days)
        came = bisect_right(known, today, key=attrgetter("received_on"))
        lateness.receive(known[received:came], today)
        received = came
        for one in open_estimates:
            if one.delivery.received_on <= today:
                lateness.judge(one.estimates, one.delivery)
        open_estimates = [one for one in open_estimates if one.delivery.received_on > today]
        buffers = {one.supplier: lateness.buffer(one.supplier) for one in by_day[day]}
        estimates = {supplier: lateness.estimates(supplier) for supplier in buffers}
        for delivery in by_day[day]:
            open_estimates.append(_Estimated(delivery, estimates[delivery.supplier]))
            yield delivery, buffers[delivery.supplier]


class _Estimated(NamedTuple):
    """An estimate whose delivery is awaited."""

    delivery: Delivery
    estimates: list[int]
