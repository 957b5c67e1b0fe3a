"""The history of a line, where the books do not say all."""

from datetime import UTC, datetime, timedelta

from domain.history_words import words
from domain.line_history import history
from domain.line_story import Row, Story
from domain.places import HandMove, Passing, Standing

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINE = Standing("100", "standard", NOON, NOON, 0)


def standing(order_id: str, *, days: int, tie: int = 1) -> Standing:
    at = NOON + timedelta(days=days)
    return Standing(order_id, "standard", at, at, tie)


def row(number: int, kind: str, cause: str, *, needs: int = 0, held: int = 0) -> Row:
    return Row(NOON + timedelta(hours=number), cause, number, kind, None, needs, held, 0, 0, 0)


def told(*own: Row, passings: tuple[Passing, ...] = (), moves: tuple[HandMove, ...] = ()) -> list[str]:
    story = Story(mine=MINE, here={}, own=own, dealt=(), passings=passings, moves=moves, sources={})
    return [f"{step.place}: {words(step, MINE)}" for step in history(story)]


def test_a_cause_that_is_not_known_is_not_guessed() -> None:
    assert told(row(1, "ordered", "placed", needs=2), row(2, "dealt", "odd", needs=-1, held=1)) == [
        "1: Placed: 2 needed, none at once",
        "1: Units were dealt anew: 1 went to this one, 1 still needed",
    ]


def test_those_who_left_since_stood_ahead_before() -> None:
    ahead, behind = standing("99", days=0, tie=-1), standing("101", days=0)
    left = [
        Passing(NOON, f"packed-{who.order_id}", number, "claimed", entered=False, who=who)
        for number, who in ((2, behind), (3, ahead))
    ]

    assert told(row(1, "ordered", "placed", needs=2), passings=tuple(left)) == [
        "2: Placed: 2 needed, none at once",
        "1: Order 99 ahead was packed",
    ]


def test_a_move_by_hand_of_before_is_in_force_when_the_line_enters() -> None:
    late = standing("101", days=2)
    early_move = HandMove(NOON - timedelta(days=1), "moved", "101", 4, "operations", "asked for")
    left = Passing(NOON + timedelta(days=1), "packed", 2, "claimed", entered=False, who=late)

    assert told(row(1, "ordered", "placed", needs=2), passings=(left,), moves=(early_move,)) == [
        "2: Placed: 2 needed, none at once",
        "1: Order 101 ahead was packed",
    ]
