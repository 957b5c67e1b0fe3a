"""What ends a wait by itself, and the word before it: the law's default, staleness, a product that never comes again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.cancellation import CancelledLine, Reason
from domain.delays import Delay, Silence
from domain.life import next_step, next_wait, status_of
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.policy import Law, Policy
from domain.state import Held, LineState, NoticeState, OrderState
from domain.status import Status
from domain.steps import CancelWaiting, Claim, HoldForLaw, Tell, Wait
from domain.waiting import HOLD_FOR, ends, moments, notice, stale_at
from tests.domain.samples import CONFIRMED, MINI, SKU, day, january, line, parcel, state

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def midnight(month: int, number: int) -> datetime:
    """The first moment of a day."""
    return datetime(2026, month, number, tzinfo=UTC)


# Accepted on the 5th of January at noon: without a stated date it is to ship by the 4th of February, and is stale
# on the 5th of April.
T = date(2026, 2, 4)
T_ENDS = midnight(2, 5)
NOTICE_AT = midnight(2, 1) + timedelta(hours=9)
STALE_AT = midnight(4, 5) + timedelta(hours=12)
WEEK = timedelta(days=7)

TWO = (CancelledLine(sku=SKU, quantity=2),)
LAW = CancelWaiting(Reason.DELAY_NOT_ACCEPTED, "law", TWO)
STALE = CancelWaiting(Reason.STALE, "backorder", TWO)


def waits(*lines: LineState, **fields: Any) -> OrderState:
    """An order of these rules' own edition that lacks two units, or has these lines."""
    lines = lines or fields.pop("lines", None) or (line(backordered=2),)
    return state(*lines, **{"edition": 2} | fields)


def expected(on: date, **units: Any) -> LineState:
    return line(**units or {"backordered": 2}).model_copy(update={"promised_on": on})


def delay(offered_on: date | None, silence: Silence, answer_by: date | None = None, **fields: Any) -> Delay:
    """The notice about T, told three days before."""
    named: dict[str, Any] = {"notice_id": "100-delay-1", "number": 1, "told_at": NOTICE_AT, "deadline": T}
    return Delay(**named, offered_on=offered_on, silence=silence, answer_by=answer_by, **fields)


UNKNOWN = delay(None, Silence.CANCELS, date(2026, 3, 6))
UNKNOWN_ENDS = midnight(3, 7)
SHORT = delay(date(2026, 2, 20), Silence.KEEPS)


def accepted(told: Delay) -> Delay:
    return told.model_copy(update={"accepted": True})


def warned(at: datetime, occasion: str = "2026-04-05") -> tuple[NoticeState, ...]:
    return (CONFIRMED, NoticeState(kind=Kind.STALE_WARNING, occasion=occasion, at=at))


def held(at: datetime) -> Held:
    return Held(by="operations", reason="a look", at=at)


