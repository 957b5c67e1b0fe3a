"""The law on delays, paragraph by paragraph: the deadline, the notice, what silence means, and the refund.

Each row begins with the paragraph that it is about: of 16 CFR 435 where a number stands alone, else of Directive
2011/83. T is the last day on which an order must ship, R the date that a notice offers.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.decision import Decision
from domain.delays import EU_MEMBERS, RULES, Delay, Offer, Silence, Standing, end_of, law_of
from domain.policy import Law, Policy
from domain.waiting import standing
from tests.domain.samples import day, example, january, line, state

T = date(2026, 3, 10)
NEW_YORK = "America/New_York"
UNKNOWN = None

Answered = tuple[date | None, bool | None]
"""What a notice offered, and the answer; None: silence."""


def t_plus(days: int) -> date:
    return T + timedelta(days=days)


def under(law: Law, *notices: Answered, expected_on: date | None = None) -> Standing:
    """An order that was to ship by T, after these notices; `expected_on`: the date that is expected now."""
    order = Standing(RULES[law], T, (), expected_on, NEW_YORK)
    for number, (offered_on, accepted) in enumerate(notices, 1):
        offer = replace(order, expected_on=offered_on).offer
        assert offer is not None
        told: dict[str, Any] = offer.model_dump() | {"accepted": accepted, "told_at": day(5)}
        delay = Delay(**told, number=number, notice_id=f"100-delay-{number}")
        order = replace(order, delays=(*order.delays, delay))
    return order


def rows(cases: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {"argvalues": [case[1:] for case in cases], "ids": [case[0] for case in cases]}


# Accepted on the 5th of January.
DEADLINES = [
    ("(a)(1)(i): within the time clearly stated", Law.FTC, january(20), january(20)),
    ("(a)(1)(i): also when that is later than 30 days", Law.FTC, date(2026, 4, 1), date(2026, 4, 1)),
    ("(a)(1)(ii): if no time is stated, within thirty days", Law.FTC, None, date(2026, 2, 4)),
    ("Art. 18(1): unless otherwise agreed on the time", Law.EU, january(20), january(20)),
    ("Art. 18(1): not later than 30 days", Law.EU, None, date(2026, 2, 4)),
]


@pytest.mark.parametrize(("law", "stated", "deadline"), **rows(DEADLINES))
def test_an_order_must_ship_by_the_stated_date_else_within_thirty_days(
    law: Law, stated: date | None, deadline: date
) -> None:
    decision = Decision.model_validate(example("decision") | {"promised_on": stated})

    order = standing(state(line(backordered=2), law=law, decision=decision))

    assert order is not None
    assert (order.rule.law, order.deadline) == (law, deadline)


@pytest.mark.parametrize(("zone", "deadline"), [("UTC", date(2026, 2, 5)), (NEW_YORK, date(2026, 2, 4))])
def test_the_thirty_days_are_the_shops(zone: str, deadline: date) -> None:
    order = standing(state(line(backordered=2), law=Law.FTC, accepted_at=day(6, 2), time_zone=zone))

    assert order is not None
    assert order.deadline == deadline


def test_without_a_law_or_before_its_acceptance_an_order_has_no_deadline() -> None:
    assert standing(state(line(backordered=2), law=Law.NONE)) is None
    assert standing(state(line(backordered=2), law=Law.FTC, accepted_at=None)) is None
    assert under(Law.NONE).deadline is None


KEEPS, CANCELS, NOTHING = Silence.KEEPS, Silence.CANCELS, Silence.NOTHING

OFFERS = [
    ("(b)(1)(ii): R is T+1, silence consents", Law.FTC, 1, t_plus(1), KEEPS, None),
    ("(b)(1)(ii): thirty days or less later, T+30", Law.FTC, 1, t_plus(30), KEEPS, None),
    ("(b)(1)(iii): more than thirty days later, T+31", Law.FTC, 1, t_plus(31), CANCELS, t_plus(30)),
    ("(b)(1)(iii): far more than thirty days later", Law.FTC, 1, t_plus(200), CANCELS, t_plus(30)),
    ("(b)(1)(iii): unable to provide a date", Law.FTC, 1, UNKNOWN, CANCELS, t_plus(30)),
    ("(b)(2)(ii): renewed, silence rejects, T is the old date", Law.FTC, 2, t_plus(5), CANCELS, T),
    ("(b)(2)(ii): renewed, T+31", Law.FTC, 2, t_plus(31), CANCELS, T),
    ("(b)(2)(i): renewed, unable to provide a date", Law.FTC, 2, UNKNOWN, CANCELS, T),
    ("(b)(2): renewed again", Law.FTC, 3, t_plus(5), CANCELS, T),
    ("Art. 18(2): silence never extends, T+30", Law.EU, 1, t_plus(30), NOTHING, None),
    ("Art. 18(2): nor ends anything, T+31", Law.EU, 1, t_plus(31), NOTHING, None),
    ("Art. 18(2): nor without a date", Law.EU, 1, UNKNOWN, NOTHING, None),
    ("Art. 18(2): nor the second time", Law.EU, 2, t_plus(31), NOTHING, None),
    ("no law", Law.NONE, 1, t_plus(31), NOTHING, None),
]


@pytest.mark.parametrize(("law", "number", "offered_on", "silence", "answer_by"), **rows(OFFERS))
def test_what_a_notice_offers_and_what_silence_then_means(
    law: Law, number: int, offered_on: date | None, silence: Silence, answer_by: date | None
) -> None:
    offer = RULES[law].offer(number, T, offered_on)

    assert offer == Offer(deadline=T, offered_on=offered_on, silence=silence, answer_by=answer_by)


AFTERWARDS: list[tuple[Any, ...]] = [
    ("(c)(5): T passed, and no option was offered", Law.FTC, [], T, T),
    (
        "(b)(1)(ii): R is T+30, silence is consent until R",
        Law.FTC,
        [(t_plus(30), None)],
        t_plus(30),
        t_plus(30),
    ),
    ("(b)(1)(ii): the same by an answer", Law.FTC, [(t_plus(30), True)], t_plus(30), t_plus(30)),
    ("(c)(2): R is T+31, no consent within 30 days", Law.FTC, [(t_plus(31), None)], T, t_plus(30)),
    ("(c)(2): no date, no consent within 30 days", Law.FTC, [(UNKNOWN, None)], T, t_plus(30)),
    ("(b)(1)(iii)(B): consent to T+31", Law.FTC, [(t_plus(31), True)], t_plus(31), t_plus(31)),
    ("(b)(1)(iii): consent to an indefinite delay", Law.FTC, [(UNKNOWN, True)], None, None),
    (
        "(c)(3): renewed, no consent before the old R",
        Law.FTC,
        [(t_plus(20), None), (t_plus(40), None)],
        t_plus(20),
        t_plus(20),
    ),
    (
        "(c)(3): renewed without a date, no consent",
        Law.FTC,
        [(t_plus(20), None), (UNKNOWN, None)],
        t_plus(20),
        t_plus(20),
    ),
    (
        "(c)(3): also where the old R was consented to",
        Law.FTC,
        [(t_plus(50), True), (t_plus(60), None)],
        t_plus(50),
        t_plus(50),
    ),
    (
        "(b)(2): consent to the new R",
        Law.FTC,
        [(t_plus(20), None), (t_plus(40), True)],
        t_plus(40),
        t_plus(40),
    ),
    (
        "(b)(2)(ii): consent to an indefinite further delay",
        Law.FTC,
        [(t_plus(20), None), (UNKNOWN, True)],
        None,
        None,
    ),
    (
        "(b)(2): the date that was consented to supersedes R",
        Law.FTC,
        [(t_plus(20), None), (t_plus(40), True), (t_plus(50), None)],
        t_plus(40),
        t_plus(40),
    ),
    ("Art. 18(1): T passed, and nothing was told", Law.EU, [], T, None),
    ("Art. 18(2): silence extends nothing", Law.EU, [(t_plus(10), None)], T, None),
    (
        "Art. 18(2): an additional period is the consumer's to set",
        Law.EU,
        [(t_plus(40), True)],
        t_plus(40),
        None,
    ),
    ("no law", Law.NONE, [], None, None),
]


@pytest.mark.parametrize(("law", "notices", "deadline", "lapses_on"), **rows(AFTERWARDS))
def test_until_when_it_must_ship_after_a_notice_and_when_the_laws_default_ends_it(
    law: Law, notices: list[Answered], deadline: date | None, lapses_on: date | None
) -> None:
    order = under(law, *notices)

    assert order.deadline == deadline
    assert order.lapses_at == (end_of(lapses_on, NEW_YORK) if lapses_on else None)


@pytest.mark.parametrize("law", [Law.FTC, Law.EU])
@pytest.mark.parametrize("offered_on", [t_plus(30), t_plus(31), UNKNOWN])
def test_a_delay_that_was_refused_extends_nothing(law: Law, offered_on: date | None) -> None:
    assert under(law, (offered_on, False)).deadline == T


REFUNDS = [
    # 435.1(b)(1): sent within seven working days of the date on which the right to it vests.
    ("435.1(b)(1): seven working days", Law.FTC, date(2026, 3, 2), date(2026, 3, 11)),
    ("435.1(b)(1): from a Saturday", Law.FTC, date(2026, 3, 7), date(2026, 3, 17)),
    ("435.1(b)(1): Thanksgiving is none", Law.FTC, date(2026, 11, 20), date(2026, 12, 2)),
    ("435.1(b)(1): nor are Christmas and New Year", Law.FTC, date(2025, 12, 22), date(2026, 1, 2)),
    ("435.1(b)(1): nor 3 July for a Saturday's 4th", Law.FTC, date(2026, 7, 2), date(2026, 7, 14)),
    ("435.1(b)(1): the European Easter Monday is one", Law.FTC, date(2026, 4, 2), date(2026, 4, 13)),
    ("Art. 18(3), 13(1): at most 14 days, holidays or not", Law.EU, date(2025, 12, 22), date(2026, 1, 5)),
    ("no law", Law.NONE, date(2026, 3, 2), None),
]


@pytest.mark.parametrize(("law", "cancelled_on", "refund_by"), **rows(REFUNDS))
def test_the_last_day_for_the_refund(law: Law, cancelled_on: date, refund_by: date | None) -> None:
    assert RULES[law].refund_by(cancelled_on) == refund_by


# T is a Tuesday. New York's clocks go forward between the 7th and T.
NOTICES: list[tuple[Any, ...]] = [
    ("no date is known", [], UNKNOWN, datetime(2026, 3, 7, 14, tzinfo=UTC)),
    ("T+1 is expected", [], t_plus(1), datetime(2026, 3, 7, 14, tzinfo=UTC)),
    ("T+31 is expected", [], t_plus(31), datetime(2026, 3, 7, 14, tzinfo=UTC)),
    ("T is expected to be kept", [], T, datetime(2026, 3, 10, 13, tzinfo=UTC)),
    ("it should have come already", [], t_plus(-5), datetime(2026, 3, 10, 13, tzinfo=UTC)),
    ("R will be missed", [(t_plus(10), None)], t_plus(11), datetime(2026, 3, 17, 13, tzinfo=UTC)),
    ("R is not known any more", [(t_plus(10), None)], UNKNOWN, datetime(2026, 3, 17, 13, tzinfo=UTC)),
    ("R is expected to be kept", [(t_plus(10), None)], t_plus(10), datetime(2026, 3, 20, 13, tzinfo=UTC)),
    ("told, and silence will cancel", [(UNKNOWN, None)], UNKNOWN, None),
    ("told, and the date has moved since", [(t_plus(31), None)], t_plus(5), None),
    ("consented to wait without a date", [(UNKNOWN, True)], UNKNOWN, None),
]


@pytest.mark.parametrize(("notices", "expected_on", "at"), **rows(NOTICES))
def test_a_notice_goes_out_at_nine_three_days_before_and_on_the_last_day_if_nobody_expected_it(
    notices: list[Answered], expected_on: date | None, at: datetime | None
) -> None:
    assert under(Law.FTC, *notices, expected_on=expected_on).notice_at == at


def test_the_eu_hears_of_a_missed_date_once() -> None:
    assert under(Law.EU, expected_on=t_plus(9)).notice_at == datetime(2026, 3, 7, 14, tzinfo=UTC)
    assert under(Law.EU, (t_plus(9), None), expected_on=t_plus(20)).notice_at is None


@pytest.mark.parametrize(
    ("expected_on", "offered_on"),
    [
        (t_plus(1), t_plus(1)),
        (t_plus(31), t_plus(31)),
        (T, UNKNOWN),
        (t_plus(-5), UNKNOWN),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_a_date_that_should_have_been_kept_is_not_offered_again(
    expected_on: date | None, offered_on: date | None
) -> None:
    offer = under(Law.FTC, expected_on=expected_on).offer

    assert offer is not None
    assert (offer.deadline, offer.offered_on) == (T, offered_on)


def test_who_waits_without_a_date_is_offered_nothing_more() -> None:
    assert under(Law.FTC, (UNKNOWN, True), expected_on=t_plus(60)).offer is None


@pytest.mark.parametrize(
    ("last", "zone", "moment"),
    [
        (T, "UTC", datetime(2026, 3, 11, 0, tzinfo=UTC)),
        (T, NEW_YORK, datetime(2026, 3, 11, 4, tzinfo=UTC)),
        (date(2026, 3, 6), NEW_YORK, datetime(2026, 3, 7, 5, tzinfo=UTC)),
        (T, "Europe/Berlin", datetime(2026, 3, 10, 23, tzinfo=UTC)),
        (date(2026, 12, 31), "UTC", datetime(2027, 1, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_day_ends_with_the_shops_midnight(last: date, zone: str, moment: datetime) -> None:
    lapses = Standing(RULES[Law.FTC], last, (), None, zone).lapses_at

    assert lapses == end_of(last, zone) == moment


@pytest.mark.parametrize(
    ("rule", "country", "law"),
    [
        (None, "US", Law.FTC),
        (None, "DE", Law.EU),
        (None, "IE", Law.EU),
        (None, "HR", Law.EU),
        (None, "GB", Law.NONE),
        (None, "CH", Law.NONE),
        (None, "", Law.NONE),
        ({"DE": "none", "EU": "eu", "*": "ftc"}, "DE", Law.NONE),
        ({"DE": "none", "EU": "eu", "*": "ftc"}, "AT", Law.EU),
        ({"DE": "none", "EU": "eu", "*": "ftc"}, "CA", Law.FTC),
        ({"US": "ftc", "*": "eu"}, "FR", Law.EU),
        ({"US": "ftc"}, "FR", Law.NONE),
        ({}, "US", Law.NONE),
        ({"US": "a law of a later release"}, "US", Law.NONE),
    ],
)
def test_the_country_decides_else_the_union_else_the_rest(
    rule: dict[str, str] | None, country: str, law: Law
) -> None:
    policy = Policy() if rule is None else Policy(delay_rule=rule)

    assert law_of(policy, country) is law


def test_the_union_has_its_27_members_each_under_its_law() -> None:
    assert len(EU_MEMBERS) == 27
    assert {law_of(Policy(), country) for country in EU_MEMBERS} == {Law.EU}
    assert not EU_MEMBERS & {"GB", "NO", "CH", "US"}
