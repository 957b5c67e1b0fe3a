"""Pictures of figures: what they show and how it reads as a table; `room.js` draws them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

from domain.model import Model
from store.stock import Stock

Value = float | int | None

_AFTERWARDS = timedelta(days=3)


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    DAYS = "days"
    MONEY = "money"


class Kind(StrEnum):
    BAR = "bar"
    LINE = "line"
    STEP = "step"


class Series(Model):
    """One row of values; `tone` names its colour."""

    name: str
    y: tuple[Value, ...]
    kind: Kind = Kind.LINE
    tone: str = "a"


class Chart(Model):
    """Series over one axis; `target`: a line that they are measured against."""

    id: str
    title: str
    x_name: str
    x: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Unit = Unit.COUNT
    target: float | None = None
    stacked: bool = False
    sideways: bool = False
    small: bool = False

    @property
    def empty(self) -> bool:
        return not any(value is not None for one in self.series for value in one.y)

    @property
    def rows(self) -> list[tuple[str, tuple[Value, ...]]]:
        """The same as a table."""
        return [(x, tuple(one.y[number] for one in self.series)) for number, x in enumerate(self.x)]


def over_days(
    name: str, title: str, points: Iterable[tuple[date, Value]], unit: Unit, target: float | None = None
) -> Chart:
    """One figure, day by day."""
    pairs = tuple(points)
    series = Series(name=title, y=tuple(value for _, value in pairs))
    days = tuple(day.isoformat() for day, _ in pairs)
    return Chart(
        id=name, title=title, x_name="Day", x=days, series=(series,), unit=unit, target=target, small=True
    )


def by_age(buckets: Sequence[tuple[str, int]]) -> Chart:
    """How many backorders are how old."""
    orders = Series(name="Backorders", y=tuple(count for _, count in buckets), kind=Kind.BAR)
    ages = tuple(age for age, _ in buckets)
    return Chart(id="ages", title="Backorders by age", x_name="Days since placed", x=ages, series=(orders,))


def missed(skus: Sequence[tuple[str, int, int]]) -> Chart:
    """SKUs by the units that wait: how many of them announced supply covers, and how many nothing does."""
    covered = Series(name="Covered by supply", y=tuple(c for _, c, _ in skus), kind=Kind.BAR, tone="a")
    bare = Series(name="No supply yet", y=tuple(b for _, _, b in skus), kind=Kind.BAR, tone="c")
    return Chart(
        id="missed",
        title="SKUs with the most waiting units",
        x_name="SKU",
        x=tuple(sku for sku, _, _ in skus),
        series=(covered, bare),
        stacked=True,
        sideways=True,
    )


def atp(today: date, stock: Stock) -> Chart:
    """Units by date against what the queue needs: where supply climbs above the need, more can be promised."""
    waiting, days, units = stock.waiting_units, [today], [stock.available]
    for arrival in stock.supply:
        days.append(max(arrival.on, today))
        units.append(units[-1] + arrival.units)
    days.append(days[-1] + max(_AFTERWARDS, (days[-1] - today) / 8))  # so that the last step is seen
    units.append(units[-1])
    free = tuple(max(0, here - waiting) for here in units)
    return Chart(
        id="atp",
        title="Available to promise",
        x_name="From",
        x=tuple(day.isoformat() for day in days),
        series=(
            Series(name="Stock and supply", y=tuple(units), kind=Kind.STEP, tone="a"),
            Series(name="Needed by the queue", y=(waiting,) * len(days), kind=Kind.STEP, tone="c"),
            Series(name="Available to promise", y=free, kind=Kind.STEP, tone="b"),
        ),
    )