def rows(cases: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {"argvalues": [case[1:] for case in cases], "ids": [case[0] for case in cases]}


# Staleness

LIMITS: list[tuple[Any, ...]] = [
    ("without a promise", waits(), STALE_AT),
    (
        "without a promise, sooner",
        waits(terms=Policy(stale_after_days_without_promise=10)),
        day(15),
    ),
    ("without a promise, no limit", waits(terms=Policy(stale_after_days_without_promise=None)), None),
    ("past the promise", waits(promised_on=january(20)), midnight(2, 20)),
    (
        "past the promise, at once",
        waits(promised_on=january(20), terms=Policy(stale_after_days_past_promise=0)),
        day(21, 0),
    ),
    (
        "past the promise, no limit",
        waits(promised_on=january(20), terms=Policy(stale_after_days_past_promise=None)),
        None,
    ),
    ("a first date that was not told yet", waits(expected(january(20))), midnight(2, 20)),
    (
        "the date that was told counts",
        waits(expected(january(22)), promised_on=january(20)),
        midnight(2, 20),
    ),
    (
        "in the shop's time zone",
        waits(promised_on=january(20), time_zone="America/New_York"),
        midnight(2, 20) + 5 * HOUR,
    ),
    (
        "a date that was lost, since the customer heard of it",
        waits(notices=(CONFIRMED, NoticeState(kind=Kind.DELAY_OPTION, occasion="1", at=NOTICE_AT))),
        NOTICE_AT + timedelta(days=90),
    ),
    ("held by operations", waits(held=held(day(6))), None),
    ("held for the law", waits(law_hold_until=day(7)), None),
    ("not accepted", waits(accepted_at=None, status=Status.PLACING), None),
]


@pytest.mark.parametrize(("order", "at"), **rows(LIMITS))
def test_a_wait_gets_stale_so_many_days_past_the_promise_or_without_one(
    order: OrderState, at: datetime | None
) -> None:
    assert stale_at(order) == at


WARNED: list[tuple[Any, ...]] = [
    ("a week before", STALE_AT - WEEK, STALE_AT),
    ("earlier still", STALE_AT - 2 * WEEK, STALE_AT),
    ("late, the shop was down", STALE_AT - HOUR, STALE_AT + WEEK - HOUR),
    ("after the limit", STALE_AT + 3 * WEEK, STALE_AT + 4 * WEEK),
]


@pytest.mark.parametrize(("warned_at", "ends_at"), **rows(WARNED))
def test_a_stale_order_is_cancelled_no_sooner_than_its_warning_said(
    warned_at: datetime, ends_at: datetime
) -> None:
    order = waits(notices=warned(warned_at))

    assert ends(order, ends_at - SECOND) is None
    assert ends(order, ends_at) == STALE
    assert Wait("stale", ends_at) in moments(order)


def test_no_order_gets_stale_without_the_warning() -> None:
    order = waits()

    assert notice(order, STALE_AT - WEEK - SECOND) is None
    assert notice(order, STALE_AT - WEEK) == Tell(Kind.STALE_WARNING, "2026-04-05")
    assert ends(order, STALE_AT + 52 * WEEK) is None


def test_the_warning_is_given_once_for_a_limit_and_anew_for_another() -> None:
    early = STALE_AT - WEEK
    order = waits(notices=warned(early))
    dated = waits(notices=warned(early), promised_on=date(2026, 4, 30))

    assert notice(order, STALE_AT) is None
    assert ends(dated, STALE_AT) is None
    assert notice(dated, midnight(5, 31) - WEEK - SECOND) is None
    assert notice(dated, midnight(5, 31) - WEEK) == Tell(Kind.STALE_WARNING, "2026-05-31")
    assert ends(dated, midnight(6, 30)) is None


def test_the_terms_say_how_long_before_the_warning_is_given() -> None:
    order = waits(terms=Policy(stale_warning_days=14))

    assert notice(order, STALE_AT - 2 * WEEK - SECOND) is None
    assert notice(order, STALE_AT - 2 * WEEK) == Tell(Kind.STALE_WARNING, "2026-04-05")


def test_a_customer_who_goes_on_waiting_begins_the_wait_anew() -> None:
    dateless = waits(terms=Policy(stale_after_days_without_promise=10), kept_at=day(12))
    past = waits(promised_on=january(20), terms=Policy(stale_after_days_past_promise=5), kept_at=day(24))

    assert stale_at(dateless) == day(22)
    assert stale_at(past) == midnight(1, 30)


def test_nothing_gets_stale_while_operations_look_at_it() -> None:
    fresh, late = waits(held=held(day(6))), waits(held=held(day(6)), notices=warned(STALE_AT - WEEK))

    assert notice(fresh, STALE_AT) is None
    assert ends(late, STALE_AT + WEEK) is None
    assert not [wait for wait in moments(late) if wait.what == "stale" and wait.until]


# The law

LAPSES: list[tuple[Any, ...]] = [
    ("before T is over", {}, T_ENDS - SECOND, None),
    ("T passed untold", {}, T_ENDS, HoldForLaw()),
    ("T passed untold long ago", {}, T_ENDS + WEEK, HoldForLaw()),
    ("silence, before its last day is over", {"delays": (UNKNOWN,)}, UNKNOWN_ENDS - SECOND, None),
    ("silence where consent is needed", {"delays": (UNKNOWN,)}, UNKNOWN_ENDS, LAW),
    ("an hour later is in time", {"delays": (UNKNOWN,)}, UNKNOWN_ENDS + HOUR, LAW),
    ("the shop was down", {"delays": (UNKNOWN,)}, UNKNOWN_ENDS + HOUR + SECOND, HoldForLaw()),
    ("silence that keeps", {"delays": (SHORT,)}, T_ENDS, None),
    ("silence that keeps, its date passed untold", {"delays": (SHORT,)}, midnight(2, 21), HoldForLaw()),
    ("EU, T passed untold", {"law": Law.EU}, T_ENDS + WEEK, None),
    ("EU, told", {"law": Law.EU, "delays": (delay(None, Silence.NOTHING),)}, T_ENDS + WEEK, None),
    ("no law", {"law": Law.NONE}, T_ENDS + WEEK, None),
]


@pytest.mark.parametrize(("fields", "now", "end"), **rows(LAPSES))
def test_the_laws_default_ends_an_order_but_operations_look_first_at_what_nobody_told_or_saw(
    fields: dict[str, Any], now: datetime, end: CancelWaiting | HoldForLaw | None
) -> None:
    assert ends(waits(**{"law": Law.FTC} | fields), now) == end


@pytest.mark.parametrize("delays", [(), (UNKNOWN,)], ids=["untold", "told"])
def test_an_order_held_for_the_law_is_cancelled_when_the_hold_is_over(delays: tuple[Delay, ...]) -> None:
    began = UNKNOWN_ENDS + 5 * HOUR
    until = began + HOLD_FOR
    order = waits(law=Law.FTC, delays=delays, law_hold_until=until)

    assert timedelta(hours=24) == HOLD_FOR
    assert ends(order, until - SECOND) is None
    assert next_wait(order, until - SECOND) == Wait("delay_deadline", until)
    assert ends(order, until) == LAW


def test_what_operations_hold_stays_held_when_the_law_looks_too() -> None:
    lines = (line(backordered=1, allocated=1),)
    looked_at = waits(*lines, law=Law.FTC, law_hold_until=T_ENDS + HOLD_FOR)
    held_too = looked_at.model_copy(update={"held": held(day(6))})

    assert next_step(looked_at, T_ENDS) == Claim()
    assert next_step(held_too, T_ENDS) != Claim()
    assert {one.status for one in (looked_at, held_too)} == {Status.WAITING}
    assert {status_of(one) for one in (looked_at, held_too)} == {Status.HELD}


@pytest.mark.parametrize(
    "fields",
    [
        {"lines": (line(allocated=2).model_copy(update={"release_on": date(2026, 3, 30)}),)},
        {"lines": (line(allocated=2),), "held": held(day(6))},
        {"lines": (line(allocated=2),), "paused": True},
    ],
    ids=["released later", "held", "paused"],
)
def test_units_that_are_here_and_may_not_leave_are_late_too(fields: dict[str, Any]) -> None:
    """The law asks what was shipped: 16 CFR 435.2(b)(1), (c)(5)."""
    order = waits(**{"law": Law.FTC} | fields)

    assert notice(order, NOTICE_AT) == Tell(Kind.DELAY_OPTION, "1")
    assert ends(order, T_ENDS) == HoldForLaw()
    assert Wait("delay_deadline", T_ENDS) in moments(order)


@pytest.mark.parametrize(
    ("told", "lapsed_at"),
    [
        (UNKNOWN, UNKNOWN_ENDS),
        (delay(date(2026, 4, 20), Silence.CANCELS, date(2026, 3, 6)), UNKNOWN_ENDS),
        (SHORT, T_ENDS),
    ],
    ids=["waits without a date", "waits until April", "keeps anyway"],
)
def test_an_answer_that_arrived_beats_a_deadline_that_passed_meanwhile(
    told: Delay, lapsed_at: datetime
) -> None:
    order = waits(law=Law.FTC, delays=(accepted(told),))

    assert [ends(order, lapsed_at + late) for late in (timedelta(0), HOUR, WEEK)] == [None] * 3


def test_of_an_order_the_law_cancels_what_waits_and_what_is_in_a_parcel_goes() -> None:
    lines = (line(backordered=2, allocated=1, claimed=1), line(MINI, allocated=3, shipped=1))
    order = waits(*lines, law=Law.FTC, delays=(UNKNOWN,), parcels=(parcel(ParcelStage.CLAIMED, units=1),))

    end = ends(order, UNKNOWN_ENDS)

    assert isinstance(end, CancelWaiting)
    assert end.lines == (CancelledLine(sku=SKU, quantity=3), CancelledLine(sku=MINI, quantity=3))


# The word before

NOTICES: list[tuple[Any, ...]] = [
    ("before its time", {}, NOTICE_AT - SECOND, None),
    ("three days before T", {}, NOTICE_AT, Tell(Kind.DELAY_OPTION, "1")),
    ("late, but before the end", {}, T_ENDS - SECOND, Tell(Kind.DELAY_OPTION, "1")),
    ("too late", {}, T_ENDS, None),
    ("told", {"delays": (UNKNOWN,)}, T_ENDS, None),
    ("the offered date comes", {"delays": (SHORT,)}, midnight(2, 17), None),
    (
        "and will be missed too",
        {"delays": (SHORT,)},
        midnight(2, 17) + 9 * HOUR,
        Tell(Kind.DELAY_RENEWED, "2"),
    ),
    ("EU, too late is not silent", {"law": Law.EU}, T_ENDS + WEEK, Tell(Kind.DELAY_OPTION, "1")),
    ("no law", {"law": Law.NONE}, NOTICE_AT, None),
]


@pytest.mark.parametrize(("fields", "now", "tell"), **rows(NOTICES))
def test_the_law_has_its_notice_told_before_the_deadline(
    fields: dict[str, Any], now: datetime, tell: Tell | None
) -> None:
    order = waits(**{"law": Law.FTC} | fields)

    assert notice(order, now) == tell
    if tell is not None:
        assert ends(order, now) is None


def test_the_laws_notice_comes_before_the_warning_of_staleness() -> None:
    terms = Policy(stale_after_days_without_promise=30)
    order = waits(law=Law.FTC, terms=terms)
    told = waits(law=Law.FTC, terms=terms, delays=(UNKNOWN,))

    assert notice(order, NOTICE_AT) == Tell(Kind.DELAY_OPTION, "1")
    assert notice(told, NOTICE_AT) == Tell(Kind.STALE_WARNING, "2026-02-04")


def falls_due(order: OrderState) -> Iterator[tuple[str, datetime]]:
    return ((wait.what, wait.until) for wait in moments(order) if wait.until is not None)


def test_an_order_wakes_for_the_notice_the_deadline_the_end_of_its_hold_and_staleness() -> None:
    until = T_ENDS + timedelta(hours=24)

    assert list(falls_due(waits(law=Law.FTC))) == [
        ("delay_deadline", NOTICE_AT),
        ("delay_deadline", T_ENDS),
        ("stale", STALE_AT - WEEK),
    ]
    assert list(falls_due(waits(law=Law.FTC, delays=(UNKNOWN,), notices=warned(STALE_AT - WEEK)))) == [
        ("delay_deadline", UNKNOWN_ENDS),
        ("stale", STALE_AT),
    ]
    assert ("delay_deadline", until) in falls_due(waits(law=Law.FTC, law_hold_until=until))
    assert list(falls_due(waits(law=Law.EU, delays=(delay(None, Silence.NOTHING),), held=held(day(6))))) == []


# A product that never comes again


def given_up(**units: Any) -> LineState:
    return line(**units).model_copy(update={"given_up": units.get("backordered", 0)})


@pytest.mark.parametrize("fields", [{}, {"law": Law.FTC}, {"law": Law.FTC, "notices": warned(day(6))}])
def test_units_that_never_come_are_cancelled_as_discontinued_before_anything_else(
    fields: dict[str, Any],
) -> None:
    order = waits(given_up(backordered=2, allocated=1), line(MINI, backordered=3), **fields)

    assert [ends(order, now) for now in (day(6), STALE_AT + 52 * WEEK)] == [
        CancelWaiting(Reason.DISCONTINUED, "backorder", TWO)
    ] * 2


def test_what_is_here_of_a_product_that_never_comes_again_is_not_cancelled() -> None:
    order = waits(given_up(allocated=2), line(MINI, backordered=1))
    a_unit_short = waits(given_up(allocated=2, backordered=1))

    assert ends(order, day(6)) is None
    assert ends(a_unit_short, day(6)) == CancelWaiting(
        Reason.DISCONTINUED, "backorder", (CancelledLine(sku=SKU, quantity=1),)
    )


# Whom these rules are for

OTHERS: list[tuple[Any, ...]] = [
    ("an order of the first edition", {"edition": 1}),
    ("one that is being placed", {"status": Status.PLACING}),
    ("one that was rejected", {"status": Status.REJECTED}),
    ("one that was cancelled", {"status": Status.CANCELLED}),
    ("one whose units have shipped", {"lines": (line(shipped=2),)}),
    ("one whose units are in a parcel", {"lines": (line(claimed=2),)}),
]


@pytest.mark.parametrize("fields", [row[1] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_other_orders_are_left_alone(fields: dict[str, Any]) -> None:
    everything_due = waits(given_up(backordered=2), law=Law.FTC, notices=warned(STALE_AT - WEEK))
    other = everything_due.model_copy(update=fields)

    assert None not in (notice(everything_due, NOTICE_AT), ends(everything_due, T_ENDS))
    assert [notice(other, now) for now in (NOTICE_AT, STALE_AT)] == [None, None]
    assert [ends(other, now) for now in (T_ENDS, STALE_AT + WEEK)] == [None, None]
    assert list(moments(other)) == []


def test_goods_go_before_a_wait_ends_and_its_end_before_words() -> None:
    lapsed = {"law": Law.FTC, "delays": (UNKNOWN,), "notices": ()}

    here = waits(line(backordered=1, allocated=1), **lapsed)
    none_here = waits(**lapsed)

    assert next_step(here, UNKNOWN_ENDS) == Claim()
    assert next_step(none_here, UNKNOWN_ENDS) == LAW
