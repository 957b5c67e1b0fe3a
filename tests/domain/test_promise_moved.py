"""A date that moved is told: how far is worth a word, and when it is no news."""

from datetime import date
from typing import Any

import pytest

from domain.delays import Delay, Silence
from domain.news import promise_moved
from domain.notices import Kind
from domain.policy import Policy
from domain.state import LineState, NoticeState, OrderState
from domain.steps import Tell
from tests.domain.samples import day, january, line, state

TOLD = january(20)
NEWS = Tell(Kind.PROMISE_MOVED, "1")


def expects(on: date | None, **fields: Any) -> OrderState:
    """An order whose customer was told the 20th, and whose units are expected on another day."""
    lines = fields.pop("lines", (line(backordered=2),))
    dated = [one.model_copy(update={"promised_on": on}) for one in lines]
    usual = {"edition": 2, "promised_on": TOLD, "original_promised_on": TOLD}
    return state(*dated, **usual | fields)


@pytest.mark.parametrize(
    ("on", "news"),
    [
        (january(20), False),
        (january(23), False),
        (january(24), True),
        (january(17), False),
        (january(16), True),
        (None, True),
    ],
)
def test_a_move_by_more_than_the_tolerance_is_told_in_either_direction(
    on: date | None, *, news: bool
) -> None:
    assert promise_moved(expects(on)) == (NEWS if news else None)


def test_the_shop_says_how_much_it_tolerates() -> None:
    assert promise_moved(expects(january(21), terms=Policy(promise_tolerance_days=0))) == NEWS
    assert promise_moved(expects(january(27), terms=Policy(promise_tolerance_days=7))) is None


@pytest.mark.parametrize(("first", "news"), [(None, None), (january(12), NEWS)])
def test_a_first_date_waits_for_the_regular_word_and_one_that_was_lost_and_found_does_not(
    first: date | None, news: Tell | None
) -> None:
    found = expects(january(30), promised_on=None, original_promised_on=first)

    assert promise_moved(found) == news


def test_a_date_that_an_option_notice_has_just_called_missed_is_no_news() -> None:
    told_at = day(20, 9)
    delay = Delay(
        notice_id="100-delay-1",
        number=1,
        told_at=told_at,
        deadline=TOLD,
        offered_on=None,
        silence=Silence.CANCELS,
    )
    asked = {"promised_on": None, "delays": (delay,)}

    assert promise_moved(expects(TOLD, **asked)) is None
    assert promise_moved(expects(january(30), **asked)) == NEWS


def test_each_move_is_an_occasion_of_its_own() -> None:
    moved = NoticeState(kind=Kind.PROMISE_MOVED, occasion="1", at=day(9))

    assert promise_moved(expects(january(30), notices=(moved,))) == Tell(Kind.PROMISE_MOVED, "2")


RELEASED_LATER: LineState = line(allocated=2).model_copy(update={"release_on": january(30)})


@pytest.mark.parametrize(
    ("fields", "news"),
    [
        ({"lines": (RELEASED_LATER,)}, NEWS),
        ({"lines": (line(allocated=2),)}, None),
        ({"lines": (line(shipped=2),)}, None),
        ({"edition": 1}, None),
        ({"accepted_at": None}, None),
    ],
    ids=["here, and released later", "here", "shipped", "the first edition", "not accepted"],
)
def test_who_waits_for_a_date_hears_of_it(fields: dict[str, Any], news: Tell | None) -> None:
    assert promise_moved(expects(january(30), **fields)) == news
