"""Who is asked what is to be sent when, until when, and what may be chosen."""

import pytest

from domain import choice, parcels
from domain.choice import Wish
from domain.errors import ChangeRefused
from domain.life import next_step, next_wait, status_of
from domain.notices import Kind
from domain.order import Fulfilment
from domain.parcel import ParcelLine, ParcelStage
from domain.policy import Policy
from domain.state import LineState, OrderState
from domain.status import Status
from domain.steps import Claim, KeepTogether, Tell, Wait
from tests.domain.samples import CONFIRMED, MINI, PRICE, SKU, day, line, parcel, sent, state

ASKED = (CONFIRMED, sent(Kind.CHOICE, on=6))
PARTLY_HERE = line(allocated=3, backordered=2)


def asking(*lines: LineState, **fields: object) -> OrderState:
    return state(*(lines or (PARTLY_HERE,)), **{"fulfilment": Fulfilment.ASK, **fields})


WANTED: list[tuple[str, OrderState, bool]] = [
    ("part of it is here", asking(), True),
    ("nothing is here", asking(line(backordered=5)), False),
    ("everything is here", asking(line(allocated=5)), False),
    ("wants it split", state(PARTLY_HERE, fulfilment=Fulfilment.SPLIT), False),
    ("wants it together", state(PARTLY_HERE, fulfilment=Fulfilment.TOGETHER), False),
    ("a parcel is being made", asking(line(claimed=1, allocated=1, backordered=1), parcels=(parcel(ParcelStage.CLAIMED),)), False),
    ("ships whole", asking(line(allocated=3, backordered=2, may_split=False)), False),
    (
        "one of two lines is whole",
        asking(line(allocated=3, may_split=False), line(MINI, backordered=2)),
        True,
    ),
    ("not worth another parcel", asking(terms=Policy(split_from_minor=5 * PRICE + 1)), False),
    ("just worth it", asking(terms=Policy(split_from_minor=5 * PRICE)), True),
    ("being placed", asking(status=Status.PLACING), False),
]  # fmt: skip


@pytest.mark.parametrize(("order", "wanted"), [row[1:] for row in WANTED], ids=[row[0] for row in WANTED])
def test_a_customer_is_asked_when_a_part_could_go_ahead(order: OrderState, wanted: bool) -> None:
    assert choice.wanted(order, day(8)) is wanted


def test_the_customer_is_asked_once_and_the_order_waits_for_the_answer() -> None:
    assert next_step(asking(), day(6)) == Tell(Kind.CHOICE, "1")

    waiting = asking(notices=ASKED)

    assert status_of(waiting) is Status.AWAITING_CHOICE
    assert next_step(waiting, day(8)) == Wait("choice_deadline", day(9))
    assert next_step(waiting, day(9)) == KeepTogether()


def test_the_days_of_the_terms_are_the_deadline() -> None:
    waiting = asking(notices=ASKED, terms=Policy(choice_deadline_days=10))

    assert choice.deadline(waiting) == day(16)
    assert next_wait(waiting, day(6)) == Wait("update", day(12))


def test_once_all_is_here_there_is_nothing_to_choose() -> None:
    complete = asking(line(allocated=5), notices=ASKED)

    assert choice.deadline(complete) is None
    assert next_step(complete, day(8)) == Claim()


REFUSED: list[tuple[str, OrderState, Wish, str]] = [
    ("all is gone", state(line(shipped=2), status=Status.SHIPPING), Wish.SPLIT, "nothing of the order"),
    (
        "it has ended",
        state(line(cancelled=2), status=Status.CANCELLED),
        Wish.TOGETHER,
        "nothing of the order",
    ),
    (
        "one line that ships whole",
        state(line(backordered=2, may_split=False)),
        Wish.SPLIT,
        "not sent in parts",
    ),
    (
        "not worth another parcel",
        state(line(backordered=2), terms=Policy(split_from_minor=99_999)),
        Wish.SPLIT,
        "not sent in parts",
    ),
]


@pytest.mark.parametrize(
    ("order", "wish", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_chosen_is_refused_with_the_reason(order: OrderState, wish: Wish, why: str) -> None:
    with pytest.raises(ChangeRefused, match=why):
        choice.check(order, wish)


@pytest.mark.parametrize("wish", Wish)
def test_an_order_that_waits_may_choose_anything(wish: Wish) -> None:
    choice.check(state(line(backordered=2)), wish)


AHEAD: list[tuple[str, tuple[LineState, ...], dict[str, int]]] = [
    ("what is here", (PARTLY_HERE,), {SKU: 3}),
    ("whole products wait for their last unit", (line(allocated=3, backordered=2, may_split=False),), {}),
    ("and go when it is here", (line(allocated=3, may_split=False), line(MINI, backordered=1)), {SKU: 3}),
    (
        "others go without them",
        (line(allocated=1, backordered=1, may_split=False), line(MINI, allocated=4)),
        {MINI: 4},
    ),
]


@pytest.mark.parametrize(("lines", "units"), [row[1:] for row in AHEAD], ids=[row[0] for row in AHEAD])
def test_what_may_leave_ahead_of_the_rest(lines: tuple[LineState, ...], units: dict[str, int]) -> None:
    expected = tuple(ParcelLine(sku=sku, quantity=quantity) for sku, quantity in units.items())

    assert parcels.ahead_of_the_rest(state(*lines), day(8)) == expected
