"""Deliveries lived through again: what buffers would have been given, and what they would have been worth."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from domain.lateness import Lateness, pinball, rehearse
from domain.lateness_sample import Delivery
from domain.model import Model


class Figures(Model):
    """`kept`: the share received by their promised day and buffer; `pinball_90`: the mean loss in days at 90 %."""

    count: int
    kept: float
    mean_buffer_days: float
    pinball_90: float


class Backtest(Figures):
    """Beside ours: no buffer, and for each supplier the quantile of its history, once and for all."""

    baselines: dict[str, Figures]


_SHARE = 0.9


def backtest(history: Sequence[Delivery], deliveries: Sequence[Delivery], lead_days: int) -> Backtest:
    """Estimate each delivery with what had come `lead_days` before its promised day, of history and deliveries."""
    everything = [*history, *deliveries]
    known = sorted(everything, key=attrgetter("received_on"))
    tested = {id(delivery) for delivery in deliveries}
    asked = rehearse(Lateness(_SHARE), known, everything, lead_days)
    ours = [(delivery, buffer) for delivery, buffer in asked if id(delivery) in tested]
    fixed = _fixed(history)
    return Backtest(
        **_figures(ours).model_dump(),
        baselines={
            "supplier_date": _figures([(delivery, 0) for delivery in deliveries]),
            "fixed_quantile": _figures([(delivery, fixed(delivery.supplier)) for delivery in deliveries]),
        },
    )


def _figures(estimated: Sequence[tuple[Delivery, int]]) -> Figures:
    count = len(estimated)
    errors = [delivery.late - buffer for delivery, buffer in estimated]
    return Figures(
        count=count,
        kept=sum(error <= 0 for error in errors) / count,
        mean_buffer_days=sum(buffer for _, buffer in estimated) / count,
        pinball_90=sum(pinball(error, _SHARE) for error in errors) / count,
    )


def _fixed(history: Iterable[Delivery]) -> Callable[[str], int]:
    """Each supplier's own quantile; that of all where it has no history."""
    late: dict[str, list[int]] = {"": []}
    for delivery in history:
        late.setdefault(delivery.supplier, []).append(max(0, delivery.late))
        late[""].append(max(0, delivery.late))
    quantiles = {supplier: _quantile(days) for supplier, days in late.items()}
    return lambda supplier: quantiles.get(supplier, quantiles[""])


def _quantile(days: list[int]) -> int:
    """The smallest number of days that the share does not exceed."""
    ranked = sorted(days)
    return next((day for nth, day in enumerate(ranked, 1) if nth >= _SHARE * len(ranked)), 0)
