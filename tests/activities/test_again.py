"""Whatever an activity's try came to, running it again makes its one effect happen once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from domain.state import OrderState
from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown
from store.parcels import Step
from store.placing import Placed
from tests.activities.desk import Act, Desk, step


@dataclass(frozen=True)
class Case:
    """One activity, the order brought so far that it is due, and the one effect that it has."""

    before: Callable[[Desk], Awaitable[None]]
    act: Callable[[Desk], Act]
    step: Step
    operation: str
    effect: str
    rests_as: str


CASES = {
    "authorise": Case(
        Desk.claimed, lambda d: d.payments.authorise_payment, step(12), "authorise", "authorise", "parcel/1"
    ),
    "capture": Case(
        Desk.labelled, lambda d: d.payments.capture_payment, step(13), "capture", "capture", "parcel/1"
    ),
    "void": Case(Desk.undone, lambda d: d.payments.void_payment, step(14), "void", "void", "void/1"),
    "refund": Case(
        Desk.owing, lambda d: d.payments.refund_payment, step(14, 0), "refund", "refund", "refund"
    ),
    "buy a label": Case(
        Desk.authorised, lambda d: d.shipping.buy_label, step(13), "buy", "label", "parcel/1"
    ),
    "charge": Case(
        lambda d: d.placed(timing="at_order"),
        lambda d: d.payments.charge_order,
        step(6, 0),
        "charge",
        "charge",
        "refund",
    ),
}
RESTING = {name: case for name, case in CASES.items() if name != "charge"}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
every_resting = pytest.mark.parametrize("case", RESTING.values(), ids=RESTING.keys())


def fail(desk: Desk, case: Case, operation: str, *, acted: bool = False) -> None:
    gateway = desk.carrier if case.effect == "label" else desk.provider
    gateway.fail(operation, 1, acted=acted)


async def answer(desk: Desk, case: Case, attempt: int = 1) -> OrderState:
    """The order after one try."""
    said = await desk.run(case.act(desk), case.step, attempt)
    state: OrderState = said.state if isinstance(said, Placed) else said
    return state


@every
async def test_a_try_that_is_answered_has_its_effect_once(desk: Desk, case: Case) -> None:
    await case.before(desk)
    assert desk.effects()[case.effect] == 0

    await answer(desk, case)

    assert desk.effects()[case.effect] == 1


@every
async def test_an_answer_that_was_lost_is_found_by_the_next_try(desk: Desk, case: Case) -> None:
    await case.before(desk)
    fail(desk, case, case.operation, acted=True)
    with pytest.raises(OutcomeUnknown):
        await answer(desk, case)

    await answer(desk, case, attempt=2)

    assert desk.effects()[case.effect] == 1


@every
async def test_a_call_that_did_not_get_through_is_made_by_the_next_try(desk: Desk, case: Case) -> None:
    await case.before(desk)
    fail(desk, case, case.operation)
    with pytest.raises(GatewayUnavailable):
        await answer(desk, case)
    assert desk.effects()[case.effect] == 0

    await answer(desk, case, attempt=2)

    assert desk.effects()[case.effect] == 1


@every
async def test_a_report_that_was_lost_after_the_commit_changes_nothing(desk: Desk, case: Case) -> None:
    await case.before(desk)
    first = await answer(desk, case)
    effects, rows = desk.effects(), desk.room.rows()

    for attempt in (1, 2, 3):
        assert await answer(desk, case, attempt) == first

    assert desk.effects() == effects
    assert desk.room.rows() == rows


@every
async def test_a_try_that_cannot_even_look_up_the_last_one_leaves_it_to_the_next(
    desk: Desk, case: Case
) -> None:
    await case.before(desk)
    fail(desk, case, case.operation, acted=True)
    with pytest.raises(OutcomeUnknown):
        await answer(desk, case)
    fail(desk, case, "find")
    if case.operation != "void":  # a void has no need to look: its key stands for one authorisation
        with pytest.raises(GatewayUnavailable):
            await answer(desk, case, attempt=2)

    await answer(desk, case, attempt=3)

    assert desk.effects()[case.effect] == 1


@every_resting
@pytest.mark.parametrize("acted", [True, False])
async def test_after_a_rest_the_step_of_a_later_hour_is_still_the_same_call(
    desk: Desk, case: Case, *, acted: bool
) -> None:
    await case.before(desk)
    fail(desk, case, case.operation, acted=acted)
    with pytest.raises(GatewayError):
        await answer(desk, case)

    state = await desk.rested(case.act(desk), case.step, case.rests_as)

    assert desk.effects()[case.effect] == 1
    assert state.rests == ()


@every
async def test_our_ledger_and_the_providers_books_agree_in_the_end(desk: Desk, case: Case) -> None:
    await case.before(desk)
    fail(desk, case, case.operation, acted=True)
    with pytest.raises(OutcomeUnknown):
        await answer(desk, case)
    await answer(desk, case, attempt=2)

    entered = [(entry.key, entry.state) for entry in desk.provider.books("100")]

    known = [(key, state) for key, state in desk.room.payments("100") if state in {"succeeded", "declined"}]
    assert sorted(known) == sorted(entered)
