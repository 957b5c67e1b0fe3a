"""The law on delays: until when an order must ship, what its customer is to be told, and what silence means.

An engineering reading of 16 CFR 435 (FTC) and of Directive 2011/83, Art. 18 (EU). Days are the shop's, and end with it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.model import Instant, Model
from domain.policy import Law, Policy
from domain.working_days import after_working_days

USUAL_DAYS = 30
"""Without a stated date: 16 CFR 435.2(a)(1)(ii), and Art. 18(1)."""

NOTICE_DAYS = 3
"""So long before the deadline an option notice goes out."""

_NOTICE_HOUR = time(9)

US_TERRITORIES = frozenset(["AS", "GU", "MP", "PR", "VI"])
"""Countries of their own in an address; the FTC's rule speaks of every state, territory and possession."""

EU_MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
    ]
)


class Silence(StrEnum):
    """What becomes of an order whose customer does not answer."""

    KEEPS = "keeps"
    CANCELS = "cancels"
    NOTHING = "nothing"


class Offer(Model):
    """What an option notice offers: ship on `offered_on` (None: not known), or cancel.

    `deadline`: the last day on which it should have shipped. `answer_by`: the last day for an answer where silence cancels.
    """

    deadline: date
    offered_on: date | None
    silence: Silence
    answer_by: date | None = None


class Delay(Offer):
    """An option notice as it was told, and its answer."""

    notice_id: str
    number: int
    told_at: Instant
    accepted: bool | None = None


@dataclass(frozen=True)
class DelayRule:
    """Nothing is asked of the shop."""

    law: Law = Law.NONE

    @property
    def has_deadline(self) -> bool:
        return self.law is not Law.NONE

    def offer(self, number: int, deadline: date, offered_on: date | None) -> Offer:  # noqa: ARG002 - the first one is no exception here
        """The option notice `number` (from 1) about a deadline that will be missed."""
        return Offer(deadline=deadline, offered_on=offered_on, silence=Silence.NOTHING)

    def agreed(self, deadline: date | None, delay: Delay) -> date | None:
        """The deadline once a notice was told, and answered or not; None: the customer consented to wait without one."""
        return delay.offered_on if delay.accepted else deadline

    def lapses_on(self, deadline: date | None, delay: Delay | None) -> date | None:  # noqa: ARG002 - silence ends nothing
        """The day with whose end the order is cancelled unless it shipped; `delay`: the notice about this deadline."""
        return None

    def refund_by(self, cancelled_on: date) -> date | None:  # noqa: ARG002 - no law, no day
        """The last day on which the money is to be sent back."""
        return None


class Ftc(DelayRule):
    """16 CFR 435.2."""

    def offer(self, number: int, deadline: date, offered_on: date | None) -> Offer:
        last = deadline + timedelta(days=USUAL_DAYS)
        if number > 1:  # (b)(2): a renewed notice; silence ends it with the old date
            return Offer(
                deadline=deadline, offered_on=offered_on, silence=Silence.CANCELS, answer_by=deadline
            )
        if offered_on is not None and offered_on <= last:  # (b)(1)(ii): 30 days or less
            return Offer(deadline=deadline, offered_on=offered_on, silence=Silence.KEEPS)
        # (b)(1)(iii): longer, or not known
        return Offer(deadline=deadline, offered_on=offered_on, silence=Silence.CANCELS, answer_by=last)

    def agreed(self, deadline: date | None, delay: Delay) -> date | None:
        kept = delay.accepted is None and delay.silence is Silence.KEEPS
        return delay.offered_on if kept or delay.accepted else deadline

    def lapses_on(self, deadline: date | None, delay: Delay | None) -> date | None:
        """(c): silence where consent is needed, or a deadline that passed without a notice."""
        return deadline if delay is None else delay.answer_by

    def refund_by(self, cancelled_on: date) -> date:
        """Seven working days: 435.1(b)(1), 435.2(c)."""
        return after_working_days(cancelled_on, 7, "US")


class Eu(DelayRule):
    """Art. 18(2): the customer may set more time, then end the contract; silence never extends anything.

    Art. 18(1) wants goods *delivered* by its day. Ours is the day by which they ship: a shop whose parcels travel for
    long states its dates accordingly.
    """

    def refund_by(self, cancelled_on: date) -> date:
        """Without undue delay; as for a withdrawal, 14 days at most (Art. 13(1), 18(3))."""
        return cancelled_on + timedelta(days=14)


RULES = {Law.FTC: Ftc(Law.FTC), Law.EU: Eu(Law.EU), Law.NONE: DelayRule()}


def law_of(policy: Policy, country: str) -> Law:
    """The law for a destination: by country, else for a part of the US or a member of the EU, else for all others."""
    union = "US" if country in US_TERRITORIES else "EU" if country in EU_MEMBERS else "*"
    rule = policy.delay_rule
    named = rule.get(country) or rule.get(union) or rule.get("*", Law.NONE)
    return Law(named) if named in {*Law} else Law.NONE


@dataclass(frozen=True)
class Standing:
    """How an order stands under its law: its deadline, the notices told, and the date that is expected now."""

    rule: DelayRule
    first_deadline: date
    delays: tuple[Delay, ...]
    expected_on: date | None
    time_zone: str

    @property
    def deadline(self) -> date | None:
        """The last day on which it must ship, after all that was told and answered."""
        day: date | None = self.first_deadline if self.rule.has_deadline else None
        for delay in self.delays:
            day = self.rule.agreed(day, delay)
        return day

    @property
    def number(self) -> int:
        """Of the next notice."""
        return len(self.delays) + 1

    @property
    def told(self) -> Delay | None:
        """The notice about the deadline in force."""
        return next((delay for delay in self.delays if delay.deadline == self.deadline), None)

    @property
    def notice_at(self) -> datetime | None:
        """When to tell of the deadline in force: some days before, or on its last day while nobody expected to miss it."""
        day = self.deadline
        if day is None or self.told is not None:
            return None
        missed = self.expected_on is None or self.expected_on > day
        first = day - timedelta(days=NOTICE_DAYS) if missed else day
        return datetime.combine(first, _NOTICE_HOUR, ZoneInfo(self.time_zone))

    @property
    def lapses_at(self) -> datetime | None:
        """When the law's default ends the order."""
        day = self.rule.lapses_on(self.deadline, self.told)
        return end_of(day, self.time_zone) if day is not None else None

    @property
    def offer(self) -> Offer | None:
        """What the next notice offers; a date that should have been kept is not known any more."""
        day = self.deadline
        if day is None:
            return None
        later = self.expected_on is not None and self.expected_on > day
        return self.rule.offer(self.number, day, self.expected_on if later else None)


def end_of(day: date, time_zone: str) -> datetime:
    """The first moment that is not the shop's `day` any more."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
